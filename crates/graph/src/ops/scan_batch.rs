//! A loop over a batch: its body over a batch, time before the examples.

use std::sync::Arc;

use super::body::Body;
use super::rules::batch_with;
use super::scan::Scan;
use super::{Batched, Op};
use crate::batch::batch_body;
use crate::builder::{Builder, Var};
use crate::error::GraphError;

/// The outputs over a batch of `size` examples.
pub(super) fn batch<'g>(scan: &Scan, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
    // What is across examples knows the batch, whatever its inputs.
    let is_of_one = !Op::from(scan.clone()).is_across_examples();
    if is_of_one && inputs.iter().all(|input| !input.batched) {
        return batch_with(builder, inputs, scan.clone(), Vec::new);
    }
    let given: Vec<bool> = inputs.iter().map(|input| input.batched).collect();
    match body(scan, given, size) {
        Err(GraphError { message, help, .. }) => {
            let failed = Batched { var: builder.fail(message, help), batched: false };
            vec![failed; scan.body.outputs().len()]
        }
        Ok((body, given, gives)) => {
            let place = |(index, input): (usize, &Batched<'g>)| match index {
                _ if !given[index] => input.var,
                index if index < scan.carries => input.lifted(size),
                index if index < scan.carries + scan.sequences => swapped(input.var),
                _ => input.var,
            };
            let operands: Vec<Var<'g>> = inputs.iter().enumerate().map(place).collect();
            let outputs = builder.push_all(Scan { body: Arc::new(body), ..scan.clone() }.into(), &operands);
            let back =
                |(var, batched): (Var<'g>, bool)| Batched { var: if batched { swapped(var) } else { var }, batched };
            outputs.into_iter().zip(gives).map(back).collect()
        }
    }
}

/// The body over a batch, and which of its inputs and outputs have the batch axis. A carry has it from the start if it gets it
/// at any step.
fn body(scan: &Scan, mut given: Vec<bool>, size: usize) -> Result<(Body, Vec<bool>, Vec<bool>), GraphError> {
    loop {
        let (graph, mut outputs) = batch_body(&scan.body, &given, size, scan.carries)?;
        let late = (0..scan.carries).find(|&carry| outputs[carry].1 && !given[carry]);
        if let Some(carry) = late {
            given[carry] = true;
            continue;
        }
        for (carry, output) in outputs.iter_mut().enumerate().take(scan.carries) {
            output.1 = given[carry];
        }
        let inputs: Vec<_> = scan.body.inputs().map(Into::into).collect();
        let (values, gives): (Vec<_>, Vec<bool>) = outputs.into_iter().unzip();
        return Ok((Body::of(&graph, &inputs, &values)?, given, gives));
    }
}

/// The first two axes in the other order.
fn swapped(var: Var<'_>) -> Var<'_> {
    let axes: Vec<usize> = [1, 0].into_iter().chain(2..var.rank()).collect();
    var.transpose_axes(&axes)
}
