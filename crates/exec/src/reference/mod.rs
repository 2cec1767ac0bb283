//! The reference interpreter: f64, one obvious loop nest an op, no clever code. Everything else is tested against it.

pub(crate) mod contract;
pub(crate) mod custom;
pub(crate) mod elementwise;
pub(crate) mod gamma;
pub(crate) mod index;
pub(crate) mod random;
pub(crate) mod reduce;
pub(crate) mod scan;
mod shape;
pub(crate) mod strided;
pub(crate) mod windows;

pub use self::scan::for_each_step;

use chainrule_graph::ops::{Phased, Source};
use chainrule_graph::{Graph, NodeId, Op, Shape, Tensor, Value, random_key};

use crate::admission::Inadmissible;
use crate::error::{ExecError, check_values};
use crate::input_type::InputType;
use crate::memory::check_memory_of;
use crate::values::{Bindings, Values};

/// The values of `targets`, and of all nodes they need, for the bound values of the input nodes.
///
/// ```
/// use chainrule_exec::{Bindings, reference};
/// use chainrule_graph::{Builder, Tensor, grad};
///
/// let builder = Builder::new();
/// let x = builder.input("x", [2]);
/// let y = x.exp().sum();
/// let (Some(x), Some(y)) = (x.id(), y.id()) else { unreachable!("the shapes fit") };
/// let (graph, gradients) = grad(&builder.finish_graph()?, y, &[x])?;
///
/// let bindings = Bindings::new().with(x, Tensor::vector([0.0, 1.0]));
/// let values = reference::evaluate(&graph, &bindings, &[y, gradients[0]])?;
/// assert_eq!(values[y].item(), 1.0 + 1f64.exp());
/// assert_eq!(values[gradients[0]], Tensor::vector([1.0, 1f64.exp()]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// An input that a target needs has no value, or one that it does not take: of another shape, or an element that is not of
/// its kind or within its bound; a node is of another graph; an index is out of range; the values do not fit into memory,
/// which is known before one is computed.
pub fn evaluate<V: Into<Value> + Copy>(graph: &Graph, bindings: &Bindings, targets: &[V]) -> Result<Values, ExecError> {
    check_values(graph, targets.iter().copied())?;
    check_values(graph, bindings.nodes())?;
    let needed = graph.needed_for(targets.iter().map(|&target| target.into()));
    let computed: Vec<Value> = graph.values().filter(|value| needed[value.node.index()]).collect();
    check_memory_of(graph, computed.into_iter())?;
    let mut values = Values::none(graph.nodes().len());
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let inputs: Vec<&Tensor> = graph.node(id).inputs.iter().filter_map(|&input| values.get(input)).collect();
        let outputs = outputs_of(graph, bindings, id, &inputs)?;
        values.set_outputs(id, outputs);
    }
    Ok(values)
}

/// The outputs of one op, of the given shapes, for the values of its inputs.
///
/// Count and shapes of the inputs must be what the op's shape rule takes, and `shapes` what it infers from them.
///
/// # Errors
///
/// An index that is out of range; what a custom node reports; an input node, which has no value of its own.
pub fn evaluate_op(op: &Op, inputs: &[&Tensor], shapes: &[&Shape]) -> Result<Vec<Tensor>, ExecError> {
    let [shape] = *shapes else {
        return match op {
            Op::Custom(op) => custom::evaluate(op, inputs, shapes),
            Op::Scan(op) => scan::evaluate(op, inputs, shapes),
            _ => Err(ExecError::new(format!("has one output, not {}", shapes.len()))),
        };
    };
    let output = match op {
        Op::Source(Source::Input { .. }) => return Err(ExecError::new("an input's value is bound, not computed")),
        Op::Source(Source::Constant(constant)) => (*constant.value).clone(),
        Op::Source(Source::Iota { length }) => Tensor::from_fn([*length], |i| i as f64),
        Op::Source(Source::RandomKey) => random_key(0, 0),
        Op::Source(Source::RandomExample { shape }) => Tensor::from_fn(shape, |i| i as f64),
        Op::Elementwise(op) => elementwise::evaluate(*op, inputs)?,
        Op::Contract(op) => contract::evaluate(op, inputs, shape)?,
        Op::Reduce(op) => reduce::evaluate(op, inputs, shape)?,
        Op::Shape(op) => shape::evaluate(op, inputs, shape)?,
        Op::Windows(op) => windows::evaluate(op, inputs, shape)?,
        Op::Index(op) => index::evaluate(op, inputs, shape)?,
        Op::Phased(op) => phased(op, inputs)?,
        Op::Random(op) => random::evaluate(op, inputs, shape)?,
        Op::Scan(op) => return scan::evaluate(op, inputs, shapes),
        Op::Custom(op) => return custom::evaluate(op, inputs, shapes),
    };
    Ok(vec![output])
}

/// While training, and of one example: the passes took away what is otherwise.
fn phased(op: &Phased, inputs: &[&Tensor]) -> Result<Tensor, ExecError> {
    match op {
        Phased::InTraining => exactly(inputs).map(|[training, _]| training.clone()),
        Phased::BatchMean => exactly(inputs).map(|[x]| x.clone()),
        Phased::BatchSize { .. } => Ok(Tensor::scalar(1.0)),
    }
}

/// The outputs of a node, from the values of its inputs or from the bindings.
pub(crate) fn outputs_of(
    graph: &Graph,
    bindings: &Bindings,
    id: NodeId,
    inputs: &[&Tensor],
) -> Result<Vec<Tensor>, ExecError> {
    let node = graph.node(id);
    let shapes: Vec<&Shape> = node.outputs.iter().map(|output| &output.shape).collect();
    match &node.op {
        Op::Source(Source::Input { .. }) => Ok(vec![bound_value(graph, bindings, id)?.clone()]),
        op => evaluate_op(op, inputs, &shapes).map_err(|error| error.at(graph, id)),
    }
}

/// The value bound to an input node, once it is known to be one that it takes.
pub(crate) fn bound_value<'a>(graph: &Graph, bindings: &'a Bindings, id: NodeId) -> Result<&'a Tensor, ExecError> {
    let takes = InputType::of(graph, id);
    let checked = match bindings.get(id) {
        None => Err(Inadmissible::Missing { expected: takes.shape }),
        Some(value) => takes.check(value).map(|()| value),
    };
    checked.map_err(|problem| ExecError::input(graph, id, problem))
}

/// The inputs that an op must have, as an array.
pub(crate) fn exactly<'a, T, const N: usize>(inputs: &[&'a T]) -> Result<[&'a T; N], ExecError> {
    inputs.try_into().map_err(|_| ExecError::new(format!("takes {N} inputs, not {}", inputs.len())))
}
