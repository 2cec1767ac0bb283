//! Learning: data from tables, parameters and what is asked of a function with them, training, scores, and models on disk.
//!
//! A [`Table`] is a CSV file; [`assign`] says which of its columns each input and outcome of a model takes, and a
//! [`Dataset`] holds the rows, read from a table or made. [`Transforms`] are what is done to the inputs before the model
//! sees them. [`Parameters`] hold the values of a function, which is asked for its [`objective`](fn@objective),
//! [`gradients`](fn@gradients) and [`prediction`](fn@prediction) on one example, and for its [`scores`](fn@scores) on a
//! dataset. [`train`](fn@train) moves them, as [`Training`] says, and tells an [`Observer`] how it goes; [`models`] are
//! ready to be trained. A [`SavedModel`] is all that predicting needs, in one file, and a [`Predictor`] predicts from it
//! one example at a time, in microseconds.
//!
//! A [`LearnError`] says what was found, where, and what would be right; a [`Remedy`] that users give by an option or an
//! argument stands in it as data, for the caller to word.
#![forbid(unsafe_code)]

mod admission;
pub mod atomic;
mod data;
mod draws;
mod error;
mod evaluation;
mod fingerprint;
mod half;
#[cfg(feature = "training")]
mod initial;
#[cfg(feature = "training")]
pub mod models;
#[cfg(feature = "training")]
mod optimizer;
mod parameters;
mod predictor;
#[cfg(feature = "training")]
pub mod problems;
#[cfg(feature = "training")]
pub mod random;
mod saved;
#[cfg(feature = "training")]
mod training;

pub use data::cell::Cell;
pub use data::dataset::Dataset;
pub use data::field::{Field, Role};
pub use data::fill::Fill;
pub use data::reading::Reading;
pub use data::standardize::Standardize;
pub use data::step_features::StepFeatures;
pub use data::transform::{Transform, Transforms};
pub use data::units::StandardizedValue;
pub use data::words::{WordEncoding, Words};
pub use error::{LearnError, Remedy, RowPlace};
pub use evaluation::bindings::bindings;
pub use evaluation::dropped_slopes::dropped_slope;
pub use evaluation::evaluate::{gradients, objective, prediction};
pub use evaluation::figures::{Confusion, Figures};
pub use evaluation::score::{Measure, accuracy, mean_squared_error, predicted_class};
pub use evaluation::scores::{Scores, confusion, node_values, objectives, predictions, scores, scores_by};
pub use evaluation::scoring::{LeftOut, Scoring};
pub use evaluation::value_and_gradient::{Gradients, ValueAndGradient};
pub use fingerprint::Fingerprint;
pub use parameters::Parameters;
pub use predictor::{Prediction, Predictor, Session};
pub use saved::model::SavedModel;

#[cfg(feature = "training")]
pub use data::arrays::Arrays;
#[cfg(feature = "training")]
pub use data::arrays::write::{ArrayValues, write_npz};
#[cfg(feature = "training")]
pub use data::columns::{Assignment, assign, check_counts};
#[cfg(feature = "training")]
pub use data::data_file::DataFile;
#[cfg(feature = "training")]
pub use data::declaration::{FieldDeclaration, Mapping};
#[cfg(feature = "training")]
pub use data::from_arrays::assign_arrays;
#[cfg(feature = "training")]
pub use data::kept::{KeptColumn, KeptValues};
#[cfg(feature = "training")]
pub use data::selection::{Missing, Selection};
#[cfg(feature = "training")]
pub use data::table::{ColumnValues, Table};
#[cfg(feature = "training")]
pub use optimizer::{Adam, Optimizer};
#[cfg(feature = "training")]
pub use saved::rename::Rename;
#[cfg(feature = "training")]
pub use saved::weights::Weights;
#[cfg(feature = "training")]
pub use training::diverged::{Cause, Diverged, StepPart, TrainError};
#[cfg(feature = "training")]
pub use training::profile::{StepCost, profile};
#[cfg(feature = "training")]
pub use training::progress::{
    Ending, Epoch, EverySteps, Observer, Position, Progress, StepReport, Trained, Unobserved,
};
#[cfg(feature = "training")]
pub use training::schedule::{Length, Schedule};
#[cfg(feature = "training")]
pub use training::settings::{Checkpointing, Engine, Training};
#[cfg(feature = "training")]
pub use training::step::{RATE, Step, StepOptions, step};
#[cfg(feature = "training")]
pub use training::train::train;
