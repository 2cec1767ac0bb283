//! The program of a plan: its instructions, and what it takes and gives.

use std::sync::Arc;

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, NodeId, Op};
use chainrule_kernels::Level;

use super::emit::Instructions;
use super::memory::ArenaLayout;
use super::options::Options;
use super::plan::Plan;
use crate::error::ExecError;
use crate::program::Program;
use crate::program::address::Address;
use crate::program::instruction::{Instruction, LabelledInstruction};
use crate::program::interface::{Argument, Literal, Output, Stream};
use crate::program::loop_code::LoopCode;
use crate::program::pool::Pool;

/// A matrix product of so many multiplications is worth several threads.
const WORTH_THREADS: usize = 1 << 20;

/// The program. `outputs` and `streams` are those of the options, as nodes of the plan's graph.
pub(crate) fn assemble(
    plan: Plan,
    layout: ArenaLayout,
    instructions: Instructions,
    outputs: Vec<NodeId>,
    streams: &[NodeId],
    options: &Options,
) -> Result<Program, ExecError> {
    let Instructions { prologue, step, write_back } = instructions;
    let loops = || prologue.iter().chain(&step).filter_map(fused_loop);
    let node_addresses: Vec<Option<Address>> =
        plan.graph.ids().map(|id| layout.address(plan.buffers.of_node(id))).collect();
    Ok(Program {
        precision: options.precision,
        level: options.level.unwrap_or_else(Level::best),
        threads: options.threads,
        pool: pool(options.threads, &step)?,
        finite: options.finite.and_then(|id| options.outputs.iter().position(|&output| output == id)),
        outputs: outputs.iter().map(|&id| output(&plan, &layout, id)).collect(),
        reported_nodes: outputs,
        literals: literals(&plan.graph, &node_addresses),
        partial_sums: loops().filter_map(|code| Some(code.chunks?.sums())).max().unwrap_or(0),
        registers: loops().map(|code| code.registers).max().unwrap_or(0),
        batch: options.batch,
        arguments: arguments(&plan.graph, &node_addresses, streams),
        streams: streams.iter().map(|&id| stream(&plan.graph, &node_addresses, id, options.batch)).collect(),
        graph: plan.graph,
        prologue,
        step,
        write_back,
        node_addresses,
        arena_length: layout.length,
        shared_length: layout.shared,
        identity: Arc::new(()),
    })
}

fn fused_loop(labelled: &LabelledInstruction) -> Option<&LoopCode> {
    match &labelled.instruction {
        Instruction::Loop(code) => Some(code),
        _ => None,
    }
}

/// The thread pool, where there is work that is worth one.
fn pool(threads: usize, step: &[LabelledInstruction]) -> Result<Option<Pool>, ExecError> {
    let is_worth = |labelled: &LabelledInstruction| match &labelled.instruction {
        Instruction::MatrixMatrix(product) => product.m * product.n * product.k >= WORTH_THREADS,
        Instruction::Loop(code) => code.chunks.is_some(),
        _ => false,
    };
    if threads == 1 || !step.iter().any(is_worth) {
        return Ok(None);
    }
    Pool::new(threads).map(Some)
}

fn literals(graph: &Graph, addresses: &[Option<Address>]) -> Vec<(usize, Literal)> {
    let offset = |id: NodeId| addresses[id.index()].map(|address| address.offset);
    graph
        .ids()
        .filter_map(|id| match &graph.node(id).op {
            Op::Source(Source::Constant(constant)) => Some((offset(id)?, Literal::Constant(constant.value.clone()))),
            Op::Source(Source::Iota { length }) => Some((offset(id)?, Literal::Iota(*length))),
            _ => None,
        })
        .collect()
}

/// The inputs that are set from outside: those that take no rows.
fn arguments(graph: &Graph, addresses: &[Option<Address>], streams: &[NodeId]) -> Vec<Argument> {
    let is_argument = |id: &NodeId| {
        matches!(graph.node(*id).op, Op::Source(Source::Input { .. }))
            && !streams.contains(id)
            && addresses[id.index()].and_then(Address::arena_offset).is_some()
    };
    graph.ids().filter(is_argument).map(|id| argument(graph, addresses, id)).collect()
}

fn argument(graph: &Graph, addresses: &[Option<Address>], id: NodeId) -> Argument {
    let node = graph.node(id);
    let bound = match node.op {
        Op::Source(Source::Input { bound, .. }) => bound,
        _ => None,
    };
    Argument {
        name: node.name.as_deref().unwrap_or_default().to_string(),
        shape: node.shape.clone(),
        kind: node.kind,
        bound,
        offset: addresses[id.index()].map_or(0, |address| address.offset),
    }
}

fn stream(graph: &Graph, addresses: &[Option<Address>], id: NodeId, batch: Option<usize>) -> Stream {
    let argument = argument(graph, addresses, id);
    let row = argument.shape.size() / batch.unwrap_or(1);
    Stream { argument, row, batch }
}

fn output(plan: &Plan, layout: &ArenaLayout, id: NodeId) -> Output {
    let view = &plan.views[id.index()];
    let address = layout
        .address(view.buffer)
        .map_or(Address::in_arena(0), |address| Address { offset: address.offset + view.offset, ..address });
    Output {
        name: plan.graph.describe(id),
        shape: view.shape.clone(),
        address,
        strides: view.strides.clone(),
        length: view.shape.size(),
    }
}
