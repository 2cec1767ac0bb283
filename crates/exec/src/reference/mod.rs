//! The reference interpreter: f64, one obvious loop nest an op, no clever code. Everything else is tested against it.

pub(crate) mod contract;
mod custom;
pub(crate) mod elementwise;
pub(crate) mod index;
pub(crate) mod reduce;
mod shape;
pub(crate) mod strided;

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, IntegerRange, Kind, NodeId, Op, Shape, Tensor};

use crate::error::ExecError;
use crate::memory::check_memory_of;
use crate::values::{Bindings, Values};

/// The values of `targets`, and of all nodes they need, for the given values of the input nodes.
///
/// Errors name an input node that is needed and has no value, or one of another shape, or whose values are not of its
/// kind (a whole number below its bound, a truth value), an index that is out of range, and values that do not fit into
/// memory, before any is computed.
pub fn evaluate(graph: &Graph, bindings: &Bindings, targets: &[NodeId]) -> Result<Values, ExecError> {
    let needed = graph.needed_for(targets);
    check_memory_of(graph, graph.ids().filter(|id| needed[id.index()]))?;
    let mut values: Vec<Option<Tensor>> = vec![None; graph.nodes().len()];
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let inputs: Vec<&Tensor> = graph.node(id).inputs.iter().filter_map(|i| values[i.index()].as_ref()).collect();
        let value = value_of(graph, bindings, id, &inputs)?;
        values[id.index()] = Some(value);
    }
    Ok(Values(values))
}

/// The result of one op, of the given shape, for the values of its inputs. Errors say which index is out of range.
///
/// Count and shapes of the inputs must be what the op's shape rule takes, and `shape` what it infers from them; an
/// input node has no value of its own, and is an error.
pub fn evaluate_op(op: &Op, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    match op {
        Op::Source(Source::Input { .. }) => Err(ExecError::new("an input's value is bound, not computed")),
        Op::Source(Source::Constant(constant)) => Ok((*constant.value).clone()),
        Op::Source(Source::Iota { length }) => Ok(Tensor::from_fn([*length], |i| i as f64)),
        Op::Elementwise(op) => elementwise::evaluate(*op, inputs),
        Op::Contract(op) => contract::evaluate(op, inputs, shape),
        Op::Reduce(op) => reduce::evaluate(op, inputs, shape),
        Op::Shape(op) => shape::evaluate(op, inputs, shape),
        Op::Index(op) => index::evaluate(op, inputs, shape),
        Op::Custom(op) => custom::evaluate(op, inputs, shape),
    }
}

/// The value of a node, from those of its inputs or from the bindings.
pub(crate) fn value_of(
    graph: &Graph,
    bindings: &Bindings,
    id: NodeId,
    inputs: &[&Tensor],
) -> Result<Tensor, ExecError> {
    let node = graph.node(id);
    match &node.op {
        Op::Source(Source::Input { .. }) => bound_value(graph, bindings, id).cloned(),
        op => evaluate_op(op, inputs, &node.shape).map_err(|error| error.at(graph, id)),
    }
}

/// The value bound to an input node, once it is known to fit.
fn bound_value<'a>(graph: &Graph, bindings: &'a Bindings, id: NodeId) -> Result<&'a Tensor, ExecError> {
    let node = graph.node(id);
    let name = || graph.describe(id);
    let Some(value) = bindings.get(id) else {
        return Err(ExecError::new(format!("{} has no value; it takes one of shape {}", name(), node.shape)));
    };
    if value.shape() != &node.shape {
        return Err(ExecError::new(format!("{} takes a value of shape {}, not {}", name(), node.shape, value.shape())));
    }
    let bound = match node.op {
        Op::Source(Source::Input { bound, .. }) => bound,
        _ => None,
    };
    let fits = |element: f64| match node.kind {
        Kind::Real => true,
        Kind::Int => IntegerRange::within(bound).contain(element),
        Kind::Bool => element == 0.0 || element == 1.0,
    };
    match value.data().iter().position(|&element| !fits(element)) {
        None => Ok(value),
        Some(index) => {
            let right = match (node.kind, bound) {
                (Kind::Int, Some(bound)) => format!("whole numbers from 0 below {bound}"),
                (Kind::Int, None) => "whole numbers".into(),
                (Kind::Real | Kind::Bool, _) => "truth values, 0 or 1".into(),
            };
            let element = value.data()[index];
            Err(ExecError::new(format!("{} takes {right}; element {index} is {element}", name())))
        }
    }
}

/// The inputs that an op must have, as an array.
pub(crate) fn exactly<'a, T, const N: usize>(inputs: &[&'a T]) -> Result<[&'a T; N], ExecError> {
    inputs.try_into().map_err(|_| ExecError::new(format!("takes {N} inputs, not {}", inputs.len())))
}
