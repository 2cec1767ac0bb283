//! The values at which a function is checked.

use std::collections::HashMap;

use chainrule_exec::{Bindings, ExecError};
use chainrule_graph::ops::Source;
use chainrule_graph::{Function, Graph, IntegerRange, Kind, NodeId, Op, Shape, Tensor};
use chainrule_kernels::philox::Philox;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

use crate::error::CheckError;

/// How many integers are drawn from where nothing bounds them.
const UNBOUNDED: i64 = 5;

/// How the elements of an input are drawn.
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
    /// Evenly from a range of integers.
    Integers {
        /// The least.
        least: i64,
        /// The bound above, which is not drawn.
        below: i64,
    },
    /// Not at all: these values at each draw.
    Fixed(Tensor),
}

impl Draw {
    /// Values of a shape.
    pub fn tensor(&self, shape: &Shape, generator: &mut Philox) -> Tensor {
        match self {
            Draw::Normal => Tensor::from_fn(shape, |_| StandardNormal.sample(generator)),
            Draw::Uniform { low, high } => Tensor::from_fn(shape, |_| low + (high - low) * unit(generator)),
            Draw::Integers { least, below } => {
                let (least, count) = (*least as f64, (below - least).max(0) as f64);
                Tensor::from_fn(shape, |_| least + (unit(generator) * count).floor())
            }
            Draw::Fixed(values) => values.clone(),
        }
    }
}

/// A value in [0, 1).
fn unit(generator: &mut Philox) -> f64 {
    StandardUniform.sample(generator)
}

/// How the inputs of a graph are drawn: unless something else is said, reals from the normal distribution, and integers in
/// such a range that they stay below their bound and the indices computed from them lie on their axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws(HashMap<NodeId, Draw>);

impl Draws {
    /// The usual draws.
    pub fn new() -> Draws {
        Draws::default()
    }

    /// Sets how one input is drawn. A check refuses what is no input of its graph.
    pub fn set(&mut self, id: impl Into<NodeId>, draw: Draw) -> &mut Draws {
        self.0.insert(id.into(), draw);
        self
    }

    /// The same with one more input set.
    pub fn with(mut self, id: impl Into<NodeId>, draw: Draw) -> Draws {
        self.0.insert(id.into(), draw);
        self
    }

    /// How each input of a graph is drawn, in the order of the graph.
    ///
    /// # Errors
    /// What is set is a node of another graph, or no input.
    pub fn plan(&self, graph: &Graph) -> Result<DrawPlan, CheckError> {
        if let Some(&node) = self.0.keys().filter(|&&node| !graph.contains(node)).min() {
            return Err(ExecError::ForeignNode { node, count: graph.nodes().len() }.into());
        }
        if let Some(&node) = self.0.keys().filter(|&&node| !is_input(graph, node)).min() {
            return Err(CheckError::NoInput { name: graph.describe(node) });
        }
        let function = Function { graph: graph.clone(), ..Function::default() };
        let usual = |id: NodeId| match graph.kind(id) {
            Kind::Real => Draw::Normal,
            Kind::Int => {
                let IntegerRange { least, below } = function.integer_range(id);
                // From 0, unless that is out of bounds
                let least = least.unwrap_or_else(|| below.map_or(0, |below| (below - UNBOUNDED).min(0)));
                Draw::Integers { least, below: below.unwrap_or(least + UNBOUNDED) }
            }
            Kind::Bool => Draw::Integers { least: 0, below: 2 },
        };
        let drawn = |id: NodeId| {
            let draw = self.0.get(&id).cloned().unwrap_or_else(|| usual(id));
            (id, graph.shape(id).clone(), draw)
        };
        Ok(DrawPlan(graph.ids().filter(|&id| is_input(graph, id)).map(drawn).collect()))
    }
}

/// How each input of one graph is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawPlan(Vec<(NodeId, Shape, Draw)>);

impl DrawPlan {
    /// Values for all inputs.
    pub fn bindings(&self, generator: &mut Philox) -> Bindings {
        self.0.iter().map(|(id, shape, draw)| (*id, draw.tensor(shape, generator))).collect()
    }

    /// Whether integers are drawn, some of which may be out of range where they are an index.
    pub(crate) fn draws_integers(&self) -> bool {
        self.0.iter().any(|(_, _, draw)| matches!(draw, Draw::Integers { .. }))
    }

    /// Whether two draws can differ.
    pub(crate) fn varies(&self) -> bool {
        self.0.iter().any(|(_, shape, draw)| shape.size() > 0 && !matches!(draw, Draw::Fixed(_)))
    }
}

pub(crate) fn is_input(graph: &Graph, id: impl Into<NodeId>) -> bool {
    matches!(graph.node(id).op, Op::Source(Source::Input { .. }))
}
