//! How thorough a check is.

/// How thorough a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckOptions {
    /// The seed of the draws and directions.
    pub seed: u64,
    /// How many draws of the values; each has a direction of its own for every test.
    pub draws: usize,
    /// Whether each element of every edge's input is tested by itself.
    pub elements: Elements,
    /// Whether second derivatives are checked too, where the check makes the derivatives itself.
    pub second: bool,
}

impl Default for CheckOptions {
    fn default() -> CheckOptions {
        CheckOptions { seed: 0, draws: 3, elements: Elements::Together, second: true }
    }
}

/// How the elements of an input are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Elements {
    /// All at once along a random direction; one by one only where that finds something wrong.
    #[default]
    Together,
    /// One by one, each of them.
    OneByOne,
}
