//! The faults, by kind.

mod data;
mod labels;
mod layered;
mod layers;
mod loss;
mod settings;
mod start;

use crate::specimen::Fault;

/// All of them.
pub fn all() -> Vec<Fault> {
    let kinds = [data::all(), labels::all(), layers::all(), layered::all(), loss::all(), start::all(), settings::all()];
    kinds.into_iter().flatten().collect()
}
