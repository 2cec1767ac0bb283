//! Which tensor of another program is which parameter: `fc1.weight=h1/dense/W`.

use std::str::FromStr;

/// From the name of a tensor to the names of parameters.
///
/// `a=b` renames; `*` on the left stands for any characters, and those stand for `*` on the right, in order;
/// `kernel=transpose(W)` exchanges the last two axes; `in_proj=Wq,Wk,Wv` cuts the first axis into the parts that these have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    from: String,
    to: Vec<Target>,
}

/// A parameter, and how it takes a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub name: String,
    pub is_transposed: bool,
}

impl FromStr for Rename {
    type Err = String;

    fn from_str(text: &str) -> Result<Rename, String> {
        let right = "a tensor's name, `=` and a parameter's would be right, as in fc1.weight=h1/dense/W";
        let Some((from, to)) = text.split_once('=') else { return Err(format!("there is no `=`; {right}")) };
        let to: Vec<Target> = to.split(',').map(|name| Target::of(name.trim())).collect();
        if from.trim().is_empty() || to.iter().any(|target| target.name.is_empty()) {
            return Err(format!("a name is missing; {right}"));
        }
        let stars = |name: &str| name.matches('*').count();
        if let Some(target) = to.iter().find(|target| stars(&target.name) > stars(from)) {
            return Err(format!("`{}` has more `*` than `{}`, from which they are taken", target.name, from.trim()));
        }
        Ok(Rename { from: from.trim().into(), to })
    }
}

impl Target {
    fn of(text: &str) -> Target {
        let inner = text.strip_prefix("transpose(").and_then(|rest| rest.strip_suffix(')'));
        Target { name: inner.unwrap_or(text).trim().into(), is_transposed: inner.is_some() }
    }
}

impl Rename {
    /// The name, or the pattern, of the tensors that it renames.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// The parameters that take the tensor of a name; none if it is not meant.
    pub(crate) fn targets(&self, name: &str) -> Option<Vec<Target>> {
        let stars = matched(&self.from, name)?;
        let filled = |target: &Target| {
            let mut stars = stars.iter();
            let parts = target.name.split('*').enumerate();
            let name = parts.map(|(index, part)| match index {
                0 => part.to_string(),
                _ => format!("{}{part}", stars.next().unwrap_or(&"")),
            });
            Target { name: name.collect(), is_transposed: target.is_transposed }
        };
        Some(self.to.iter().map(filled).collect())
    }
}

/// What stands for each `*` of a pattern in a name, each as short as the rest allows.
fn matched<'a>(pattern: &str, name: &'a str) -> Option<Vec<&'a str>> {
    let Some((before, rest)) = pattern.split_once('*') else { return (pattern == name).then(Vec::new) };
    let name = name.strip_prefix(before)?;
    let ends = name.char_indices().map(|(index, _)| index).chain([name.len()]);
    ends.into_iter().find_map(|end| {
        let mut stars = matched(rest, &name[end..])?;
        stars.insert(0, &name[..end]);
        Some(stars)
    })
}
