//! The bounds of custom nodes, whose inside is unknown: the slopes are estimated by moving one element after the other.

use chainrule_graph::{Node, Shape, Tensor};

use super::{Enclosed, Rounding};
use crate::error::ExecError;
use crate::reference::elementwise::truth;
use crate::reference::evaluate_op;

pub(super) fn bound(
    node: &Node,
    output: usize,
    y: &Tensor,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<(Tensor, Tensor), ExecError> {
    let mut propagated = Tensor::zeros(y.shape());
    let shapes: Vec<&Shape> = node.outputs.iter().map(|output| &output.shape).collect();
    for (operand, input) in inputs.iter().enumerate() {
        for offset in (0..input.value.data().len()).filter(|&offset| input.bound.data()[offset] > 0.0) {
            let (x, bound) = input.element(offset);
            // A step that shows above rounding; the difference is taken to the size of the bound.
            let step = bound.max(1e-6 * (1.0 + x.abs()));
            let mut moved = input.value.clone();
            moved.data_mut()[offset] += step;
            let there: Vec<&Tensor> =
                inputs.iter().enumerate().map(|(k, other)| if k == operand { &moved } else { &other.value }).collect();
            let there = &evaluate_op(&node.op, &there, &shapes)?[output];
            for (error, (there, y)) in propagated.data_mut().iter_mut().zip(there.data().iter().zip(y.data())) {
                *error += if there == y { 0.0 } else { (there - y).abs() / step * bound };
            }
        }
    }
    // The node works in f64; its result is rounded once, by the function it is.
    let bound = |i: usize| rounding.rounded(y.data()[i], propagated.data()[i], rounding.of_function());
    let undecided = inputs.iter().any(|input| input.undecided.data().contains(&1.0));
    Ok((Tensor::from_fn(y.shape(), bound), Tensor::filled(y.shape(), truth(undecided))))
}
