//! The models of the tour: a graph in the text form, how it is trained, and what is to be expected of it.

use chainrule::learn::{Adam, Optimizer};

use crate::plots::{BLUE, DASHED, DASHED_AND_DOTTED, DOTTED, GREEN, ORANGE, PURPLE, SOLID, Stroke, VERMILION};

/// A model that the tour trains.
pub struct TourModel {
    /// What the table calls it.
    pub name: &'static str,
    /// Its graph, and the file that it is written to.
    pub graph: &'static str,
    /// The name of that file.
    pub file: &'static str,
    /// By what rule a step goes.
    pub optimizer: Optimizer,
    /// How far a step goes.
    pub rate: f64,
    /// How often all rows are gone through.
    pub epochs: usize,
    /// How many rows a step takes.
    pub batch: usize,
    /// The scores that are to be expected.
    pub expected: Expected,
    /// The sizes that its gradients are checked at: a rule is right or wrong at any width, and a narrow one is checked sooner.
    pub checked_at: &'static [(&'static str, f64)],
    /// Its line in pictures.
    pub stroke: Stroke,
}

/// The least and the greatest score over the tours of the seeds 0 to 19, as they print them. A test prints them again:
/// `cargo test --release -p chainrule-cli --test cli tours -- --ignored --nocapture`.
#[derive(Clone, Copy)]
pub struct Expected {
    /// On the training rows.
    pub training: [f64; 2],
    /// On the validation rows.
    pub validation: [f64; 2],
}

/// The average squared errors of the target itself, which no model beats on new data but by luck.
pub const TARGET: Expected = Expected { training: [0.064, 0.116], validation: [0.082, 0.106] };

/// The network that is given the number x itself.
pub const ON_X: &str = "MLP, on x";
/// The network that is given step functions of x.
pub const ON_FEATURES: &str = "MLP, on features";

/// The models of the regression problem; their scores are average squared errors.
pub const REGRESSION: [TourModel; 4] = [
    TourModel {
        name: "linear, on features",
        graph: include_str!("linear.graph"),
        file: "linear.graph",
        optimizer: Optimizer::Sgd,
        rate: 0.001,
        epochs: 1000,
        batch: 1,
        expected: Expected { training: [0.005, 0.031], validation: [0.139, 0.215] },
        checked_at: &[],
        stroke: Stroke { color: BLUE, dashes: DASHED },
    },
    TourModel {
        name: "ridge (λ = 1), on features",
        graph: include_str!("ridge.graph"),
        file: "ridge.graph",
        optimizer: Optimizer::Sgd,
        rate: 0.00005,
        epochs: 2000,
        batch: 1,
        expected: Expected { training: [0.130, 0.377], validation: [0.158, 0.345] },
        checked_at: &[],
        stroke: Stroke { color: GREEN, dashes: DASHED_AND_DOTTED },
    },
    TourModel {
        name: ON_X,
        graph: include_str!("mlp_scalar.graph"),
        file: "mlp_scalar.graph",
        optimizer: Optimizer::Sgd,
        rate: 0.001,
        epochs: 5000,
        batch: 1,
        expected: Expected { training: [0.190, 0.970], validation: [0.211, 0.784] },
        checked_at: &[],
        stroke: Stroke { color: ORANGE, dashes: DOTTED },
    },
    TourModel {
        name: ON_FEATURES,
        graph: include_str!("mlp.graph"),
        file: "mlp.graph",
        optimizer: Optimizer::Sgd,
        rate: 0.0005,
        epochs: 500,
        batch: 1,
        expected: Expected { training: [0.018, 0.049], validation: [0.133, 0.227] },
        checked_at: &[],
        stroke: Stroke { color: VERMILION, dashes: SOLID },
    },
];

/// The classifier of digits, on standardised pixels.
pub const DIGITS: TourModel = TourModel {
    name: "MLP classifier",
    graph: include_str!("digits.graph"),
    file: "digits.graph",
    optimizer: Optimizer::Sgd,
    rate: 0.1,
    epochs: 20,
    batch: 16,
    expected: Expected { training: [0.999, 1.0], validation: [0.955, 0.994] },
    checked_at: &[],
    stroke: Stroke { color: PURPLE, dashes: SOLID },
};

/// The usual constants.
const ADAM: Adam = Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/// The convolutional network on the digits, on pixels as they are.
pub const CONVOLUTION: TourModel = TourModel {
    name: "convolutional network",
    graph: include_str!("convnet.graph"),
    file: "convnet.graph",
    optimizer: Optimizer::Adam(ADAM),
    rate: 0.003,
    epochs: 20,
    batch: 32,
    expected: Expected { training: [0.994, 1.0], validation: [0.961, 0.994] },
    checked_at: &[("c", 2.0), ("m", 4.0)],
    stroke: Stroke { color: PURPLE, dashes: DASHED },
};

/// The recurrent network on the vowels.
pub const RECURRENT: TourModel = TourModel {
    name: "GRU",
    graph: include_str!("gru.graph"),
    file: "gru.graph",
    optimizer: Optimizer::Adam(ADAM),
    rate: 0.005,
    epochs: 40,
    batch: 16,
    expected: Expected { training: [1.0, 1.0], validation: [0.962, 0.978] },
    checked_at: &[("m", 4.0)],
    stroke: Stroke { color: PURPLE, dashes: DOTTED },
};

/// What such networks of other libraries reach on rows that they have not seen.
pub const ELSEWHERE: &str = "On rows not seen, scikit-learn's MLP classifier is right on 95.3–98.1 %; PyTorch's convolutional \
                             network, begun as this one, on 95.0–99.2 %; PyTorch's GRU on 97.3–97.8 %.";

/// The share of digits that is held out.
pub const HELD_OUT: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lines_of_a_picture_are_alike() {
        for (index, model) in REGRESSION.iter().enumerate() {
            for other in &REGRESSION[..index] {
                assert_ne!(model.stroke.color, other.stroke.color, "{} and {}", model.name, other.name);
                assert_ne!(model.stroke.dashes, other.stroke.dashes, "{} and {}", model.name, other.name);
            }
        }
    }
}
