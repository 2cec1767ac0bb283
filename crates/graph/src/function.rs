//! A graph and the parts its nodes play.

use std::fmt;

use crate::graph::Graph;
use crate::node::{Kind, NodeId};
use crate::ops::{Index, Op, Source};

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

    /// For an integer input or outcome, the number that its values stay below: what was declared, or what follows from
    /// the axes that it indexes. None if nothing bounds it.
    pub fn bound(&self, id: NodeId) -> Option<usize> {
        let graph = &self.graph;
        let declared = match graph.node(id).op {
            Op::Source(Source::Input { bound, .. }) => bound,
            _ => None,
        };
        // The value itself reaches an index input through ops that only rearrange it.
        let mut same = vec![false; graph.nodes().len()];
        same[id.index()] = true;
        let mut bound = declared;
        for (index, node) in graph.nodes().iter().enumerate().skip(id.index() + 1) {
            let carries = |place: usize| node.inputs.get(place).is_some_and(|input| same[input.index()]);
            match &node.op {
                Op::Shape(_) => same[index] = node.kind == Kind::Int && node.inputs.iter().any(|i| same[i.index()]),
                Op::Index(Index::Gather { batch }) if carries(1) => {
                    let size = graph.node(node.inputs[0]).shape[*batch];
                    bound = Some(bound.map_or(size, |bound| bound.min(size)));
                }
                Op::Index(Index::ScatterAdd { size, .. }) if carries(0) => {
                    bound = Some(bound.map_or(*size, |bound| bound.min(*size)));
                }
                _ => {}
            }
        }
        bound
    }
}
