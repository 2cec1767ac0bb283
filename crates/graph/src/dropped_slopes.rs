//! Where a strong zero may have cost something: a slope that is not finite was left out of a gradient, since the cotangent
//! is 0 at this point, though not because a branch was not taken.
//!
//! At x = 0 the rule of √x in (√x)² is asked for 0 · ∞. The strong zero makes 0 of it; the derivative is 1. In
//! `where(x > 0, √x, 0)` the 0 is right. The two are told apart by a shadow of every cotangent: 0 where it would be 0 at
//! any point near by, because a branch, a mask or a constant makes it so; above 0 elsewhere.

use std::collections::HashSet;

use crate::builder::{Builder, Var};
use crate::differentiate::Derivatives;
use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{Kind, Node, NodeId, Value};
use crate::ops::signature::{Algebra, RoundingClass};
use crate::ops::{Elementwise, Op, Reduction, Source};

/// A graph of derivatives, extended by a count for each slope that may be left out.
#[derive(Clone, Debug)]
pub struct DroppedSlopeCounts {
    /// The nodes of old, then those that count.
    pub graph: Graph,
    /// A count for each of those slopes, the last node first.
    pub counts: Vec<DroppedSlopeCount>,
}

/// A slope that a strong zero may leave out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DroppedSlopeCount {
    /// The node whose slope it is.
    pub node: NodeId,
    /// The input by which it is the slope.
    pub input: Value,
    /// For how many elements it was left out, a real scalar.
    pub count: Value,
}

/// Counts, for each contribution to one of `wrt` or to what depends on it, the elements for which a slope that is not finite was
/// left out, though no branch, mask or constant made the cotangent 0. None where no slope can be infinite.
///
/// # Errors
///
/// A value of another graph.
pub fn count_dropped_slopes(
    derivatives: &Derivatives,
    wrt: &[Value],
) -> Result<Option<DroppedSlopeCounts>, GraphError> {
    let graph = &derivatives.graph;
    graph.check_values(wrt.iter().copied())?;
    let products = strong_products(derivatives);
    if products.is_empty() {
        return Ok(None);
    }
    let builder = Builder::extend_graph(graph.clone()).into_verbatim();
    let mut shadows = Shadows {
        builder: &builder,
        graph,
        written: derivatives.contributions.len(),
        moves: moving(graph, wrt),
        known: vec![None; graph.value_count()],
    };
    let cotangents: Vec<NodeId> = products.iter().map(|product| product.cotangent.node).collect();
    let needed = graph.needed_for(cotangents);
    for id in graph.ids().filter(|id| needed[id.index()]) {
        shadows.add(id);
    }
    let count = |product: &StrongProduct| {
        let [cotangent, factor] = [product.cotangent, product.factor].map(|value| builder.var(value));
        let slope = if product.divides { factor.reciprocal() } else { factor };
        // 0 · x is 0 where x is finite, and NaN elsewhere.
        let not_finite = (slope * 0.0).not_equal(0.0).to_real();
        let counts = shadows.of(product.cotangent).greater(0.0).to_real();
        let total = (cotangent.equal(0.0).to_real() * counts * not_finite).sum();
        Some(DroppedSlopeCount { node: product.node, input: product.input, count: total.id()? })
    };
    let counts = products.iter().filter_map(count).collect();
    Ok(Some(DroppedSlopeCounts { graph: builder.finish_graph()?, counts }))
}

/// A contribution that is a cotangent times a slope, or over a divisor.
struct StrongProduct {
    node: NodeId,
    input: Value,
    cotangent: Value,
    factor: Value,
    divides: bool,
}

/// The contributions whose slope may be infinite where all values are finite.
fn strong_products(derivatives: &Derivatives) -> Vec<StrongProduct> {
    let graph = &derivatives.graph;
    let singular = singular(graph, derivatives.contributions.len());
    // Some rules pass on what they are given: a product is of the last node that contributes it.
    let mut seen = HashSet::new();
    let edges = derivatives.contributions.iter().enumerate().rev().flat_map(|(index, of_node)| {
        of_node
            .iter()
            .enumerate()
            .filter_map(move |(operand, term)| Some((NodeId::from_index(index), operand, (*term)?)))
    });
    edges
        .filter(|&(_, _, term)| seen.insert(term))
        .filter_map(|(node, operand, term)| {
            // A rule may negate the product.
            let negated = graph.node(term).op == Elementwise::Neg.into();
            let product = graph.node(if negated { graph.node(term).inputs[0] } else { term });
            let divides = product.op == Elementwise::StrongDiv.into();
            let [cotangent, factor] = product.inputs[..] else { return None };
            let multiplies = product.op == Elementwise::StrongMul.into();
            let may_drop = divides || (multiplies && singular[factor.node.index()]);
            may_drop.then(|| StrongProduct {
                node,
                input: graph.node(node).inputs[operand],
                cotangent,
                factor,
                divides,
            })
        })
        .collect()
}

/// For each node, whether it is a slope that a rule computes by dividing, by a power or a logarithm: infinite at finite values.
fn singular(graph: &Graph, written: usize) -> Vec<bool> {
    let mut singular = vec![false; graph.nodes().len()];
    for id in graph.ids().skip(written) {
        let node = graph.node(id);
        let own = match &node.op {
            Op::Elementwise(op) => is_singular(*op),
            Op::Source(_) | Op::Contract(_) | Op::Reduce(_) | Op::Shape(_) | Op::Windows(_) => false,
            Op::Index(_) | Op::Phased(_) | Op::Random(_) => false,
            Op::Scan(scan) => has_singular(scan.body.graph()),
            Op::Custom(_) => true,
        };
        singular[id.index()] = own || node.inputs.iter().any(|input| singular[input.node.index()]);
    }
    singular
}

fn is_singular(op: Elementwise) -> bool {
    match op {
        Elementwise::Power(n) => n.0 < 0.0 || n.0.fract() != 0.0,
        op => op.signature().singular,
    }
}

/// Whether a loop's body has such a node, or a loop in it.
fn has_singular(body: &Graph) -> bool {
    let mut pending = vec![body];
    while let Some(body) = pending.pop() {
        for node in body.nodes() {
            match &node.op {
                Op::Elementwise(op) if is_singular(*op) => return true,
                Op::Scan(scan) => pending.push(scan.body.graph()),
                Op::Custom(_) => return true,
                Op::Source(_) | Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) => {}
                Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) => {}
            }
        }
    }
    false
}

/// For each value, by its index, whether it changes when one of `wrt` is moved a little.
fn moving(graph: &Graph, wrt: &[Value]) -> Vec<bool> {
    let mut moves = vec![false; graph.value_count()];
    for id in graph.ids() {
        let node = graph.node(id);
        let is_step = match &node.op {
            Op::Elementwise(op) => {
                op.signature().rounding == RoundingClass::Decision || *op == Elementwise::StopGradient
            }
            Op::Source(_) | Op::Contract(_) | Op::Reduce(_) => false,
            Op::Shape(_) | Op::Windows(_) | Op::Index(_) | Op::Phased(_) | Op::Random(_) => false,
            Op::Scan(_) | Op::Custom(_) => false,
        };
        let reads = node.inputs.iter().any(|&input| moves[graph.value_index(input)]);
        for index in 0..node.outputs.len() {
            let value = id.output(index);
            let follows = reads && !is_step && node.outputs[index].kind == Kind::Real;
            moves[graph.value_index(value)] = follows || wrt.contains(&value);
        }
    }
    moves
}

/// The shadows of values: at least 0, and 0 only where the value is 0 at any point near by.
struct Shadows<'g> {
    builder: &'g Builder,
    graph: &'g Graph,
    /// How many nodes there were before derivatives were taken.
    written: usize,
    moves: Vec<bool>,
    known: Vec<Option<Var<'g>>>,
}

impl<'g> Shadows<'g> {
    fn of(&self, value: Value) -> Var<'g> {
        self.known[self.graph.value_index(value)].unwrap_or_else(|| self.ones(value))
    }

    fn add(&mut self, id: NodeId) {
        for index in 0..self.graph.node(id).outputs.len() {
            let value = id.output(index);
            if self.graph.kind(value) == Kind::Real {
                self.known[self.graph.value_index(value)] = Some(self.shadow(id, value));
            }
        }
    }

    fn shadow(&self, id: NodeId, value: Value) -> Var<'g> {
        if id.index() >= self.written {
            return self.of_derivative(self.graph.node(id), value);
        }
        if self.moves[self.graph.value_index(value)] { self.ones(value) } else { self.where_not_zero(value) }
    }

    /// What the rules make of the shadows of their operands: a product is 0 if a factor is, a sum if all terms are.
    fn of_derivative(&self, node: &Node, value: Value) -> Var<'g> {
        let x = |operand: usize| self.of(node.inputs[operand]);
        match &node.op {
            Op::Source(Source::Constant(_)) => self.where_not_zero(value),
            Op::Source(Source::Input { .. } | Source::Iota { .. }) | Op::Scan(_) | Op::Custom(_) => self.ones(value),
            Op::Source(Source::RandomKey | Source::RandomExample { .. }) | Op::Random(_) => self.ones(value),
            Op::Elementwise(op) => match op.signature().algebra {
                Algebra::Negation | Algebra::Quotient | Algebra::StrongQuotient => x(0),
                Algebra::Sum | Algebra::Difference => x(0).max(x(1)),
                Algebra::Product | Algebra::StrongProduct => x(0) * x(1),
                Algebra::Choice => self.builder.var(node.inputs[0]).select(x(1), x(2)),
                Algebra::Greater | Algebra::Lesser | Algebra::None => self.ones(value),
            },
            // Linear ops that neither subtract nor negate: of shadows they make shadows.
            Op::Shape(_) | Op::Windows(_) | Op::Contract(_) | Op::Index(_) | Op::Phased(_) => self.same(node),
            Op::Reduce(reduce) if matches!(reduce.op, Reduction::Sum | Reduction::Cumsum) => self.same(node),
            Op::Reduce(_) => self.ones(value),
        }
    }

    /// The op of a node on the shadows of its real operands.
    fn same(&self, node: &Node) -> Var<'g> {
        let operand = |&input: &Value| match self.graph.kind(input) {
            Kind::Real => self.of(input),
            Kind::Int | Kind::Bool => self.builder.var(input),
        };
        let operands: Vec<Var<'g>> = node.inputs.iter().map(operand).collect();
        self.builder.push(node.op.clone(), &operands)
    }

    fn ones(&self, value: Value) -> Var<'g> {
        self.builder.constant(1.0).broadcast_to(self.graph.shape(value).clone())
    }

    fn where_not_zero(&self, value: Value) -> Var<'g> {
        self.builder.var(value).not_equal(0.0).to_real()
    }
}
