//! During training: the settings, the step as a graph, what runs it, the loop over epochs, and how it may end.

pub(crate) mod checkpoint;
pub(crate) mod diverged;
pub(crate) mod not_finite;
pub(crate) mod patience;
pub(crate) mod profile;
pub(crate) mod progress;
pub(crate) mod runner;
pub(crate) mod schedule;
pub(crate) mod settings;
mod smaller_rate;
pub(crate) mod step;
pub(crate) mod train;
