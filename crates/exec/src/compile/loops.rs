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
use super::shares::{Shares, shares};
use super::view::View;
use super::{Place, compile_in, foreign};
use crate::error::ExecError;
use crate::program::address::ALIGNMENT;
use crate::program::instruction::{Operand, ScanCode};
use crate::program::interface::MOST_TABLES;

/// The code of a loop on these values; `slot` is where its places among those of the program's loops begin.
pub(super) fn loop_over_steps(
    addresses: &Addresses<'_>,
    op: &Scan,
    inputs: &[View],
    outs: &[BufferId],
    options: &Options,
    slot: usize,
) -> Result<ScanCode, ExecError> {
    let Shares { count, of_one } = shares(op);
    let op = of_one.as_ref().unwrap_or(op);
    let sequences = op.carries..op.carries + op.sequences;
    let body = &op.body;
    // A kernel may read whole vectors, also behind the end. Behind those of a share there is room for that only if none is cut.
    let is_whole =
        |input: NodeId| matches!(body.graph().shape(input).size(), size if size == 1 || size.is_multiple_of(ALIGNMENT));
    let all_whole = body.inputs().skip(op.carries).take(op.sequences).all(is_whole);
    let in_place = if count == 1 || all_whole { op.sequences.min(MOST_TABLES) } else { 0 };
    let elements = || body.inputs().skip(op.carries).take(op.sequences);
    let streams = elements().take(in_place).collect();
    let copied: Vec<NodeId> = elements().skip(in_place).collect();
    let options = Options { streams, outputs: body.outputs().to_vec(), batch: None, finite: None, ..options.clone() };
    let step = step(op).map_err(foreign)?;
    let program = compile_in(&step, &options, &mut |_, _| {}, Place::Body { copied: &copied })?;
    let operand = |(index, view): (usize, &View), steps: usize| {
        let length = body.graph().shape(NodeId::from_index(index)).size(); // inputs are the first nodes
        let of_step = view.shape.size().checked_div(steps).unwrap_or(0);
        let of_share = if of_step > length { length } else { 0 };
        Operand { address: addresses.of(view), length, of_step: if steps > 1 { of_step } else { 0 }, of_share }
    };
    let operands = |range: std::ops::Range<usize>, steps: usize| {
        inputs.iter().enumerate().skip(range.start).take(range.len()).map(move |input| operand(input, steps)).collect()
    };
    Ok(ScanCode {
        carries: operands(0..op.carries, 1),
        constants: operands(sequences.end..inputs.len(), 1),
        sequences: operands(sequences, op.length),
        in_place,
        outs: outs.iter().map(|&out| addresses.out(out)).collect(),
        length: op.length,
        reverse: op.reverse,
        program: Arc::new(program),
        shares: count,
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
