//! A user's own node, called once for each example of its loops.

use chainrule_graph::ops::Custom;
use chainrule_graph::ops::custom::Part;
use chainrule_graph::{Shape, Tensor};

use super::strided::{StridedLayout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Custom, inputs: &[&Tensor], shape: &Shape) -> Result<Tensor, ExecError> {
    let loops = &shape[..op.loops.len()];
    // The loops over which an input is split are its leading axes; what is left is what the node takes.
    let split = |input: usize| op.loops.iter().filter(move |split| split[input]).count();
    let mut parts: Vec<Tensor> =
        inputs.iter().enumerate().map(|(i, x)| Tensor::zeros(&x.shape()[split(i)..])).collect();
    let starts: Vec<Vec<usize>> = inputs.iter().enumerate().map(|(i, x)| starts(op, i, x.shape(), loops)).collect();
    let mut y = Tensor::zeros(shape);
    let size: usize = shape[op.loops.len()..].iter().product();
    for call in 0..loops.iter().product() {
        for ((part, x), starts) in parts.iter_mut().zip(inputs).zip(&starts) {
            let length = part.data().len();
            part.data_mut().copy_from_slice(&x.data()[starts[call]..starts[call] + length]);
        }
        let out = &mut y.data_mut()[call * size..(call + 1) * size];
        match (op.part, &parts[..]) {
            (Part::Forward, inputs) => op.node.forward(inputs, out),
            (Part::Backward { input }, [inputs @ .., output, cotangent]) => {
                op.node.backward(input, inputs, output, cotangent, out);
            }
            (Part::Backward { .. }, _) => {
                return Err(ExecError::new(
                    "the backward of a custom node takes the inputs, the output and its cotangent",
                ));
            }
        }
    }
    Ok(y)
}

/// For each call, in order, where an input's part begins.
fn starts(op: &Custom, input: usize, shape: &Shape, loops: &[usize]) -> Vec<usize> {
    let mut axes = 0..;
    let layout =
        StridedLayout::along(shape, op.loops.iter().map(|split| if split[input] { axes.next() } else { None }));
    let mut starts = Vec::new();
    for_each(loops, [&layout], |[start]| starts.push(start));
    starts
}
