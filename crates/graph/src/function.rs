//! A graph and the roles of its nodes.

use std::fmt;

use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{NodeId, Value};
use crate::shape::Shape;

/// How a parameter or state starts, as data: whoever draws numbers reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initializer {
    /// The same number everywhere.
    Constant(f64),
    /// Normally distributed.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// Uniform on [low, high).
    Uniform {
        /// The least value.
        low: f64,
        /// The bound above.
        high: f64,
    },
    /// Uniform on ±√(6/(in + out)) (Glorot and Bengio 2010); in = the last axis, out = the one before.
    Glorot,
    /// Normal with mean 0 and standard deviation √(2/in) (He et al. 2015); in = the last axis.
    He,
}

impl Initializer {
    /// Why no value of this shape can start so, if it can't: numbers that are not finite, a negative deviation, a range that
    /// is empty, too few axes.
    pub(crate) fn problem(&self, shape: &Shape) -> Option<String> {
        let finite = |x: f64| (!x.is_finite()).then(|| format!("starts from {x}, which is not finite"));
        match *self {
            Initializer::Constant(_) => None,
            Initializer::Normal { mean, std } => finite(mean)
                .or_else(|| finite(std))
                .or_else(|| (std < 0.0).then(|| format!("has a standard deviation of {std}; it is at least 0"))),
            Initializer::Uniform { low, high } => finite(low)
                .or_else(|| finite(high))
                .or_else(|| (low > high).then(|| format!("is drawn from {low} to {high}, an empty range"))),
            Initializer::Glorot | Initializer::He => (shape.rank() < 2)
                .then(|| format!("of shape {shape} has too few axes for glorot or he, which need two or more")),
        }
    }
}

impl fmt::Display for Initializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Initializer::Constant(value) => write!(f, "= {value}"),
            Initializer::Normal { mean, std } => write!(f, "~ normal({mean}, {std})"),
            Initializer::Uniform { low, high } => write!(f, "~ uniform({low}, {high})"),
            Initializer::Glorot => f.write_str("~ glorot"),
            Initializer::He => f.write_str("~ he"),
        }
    }
}

/// A named value that is kept from run to run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its input node.
    pub node: NodeId,
    /// How it starts.
    pub initializer: Initializer,
}

/// A graph and the roles of its nodes. It holds no values: parameters belong to the caller.
///
/// ```
/// use chainrule_graph::{Builder, Initializer, differentiate};
///
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
/// let w = builder.parameter("w", [2], Initializer::Constant(0.0));
/// builder.prediction(w.dot(x));
/// builder.objective((w.dot(x) - y).power(2.0));
/// let function = builder.finish()?;
///
/// let parameters: Vec<&str> = function.parameters.iter().map(|w| function.name(w.node)).collect();
/// assert_eq!(parameters, ["w"]);
/// let objective = function.objective.expect("it was said");
/// let derivatives = differentiate(&function.graph, objective, &[function.parameters[0].node])?;
/// assert!(derivatives.cotangent(function.parameters[0].node).is_some());
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// The nodes.
    pub graph: Graph,
    /// What a prediction is made from.
    pub inputs: Vec<NodeId>,
    /// What the prediction is compared with.
    pub outcomes: Vec<NodeId>,
    /// What is learned.
    pub parameters: Vec<Parameter>,
    /// What is kept from run to run without a gradient; its next value is one of the graph's updates.
    pub state: Vec<Parameter>,
    /// The prediction; it needs no outcome.
    pub prediction: Option<Value>,
    /// What is to be made small, a scalar.
    pub objective: Option<Value>,
}

impl Function {
    /// The name of an input, outcome, parameter or state. All of them have one; a node of another graph has the empty one.
    pub fn name(&self, id: impl Into<NodeId>) -> &str {
        let output = self.graph.get(id).and_then(|node| node.outputs.first());
        output.and_then(|output| output.name.as_deref()).unwrap_or_default()
    }

    /// An error unless every node with a role is one of the graph's.
    pub(crate) fn check_roles(&self) -> Result<(), GraphError> {
        let kept = self.parameters.iter().chain(&self.state).map(|parameter| parameter.node);
        let nodes = self.inputs.iter().chain(&self.outcomes).copied().chain(kept).map(Value::from);
        self.graph.check_values(nodes.chain(self.prediction).chain(self.objective))
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<Parameter> {
        self.parameters.iter().copied().find(|parameter| self.name(parameter.node) == name)
    }
}
