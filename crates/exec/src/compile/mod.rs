//! The compiled engine: a graph with updates becomes a program, and the program runs steps.
//!
//! The passes, each a file of its own: simplify (in the graph crate), accumulate, select, hoist, fuse, schedule, memory,
//! emit;
//! [`passes`] shows what each makes of a graph. None knows a model, an optimizer or data: only a graph whose updates say
//! which inputs a step replaces, and which inputs take rows of tables. A [`Program`] is immutable and may be shared
//! between threads; a [`Workspace`] is a caller's own, and holds the numbers.

mod accumulate;
mod aligned;
mod classes;
mod emit;
mod entries;
mod evaluate;
mod fuse;
mod hoist;
mod loops;
mod machine;
mod memory;
mod numbers;
mod pieces;
mod plan;
mod pool;
mod profile;
mod program;
mod registers;
mod scalars;
mod schedule;
mod select;
mod show;
mod stages;
mod view;
mod workspace;

use std::sync::Arc;

use chainrule_graph::ops::Source;
use chainrule_graph::{Graph, NodeId, Op, simplify};
pub use chainrule_kernels::Level;
pub use evaluate::evaluate;
pub use machine::End;
pub use profile::{KernelTime, MemoryUse, Phase, Profile};
pub use workspace::{Run, Table, Workspace};

use crate::ExecError;
use memory::Memory;
use pool::Pool;
use program::{At, Base, Fixed, Instruction, Line, Output, Port, Stream};
use view::ValueId;

/// How many tables a program takes at most.
const MOST_TABLES: usize = 16;
/// How many threads a program may use.
const MOST_THREADS: usize = 1024;

/// The numbers a program works in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits.
    F32,
    /// 64 bits.
    #[default]
    F64,
}

impl Precision {
    /// The bytes of a number.
    pub fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }
}

/// How a graph is compiled.
#[derive(Clone, Debug)]
pub struct Options {
    /// The numbers it works in.
    pub precision: Precision,
    /// The SIMD level; none is the machine's best.
    pub level: Option<Level>,
    /// How many threads it may use, 1 to 1024. More than the machine has cores don't help.
    pub threads: usize,
    /// The inputs that take rows of tables, in the order of the tables.
    pub streams: Vec<NodeId>,
    /// How many rows a step takes. None: each stream input is one row; else it has a leading axis of this size.
    pub batch: Option<usize>,
    /// The nodes whose values each step reports.
    pub outputs: Vec<NodeId>,
    /// The output that must stay finite: a run ends at the step where it does not.
    pub finite: Option<NodeId>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            precision: Precision::F64,
            level: None,
            threads: 1,
            streams: Vec::new(),
            batch: None,
            outputs: Vec::new(),
            finite: None,
        }
    }
}

/// A compiled graph.
#[derive(Debug)]
pub struct Program {
    precision: Precision,
    level: Level,
    threads: usize,
    pool: Option<Pool>,
    /// The graph that runs, and for each of its nodes how a person calls it.
    graph: Graph,
    once: Vec<Line>,
    lines: Vec<Line>,
    late: Vec<Line>,
    ports: Vec<Port>,
    streams: Vec<Stream>,
    batch: Option<usize>,
    outputs: Vec<Output>,
    finite: Option<usize>,
    /// The outputs, as nodes of the graph that runs.
    reported_nodes: Vec<NodeId>,
    fixed: Vec<(usize, Fixed)>,
    memory: Memory,
    registers: usize,
    /// How many numbers hold the sums of the parts of a loop.
    partial: usize,
    /// Shared with the workspaces that were made for this program, and with no other.
    identity: Arc<()>,
}

/// Compiles a graph. Errors name an option that does not fit the graph.
pub fn compile(graph: &Graph, options: &Options) -> Result<Program, ExecError> {
    compile_seen(graph, options, &mut |_, _| {})
}

/// What stands after each pass, as text: the graph, then the plan, the places and the program. Errors are those of
/// [`compile`].
pub fn passes(graph: &Graph, options: &Options) -> Result<Vec<(&'static str, String)>, ExecError> {
    let mut stages = Vec::new();
    let program = compile_seen(graph, options, &mut |pass, text| stages.push((pass, text())))?;
    stages.push(("emit", program.to_string()));
    Ok(stages)
}

/// Is shown what stands after a pass.
type Observer<'a> = dyn FnMut(&'static str, &dyn Fn() -> String) + 'a;

fn compile_seen(graph: &Graph, options: &Options, see: &mut Observer<'_>) -> Result<Program, ExecError> {
    check(graph, options)?;
    let inputs = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Source(Source::Input { .. })));
    let kept: Vec<NodeId> = options.outputs.iter().chain(&options.streams).copied().chain(inputs).collect();
    let (simple, first) = simplify(graph, &kept);
    see("simplify", &|| stages::graph(&simple));
    let to_simple = |id: NodeId| first.get(id).unwrap_or(id); // all that is asked for here was kept
    let ends: Vec<NodeId> = options.outputs.iter().map(|&id| to_simple(id)).collect();
    let (rewritten, accumulations) = accumulate::accumulate(simple, &ends);
    let all: Vec<NodeId> = accumulations
        .iter()
        .flat_map(|a| [Some(a.target), Some(a.value), Some(a.contraction), a.keep, a.scale])
        .flatten()
        .chain(kept.iter().map(|&id| to_simple(id)))
        .collect();
    let (graph, second) = simplify(&rewritten, &all);
    let forward = |id: NodeId| second.get(id).unwrap_or(id); // kept, as above
    let to_new = |id: &NodeId| forward(to_simple(*id));
    let accumulations: Vec<accumulate::Accumulation> = accumulations.into_iter().map(|a| a.map(forward)).collect();
    let ends: Vec<NodeId> = options.outputs.iter().map(to_new).collect();
    see("accumulate", &|| stages::graph(&graph) + &stages::accumulations(&graph, &accumulations));
    let plan = select::select(graph, &accumulations, &ends);
    see("select", &|| stages::plan(&plan, &[]));
    let streams: Vec<NodeId> = options.streams.iter().map(to_new).collect();
    let plan = hoist::hoist(plan, &streams);
    see("hoist", &|| stages::plan(&plan, &[]));
    let plan = fuse::fuse(plan);
    see("fuse", &|| stages::plan(&plan, &[]));
    let ends: Vec<ValueId> = ends.iter().map(|id| plan.views[id.index()].value).collect();
    let (plan, late) = schedule::schedule(plan, &ends);
    see("schedule", &|| stages::plan(&plan, &late));
    let row_of = {
        let (streams, batch, plan_sizes) = (streams.clone(), options.batch, plan.sizes.clone());
        move |value: ValueId| match batch {
            // A scalar is brought into the arena.
            None if plan_sizes[value.index()] == 1 => None,
            None => streams.iter().position(|stream| stream.index() == value.index()),
            Some(_) => None,
        }
    };
    let memory = memory::plan_memory(&plan, &late, &ends, &row_of);
    see("memory", &|| stages::places(&plan, &memory));
    let emit::Lines { once, step: lines, late } = emit::emit(&plan, &memory, &late, &ends);
    let outputs: Vec<Output> = options.outputs.iter().map(|id| output(&plan, &memory, to_new(id))).collect();
    let ports = ports(&plan.graph, &memory, &streams);
    let streams = streams.iter().map(|&id| stream(&plan.graph, &memory, id, options.batch)).collect();
    Ok(Program {
        precision: options.precision,
        level: options.level.unwrap_or_else(Level::best),
        threads: options.threads,
        pool: pool(options.threads, &lines)?,
        finite: options.finite.and_then(|id| options.outputs.iter().position(|&output| output == id)),
        reported_nodes: options.outputs.iter().map(to_new).collect(),
        fixed: fixed(&plan.graph, &memory),
        partial: once.iter().chain(&lines).filter_map(sums_of_parts).max().unwrap_or(0),
        registers: registers_of(once.iter().chain(&lines)),
        batch: options.batch,
        graph: plan.graph,
        once,
        lines,
        late,
        ports,
        streams,
        outputs,
        memory,
        identity: Arc::new(()),
    })
}

fn check(graph: &Graph, options: &Options) -> Result<(), ExecError> {
    let named = options.outputs.iter().chain(&options.streams).chain(&options.finite);
    if let Some(id) = named.copied().find(|id| id.index() >= graph.nodes().len()) {
        let (place, count) = (id.index(), graph.nodes().len());
        return Err(ExecError::new(format!("node {place} is of another graph; this one has {count} nodes")));
    }
    if !(1..=MOST_THREADS).contains(&options.threads) {
        let found = options.threads;
        return Err(ExecError::new(format!("a program uses 1 to {MOST_THREADS} threads, not {found}")));
    }
    if options.batch == Some(0) {
        return Err(ExecError::new("a batch has at least one row"));
    }
    if options.streams.len() > MOST_TABLES {
        let found = options.streams.len();
        return Err(ExecError::new(format!("a program takes rows of at most {MOST_TABLES} tables, not {found}")));
    }
    if let Some(id) = options.finite.filter(|id| !options.outputs.contains(id)) {
        return Err(ExecError::new(format!("{} must stay finite, but is no output", graph.describe(id))));
    }
    for (place, &id) in options.streams.iter().enumerate() {
        let node = graph.node(id);
        if options.streams[..place].contains(&id) {
            return Err(ExecError::new(format!("{} takes rows of two tables", graph.describe(id))));
        }
        if graph.updates().iter().any(|update| update.target == id) {
            return Err(ExecError::new(format!("{} takes rows of a table, and is updated", graph.describe(id))));
        }
        if !matches!(node.op, Op::Source(Source::Input { .. })) {
            return Err(ExecError::new(format!("{} is computed; only an input takes rows", graph.describe(id))));
        }
        if let Some(batch) = options.batch
            && node.shape.first() != Some(&batch)
        {
            return Err(ExecError::new(format!(
                "{} has shape {}; a batch of {batch} rows needs a leading axis of {batch}",
                graph.describe(id),
                node.shape
            )));
        }
    }
    Ok(())
}

/// The thread pool, where there is work that is worth one.
fn pool(threads: usize, lines: &[Line]) -> Result<Option<Pool>, ExecError> {
    let worth = |line: &Line| match &line.instruction {
        Instruction::MatrixMatrix(product) => product.m * product.n * product.k >= 1 << 20,
        Instruction::Loop(code) => code.parts.is_some(),
        _ => false,
    };
    if threads == 1 || !lines.iter().any(worth) {
        return Ok(None);
    }
    Pool::new(threads).map(Some)
}

fn sums_of_parts(line: &Line) -> Option<usize> {
    match &line.instruction {
        Instruction::Loop(code) => Some(code.parts?.sums(code)),
        _ => None,
    }
}

fn registers_of<'a>(lines: impl Iterator<Item = &'a Line>) -> usize {
    let registers = lines.map(|line| match &line.instruction {
        Instruction::Loop(code) => code.registers,
        _ => 0,
    });
    registers.max().unwrap_or(0)
}

fn fixed(graph: &Graph, memory: &Memory) -> Vec<(usize, Fixed)> {
    let place = |id: NodeId| memory.at[id.index()].map(|at| at.offset);
    graph
        .ids()
        .filter_map(|id| match &graph.node(id).op {
            Op::Source(Source::Constant(constant)) => Some((place(id)?, Fixed::Constant(constant.value.clone()))),
            Op::Source(Source::Iota { length }) => Some((place(id)?, Fixed::Iota(*length))),
            _ => None,
        })
        .collect()
}

/// The inputs that are set from outside: those that take no rows.
fn ports(graph: &Graph, memory: &Memory, streams: &[NodeId]) -> Vec<Port> {
    let port = |id: NodeId| match memory.at[id.index()].filter(|_| !streams.contains(&id)) {
        Some(At { base: Base::Arena, .. }) if matches!(graph.node(id).op, Op::Source(Source::Input { .. })) => {
            Some(port(graph, memory, id))
        }
        _ => None,
    };
    graph.ids().filter_map(port).collect()
}

fn port(graph: &Graph, memory: &Memory, id: NodeId) -> Port {
    let node = graph.node(id);
    let bound = match node.op {
        Op::Source(Source::Input { bound, .. }) => bound,
        _ => None,
    };
    Port {
        name: node.name.as_deref().unwrap_or_default().to_string(),
        shape: node.shape.clone(),
        kind: node.kind,
        bound,
        offset: memory.at[id.index()].map_or(0, |at| at.offset),
    }
}

fn stream(graph: &Graph, memory: &Memory, id: NodeId, batch: Option<usize>) -> Stream {
    let port = port(graph, memory, id);
    let row = port.shape.size() / batch.unwrap_or(1);
    Stream { port, row, batch }
}

fn output(plan: &plan::Plan, memory: &Memory, id: NodeId) -> Output {
    let view = &plan.views[id.index()];
    let at = memory.at[view.value.index()]
        .map_or(At { base: Base::Arena, offset: 0 }, |at| At { offset: at.offset + view.offset, ..at });
    Output {
        name: plan.graph.describe(id),
        shape: view.shape.clone(),
        at,
        strides: view.strides.clone(),
        length: view.shape.size(),
    }
}

impl Program {
    /// The numbers it works in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The SIMD level it runs at.
    pub fn level(&self) -> Level {
        self.level
    }

    /// How many threads it may use.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many rows a step takes from each table.
    pub fn rows_a_step(&self) -> usize {
        self.batch.unwrap_or(1)
    }

    /// How many numbers a step reports: the entries of all outputs.
    pub fn reported(&self) -> usize {
        self.outputs.iter().map(|output| output.length).sum()
    }

    /// How many numbers a workspace holds, registers aside.
    pub fn numbers(&self) -> usize {
        self.memory.length
    }

    /// The graph that runs.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    fn port(&self, name: &str) -> Result<&Port, ExecError> {
        let port = self.ports.iter().find(|port| port.name == name);
        port.ok_or_else(|| {
            if self.streams.iter().any(|stream| stream.port.name == name) {
                return ExecError::new(format!("`{name}` takes rows of a table; give it one"));
            }
            ExecError::new(format!("the program has no input `{name}` that is set from outside"))
        })
    }
}
