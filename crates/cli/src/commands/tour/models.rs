//! The models of the tour: a graph in the text form, how it is trained, and what the course found.

/// A model that the tour trains.
pub struct Model {
    /// What the table calls it.
    pub name: &'static str,
    /// Its graph, and the file that it is written to.
    pub graph: &'static str,
    /// The name of that file.
    pub file: &'static str,
    /// How far a step goes.
    pub rate: f64,
    /// How often all rows are gone through.
    pub epochs: usize,
    /// How many rows a step takes.
    pub batch: usize,
    /// The errors that are to be expected.
    pub expected: Expected,
    /// Its colour in pictures.
    pub color: &'static str,
}

/// What a score is to be expected to be: a mean and the least and greatest over several problems, or just these.
pub struct Expected {
    /// On the training rows.
    pub training: &'static str,
    /// On the validation rows.
    pub validation: &'static str,
}

/// The errors of the target itself, which no model beats on new data but by luck.
pub const TARGET: Expected = Expected { training: "0.104 [0.085, 0.148]", validation: "0.096 [0.086, 0.104]" };

/// The models of the regression problem. Settings and expected errors are the course's: means [least, greatest] of the
/// average squared error over five problems.
pub const REGRESSION: [Model; 4] = [
    Model {
        name: "linear, on features",
        graph: include_str!("linear.graph"),
        file: "linear.graph",
        rate: 0.001,
        epochs: 1000,
        batch: 1,
        expected: Expected { training: "0.022 [0.012, 0.040]", validation: "0.202 [0.161, 0.286]" },
        color: "#4682b4",
    },
    Model {
        name: "ridge (λ = 1), on features",
        graph: include_str!("ridge.graph"),
        file: "ridge.graph",
        rate: 0.00005,
        epochs: 2000,
        batch: 1,
        expected: Expected { training: "0.186 [0.095, 0.321]", validation: "0.241 [0.137, 0.381]" },
        color: "#2e8b57",
    },
    Model {
        name: "MLP, on x",
        graph: include_str!("mlp_scalar.graph"),
        file: "mlp_scalar.graph",
        rate: 0.001,
        epochs: 5000,
        batch: 1,
        expected: Expected { training: "0.462 [0.186, 1.027]", validation: "0.516 [0.251, 1.101]" },
        color: "#ff8c00",
    },
    Model {
        name: "MLP, on features",
        graph: include_str!("mlp.graph"),
        file: "mlp.graph",
        rate: 0.0005,
        epochs: 500,
        batch: 1,
        expected: Expected { training: "0.044 [0.031, 0.059]", validation: "0.192 [0.148, 0.271]" },
        color: "#dc143c",
    },
];

/// The classifier of digits, on standardised pixels. Another library's network of the same size reaches 95.3 to 98.1 % on
/// a random held-out fifth.
pub const DIGITS: Model = Model {
    name: "MLP classifier",
    graph: include_str!("digits.graph"),
    file: "digits.graph",
    rate: 0.1,
    epochs: 20,
    batch: 16,
    expected: Expected { training: "100 %", validation: "95.3 to 98.1 %" },
    color: "#800080",
};

/// The share of digits that is held out.
pub const HELD_OUT: f64 = 0.2;
