//! A setting of each axis.

/// A number for each axis, or one for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerAxis {
    /// The same for all.
    All(usize),
    /// One for each, in order.
    Each(Vec<usize>),
}

impl From<usize> for PerAxis {
    fn from(all: usize) -> PerAxis {
        PerAxis::All(all)
    }
}

impl From<Vec<usize>> for PerAxis {
    fn from(each: Vec<usize>) -> PerAxis {
        PerAxis::Each(each)
    }
}

impl From<&[usize]> for PerAxis {
    fn from(each: &[usize]) -> PerAxis {
        PerAxis::Each(each.to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for PerAxis {
    fn from(each: [usize; N]) -> PerAxis {
        PerAxis::Each(each.to_vec())
    }
}

impl PerAxis {
    /// The number of each of `count` axes, or what is wrong.
    pub(crate) fn each(&self, what: &str, count: usize) -> Result<Vec<usize>, String> {
        match self {
            PerAxis::All(all) => Ok(vec![*all; count]),
            PerAxis::Each(each) if each.len() == count => Ok(each.clone()),
            PerAxis::Each(each) => Err(format!("a {what} for each of {} axes, where there are {count}", each.len())),
        }
    }
}
