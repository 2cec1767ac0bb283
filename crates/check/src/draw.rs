//! The values at which a function is checked.

use std::collections::HashMap;

use chainrule_exec::Feed;
use chainrule_graph::ops::Source;
use chainrule_graph::{Function, Graph, Kind, NodeId, Op, Shape, Tensor};
use chainrule_kernels::philox::Philox;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

/// Whole numbers that nothing bounds are drawn below this.
const UNBOUNDED: usize = 5;

/// How the entries of an input are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Draw {
    /// From the normal distribution of mean 0 and standard deviation 1.
    Normal,
    /// Evenly from low up to high.
    Uniform {
        /// The least value.
        low: f64,
        /// The bound above.
        high: f64,
    },
    /// Evenly from the whole numbers 0, 1, …, below the bound.
    Below(usize),
    /// Not at all: these values each time.
    Fixed(Tensor),
}

impl Draw {
    /// Values of a shape.
    pub fn tensor(&self, shape: &Shape, generator: &mut Philox) -> Tensor {
        match self {
            Draw::Normal => Tensor::from_fn(shape, |_| StandardNormal.sample(generator)),
            Draw::Uniform { low, high } => Tensor::from_fn(shape, |_| low + (high - low) * unit(generator)),
            Draw::Below(bound) => Tensor::from_fn(shape, |_| (unit(generator) * *bound as f64).floor()),
            Draw::Fixed(values) => values.clone(),
        }
    }
}

/// A number in [0, 1).
fn unit(generator: &mut Philox) -> f64 {
    StandardUniform.sample(generator)
}

/// How the inputs of a graph are drawn: reals from the normal distribution, whole numbers below their bound, unless
/// something else is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws(HashMap<NodeId, Draw>);

impl Draws {
    /// The usual draws.
    pub fn new() -> Draws {
        Draws::default()
    }

    /// Says how one input is drawn.
    pub fn set(&mut self, id: NodeId, draw: Draw) -> &mut Draws {
        self.0.insert(id, draw);
        self
    }

    /// The same with one more input said.
    pub fn with(mut self, id: NodeId, draw: Draw) -> Draws {
        self.0.insert(id, draw);
        self
    }

    /// How each input of a graph is drawn, in the order of the graph.
    pub fn plan(&self, graph: &Graph) -> Plan {
        let function = Function { graph: graph.clone(), ..Function::default() };
        let usual = |id: NodeId| match graph.node(id).kind {
            Kind::Real => Draw::Normal,
            Kind::Int => Draw::Below(function.bound(id).unwrap_or(UNBOUNDED)),
            Kind::Bool => Draw::Below(2),
        };
        let inputs = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Source(Source::Input { .. })));
        Plan(
            inputs
                .map(|id| {
                    let draw = self.0.get(&id).cloned().unwrap_or_else(|| usual(id));
                    (id, graph.node(id).shape.clone(), draw)
                })
                .collect(),
        )
    }
}

/// How each input of one graph is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan(Vec<(NodeId, Shape, Draw)>);

impl Plan {
    /// Values for all inputs.
    pub fn feed(&self, generator: &mut Philox) -> Feed {
        self.0.iter().map(|(id, shape, draw)| (*id, draw.tensor(shape, generator))).collect()
    }

    /// Whether two draws can differ.
    pub(crate) fn varies(&self) -> bool {
        self.0.iter().any(|(_, shape, draw)| shape.size() > 0 && !matches!(draw, Draw::Fixed(_)))
    }
}
