//! Linear regression: w·x + b and the squared distance; all parameters start at 0.

use chainrule_graph::{Function, GraphError, Tensor};

use super::fitted::{Fitted, features};
use super::linear;
use crate::training::diverged::TrainError;
use crate::training::settings::Training;

/// Linear regression by gradient descent.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinearRegression<'a> {
    training: Training<'a>,
}

impl<'a> LinearRegression<'a> {
    /// The model, to be trained so.
    pub fn new(training: Training<'a>) -> LinearRegression<'a> {
        LinearRegression { training }
    }

    /// The function of one example of `d` features: (w·x + b − y)².
    ///
    /// # Errors
    /// A size or an initial value that the builder refuses; for sizes that fit into memory and finite values there is
    /// none.
    pub fn function(&self, d: usize) -> Result<Function, GraphError> {
        linear(d, |_, _| None)
    }

    /// Trains on rows `x` `[n, d]` and outcomes `y` `[n]`, and scores `validation` rows too, if there are any.
    ///
    /// # Errors
    /// Rows or outcomes of another shape, or another number of one than of the other; settings out of their range;
    /// training that diverged.
    pub fn fit(&self, x: &Tensor, y: &Tensor, validation: Option<(&Tensor, &Tensor)>) -> Result<Fitted, TrainError> {
        Fitted::fit(self.function(features(x)?)?, (x, y), validation, &self.training)
    }
}
