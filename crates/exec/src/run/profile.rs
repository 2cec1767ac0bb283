//! Where the time of a step goes: a run whose every instruction is timed.

use chainrule_graph::{NodeId, Origin};

use super::clock::Clock;
use super::launch::Run;
use super::machine::End;
use super::workspace::Workspace;
use crate::error::ExecError;
use crate::program::Program;
use crate::program::instruction::LabelledInstruction;
use crate::program::interface::Stream;

/// A run is cut in so many stretches, and each instruction gets the mean of its quickest: what else the machine did in
/// between is left out.
const STRETCHES: usize = 16;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Rows are brought in.
    Rows,
    /// What is reported is computed.
    Forward,
    /// Derivatives are computed.
    Backward,
    /// Parameters and state move. A gradient that goes straight into its parameter counts here.
    Update,
}

impl Phase {
    /// `rows`, `forward`, `backward` or `update`.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Rows => "rows",
            Phase::Forward => "forward",
            Phase::Backward => "backward",
            Phase::Update => "update",
        }
    }
}

/// What an instruction took.
#[derive(Clone, Debug)]
pub struct KernelTime {
    /// The kernel and its sizes.
    pub kernel: String,
    /// What it computes, in the names of nodes.
    pub computes: Vec<String>,
    /// What it is for, and the share of its nodes that is; the shares sum to 1.
    pub phases: Vec<(Phase, f64)>,
    /// Seconds a step, in the quickest stretch of the run.
    pub seconds: f64,
    /// Bytes written a step.
    pub bytes: usize,
}

/// Where the time of a run went.
#[derive(Clone, Debug)]
pub struct Profile {
    /// How many steps ran.
    pub steps: usize,
    /// How the run ended.
    pub end: End,
    /// For each instruction, what it took, in the order of the program. What runs once a run is not in it.
    pub kernels: Vec<KernelTime>,
}

/// What the elements of a program take, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// Inputs that are set from outside: parameters, state, and what is fixed.
    pub inputs: usize,
    /// Rows that are brought in.
    pub rows: usize,
    /// Constants, and results that are scalars.
    pub scalars: usize,
    /// Room for results that are not alive at once.
    pub shared: usize,
    /// Registers of the loops, for all threads, and the sums of their chunks.
    pub registers: usize,
    /// All of it, and what is between.
    pub workspace: usize,
}

impl Program {
    /// A [`run`](Program::run) that says where its time goes. What reading the clock takes is taken off.
    ///
    /// # Errors
    /// Those of a run.
    pub fn profile(&self, workspace: &mut Workspace, run: Run<'_>) -> Result<Profile, ExecError> {
        let instructions: Vec<&LabelledInstruction> = self.step.iter().chain(&self.write_back).collect();
        let overhead = Clock::overhead().as_secs_f64();
        let mut least = vec![f64::INFINITY; instructions.len() + 1];
        let (mut steps, mut end) = (0, End::Finished);
        let stretch = (run.order.len() / self.rows_a_step()).div_ceil(STRETCHES).max(1);
        for order in run.order.chunks(stretch * self.rows_a_step()) {
            let wanted = order.len() / self.rows_a_step();
            let mut clock = Clock::new(least.len());
            let (done, how) = self.run_with(workspace, Run { order, ..run }, wanted, None, Some(&mut clock))?;
            for (least, spent) in least.iter_mut().zip(&clock.spent) {
                *least = least.min((spent.as_secs_f64() / done.max(1) as f64 - overhead).max(0.0));
            }
            (steps, end) = (steps + done, how);
            if end != End::Finished {
                break;
            }
        }
        let mut seconds = least.into_iter().map(|least| if least.is_finite() { least } else { 0.0 });
        let size = self.precision.bytes();
        let rows = KernelTime {
            kernel: format!("rows {}", self.rows_a_step()),
            computes: self.streams.iter().map(|stream| stream.argument.listed.clone()).collect(),
            phases: vec![(Phase::Rows, 1.0)],
            seconds: seconds.next().unwrap_or(0.0),
            bytes: self.gathered().map(|stream| stream.argument.size()).sum::<usize>() * size,
        };
        let forward = self.forward();
        let listed = self.listing().into_iter().filter(|listed| !listed.is_prologue);
        let kernels = instructions.iter().zip(listed).zip(seconds).map(|((labelled, listed), seconds)| KernelTime {
            kernel: listed.kernel,
            computes: listed.computes,
            phases: self.phases(labelled, &forward),
            seconds,
            bytes: labelled.instruction.elements_written() * size,
        });
        Ok(Profile { steps, end, kernels: std::iter::once(rows).chain(kernels).collect() })
    }

    /// What the elements take that a workspace holds.
    pub fn memory_use(&self, workspace: &Workspace) -> MemoryUse {
        let size = self.precision.bytes();
        let inputs = self.arguments.iter().map(|argument| argument.size()).sum::<usize>() * size;
        let rows = self.gathered().map(|stream| stream.argument.size()).sum::<usize>() * size;
        let shared = self.shared_length * size;
        let scalars = (self.arena_length * size).saturating_sub(inputs + rows + shared);
        let registers = workspace.bytes_of_scratch();
        MemoryUse { inputs, rows, scalars, shared, registers, workspace: workspace.bytes() }
    }

    /// The streams whose rows are brought into the arena: batches, and scalars.
    fn gathered(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().filter(|stream| stream.is_gathered())
    }

    /// For each node, whether what is reported needs it.
    fn forward(&self) -> Vec<bool> {
        self.graph.needed_for(self.reported_values.iter().copied())
    }

    fn phases(&self, labelled: &LabelledInstruction, forward: &[bool]) -> Vec<(Phase, f64)> {
        let phase = |id: &NodeId| match &self.graph.node(*id).origin {
            _ if forward[id.index()] => Phase::Forward,
            origin if is_derivative(origin) => Phase::Backward,
            _ => Phase::Update,
        };
        let mut phases: Vec<(Phase, f64)> = Vec::new();
        for phase in labelled.nodes.iter().map(phase) {
            match phases.iter_mut().find(|(other, _)| *other == phase) {
                Some((_, share)) => *share += 1.0 / labelled.nodes.len() as f64,
                None => phases.push((phase, 1.0 / labelled.nodes.len() as f64)),
            }
        }
        if phases.is_empty() {
            phases.push((Phase::Update, 1.0)); // a new value that is written back at the end
        }
        phases.sort_by_key(|(phase, _)| *phase);
        phases
    }
}

fn is_derivative(origin: &Origin) -> bool {
    match origin.written() {
        Origin::Derivative(_) => true,
        Origin::Merged(origins) => origins.iter().any(is_derivative),
        Origin::Unknown | Origin::Code(_) | Origin::File { .. } | Origin::Text(_) | Origin::Rewritten(_) => false,
    }
}
