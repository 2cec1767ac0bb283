//! Before training: tables, which of their columns a model takes, the rows as values, and what is done to them.

pub(crate) mod arrays;
pub(crate) mod cell;
pub(crate) mod cells;
pub(crate) mod choice;
pub(crate) mod columns;
pub(crate) mod copies;
pub(crate) mod data_file;
pub(crate) mod dataset;
pub(crate) mod declaration;
pub(crate) mod dialect;
pub(crate) mod field;
pub(crate) mod fill;
pub(crate) mod from_arrays;
pub(crate) mod pattern;
pub(crate) mod reading;
pub(crate) mod resolve;
pub(crate) mod rows;
pub(crate) mod selection;
pub(crate) mod sizes;
pub(crate) mod split;
pub(crate) mod standardize;
pub(crate) mod step_features;
pub(crate) mod table;
pub(crate) mod transform;
pub(crate) mod units;
pub(crate) mod words;
