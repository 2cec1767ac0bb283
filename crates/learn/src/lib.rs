//! Learning: data from tables, parameters and what is asked of a function with them, scores, and models on disk.
//!
//! A [`Table`] is a CSV file; [`assign`] says which of its columns each input and outcome of a model takes, and a
//! [`Dataset`] holds the numbers. [`Transforms`] are what is done to the inputs before the model sees them.
//! [`Parameters`] hold the values of a function, which is asked for its [`objective`](fn@objective),
//! [`gradients`](fn@gradients) and [`prediction`](fn@prediction). A [`SavedModel`] is all of it in one file.
#![forbid(unsafe_code)]

pub mod atomic;
mod bindings;
mod checkpoint;
mod columns;
mod dataset;
mod diverged;
mod engine;
mod error;
mod evaluate;
mod failing;
mod fingerprint;
mod given;
pub mod models;
mod optimizer;
mod parameters;
mod patience;
pub mod problems;
mod profile;
pub mod random;
mod saved;
mod schedule;
mod score;
mod scores;
mod standardize;
mod step;
mod step_features;
mod table;
mod tables;
mod tensor_file;
mod train;
mod training;
mod transform;

pub use bindings::bindings;
pub use columns::{Assignment, Mapping, Slot, assign, check_counts};
pub use dataset::{Dataset, Field, Role};
pub use diverged::{Diverged, Part, TrainError};
pub use engine::Engine;
pub use error::LearnError;
pub use evaluate::{Gradients, gradients, objective, prediction};
pub use fingerprint::Fingerprint;
pub use optimizer::{Adam, Optimizer};
pub use parameters::Parameters;
pub use profile::{StepCost, profile};
pub use saved::SavedModel;
pub use schedule::{Length, Schedule};
pub use score::{Measure, accuracy, mean_squared_error, predicted_class};
pub use scores::{Scores, objectives, predictions, scores};
pub use standardize::Standardize;
pub use step::{RATE, Step, StepOptions, step};
pub use step_features::StepFeatures;
pub use table::{Numbers, Table};
pub use train::{Ending, Epoch, Position, Progress, Trained, train};
pub use training::{Checkpointing, Training};
pub use transform::{Transform, Transforms};
