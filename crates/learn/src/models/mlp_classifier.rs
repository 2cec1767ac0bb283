//! A multilayer perceptron that predicts a class: softmax over hidden layers, and the negative log-likelihood.

use chainrule_graph::{Builder, Function, GraphError, Kind, Tensor};

use super::fitted::{Fitted, features};
use super::{Activation, hidden_layers, normal};
use crate::training::diverged::TrainError;
use crate::training::settings::Training;

/// Classification by a multilayer perceptron.
#[derive(Clone, Debug)]
pub struct MlpClassifier<'a> {
    /// The widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// How many classes there are.
    pub classes: usize,
    /// What stands between the layers.
    pub activation: Activation,
    /// The standard deviation of the initial parameters; not 0, or all units of a layer stay equal.
    pub scale: f64,
    /// How it is trained.
    pub training: Training<'a>,
}

impl<'a> MlpClassifier<'a> {
    /// Tanh layers of these widths, to be trained so.
    pub fn new(hidden: &[usize], classes: usize, scale: f64, training: Training<'a>) -> MlpClassifier<'a> {
        MlpClassifier { hidden: hidden.to_vec(), classes, activation: Activation::Tanh, scale, training }
    }

    /// The function of one example of `d` features.
    ///
    /// # Errors
    /// A size or an initial value that the builder refuses; for sizes that fit into memory and finite values there is
    /// none.
    pub fn function(&self, d: usize) -> Result<Function, GraphError> {
        let builder = Builder::new();
        let x = builder.input("x", [d]);
        let y = builder.outcome_of("y", [], Kind::Int, Some(self.classes));
        let (h, width) = hidden_layers(&builder, x, d, &self.hidden, self.activation, self.scale);
        let w = normal(&builder, "W", [self.classes, width], self.scale);
        let b = normal(&builder, "b", [self.classes], self.scale);
        let prediction = builder.affine(w, h, b).named("logits").softmax(0);
        builder.prediction(prediction);
        builder.objective(builder.nll(prediction, y));
        builder.finish()
    }

    /// Trains on rows `x` `[n, d]` and classes `y` `[n]`, and scores `validation` rows too, if there are any.
    ///
    /// # Errors
    /// Rows or classes of another shape, another number of one than of the other, or classes that are none; settings
    /// out of their range; training that diverged.
    pub fn fit(&self, x: &Tensor, y: &Tensor, validation: Option<(&Tensor, &Tensor)>) -> Result<Fitted, TrainError> {
        Fitted::fit(self.function(features(x)?)?, (x, y), validation, &self.training)
    }
}
