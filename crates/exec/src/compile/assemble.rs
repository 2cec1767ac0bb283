//! The program of a plan: its instructions, and what it takes and gives.

use std::collections::HashSet;
use std::sync::Arc;

use chainrule_graph::ops::{Phased, Source};
use chainrule_graph::{Graph, NodeId, Op, Tensor, Value, random_key};
use chainrule_kernels::Level;

use super::Place;
use super::emit::Instructions;
use super::memory::ArenaLayout;
use super::options::Options;
use super::plan::Plan;
use super::view::View;
use crate::error::ExecError;
use crate::input_type::InputType;
use crate::program::Program;
use crate::program::address::Address;
use crate::program::handle::ProgramId;
use crate::program::instruction::{Instruction, LabelledInstruction};
use crate::program::interface::{Argument, Literal, Output, Stream};
use crate::program::listing::value_name;
use crate::program::loop_code::LoopCode;
use crate::program::pool::Pool;

/// A matrix product of so many multiplications is worth several threads.
const WORTH_THREADS: usize = 1 << 20;

/// A value that the caller named.
pub(crate) struct NamedValue {
    /// In the graph that was compiled.
    pub compiled: Value,
    /// How a message calls it.
    pub described: String,
    /// In the program's own graph.
    pub own: Value,
}

/// What the caller gives a program, and takes.
pub(crate) struct Interface {
    /// All inputs, those that take rows among them.
    pub inputs: Vec<NamedValue>,
    pub streams: Vec<NamedValue>,
    pub outputs: Vec<NamedValue>,
    /// How many nodes the graph has that was compiled.
    pub compiled_nodes: usize,
}

/// The program.
pub(crate) fn assemble(
    plan: Plan,
    layout: ArenaLayout,
    instructions: Instructions,
    interface: &Interface,
    options: &Options,
    place: Place<'_>,
) -> Result<Program, ExecError> {
    let Instructions { prologue, step, write_back } = instructions;
    let loops = || prologue.iter().chain(&step).filter_map(fused_loop);
    let addresses: Vec<Option<Address>> =
        plan.graph.values().map(|value| layout.address(plan.buffers.of(value))).collect();
    let outputs: Vec<Output> =
        interface.outputs.iter().zip(&plan.outputs).map(|(named, view)| output(&layout, view, named)).collect();
    let streams = interface.streams.iter().map(|named| stream(&plan.graph, &addresses, named, options.batch));
    Ok(Program {
        precision: options.precision,
        level: options.level.unwrap_or_else(Level::best),
        threads: options.threads,
        pool: if place == Place::Whole && is_worth_threads(&step) { pool(options.threads)? } else { None },
        finite: options.finite.and_then(|id| options.outputs.iter().position(|&output| output == id)),
        outputs,
        reported_values: interface.outputs.iter().map(|output| output.own).collect(),
        literals: literals(&plan.graph, &addresses),
        partial_sums: loops().map(LoopCode::sums_of_chunks).max().unwrap_or(0),
        registers: loops().map(|code| code.registers).max().unwrap_or(0),
        batch: options.batch,
        arguments: arguments(&plan.graph, &addresses, interface),
        streams: streams.collect(),
        graph: plan.graph,
        prologue,
        step,
        write_back,
        value_addresses: addresses,
        arena_length: layout.length,
        shared_length: layout.shared,
        compiled_nodes: interface.compiled_nodes,
        id: ProgramId::new(),
    })
}

fn fused_loop(labelled: &LabelledInstruction) -> Option<&LoopCode> {
    match &labelled.instruction {
        Instruction::Loop(code) => Some(code),
        _ => None,
    }
}

/// The thread pool, where there is more than one thread.
fn pool(threads: usize) -> Result<Option<Pool>, ExecError> {
    if threads == 1 { Ok(None) } else { Pool::new(threads).map(Some) }
}

fn is_worth_threads(step: &[LabelledInstruction]) -> bool {
    step.iter().any(|labelled| match &labelled.instruction {
        Instruction::MatrixMatrix(product) => product.m * product.n * product.k >= WORTH_THREADS,
        Instruction::WindowProduct(code) => code.work() >= WORTH_THREADS,
        Instruction::RowProduct(code) => code.layout.work() >= WORTH_THREADS,
        Instruction::TermProduct(code) => code.layout.work() >= WORTH_THREADS,
        Instruction::Loop(code) => code.chunks.is_some(),
        Instruction::Scan(code) => code.shares > 1 || is_worth_threads(&code.program.step),
        _ => false,
    })
}

fn literals(graph: &Graph, addresses: &[Option<Address>]) -> Vec<(usize, Literal)> {
    let literal = |id: NodeId| {
        let literal = match &graph.node(id).op {
            Op::Source(Source::Constant(constant)) => Literal::Constant(constant.value.clone()),
            Op::Source(Source::Iota { length }) => Literal::Iota(*length),
            // Where nothing gives them
            Op::Source(Source::RandomKey) => Literal::Constant(Arc::new(random_key(0, 0))),
            Op::Source(Source::RandomExample { shape }) => Literal::Iota(shape.size()),
            // That of one example; of a batch it is a constant
            Op::Phased(Phased::BatchSize { .. }) => Literal::Constant(Arc::new(Tensor::scalar(1.0))),
            _ => return None,
        };
        Some((addresses[graph.value_index(id)]?.offset, literal))
    };
    graph.ids().filter_map(literal).collect()
}

/// The inputs that are set from outside: those that take no rows.
fn arguments(graph: &Graph, addresses: &[Option<Address>], interface: &Interface) -> Vec<Argument> {
    let streams: HashSet<Value> = interface.streams.iter().map(|stream| stream.own).collect();
    let inputs = interface.inputs.iter().filter(|input| !streams.contains(&input.own));
    inputs.map(|input| argument(graph, addresses, input)).collect()
}

fn argument(graph: &Graph, addresses: &[Option<Address>], named: &NamedValue) -> Argument {
    let node = graph.node(named.own);
    Argument {
        node: named.compiled.node,
        name: node.outputs[0].name.clone(),
        described: named.described.clone(),
        listed: value_name(graph, named.own),
        takes: InputType::of(graph, named.own.node),
        offset: addresses[graph.value_index(named.own)].map_or(0, |address| address.offset),
    }
}

fn stream(graph: &Graph, addresses: &[Option<Address>], stream: &NamedValue, batch: Option<usize>) -> Stream {
    let argument = argument(graph, addresses, stream);
    let row = argument.size() / batch.unwrap_or(1);
    Stream { argument, row, batch }
}

fn output(layout: &ArenaLayout, view: &View, named: &NamedValue) -> Output {
    // An input that is an output has been copied, so all of them lie in the arena.
    let offset = layout.address(view.buffer).and_then(Address::arena_offset).map_or(0, |offset| offset + view.offset);
    Output {
        value: named.compiled,
        described: named.described.clone(),
        offset,
        runs: view.runs(),
        length: view.shape.size(),
    }
}

#[cfg(test)]
mod tests {
    use chainrule_graph::{Builder, Convolution, Initializer, batch};

    use super::*;
    use crate::compile::{Precision, compile};

    /// A convolution whose examples lie innermost is all that is worth it.
    #[test]
    fn a_convolution_of_few_channels_has_threads() {
        let builder = Builder::new();
        let w = builder.parameter("w", [3, 3, 5, 5], Initializer::Constant(0.0));
        let x = builder.input("x", [3, 20, 20]);
        builder.objective(x.convolution(w, &Convolution::default()).sum());
        let function = batch(&builder.finish().expect("it is well formed"), 32).expect("it can be batched");
        let outputs = function.objective.into_iter().collect();
        let options = Options { precision: Precision::F32, threads: 2, outputs, ..Options::default() };
        let mut program = compile(&function.graph, &options).expect("it compiles");
        program.step.retain(|labelled| matches!(labelled.instruction, Instruction::RowProduct(_)));
        assert!(program.step.len() == 1 && is_worth_threads(&program.step), "{program}");
    }
}
