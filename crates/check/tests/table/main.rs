//! Every row of the case table through everything that is tested against it.

mod rows;

mod batch;
mod bounds;
mod compiled;
mod rules;
