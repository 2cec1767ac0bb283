//! At any parameters, trained or not: what a function is on one example, and over the rows of a dataset.

pub(crate) mod bindings;
pub(crate) mod dropped_slopes;
pub(crate) mod evaluate;
pub(crate) mod failing_row;
pub(crate) mod figures;
pub(crate) mod raw_score;
pub(crate) mod score;
pub(crate) mod scores;
pub(crate) mod scoring;
pub(crate) mod tables;
pub(crate) mod value_and_gradient;
