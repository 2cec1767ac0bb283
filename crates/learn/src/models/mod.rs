//! Ready models, each a function and how it is trained: the graph is there to be looked at.

mod fitted;
mod linear_regression;
mod mlp_classifier;
mod mlp_regression;
mod ridge_regression;

pub use fitted::Fitted;
pub use linear_regression::LinearRegression;
pub use mlp_classifier::MlpClassifier;
pub use mlp_regression::MlpRegression;
pub use ridge_regression::RidgeRegression;

use chainrule_graph::{Builder, Function, GraphError, Initializer, Shape, Var};

/// What stands between the layers of a perceptron.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// tanh x
    #[default]
    Tanh,
    /// The greater of 0 and x.
    Relu,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
}

impl Activation {
    fn of(self, x: Var<'_>) -> Var<'_> {
        match self {
            Activation::Tanh => x.tanh(),
            Activation::Relu => x.relu(),
            Activation::Sigmoid => x.sigmoid(),
        }
    }
}

/// The hidden layers of a perceptron: affine, then the activation, with parameters `W1`, `b1`, `W2`, … drawn from a
/// normal distribution of the given standard deviation. Returns the last layer's output and its width.
fn hidden_layers<'g>(
    builder: &'g Builder,
    mut x: Var<'g>,
    mut width: usize,
    hidden: &[usize],
    activation: Activation,
    scale: f64,
) -> (Var<'g>, usize) {
    for (index, &units) in hidden.iter().enumerate() {
        let number = index + 1;
        let w = normal(builder, &format!("W{number}"), [units, width], scale);
        let b = normal(builder, &format!("b{number}"), [units], scale);
        x = activation.of(builder.affine(w, x, b).named(&format!("L{number}"))).named(&format!("h{number}"));
        width = units;
    }
    (x, width)
}

/// w·x + b as the prediction, with w and b from 0, and the squared distance, to which `penalty` of w is added.
fn linear(
    d: usize,
    penalty: impl for<'g> FnOnce(&'g Builder, Var<'g>) -> Option<Var<'g>>,
) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [d]), builder.outcome("y", []));
    let w = builder.parameter("w", [d], Initializer::Constant(0.0));
    let b = builder.parameter("b", [], Initializer::Constant(0.0));
    let prediction = builder.vector_scalar_affine(x, w, b);
    builder.prediction(prediction);
    let distance = builder.squared_l2_distance(prediction, y);
    builder.objective(penalty(&builder, w).map_or(distance, |penalty| distance + penalty));
    builder.finish()
}

fn normal<'g>(builder: &'g Builder, name: &str, shape: impl Into<Shape>, std: f64) -> Var<'g> {
    builder.parameter(name, shape, Initializer::Normal { mean: 0.0, std })
}
