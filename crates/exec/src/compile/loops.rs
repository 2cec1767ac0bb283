//! Loops: the body of a scan is compiled as a program of its own, a step of which is a step of the loop.
//!
//! A carry is a state of that program: its update is the next carry. An element of a sequence is a row of a table, which is
//! read where it lies. What a step gives is what the program reports.

use std::sync::Arc;

use chainrule_graph::ops::Scan;
use chainrule_graph::{Builder, Graph, GraphError, NodeId, Value};

use super::addresses::Addresses;
use super::buffer::BufferId;
use super::options::Options;
use super::view::View;
use super::{Place, compile_in, foreign};
use crate::error::ExecError;
use crate::program::instruction::{Operand, ScanCode};
use crate::program::interface::MOST_TABLES;

/// The code of a loop on these values; `slot` is its place among the loops of the program.
pub(super) fn loop_over_steps(
    addresses: &Addresses<'_>,
    op: &Scan,
    inputs: &[View],
    outs: &[BufferId],
    options: &Options,
    slot: usize,
) -> Result<ScanCode, ExecError> {
    let sequences = op.carries..op.carries + op.sequences;
    let in_place = op.sequences.min(MOST_TABLES);
    let body = &op.body;
    let elements = || body.inputs().skip(op.carries).take(op.sequences);
    let streams = elements().take(in_place).collect();
    let copied: Vec<NodeId> = elements().skip(in_place).collect();
    let options = Options { streams, outputs: body.outputs().to_vec(), batch: None, finite: None, ..options.clone() };
    let step = step(op).map_err(foreign)?;
    let program = compile_in(&step, &options, &mut |_, _| {}, Place::Body { copied: &copied })?;
    let operand = |view: &View| Operand { address: addresses.of(view), length: view.shape.size() };
    let of_step = |view: &View| Operand { address: addresses.of(view), length: view.shape[1..].iter().product() };
    Ok(ScanCode {
        carries: inputs[..op.carries].iter().map(operand).collect(),
        sequences: inputs[sequences.clone()].iter().map(of_step).collect(),
        constants: inputs[sequences.end..].iter().map(operand).collect(),
        in_place,
        outs: outs.iter().map(|&out| addresses.out(out)).collect(),
        length: op.length,
        reverse: op.reverse,
        program: Arc::new(program),
        slot,
    })
}

/// The graph of a step: the body, and the next value of each carry that changes.
fn step(op: &Scan) -> Result<Graph, GraphError> {
    let builder = Builder::extend_graph(op.body.graph().clone());
    for (carry, &next) in op.body.inputs().zip(&op.body.outputs()[..op.carries]) {
        if next != Value::from(carry) {
            builder.update(builder.var(carry), builder.var(next));
        }
    }
    builder.finish_graph()
}
