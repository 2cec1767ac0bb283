//! What pictures show: of what speaks for a cause, and of what its remedy gave.

/// What a picture of the evidence shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Exhibit {
    /// What is shown.
    pub title: String,
    /// Its numbers.
    pub shown: Shown,
}

/// The numbers of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Sizes beside each other, each with its name.
    Sizes(Vec<(String, f64)>),
    /// Values in their order.
    Sequence(Vec<f64>),
}

/// How a run went, beside the same with a remedy: pairs of an epoch and what was measured after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What was measured.
    pub quantity: Quantity,
    /// Whether on rows that were not trained on.
    pub held_out: bool,
    /// Whether training as it is failed.
    pub failed: bool,
    /// As it is, up to where it failed.
    pub before: Vec<(usize, f64)>,
    /// With the remedy.
    pub after: Vec<(usize, f64)>,
}

/// What is measured after an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The share of rows that are taken for another class.
    Error,
    /// The share of the outcome's variance that is left unexplained.
    Unexplained,
    /// The objective.
    Objective,
}
