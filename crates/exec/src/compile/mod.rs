//! The compiler: a graph with updates becomes a program.
//!
//! The passes, each a file of its own: simplify (in the graph crate), accumulate, select, hoist, fuse, recompute, schedule,
//! memory, emit; [`passes`] shows what each makes of a graph. None knows a model, an optimizer or data: only a graph whose updates
//! say which inputs a step replaces, and which inputs take rows of tables.

mod accumulate;
mod addresses;
mod assemble;
mod buffer;
mod contraction;
mod dimension_numbers;
mod emit;
mod fuse;
mod gathered_fold;
mod hoist;
mod innermost;
mod loop_constants;
mod loops;
mod memory;
mod neighbours;
mod nested_sums;
mod options;
mod plan;
mod plan_builder;
mod pools;
mod products;
mod recompute;
mod registers;
mod schedule;
mod select;
mod shares;
mod siblings;
mod stages;
mod storage;
mod view;
mod window_product;

use std::collections::HashMap;

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, GraphError, NodeId, Op, Value, fission, simplify};
pub use chainrule_kernels::Level;
pub use options::Options;

use crate::error::ExecError;
pub use crate::precision::Precision;
use crate::program::Program;
use crate::program::interface::is_gathered;
use accumulate::Accumulation;
use assemble::{Interface, NamedValue};
use buffer::BufferId;
use plan::Plan;
use schedule::WriteBack;

/// Compiles a graph.
///
/// ```
/// use chainrule_exec::compile::{Options, Precision, compile};
/// use chainrule_exec::run::Run;
/// use chainrule_graph::{Builder, Initializer, grad};
///
/// // a step of gradient descent on (w x − y)², where a step takes the next row of x and of y
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", []), builder.outcome("y", []));
/// let w = builder.parameter("w", [], Initializer::Constant(0.0));
/// let objective = builder.objective((w * x - y).power(2.0));
/// let function = builder.finish()?;
/// # let objective = function.objective.expect("it has one");
/// let w = function.parameters[0].node;
/// let (gradient_graph, gradients) = grad(&function.graph, objective, &[w])?;
/// let builder = Builder::extend_graph(gradient_graph);
/// builder.update(builder.var(w), builder.var(w) - 0.125 * builder.var(gradients[0]));
/// let step = builder.finish_graph()?;
///
/// let options = Options {
///     precision: Precision::F32,
///     streams: vec![function.inputs[0], function.outcomes[0]],
///     outputs: vec![objective],
///     ..Options::default()
/// };
/// let program = compile(&step, &options)?;
/// let mut workspace = program.workspace()?; // w is 0
/// let (x, y) = (program.table(0, &[1.0, 2.0])?, program.table(1, &[4.0, 8.0])?);
/// let mut objectives = [0.0; 4];
/// let run = Run { tables: &[&x, &y], order: &[0, 1, 0, 1], stop: None };
/// program.run(&mut workspace, run, &mut objectives)?;
/// assert_eq!(objectives, [16.0, 36.0, 0.0, 0.0]); // w is 0, 1, 4, 4
/// assert_eq!(program.get(&workspace, "w")?.item(), 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// An option does not fit the graph: a node is of another one, or no input where one is wanted; there are too many tables or
/// threads; a shape has no axis for the batch; an output must be finite that is none. The threads cannot be started.
pub fn compile(graph: &Graph, options: &Options) -> Result<Program, ExecError> {
    compile_observed(graph, options, &mut |_, _| {})
}

/// What stands after each pass, as text: the graph, then the plan, the addresses and the program.
///
/// # Errors
/// Those of [`compile`].
pub fn passes(graph: &Graph, options: &Options) -> Result<Vec<(&'static str, String)>, ExecError> {
    let mut stages = Vec::new();
    let program = compile_observed(graph, options, &mut |pass, text| stages.push((pass, text())))?;
    stages.push(("emit", program.to_string()));
    Ok(stages)
}

/// Is shown what stands after a pass.
type Observer<'a> = dyn FnMut(&'static str, &dyn Fn() -> String) + 'a;

/// Where a program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place<'a> {
    /// By itself, with threads of its own.
    Whole,
    /// As the body of a loop, with the threads of the program around it.
    Body {
        /// Inputs that are set anew at each step, besides those that take rows.
        copied: &'a [NodeId],
    },
}

fn compile_observed(graph: &Graph, options: &Options, observe: &mut Observer<'_>) -> Result<Program, ExecError> {
    options.check(graph)?;
    compile_in(graph, options, observe, Place::Whole)
}

fn compile_in(
    graph: &Graph,
    options: &Options,
    observe: &mut Observer<'_>,
    place: Place<'_>,
) -> Result<Program, ExecError> {
    let Rewritten { graph, accumulations, interface } = rewrite(graph, options, observe)?;
    let lanes = options.lanes();
    let Scheduled { plan, write_backs, kept } = plan_step(graph, &accumulations, &interface, (place, lanes), observe);
    let layout = memory::plan_memory(&plan, &write_backs, &kept, &rows(&plan, options, &interface.streams));
    observe("memory", &|| stages::layout(&plan, &layout));
    let instructions = emit::emit(&plan, &layout, &write_backs, &kept, options)?;
    assemble::assemble(plan, layout, instructions, &interface, options, place)
}

/// The graph that runs, and what the caller named, as values of it.
struct Rewritten {
    graph: Graph,
    accumulations: Vec<Accumulation>,
    interface: Interface,
}

/// The passes from graph to graph.
fn rewrite(compiled_graph: &Graph, options: &Options, observe: &mut Observer<'_>) -> Result<Rewritten, ExecError> {
    let is_input = |id: &NodeId| matches!(compiled_graph.node(*id).op, Op::Source(Source::Input { .. }));
    let values = |ids: Vec<NodeId>| ids.into_iter().map(Value::from).collect::<Vec<_>>();
    let (inputs, streams) = (values(compiled_graph.ids().filter(is_input).collect()), values(options.streams.clone()));
    let kept: Vec<Value> = options.outputs.iter().chain(&streams).chain(&inputs).copied().collect();
    let compiled_nodes = compiled_graph.nodes().len();
    let (simple, first) = simplify(compiled_graph, &kept).map_err(foreign)?;
    observe("simplify", &|| stages::graph(&simple));
    let kept_simple: Vec<Value> = kept.iter().filter_map(|&value| first.get(value)).collect();
    let (simple, split) = split_loops(simple, &kept_simple, observe)?;
    // All that is asked for here was kept.
    let to_simple = |value: Value| first.get(value).and_then(&split).unwrap_or(value);
    let outputs: Vec<Value> = options.outputs.iter().map(|&output| to_simple(output)).collect();
    let (rewritten, accumulations) = accumulate::accumulate(simple, &outputs);
    let all: Vec<Value> = accumulations
        .iter()
        .flat_map(|a| [Some(a.target.into()), Some(a.value), Some(a.contraction), a.keep, a.scale])
        .flatten()
        .chain(kept.iter().map(|&id| to_simple(id)))
        .collect();
    let (graph, second) = simplify(&rewritten, &all).map_err(foreign)?;
    let forward = |value: Value| second.get(value).unwrap_or(value); // kept, as above
    let named = |values: &[Value]| {
        let named = |&compiled: &Value| {
            let (own, described) = (forward(to_simple(compiled)), compiled_graph.describe(compiled));
            NamedValue { compiled, described, own }
        };
        values.iter().map(named).collect()
    };
    let (streams, outputs) = (named(&streams), named(&options.outputs));
    let interface = Interface { inputs: named(&inputs), streams, outputs, compiled_nodes };
    let accumulations: Vec<Accumulation> = accumulations.into_iter().map(|a| a.map(forward)).collect();
    observe("accumulate", &|| stages::graph(&graph) + &stages::accumulations(&graph, &accumulations));
    Ok(Rewritten { graph, accumulations, interface })
}

/// The graph with what may leave its loops outside of them, and where the values that are kept went.
fn split_loops(
    graph: Graph,
    kept: &[Value],
    observe: &mut Observer<'_>,
) -> Result<(Graph, impl Fn(Value) -> Option<Value> + use<>), ExecError> {
    let maps = match fission(&graph).map_err(foreign)? {
        None => None,
        Some((split, to_split)) => {
            let kept: Vec<Value> = kept.iter().filter_map(|&value| to_split.get(value)).collect();
            let (simple, to_simple) = simplify(&split, &kept).map_err(foreign)?;
            observe("fission", &|| stages::graph(&simple));
            Some((simple, to_split, to_simple))
        }
    };
    let (graph, maps) = match maps {
        None => (graph, None),
        Some((simple, to_split, to_simple)) => (simple, Some((to_split, to_simple))),
    };
    let to = move |value: Value| match &maps {
        None => Some(value),
        Some((to_split, to_simple)) => to_simple.get(to_split.get(value)?),
    };
    Ok((graph, to))
}

/// Ids were checked before, so this does not happen.
fn foreign(error: GraphError) -> ExecError {
    ExecError::new(error.message)
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
    interface: &Interface,
    (place, lanes): (Place<'_>, usize),
    observe: &mut Observer<'_>,
) -> Scheduled {
    let own = |named: &[NamedValue]| named.iter().map(|named| named.own).collect::<Vec<Value>>();
    let outputs = own(&interface.outputs);
    let copied = match place {
        Place::Whole => &[],
        Place::Body { copied } => copied,
    };
    let is_copied = |input: &&NamedValue| copied.contains(&input.compiled.node);
    let anew = interface.streams.iter().chain(interface.inputs.iter().filter(is_copied));
    let anew: Vec<NodeId> = anew.map(|input| input.own.node).collect();
    let plan = select::select(graph, accumulations, &outputs, lanes);
    observe("select", &|| stages::plan(&plan, &[]));
    let plan = hoist::hoist(plan, &anew);
    observe("hoist", &|| stages::plan(&plan, &[]));
    let plan = fuse::fuse(nested_sums::join_nested_sums(plan));
    let plan = recompute::recompute(siblings::join_siblings(plan));
    observe("fuse", &|| stages::plan(&plan, &[]));
    let kept: Vec<BufferId> = plan.outputs.iter().map(|view| view.buffer).collect();
    let (plan, write_backs) = schedule::schedule(plan, &kept);
    observe("schedule", &|| stages::plan(&plan, &write_backs));
    Scheduled { plan, write_backs, kept }
}

/// The buffers of inputs that are read where a table's row lies, with the table's number.
fn rows(plan: &Plan, options: &Options, streams: &[NamedValue]) -> HashMap<BufferId, u16> {
    let buffers = streams.iter().map(|stream| plan.buffers.of(stream.own)).zip(0..);
    buffers.filter(|&(buffer, _)| !is_gathered(options.batch, plan.size(buffer))).collect()
}
