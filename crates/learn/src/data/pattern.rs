//! Columns that are named together: `V1..V28` and `pixel*`.

use crate::data::table::Table;

/// The indices of the columns that a name, a range of numbered names or a pattern with stars stands for, in the order of
/// the file for a pattern; else the name that is not there. A column of just that name comes first.
pub(crate) fn find(table: &Table, text: &str) -> Result<Vec<usize>, String> {
    if let Some(column) = table.find(text) {
        return Ok(vec![column]);
    }
    if let Some(names) = range(text) {
        return names.into_iter().map(|name| table.find(&name).ok_or(name)).collect();
    }
    let parts: Vec<&str> = text.split('*').collect();
    let found: Vec<usize> = match parts[..] {
        [_] => Vec::new(),
        _ => (0..table.names().len())
            .filter(|&index| !table.names()[index].is_empty() && matches(&table.names()[index], &parts))
            .collect(),
    };
    if found.is_empty() { Err(text.into()) } else { Ok(found) }
}

/// The names from `V1` to `V28`, or from `V28` to `V1`; none if these are not of one kind.
fn range(text: &str) -> Option<Vec<String>> {
    let (first, last) = text.split_once("..")?;
    let digits = |name: &str| name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let split = |name: &'_ str| -> Option<(String, usize)> {
        let (prefix, number) = name.split_at(name.len() - digits(name));
        Some((prefix.to_string(), number.parse().ok()?))
    };
    let ((prefix, from), (other, to)) = (split(first.trim())?, split(last.trim())?);
    // A column of a number is padded as the first is: px001..px784.
    let width = if first.trim()[prefix.len()..].starts_with('0') { digits(first.trim()) } else { 0 };
    let name = |number: usize| format!("{prefix}{number:0width$}");
    const MOST: usize = 10_000_000;
    (prefix == other && from.abs_diff(to) < MOST).then(|| match from <= to {
        true => (from..=to).map(name).collect(),
        false => (to..=from).rev().map(name).collect(),
    })
}

/// Whether a name is made of these parts with anything between them.
fn matches(name: &str, parts: &[&str]) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(rest) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    let mut rest = rest;
    middle.iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}
