//! The values at which a function is checked.

use std::collections::HashMap;

use chainrule_exec::{Bindings, ExecError};
use chainrule_graph::ops::Source;
use chainrule_graph::{Function, Graph, IntegerRange, Kind, NodeId, Op, Shape, Tensor};
use chainrule_kernels::philox::Philox;
use rand_distr::{Distribution, StandardNormal, StandardUniform};

use crate::error::CheckError;
use crate::near::{Near, near};

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
/// such a range that they stay below their bound and the indices computed from them lie on their axes; some of both near the
/// constants that the graph compares them with. What gives a value that is not finite is drawn again, now and then from
/// positive numbers alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draws {
    each: HashMap<NodeId, Draw>,
    rows: Vec<Vec<(NodeId, Tensor)>>,
}

impl Draws {
    /// The usual draws.
    pub fn new() -> Draws {
        Draws::default()
    }

    /// Sets how one input is drawn. A check refuses what is no input of its graph.
    pub fn set(&mut self, id: impl Into<NodeId>, draw: Draw) -> &mut Draws {
        self.each.insert(id.into(), draw);
        self
    }

    /// The same with one more input set.
    pub fn with(mut self, id: impl Into<NodeId>, draw: Draw) -> Draws {
        self.each.insert(id.into(), draw);
        self
    }

    /// The same with values of some inputs that belong together, such as those of a table's rows: each draw takes one of
    /// these rows.
    pub fn with_rows(mut self, rows: Vec<Vec<(NodeId, Tensor)>>) -> Draws {
        self.rows = rows;
        self
    }

    /// How each input of a graph is drawn, in the order of the graph.
    ///
    /// # Errors
    /// What is set is a node of another graph, or no input.
    pub fn plan(&self, graph: &Graph) -> Result<DrawPlan, CheckError> {
        let set = || self.each.keys().chain(self.rows.iter().flatten().map(|(id, _)| id));
        if let Some(&node) = set().filter(|&&node| !graph.contains(node)).min() {
            return Err(ExecError::ForeignNode { node, count: graph.nodes().len() }.into());
        }
        if let Some(&node) = set().filter(|&&node| !is_input(graph, node)).min() {
            return Err(CheckError::NoInput { name: graph.describe(node) });
        }
        let function = Function { graph: graph.clone(), ..Function::default() };
        let usual = |id: NodeId| match graph.kind(id) {
            Kind::Real => Draw::Normal,
            Kind::Int => {
                let IntegerRange { least, below, .. } = function.integer_range(id);
                // From 0, unless that is out of bounds
                let least = least.unwrap_or_else(|| below.map_or(0, |below| (below - UNBOUNDED).min(0)));
                Draw::Integers { least, below: below.unwrap_or(least + UNBOUNDED) }
            }
            Kind::Bool => Draw::Integers { least: 0, below: 2 },
        };
        let mut near = near(graph);
        let drawn = |id: NodeId| {
            let draw = self.each.get(&id).cloned().unwrap_or_else(|| usual(id));
            // What the caller says is drawn so.
            let near = if self.each.contains_key(&id) { Vec::new() } else { std::mem::take(&mut near[id.index()]) };
            let range = function.integer_range(id);
            Drawn { id, shape: graph.shape(id).clone(), draw, near, range }
        };
        let inputs = graph.ids().filter(|&id| is_input(graph, id)).map(drawn).collect();
        Ok(DrawPlan { inputs, rows: self.rows.clone() })
    }
}

/// How each input of one graph is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawPlan {
    inputs: Vec<Drawn>,
    rows: Vec<Vec<(NodeId, Tensor)>>,
}

/// How one input is drawn.
#[derive(Clone, Debug, PartialEq)]
struct Drawn {
    id: NodeId,
    shape: Shape,
    draw: Draw,
    /// Where it may be drawn besides.
    near: Vec<Near>,
    /// Of an integer, which ones it may be at all.
    range: IntegerRange,
}

/// Which numbers an attempt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    All,
    /// Above 0, as where there is a log or a root.
    Positive,
    /// In (0, 1), as shares are.
    Shares,
}

impl Numbers {
    fn any(generator: &mut Philox) -> Numbers {
        match unit(generator) {
            ..0.4 => Numbers::All,
            0.4..0.8 => Numbers::Positive,
            _ => Numbers::Shares,
        }
    }

    fn of(self, x: f64) -> f64 {
        match self {
            Numbers::All => x,
            Numbers::Positive => x.abs(),
            Numbers::Shares => x.abs() / (1.0 + x.abs()),
        }
    }
}

impl DrawPlan {
    /// Values for all inputs.
    pub fn bindings(&self, generator: &mut Philox) -> Bindings {
        self.attempt(generator, 0, false)
    }

    /// Values for all inputs, after so many at which something was not finite: among those that are drawn again, some
    /// take positive numbers only, for all inputs, for some, or for some elements. `near` asks for some beside the constants that
    /// the graph compares them with.
    pub(crate) fn attempt(&self, generator: &mut Philox, number: usize, near: bool) -> Bindings {
        let near = near && number.is_multiple_of(2);
        let mut bindings: Bindings =
            self.inputs.iter().map(|drawn| (drawn.id, drawn.tensor(generator, number, near))).collect();
        if !self.rows.is_empty() {
            let row = ((unit(generator) * self.rows.len() as f64) as usize).min(self.rows.len() - 1);
            for (id, value) in &self.rows[row] {
                bindings.set(*id, value.clone());
            }
        }
        bindings
    }

    /// Whether integers are drawn, some of which may be out of range where they are an index.
    pub(crate) fn draws_integers(&self) -> bool {
        self.inputs.iter().any(|drawn| matches!(drawn.draw, Draw::Integers { .. }))
    }

    /// Whether two draws can differ.
    pub(crate) fn varies(&self) -> bool {
        let varies = |drawn: &Drawn| drawn.shape.size() > 0 && !matches!(drawn.draw, Draw::Fixed(_));
        self.rows.len() > 1 || self.inputs.iter().any(varies)
    }
}

impl Drawn {
    fn tensor(&self, generator: &mut Philox, number: usize, near: bool) -> Tensor {
        let mut values = self.draw.tensor(&self.shape, generator);
        if near && !self.near.is_empty() {
            self.bring_near(&mut values, generator);
        }
        if self.draw != Draw::Normal {
            return values;
        }
        match number % 4 {
            0 => {}
            1 => values.data_mut().iter_mut().for_each(|x| *x = Numbers::Positive.of(*x)),
            2 => {
                let numbers = Numbers::any(generator);
                values.data_mut().iter_mut().for_each(|x| *x = numbers.of(*x));
            }
            _ => values.data_mut().iter_mut().for_each(|x| *x = Numbers::any(generator).of(*x)),
        }
        values
    }

    /// Moves about half of the elements to one of the places where the input may be drawn besides.
    fn bring_near(&self, values: &mut Tensor, generator: &mut Philox) {
        for x in values.data_mut() {
            let place = self.near[((unit(generator) * self.near.len() as f64) as usize).min(self.near.len() - 1)];
            if unit(generator) < 0.5 {
                continue;
            }
            *x = match (&self.draw, place) {
                (Draw::Normal, Near::At(at)) => at + *x,
                (Draw::Normal, Near::Scaled(by)) => by * *x,
                (Draw::Integers { .. }, Near::At(at)) => {
                    let beside = at.round() + [0.0, 0.0, -1.0, 1.0][(unit(generator) * 4.0) as usize % 4];
                    if self.range.contains(beside) { beside } else { *x }
                }
                _ => *x,
            };
        }
    }
}

pub(crate) fn is_input(graph: &Graph, id: impl Into<NodeId>) -> bool {
    matches!(graph.node(id).op, Op::Source(Source::Input { .. }))
}
