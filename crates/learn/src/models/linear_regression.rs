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
    pub fn function(&self, d: usize) -> Result<Function, GraphError> {
        linear(d, |_, _| None)
    }

    /// Trains on rows `x [n, d]` and outcomes `y [n]`, and scores other rows too if they are given.
    pub fn fit(&self, x: &Tensor, y: &Tensor, validation: Option<(&Tensor, &Tensor)>) -> Result<Fitted, TrainError> {
        Fitted::fit(self.function(features(x)?)?, (x, y), validation, &self.training)
    }
}
