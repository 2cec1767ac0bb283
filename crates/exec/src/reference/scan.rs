//! A loop: its body, step after step.

use chainrule_graph::ops::{Body, Scan};
use chainrule_graph::{Shape, Tensor, Value};

use super::evaluate_op;
use crate::error::ExecError;
use crate::values::Values;

pub(crate) fn evaluate(op: &Scan, inputs: &[&Tensor], shapes: &[&Shape]) -> Result<Vec<Tensor>, ExecError> {
    let mut outputs: Vec<Tensor> = shapes.iter().map(|&shape| Tensor::zeros(shape)).collect();
    for_each_step(op, inputs, |step, values| {
        for (output, &value) in outputs.iter_mut().zip(op.body.outputs()) {
            let element = values[value].data();
            output.data_mut()[step * element.len()..][..element.len()].copy_from_slice(element);
        }
    })?;
    Ok(outputs)
}

/// Runs a loop on its inputs, and shows the values of the body at each step, which is said as a position in the sequences.
///
/// # Errors
/// A node of the body that cannot be computed, with the step.
pub fn for_each_step(op: &Scan, inputs: &[&Tensor], mut see: impl FnMut(usize, &Values)) -> Result<(), ExecError> {
    let mut carries: Vec<Tensor> = inputs[..op.carries].iter().map(|&start| start.clone()).collect();
    for step in steps(op) {
        let given = given(op, &carries, inputs, step);
        let values = run(&op.body, given).map_err(|error| error.in_step(step))?;
        carries = op.body.outputs()[..op.carries].iter().map(|&next| values[next].clone()).collect();
        see(step, &values);
    }
    Ok(())
}

/// The positions in the sequences, in the order of the steps.
pub(crate) fn steps(op: &Scan) -> impl Iterator<Item = usize> + use<> {
    let (length, reverse) = (op.length, op.reverse);
    (0..length).map(move |step| if reverse { length - 1 - step } else { step })
}

/// The inputs of the body at a step.
fn given(op: &Scan, carries: &[Tensor], inputs: &[&Tensor], step: usize) -> Vec<Tensor> {
    let (sequences, constants) = inputs[op.carries..].split_at(op.sequences);
    let elements = sequences.iter().map(|sequence| element(sequence, step));
    carries.iter().cloned().chain(elements).chain(constants.iter().map(|&constant| constant.clone())).collect()
}

/// An element of a sequence.
pub(crate) fn element(sequence: &Tensor, step: usize) -> Tensor {
    let shape = Shape::from(&sequence.shape()[1..]);
    let start = step * shape.size();
    Tensor::from_fn(&shape, |offset| sequence.data()[start + offset])
}

/// The values of a body's nodes.
fn run(body: &Body, given: Vec<Tensor>) -> Result<Values, ExecError> {
    let graph = body.graph();
    let mut values = Values::none(graph.nodes().len());
    body.inputs().zip(given).for_each(|(input, value)| values.set(Value::from(input), value));
    for id in graph.ids().skip(body.inputs().len()) {
        let node = graph.node(id);
        let inputs: Vec<&Tensor> = node.inputs.iter().filter_map(|&input| values.get(input)).collect();
        let shapes: Vec<&Shape> = node.outputs.iter().map(|output| &output.shape).collect();
        let outputs = evaluate_op(&node.op, &inputs, &shapes).map_err(|error| error.at(graph, id))?;
        values.set_outputs(id, outputs);
    }
    Ok(values)
}
