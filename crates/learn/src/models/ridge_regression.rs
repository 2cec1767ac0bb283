//! Ridge regression: linear regression with a penalty on w, not on b. One parameter is read along two edges.

use chainrule_graph::{Function, GraphError, Tensor};

use super::fitted::{Fitted, features};
use super::linear;
use crate::training::diverged::TrainError;
use crate::training::settings::Training;

/// Ridge regression by gradient descent.
#[derive(Clone, Copy, Debug)]
pub struct RidgeRegression<'a> {
    lambda: f64,
    training: Training<'a>,
}

impl<'a> RidgeRegression<'a> {
    /// The model with the penalty λ‖w‖², λ ≥ 0, to be trained so.
    pub fn new(lambda: f64, training: Training<'a>) -> RidgeRegression<'a> {
        RidgeRegression { lambda, training }
    }

    /// The function of one example of `d` features: (w·x + b − y)² + λ‖w‖².
    ///
    /// # Errors
    /// A size or an initial value that the builder refuses; for sizes that fit into memory and finite values there is
    /// none.
    pub fn function(&self, d: usize) -> Result<Function, GraphError> {
        linear(d, |builder, w| Some(builder.l2_norm_penalty(self.lambda, w)))
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
