//! The values of nodes, for bound values of the inputs: the reference's question, answered by a program.

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, NodeId, Op, Tensor};

use crate::compile::{Options, compile};
use crate::error::ExecError;
use crate::memory::check_memory_of;
use crate::run::Run;
use crate::values::{Bindings, Values};

/// The values of `targets`, and of no other node, for the bound values of the input nodes. They are computed as a step of
/// such a program computes them, so what overflows there does so here; the options' streams, batch, outputs and `finite`
/// have no part in it.
///
/// Errors name an input that is needed and has no value, or one that does not fit, an index that is out of range, and
/// values that do not fit into memory.
pub fn evaluate_compiled(
    graph: &Graph,
    bindings: &Bindings,
    targets: &[NodeId],
    options: &Options,
) -> Result<Values, ExecError> {
    let graph = graph.clone().without_updates();
    let &Options { precision, level, threads, .. } = options;
    let outputs = targets.to_vec();
    let program = compile(&graph, &Options { precision, level, threads, outputs, ..Options::default() })?;
    check_memory_of(&graph, targets.iter().copied())?;
    let mut workspace = program.workspace()?;
    let needed = graph.needed_for(targets);
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let node = graph.node(id);
        if let (Op::Source(Source::Input { .. }), Some(name)) = (&node.op, &node.name) {
            let missing = || ExecError::new(format!("`{name}` has no value; it takes one of shape {}", node.shape));
            program.set(&mut workspace, name, bindings.get(id).ok_or_else(missing)?)?;
        }
    }
    let mut record = vec![0.0; program.reported()];
    program.run_steps(&mut workspace, Run { tables: &[], order: &[], stop: None }, 1, &mut record)?;
    let mut values = vec![None; graph.nodes().len()];
    let mut rest = &record[..];
    for &id in targets {
        let shape = &graph.node(id).shape;
        let (elements, after) = rest.split_at(shape.size());
        values[id.index()] = Some(Tensor::from_fn(shape, |index| elements[index]));
        rest = after;
    }
    Ok(Values(values))
}
