//! The check of first derivatives: each rule, each accumulation, then the whole.

use chainrule_exec::{ExecError, check_memory_of};
use chainrule_graph::{Derivatives, Kind, Node, NodeId, Op, Tensor};
use chainrule_kernels::philox::Philox;

use crate::compare::{CUSTOM_TOLERANCE, Comparison, TOLERANCE, Tally};
use crate::draw::{Draws, Plan};
use crate::edge::{Edge, Entries};
use crate::error::CheckError;
use crate::findings::{Findings, Site};
use crate::point::{Point, is_input, old};
use crate::report::Report;
use crate::whole::Whole;

/// How many more draws are made for what no draw so far could tell of: it was at a kink, or flat.
const REDRAWS: usize = 10;
/// The rounding error that a sum of contributions may have, relative to the sum of their sizes.
pub(crate) const SUM_ROUNDING: f64 = 1e-12;

/// How thorough a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The seed of the draws and directions.
    pub seed: u64,
    /// How many draws of the values; each has a direction of its own for every test.
    pub draws: usize,
    /// Whether each entry of every edge is tested by itself.
    pub entries: Entries,
    /// Whether second derivatives are checked too, where the check makes the derivatives itself.
    pub second: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { seed: 0, draws: 3, entries: Entries::Together, second: true }
    }
}

/// Checks derivatives: the contribution of each edge against differences of that one op under the actual cotangent of
/// its value, the cotangent of each node against the sum of the contributions to it, and the whole along a random
/// direction for each real input. All at several draws of the inputs.
///
/// The two numbers a, b agree if |a − b| ≤ [`TOLERANCE`] · max(|a|, |b|) + the noise of the differences; for custom nodes
/// it is [`CUSTOM_TOLERANCE`]. At a kink a value between the two one-sided differences is right. What every draw leaves at
/// a kink, flat, or too noisy to tell is drawn again, up to ten times; too noisy to the end is undecided, and more than 1 %
/// undecided tests are a failure. The whole is blamed only where no rule and no accumulation is.
///
/// Only edges to nodes that have a cotangent, or depend on one that has, are tested. Values of `stop_gradient` nodes are
/// held. Errors: the graph can not be run, or its values would not fit into memory; no draw gives finite values and
/// derivatives, or indices that lie on their axes.
pub fn check(derivatives: &Derivatives, draws: &Draws, options: &Options) -> Result<Report, CheckError> {
    fits(derivatives)?;
    let mut session = Session::new(derivatives, draws, options);
    for _ in 0..options.draws.max(1) {
        session.test(|_| true)?;
    }
    for _ in 0..REDRAWS {
        if !session.plan.varies() || !session.findings.tallies.values().any(Tally::is_open) {
            break;
        }
        match session.test(Tally::is_open) {
            // What was drawn so far has to do.
            Err(CheckError::NotFinite { .. } | CheckError::NotDrawn { .. }) => break,
            tested => tested?,
        }
    }
    Ok(session.findings.report(derivatives, &session.active))
}

/// An error if what a check holds at once does not fit into memory: all values at a draw, its inputs as they were drawn,
/// and the values after an input has moved.
pub(crate) fn fits(derivatives: &Derivatives) -> Result<(), ExecError> {
    let graph = &derivatives.graph;
    let inputs = graph.ids().filter(|&id| is_input(graph, id));
    check_memory_of(graph, graph.ids().chain(inputs).chain(old(derivatives)))
}

struct Session<'a> {
    derivatives: &'a Derivatives,
    entries: Entries,
    plan: Plan,
    generator: Philox,
    /// The real nodes of old that were differentiated by.
    active: Vec<NodeId>,
    /// For each node of old, the edges that end there: (node, slot).
    readers: Vec<Vec<(NodeId, usize)>>,
    wholes: Vec<Whole>,
    findings: Findings,
}

impl<'a> Session<'a> {
    fn new(derivatives: &'a Derivatives, draws: &Draws, options: &Options) -> Session<'a> {
        let graph = &derivatives.graph;
        let real = |id: &NodeId| graph.node(*id).kind == Kind::Real;
        let asked: Vec<NodeId> = old(derivatives).filter(|&id| derivatives.cotangent(id).is_some()).collect();
        let depends = graph.dependent_on(&asked);
        let active: Vec<NodeId> = old(derivatives).filter(real).filter(|id| depends[id.index()]).collect();
        let mut readers = vec![Vec::new(); derivatives.cotangents.len()];
        for id in old(derivatives).filter(real) {
            for (slot, input) in graph.node(id).inputs.iter().enumerate() {
                readers[input.index()].push((id, slot));
            }
        }
        let sources = active.iter().copied().filter(|&id| is_input(graph, id));
        Session {
            wholes: sources.map(|id| Whole::new(graph, id, derivatives.output)).collect(),
            derivatives,
            entries: options.entries,
            plan: draws.plan(graph),
            generator: Philox::new(options.seed, 0),
            active,
            readers,
            findings: Findings::default(),
        }
    }

    /// Draws values and tests what is wanted, judged by its tests so far.
    fn test(&mut self, wanted: impl Fn(&Tally) -> bool) -> Result<(), CheckError> {
        let point = Point::draw(self.derivatives, &self.plan, &mut self.generator)?;
        self.findings.draws += 1;
        for &id in &self.active {
            for &(node, slot) in &self.readers[id.index()] {
                let made = point.cotangent(node).is_some() || point.contribution(node, slot).is_some();
                if made && wanted(&self.findings.tally(Site::Edge(node, slot))) {
                    let finding = edge(&point, node, slot).test(self.entries, &mut self.generator)?;
                    self.findings.edge(node, slot, finding);
                }
            }
            for (entry, comparison) in accumulation(&point, id, &self.readers[id.index()]).enumerate() {
                self.findings.sum(id, entry, comparison);
            }
        }
        let Some(seed) = point.seed() else { return Ok(()) };
        for whole in &self.wholes {
            if wanted(&self.findings.tally(Site::Whole(whole.source))) {
                let outcome = whole.test(&point, &seed, &mut self.generator)?;
                self.findings.whole(whole.source, outcome);
            }
        }
        Ok(())
    }
}

fn edge<'p>(point: &'p Point<'_>, node: NodeId, slot: usize) -> Edge<'p> {
    let Node { op, inputs, .. } = point.derivatives.graph.node(node);
    Edge {
        op,
        inputs: inputs.iter().map(|&input| &point.values[input]).collect(),
        slot,
        output: &point.values[node],
        cotangent: point.cotangent(node),
        contribution: point.contribution(node, slot),
        tolerance: tolerance(op),
    }
}

/// Each entry of a node's cotangent beside the sum of the contributions of the edges that end there, and of the seed.
fn accumulation(point: &Point<'_>, id: NodeId, edges: &[(NodeId, usize)]) -> impl Iterator<Item = Comparison> {
    let size = point.derivatives.graph.node(id).shape.size();
    let seed = if id == point.derivatives.output { point.seed() } else { None };
    let contributions = edges.iter().filter_map(|&(node, slot)| point.contribution(node, slot));
    let (mut sums, mut sizes) = (vec![0.0; size], vec![0.0; size]);
    for term in contributions.chain(&seed) {
        for ((sum, size), x) in sums.iter_mut().zip(&mut sizes).zip(term.data()) {
            *sum += x;
            *size += x.abs();
        }
    }
    let cotangent = point.cotangent(id).map(Tensor::data).unwrap_or_default();
    (0..size).map(move |entry| Comparison {
        formula: cotangent.get(entry).copied().unwrap_or(0.0),
        expected: sums[entry],
        noise: SUM_ROUNDING * sizes[entry],
    })
}

/// The relative error that the rule of an op may have.
pub(crate) fn tolerance(op: &Op) -> f64 {
    match op {
        Op::Custom(_) => CUSTOM_TOLERANCE,
        _ => TOLERANCE,
    }
}
