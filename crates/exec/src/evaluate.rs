//! The values of nodes, for bound values of the inputs: the reference's question, answered by a program.

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, Op, Tensor, Value};

use crate::compile::{Options, compile};
use crate::error::{ExecError, check_values};
use crate::memory::check_memory_of;
use crate::reference::bound_value;
use crate::run::Run;
use crate::values::{Bindings, Values};

/// The values of `targets`, and of no other node, for the bound values of the input nodes. They are computed as a step of
/// such a program computes them, so what overflows there does so here; the options' streams, batch, outputs and `finite`
/// have no part in it.
///
/// # Errors
/// An input that a target needs has no value, or one that it does not take; a node is of another graph; an index is out of
/// range; the values do not fit into memory; the options do not fit the graph.
pub fn evaluate_compiled<V: Into<Value> + Copy>(
    graph: &Graph,
    bindings: &Bindings,
    targets: &[V],
    options: &Options,
) -> Result<Values, ExecError> {
    check_values(graph, targets.iter().copied())?;
    check_values(graph, bindings.nodes())?;
    let targets: Vec<Value> = targets.iter().map(|&target| target.into()).collect();
    let graph = graph.clone().without_updates();
    let &Options { precision, level, threads, .. } = options;
    let outputs = targets.clone();
    let program = compile(&graph, &Options { precision, level, threads, outputs, ..Options::default() })?;
    check_memory_of(&graph, targets.iter().copied())?;
    let mut workspace = program.workspace()?;
    let needed = graph.needed_for(targets.iter().copied());
    for id in graph.ids().filter(|id| needed[id.index()]) {
        if let Op::Source(Source::Input { .. }) = graph.node(id).op {
            let value = bound_value(&graph, bindings, id)?;
            program.write_argument(&mut workspace, program.argument_of(id)?, value.data())?;
        }
    }
    program.advance(&mut workspace, Run::default(), 1)?;
    let mut values = Values::none(graph.nodes().len());
    for target in targets {
        let mut tensor = Tensor::zeros(graph.shape(target));
        program.read_output(&workspace, program.output(target)?, tensor.data_mut())?;
        values.set(target, tensor);
    }
    Ok(values)
}
