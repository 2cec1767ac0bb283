//! The values of nodes, for bound values of the inputs: the reference's question, answered by a program.

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, NodeId, Op, Tensor};

use crate::compile::{Options, compile};
use crate::error::{ExecError, check_nodes};
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
pub fn evaluate_compiled(
    graph: &Graph,
    bindings: &Bindings,
    targets: &[NodeId],
    options: &Options,
) -> Result<Values, ExecError> {
    check_nodes(graph, targets.iter().copied().chain(bindings.nodes()))?;
    let graph = graph.clone().without_updates();
    let &Options { precision, level, threads, .. } = options;
    let outputs = targets.to_vec();
    let program = compile(&graph, &Options { precision, level, threads, outputs, ..Options::default() })?;
    check_memory_of(&graph, targets.iter().copied())?;
    let mut workspace = program.workspace()?;
    let needed = graph.needed_for(targets);
    for id in graph.ids().filter(|id| needed[id.index()]) {
        if let Op::Source(Source::Input { .. }) = graph.node(id).op {
            let value = bound_value(&graph, bindings, id)?;
            program.write_argument(&mut workspace, program.argument_of(id)?, value.data())?;
        }
    }
    program.advance(&mut workspace, Run::default(), 1)?;
    let mut values = vec![None; graph.nodes().len()];
    for &id in targets {
        let mut value = Tensor::zeros(&graph.node(id).shape);
        program.read_output(&workspace, program.output(id)?, value.data_mut())?;
        values[id.index()] = Some(value);
    }
    Ok(Values(values))
}
