//! A user's own node, called once for each example of its loops.

use chainrule_graph::ops::Custom;
use chainrule_graph::ops::custom::Pass;
use chainrule_graph::{Shape, Tensor};

use super::strided::{StridedLayout, for_each};
use crate::error::ExecError;

pub(crate) fn evaluate(op: &Custom, inputs: &[&Tensor], shapes: &[&Shape]) -> Result<Vec<Tensor>, ExecError> {
    let depth = op.loops.len();
    let loops = shapes.first().map_or(&[][..], |shape| &shape[..depth]);
    // The loops over which an input is split are its leading axes; what is left is what the node takes.
    let split = |input: usize| op.loops.iter().filter(move |split| split[input]).count();
    let mut parts: Vec<Tensor> =
        inputs.iter().enumerate().map(|(i, x)| Tensor::zeros(&x.shape()[split(i)..])).collect();
    let starts: Vec<Vec<usize>> = inputs.iter().enumerate().map(|(i, x)| starts(op, i, x.shape(), loops)).collect();
    let mut outputs: Vec<Tensor> = shapes.iter().map(|&shape| Tensor::zeros(shape)).collect();
    let mut of_one: Vec<Tensor> = shapes.iter().map(|shape| Tensor::zeros(&shape[depth..])).collect();
    for call in 0..loops.iter().product::<usize>() {
        for ((part, x), starts) in parts.iter_mut().zip(inputs).zip(&starts) {
            let length = part.data().len();
            part.data_mut().copy_from_slice(&x.data()[starts[call]..starts[call] + length]);
        }
        of_one.iter_mut().for_each(|output| output.data_mut().fill(0.0));
        let done = match (op.pass, &parts[..], &mut of_one[..]) {
            (Pass::Forward, inputs, [output]) => op.node.forward(inputs, output.data_mut()),
            (Pass::Backward, [inputs @ .., output, cotangent], contributions) => {
                op.node.backward(inputs, output, cotangent, contributions)
            }
            (Pass::Forward | Pass::Backward, ..) => Err("has other inputs and outputs than its pass".into()),
        };
        done.map_err(ExecError::new)?;
        for ((output, of_one), shape) in outputs.iter_mut().zip(&of_one).zip(shapes) {
            if of_one.shape()[..] != shape[depth..] {
                let (found, right) = (of_one.shape(), Shape::from(&shape[depth..]));
                return Err(ExecError::new(format!(
                    "left a value of shape {found} where one of {right} was to be filled"
                )));
            }
            let length = of_one.data().len();
            output.data_mut()[call * length..(call + 1) * length].copy_from_slice(of_one.data());
        }
    }
    Ok(outputs)
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
