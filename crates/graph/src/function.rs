//! A graph and the parts its nodes play.

use std::fmt;

use crate::graph::Graph;
use crate::node::NodeId;

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

/// A graph and the parts its nodes play. It holds no values: parameters belong to the caller.
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
    pub prediction: Option<NodeId>,
    /// What is to be made small, a scalar.
    pub objective: Option<NodeId>,
}

impl Function {
    /// The name of an input, outcome, parameter or state. All of them have one.
    pub fn name(&self, id: NodeId) -> &str {
        self.graph.node(id).name.as_deref().unwrap_or_default()
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<Parameter> {
        self.parameters.iter().copied().find(|parameter| self.name(parameter.node) == name)
    }
}
