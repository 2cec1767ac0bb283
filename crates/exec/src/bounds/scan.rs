//! The bounds of a loop: those of its body, carried from step to step.

use chainrule_graph::ops::Scan;
use chainrule_graph::{Graph, NodeId, Shape, Tensor, Value};

use super::{Bounded, Enclosed, Rounding, enclosed};
use crate::error::ExecError;
use crate::reference::evaluate_op;
use crate::reference::scan::{element, steps};

/// The bounds of a loop's outputs, and which elements are undecided.
pub(super) fn bounds(
    op: &Scan,
    outputs: &[Tensor],
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<Vec<(Tensor, Tensor)>, ExecError> {
    let zeros = |y: &Tensor| (Tensor::zeros(y.shape()), Tensor::zeros(y.shape()));
    let mut bounds: Vec<(Tensor, Tensor)> = outputs.iter().map(zeros).collect();
    let (sequences, constants) = inputs[op.carries..].split_at(op.sequences);
    let mut carries: Vec<Enclosed> = inputs[..op.carries].iter().map(|&start| start.clone()).collect();
    for step in steps(op) {
        let elements = sequences.iter().map(|sequence| sequence.map(|tensor| element(tensor, step)));
        let given = carries.into_iter().chain(elements).chain(constants.iter().map(|&constant| constant.clone()));
        let all = run(op, given.collect(), rounding).map_err(|error| error.in_step(step))?;
        let of = |value: Value| all.get(value).cloned().ok_or_else(|| ExecError::new("has no such output"));
        carries = op.body.outputs()[..op.carries].iter().map(|&next| of(next)).collect::<Result<_, _>>()?;
        for (&output, (bound, undecided)) in op.body.outputs().iter().zip(&mut bounds) {
            let given = of(output)?;
            let size = given.value.data().len();
            bound.data_mut()[step * size..][..size].copy_from_slice(given.bound.data());
            undecided.data_mut()[step * size..][..size].copy_from_slice(given.undecided.data());
        }
    }
    Ok(bounds)
}

/// The values of a body's nodes, with their bounds.
fn run(op: &Scan, given: Vec<Enclosed>, rounding: &Rounding) -> Result<Bounded, ExecError> {
    let graph = op.body.graph();
    let mut all = Bounded(vec![Vec::new(); graph.nodes().len()]);
    for (input, value) in op.body.inputs().zip(given) {
        all.0[input.index()] = vec![value];
    }
    for id in graph.ids().skip(op.body.inputs().len()) {
        all.0[id.index()] = node(graph, id, &all, rounding).map_err(|error| error.at(graph, id))?;
    }
    Ok(all)
}

fn node(graph: &Graph, id: NodeId, all: &Bounded, rounding: &Rounding) -> Result<Vec<Enclosed>, ExecError> {
    let node = graph.node(id);
    let inputs: Vec<&Enclosed> = node.inputs.iter().filter_map(|&input| all.get(input)).collect();
    let values: Vec<&Tensor> = inputs.iter().map(|input| &input.value).collect();
    let shapes: Vec<&Shape> = node.outputs.iter().map(|output| &output.shape).collect();
    enclosed(node, evaluate_op(&node.op, &values, &shapes)?, &inputs, rounding)
}

impl Enclosed {
    /// The same of value, bound and marks.
    fn map(&self, change: impl Fn(&Tensor) -> Tensor) -> Enclosed {
        Enclosed { value: change(&self.value), bound: change(&self.bound), undecided: change(&self.undecided) }
    }
}
