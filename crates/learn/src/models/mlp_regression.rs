//! A multilayer perceptron that predicts a number: w·h + b over hidden layers, and the squared distance.

use chainrule_graph::{Builder, Function, GraphError, Tensor};

use super::fitted::{Fitted, features};
use super::{Activation, hidden_layers, normal};
use crate::training::diverged::TrainError;
use crate::training::settings::Training;

/// Regression by a multilayer perceptron.
#[derive(Clone, Debug)]
pub struct MlpRegression<'a> {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// What stands between the layers.
    pub activation: Activation,
    /// The standard deviation of the initial parameters; not 0, or all units of a layer stay equal.
    pub scale: f64,
    /// How it is trained.
    pub training: Training<'a>,
}

impl<'a> MlpRegression<'a> {
    /// Tanh layers of these widths, to be trained so.
    pub fn new(hidden: &[usize], scale: f64, training: Training<'a>) -> MlpRegression<'a> {
        MlpRegression { hidden: hidden.to_vec(), activation: Activation::Tanh, scale, training }
    }

    /// The function of one example of `d` features.
    ///
    /// # Errors
    /// A size or an initial value that the builder refuses; for sizes that fit into memory and finite values there is
    /// none.
    pub fn function(&self, d: usize) -> Result<Function, GraphError> {
        let builder = Builder::new();
        let (x, y) = (builder.input("x", [d]), builder.outcome("y", []));
        let (h, width) = hidden_layers(&builder, x, d, &self.hidden, self.activation, self.scale);
        let (w, b) = (normal(&builder, "w", [width], self.scale), normal(&builder, "b", [], self.scale));
        let prediction = builder.vector_scalar_affine(h, w, b);
        builder.prediction(prediction);
        builder.objective(builder.squared_l2_distance(prediction, y));
        builder.finish()
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
