//! The compiler: a graph with updates becomes a program.
//!
//! The passes, each a file of its own: simplify (in the graph crate), accumulate, select, hoist, fuse, schedule, memory,
//! emit; [`passes`] shows what each makes of a graph. None knows a model, an optimizer or data: only a graph whose updates
//! say which inputs a step replaces, and which inputs take rows of tables.

mod accumulate;
mod addresses;
mod assemble;
mod buffer;
mod contraction;
mod dimension_numbers;
mod emit;
mod fuse;
mod hoist;
mod memory;
mod options;
mod plan;
mod plan_builder;
mod products;
mod registers;
mod schedule;
mod select;
mod stages;
mod view;

use std::collections::HashMap;

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, NodeId, Op, simplify};
pub use chainrule_kernels::Level;
pub use options::Options;

use crate::error::ExecError;
pub use crate::precision::Precision;
use crate::program::Program;
use accumulate::Accumulation;
use buffer::BufferId;
use plan::Plan;
use schedule::WriteBack;

/// Compiles a graph. Errors name an option that does not fit the graph.
pub fn compile(graph: &Graph, options: &Options) -> Result<Program, ExecError> {
    compile_observed(graph, options, &mut |_, _| {})
}

/// What stands after each pass, as text: the graph, then the plan, the addresses and the program. Errors are those of
/// [`compile`].
pub fn passes(graph: &Graph, options: &Options) -> Result<Vec<(&'static str, String)>, ExecError> {
    let mut stages = Vec::new();
    let program = compile_observed(graph, options, &mut |pass, text| stages.push((pass, text())))?;
    stages.push(("emit", program.to_string()));
    Ok(stages)
}

/// Is shown what stands after a pass.
type Observer<'a> = dyn FnMut(&'static str, &dyn Fn() -> String) + 'a;

fn compile_observed(graph: &Graph, options: &Options, observe: &mut Observer<'_>) -> Result<Program, ExecError> {
    options.check(graph)?;
    let Rewritten { graph, accumulations, outputs, streams } = rewrite(graph, options, observe);
    let Scheduled { plan, write_backs, kept } = plan_step(graph, &accumulations, &outputs, &streams, observe);
    let layout = memory::plan_memory(&plan, &write_backs, &kept, &rows(&plan, options, &streams));
    observe("memory", &|| stages::layout(&plan, &layout));
    let instructions = emit::emit(&plan, &layout, &write_backs, &kept);
    assemble::assemble(plan, layout, instructions, outputs, &streams, options)
}

/// The graph that runs, and what the caller named, as nodes of it.
struct Rewritten {
    graph: Graph,
    accumulations: Vec<Accumulation>,
    outputs: Vec<NodeId>,
    streams: Vec<NodeId>,
}

/// The passes from graph to graph.
fn rewrite(graph: &Graph, options: &Options, observe: &mut Observer<'_>) -> Rewritten {
    let inputs = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Source(Source::Input { .. })));
    let kept: Vec<NodeId> = options.outputs.iter().chain(&options.streams).copied().chain(inputs).collect();
    let (simple, first) = simplify(graph, &kept);
    observe("simplify", &|| stages::graph(&simple));
    let to_simple = |id: NodeId| first.get(id).unwrap_or(id); // all that is asked for here was kept
    let outputs: Vec<NodeId> = options.outputs.iter().map(|&id| to_simple(id)).collect();
    let (rewritten, accumulations) = accumulate::accumulate(simple, &outputs);
    let all: Vec<NodeId> = accumulations
        .iter()
        .flat_map(|a| [Some(a.target), Some(a.value), Some(a.contraction), a.keep, a.scale])
        .flatten()
        .chain(kept.iter().map(|&id| to_simple(id)))
        .collect();
    let (graph, second) = simplify(&rewritten, &all);
    let forward = |id: NodeId| second.get(id).unwrap_or(id); // kept, as above
    let forward_all = |ids: &[NodeId]| ids.iter().map(|&id| forward(to_simple(id))).collect();
    let accumulations: Vec<Accumulation> = accumulations.into_iter().map(|a| a.map(forward)).collect();
    observe("accumulate", &|| stages::graph(&graph) + &stages::accumulations(&graph, &accumulations));
    Rewritten { graph, accumulations, outputs: forward_all(&options.outputs), streams: forward_all(&options.streams) }
}

/// The plan of a step, in the order in which it runs.
struct Scheduled {
    plan: Plan,
    write_backs: Vec<WriteBack>,
    /// The buffers of the outputs, which are read after the last kernel.
    kept: Vec<BufferId>,
}

/// The passes from graph to plan, and from plan to plan.
fn plan_step(
    graph: Graph,
    accumulations: &[Accumulation],
    outputs: &[NodeId],
    streams: &[NodeId],
    observe: &mut Observer<'_>,
) -> Scheduled {
    let plan = select::select(graph, accumulations, outputs);
    observe("select", &|| stages::plan(&plan, &[]));
    let plan = hoist::hoist(plan, streams);
    observe("hoist", &|| stages::plan(&plan, &[]));
    let plan = fuse::fuse(plan);
    observe("fuse", &|| stages::plan(&plan, &[]));
    let kept: Vec<BufferId> = outputs.iter().map(|id| plan.views[id.index()].buffer).collect();
    let (plan, write_backs) = schedule::schedule(plan, &kept);
    observe("schedule", &|| stages::plan(&plan, &write_backs));
    Scheduled { plan, write_backs, kept }
}

/// The buffers of inputs that are read where a table's row lies, with the table's number: of one row a step. A scalar is
/// brought into the arena.
fn rows(plan: &Plan, options: &Options, streams: &[NodeId]) -> HashMap<BufferId, u16> {
    let buffers = streams.iter().map(|&id| plan.buffers.of_node(id)).zip(0..);
    buffers.filter(|&(buffer, _)| options.batch.is_none() && plan.size(buffer) != 1).collect()
}
