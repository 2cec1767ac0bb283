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
    let of_one: Vec<Shape> = shapes.iter().map(|shape| Shape::from(&shape[depth..])).collect();
    for call in 0..loops.iter().product::<usize>() {
        for ((part, x), starts) in parts.iter_mut().zip(inputs).zip(&starts) {
            let length = part.data().len();
            part.data_mut().copy_from_slice(&x.data()[starts[call]..starts[call] + length]);
        }
        let to = outputs.iter_mut().zip(&of_one);
        let to = to.map(|(output, shape)| &mut output.data_mut()[call * shape.size()..][..shape.size()]);
        one_call(op, &parts, &of_one, to.collect()).map_err(ExecError::new)?;
    }
    Ok(outputs)
}

/// A call for one example; the elements of each output go to a place that holds zeros.
fn one_call(op: &Custom, inputs: &[Tensor], shapes: &[Shape], mut outputs: Vec<&mut [f64]>) -> Result<(), String> {
    match (op.pass, inputs, &mut outputs[..]) {
        (Pass::Forward, inputs, [output]) => op.node.forward(inputs, output),
        (Pass::Backward, [inputs @ .., output, cotangent], to) => {
            let mut contributions: Vec<Tensor> = shapes.iter().map(Tensor::zeros).collect();
            op.node.backward(inputs, output, cotangent, &mut contributions)?;
            for ((to, contribution), right) in to.iter_mut().zip(&contributions).zip(shapes) {
                let found = contribution.shape();
                if found != right {
                    return Err(format!("left a value of shape {found} where one of {right} was to be filled"));
                }
                to.copy_from_slice(contribution.data());
            }
            Ok(())
        }
        (Pass::Forward | Pass::Backward, ..) => Err("has other inputs and outputs than its pass".into()),
    }
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
