//! Updates that accumulate: a pass from graph to graph.
//!
//! A step of gradient descent reads `W' = W − rate · (g xᵀ + decay · W)`. Written so, the gradient would be stored only to
//! be scaled, added and dropped. This pass finds updates that are a sum of the old value and one contraction, each
//! times scalars, gathers the scalars into two, and so turns the update into `W' = k·W + s·(g xᵀ)`: one GEMM, rank-1
//! update or axpy into the parameter itself, with no gradient stored. The products of scalars are computed in another
//! order than written, which is rounding, and nothing else.

use chainrule_graph::ops::signature::Algebra;
use chainrule_graph::ops::{ShapeOp, Windows};
use chainrule_graph::{Builder, Graph, Node, NodeId, Op, Value, Var};

/// An update `target' = keep · target + scale · contraction`. No factor means 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Accumulation {
    pub target: NodeId,
    pub value: Value,
    pub contraction: Value,
    pub keep: Option<Value>,
    pub scale: Option<Value>,
}

impl Accumulation {
    /// The same under other ids.
    pub fn map(self, to: impl Fn(Value) -> Value) -> Accumulation {
        Accumulation {
            target: to(self.target.into()).node,
            value: to(self.value),
            contraction: to(self.contraction),
            keep: self.keep.map(&to),
            scale: self.scale.map(&to),
        }
    }
}

/// The graph with such updates rewritten, and the list of them. Old nodes keep their ids; those of a rewritten update
/// are no longer needed. Values in `keep` stay as they are.
pub(crate) fn accumulate(graph: Graph, keep: &[Value]) -> (Graph, Vec<Accumulation>) {
    let users = graph.count_users(keep.iter().copied());
    let found: Vec<(usize, Combination)> = (graph.updates().iter().enumerate())
        .filter_map(|(index, update)| Some((index, combination(&graph, &users, update.target, update.value)?)))
        .collect();
    if found.is_empty() {
        return (graph, Vec::new());
    }
    let updates = graph.updates().to_vec();
    let builder = Builder::extend_graph(graph.clone().without_updates());
    let mut accumulations = Vec::new();
    let mut values: Vec<Value> = updates.iter().map(|update| update.value).collect();
    for (index, combination) in found {
        let target = builder.var(updates[index].target);
        let contraction = builder.var(combination.contraction);
        let keep = product_sum(&builder, &combination.of_target);
        let scale = product_sum(&builder, &combination.of_contraction);
        let times = |factor: Option<Var<'_>>, x| factor.map_or(x, |factor| factor * x).id();
        let (Some(kept), Some(scaled)) = (times(keep, target), times(scale, contraction)) else { continue };
        let Some(value) = (builder.var(kept) + builder.var(scaled)).id() else { continue };
        values[index] = value;
        accumulations.push(Accumulation {
            target: updates[index].target,
            value,
            contraction: combination.contraction,
            keep: keep.and_then(Var::id),
            scale: scale.and_then(Var::id),
        });
    }
    for (update, &value) in updates.iter().zip(&values) {
        builder.update(builder.var(update.target), builder.var(value));
    }
    match builder.finish_graph() {
        Ok(graph) => (graph, accumulations),
        Err(_) => (graph, Vec::new()), // the shapes are those of the old update, so this does not happen
    }
}

/// A product of scalars, with its sign.
#[derive(Clone, Debug)]
struct ScalarProduct {
    negative: bool,
    factors: Vec<Value>,
    divisors: Vec<Value>,
}

/// A sum of products for each of two terms.
#[derive(Clone, Debug)]
struct Combination {
    contraction: Value,
    of_target: Vec<ScalarProduct>,
    of_contraction: Vec<ScalarProduct>,
}

/// The update's value as a combination of its target and of one contraction that nothing else reads.
fn combination(graph: &Graph, users: &[usize], target: NodeId, value: Value) -> Option<Combination> {
    let mut found = None;
    let (mut of_target, mut of_contraction) = (Vec::new(), Vec::new());
    let mut pending = vec![(value, ScalarProduct { negative: false, factors: Vec::new(), divisors: Vec::new() })];
    while let Some((value, product)) = pending.pop() {
        if value == target.into() {
            of_target.push(product);
            continue;
        }
        let is_read_once = users[graph.value_index(value)] == 1;
        if !is_read_once || graph.shape(value) != graph.shape(target) || of_target.len() > 3 {
            return None;
        }
        let node = graph.node(value);
        if matches!(node.op, Op::Contract(_)) && found.is_none() && !reads_windows(graph, node) {
            found = Some(value);
            of_contraction.push(product);
        } else {
            pending.extend(terms(graph, node, product)?);
        }
    }
    (!of_target.is_empty()).then_some(Combination { contraction: found?, of_target, of_contraction })
}

/// Whether a contraction sums over windows. Its result, the gradient of a convolution's weights, is stored: it is small beside
/// the windows, which are read in another order than the weights have.
fn reads_windows(graph: &Graph, contraction: &Node) -> bool {
    contraction.inputs.iter().any(|&input| matches!(graph.node(input).op, Op::Windows(Windows::Slide(_))))
}

/// A node times a product of scalars, as a sum of such: of the ops that are linear. All others are computed as written.
fn terms(graph: &Graph, node: &Node, mut product: ScalarProduct) -> Option<Vec<(Value, ScalarProduct)>> {
    let Op::Elementwise(op) = node.op else { return None };
    let negated = |product: &ScalarProduct| ScalarProduct { negative: !product.negative, ..product.clone() };
    match (op.signature().algebra, &node.inputs[..]) {
        (Algebra::Sum, inputs) => Some(inputs.iter().map(|&input| (input, product.clone())).collect()),
        (Algebra::Difference, &[a, b]) => Some(vec![(b, negated(&product)), (a, product)]),
        (Algebra::Negation, &[x]) => Some(vec![(x, negated(&product))]),
        (Algebra::Product, &[a, b]) => {
            let (scalar, other) = match [spread_scalar(graph, a), spread_scalar(graph, b)] {
                [Some(scalar), _] => (scalar, b),
                [None, Some(scalar)] => (scalar, a),
                [None, None] => return None,
            };
            product.factors.push(scalar);
            Some(vec![(other, product)])
        }
        (Algebra::Quotient, &[a, b]) => {
            product.divisors.push(spread_scalar(graph, b)?);
            Some(vec![(a, product)])
        }
        (Algebra::Difference | Algebra::Negation | Algebra::Product | Algebra::Quotient, _) => None,
        (Algebra::StrongProduct | Algebra::StrongQuotient, _) => None,
        (Algebra::None | Algebra::Greater | Algebra::Lesser | Algebra::Choice, _) => None,
    }
}

/// The scalar whose copies a value is made of.
fn spread_scalar(graph: &Graph, value: Value) -> Option<Value> {
    let node = graph.node(value);
    let is_broadcast = matches!(node.op, Op::Shape(ShapeOp::Broadcast { .. }));
    if is_broadcast && graph.shape(node.inputs[0]).rank() == 0 {
        return Some(node.inputs[0]);
    }
    (graph.shape(value).rank() == 0).then_some(value)
}

/// The sum of products as a scalar node; none if it is 1.
fn product_sum<'g>(builder: &'g Builder, products: &[ScalarProduct]) -> Option<Var<'g>> {
    let factor = |product: &ScalarProduct| {
        let product_of = |ids: &[Value]| ids.iter().map(|&id| builder.var(id)).reduce(|a, b| a * b);
        let value = match (product_of(&product.factors), product_of(&product.divisors)) {
            (value, None) => value,
            (value, Some(divisor)) => Some(value.unwrap_or_else(|| builder.constant(1.0)) / divisor),
        };
        if product.negative { Some(-value.unwrap_or_else(|| builder.constant(1.0))) } else { value }
    };
    match products {
        [one] => factor(one),
        several => {
            several.iter().map(|product| factor(product).unwrap_or_else(|| builder.constant(1.0))).reduce(|a, b| a + b)
        }
    }
}
