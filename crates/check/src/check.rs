//! The check of first derivatives: each rule, each accumulation, then the whole.

use std::collections::BTreeMap;

use chainrule_exec::reference::evaluate;
use chainrule_exec::{Feed, Values};
use chainrule_graph::ops::{Elementwise, Source};
use chainrule_graph::{Derivatives, Graph, Kind, Node, NodeId, Op, Tensor};
use chainrule_kernels::philox::Philox;

use crate::compare::{CUSTOM_TOLERANCE, Comparison, Outcome, TOLERANCE, Tally};
use crate::draw::{Draws, Plan};
use crate::edge::{Edge, Entries};
use crate::error::CheckError;
use crate::provenance::{author, infinite_by_constants};
use crate::report::{Blame, DirectionReport, EdgeReport, Failure, NodeReport, Report, Verdict};
use crate::whole::Whole;

/// A draw with a value that is not finite is drawn again, up to this many times.
const FINITE_DRAWS: usize = 100;
/// How many more draws are made for an edge that no draw so far could tell of: it was at a kink, or flat.
const REDRAWS: usize = 10;
/// The rounding error that a sum of contributions may have, relative to the sum of their sizes.
const SUM_ROUNDING: f64 = 1e-12;

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
/// Only edges to nodes that have a cotangent, or depend on one that has, are tested. Values of `stop_gradient` nodes are
/// held. Errors: the graph can not be run, or no draw gives finite values and derivatives.
pub fn check(derivatives: &Derivatives, draws: &Draws, options: &Options) -> Result<Report, CheckError> {
    let mut session = Session::new(derivatives, draws, options);
    for _ in 0..options.draws.max(1) {
        session.test(|_| true)?;
    }
    for _ in 0..REDRAWS {
        if !session.plan.varies() || !session.tallies.values().any(Tally::is_open) {
            break;
        }
        session.test(Tally::is_open)?;
    }
    Ok(session.report())
}

/// What is tested: an edge, or the whole along an input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Site {
    Edge(NodeId, usize),
    Whole(NodeId),
}

struct Session<'a> {
    derivatives: &'a Derivatives,
    graph: &'a Graph,
    options: &'a Options,
    plan: Plan,
    generator: Philox,
    /// The nodes that are computed: those of old with a part in the check, and the derivatives.
    targets: Vec<NodeId>,
    /// For each node of old, the edges that end there: (node, slot).
    readers: Vec<Vec<(NodeId, usize)>>,
    /// The real nodes of old that were differentiated by.
    active: Vec<NodeId>,
    wholes: Vec<(NodeId, Whole)>,
    draws: usize,
    tallies: BTreeMap<Site, Tally>,
    accumulations: BTreeMap<NodeId, f64>,
    rules: BTreeMap<Site, (Option<usize>, Comparison)>,
    sums: BTreeMap<NodeId, (usize, Comparison)>,
    directions: BTreeMap<NodeId, Comparison>,
}

/// Values with what is needed to judge them.
struct Point {
    values: Values,
    seed: Option<Tensor>,
}

impl<'a> Session<'a> {
    fn new(derivatives: &'a Derivatives, draws: &Draws, options: &'a Options) -> Session<'a> {
        let graph = &derivatives.graph;
        let old: Vec<NodeId> = graph.ids().take(derivatives.cotangents.len()).collect();
        let real = |id: NodeId| graph.node(id).kind == Kind::Real;
        let asked: Vec<NodeId> = old.iter().copied().filter(|&id| derivatives.cotangent(id).is_some()).collect();
        let depends = graph.dependent_on(&asked);
        let active: Vec<NodeId> = old.iter().copied().filter(|&id| depends[id.index()] && real(id)).collect();
        let mut readers = vec![Vec::new(); old.len()];
        for &id in old.iter().filter(|&&id| real(id)) {
            for (slot, input) in graph.node(id).inputs.iter().enumerate() {
                readers[input.index()].push((id, slot));
            }
        }
        let computed = derivatives.cotangents.iter().chain(derivatives.contributions.iter().flatten()).flatten();
        let targets = old.iter().chain(computed).copied().collect();
        let sources = active.iter().copied().filter(|&id| is_input(graph, id));
        let wholes = sources.map(|id| (id, Whole::new(graph, id, derivatives.output, tolerance))).collect();
        Session {
            derivatives,
            graph,
            options,
            plan: draws.plan(graph),
            generator: Philox::new(options.seed, 0),
            targets,
            readers,
            active,
            wholes,
            draws: 0,
            tallies: BTreeMap::new(),
            accumulations: BTreeMap::new(),
            rules: BTreeMap::new(),
            sums: BTreeMap::new(),
            directions: BTreeMap::new(),
        }
    }

    /// Draws values and tests what is wanted, judged by its tests so far.
    fn test(&mut self, wanted: impl Fn(&Tally) -> bool) -> Result<(), CheckError> {
        let point = self.draw()?;
        self.draws += 1;
        let wants = |session: &Session<'_>, site| wanted(session.tallies.get(&site).unwrap_or(&Tally::default()));
        for id in self.active.clone() {
            for (node, slot) in self.readers[id.index()].clone() {
                if self.has_derivative(node, slot) && wants(self, Site::Edge(node, slot)) {
                    self.test_edge(&point, node, slot)?;
                }
            }
            self.test_accumulation(&point, id);
        }
        for place in 0..self.wholes.len() {
            if wants(self, Site::Whole(self.wholes[place].0)) {
                self.test_whole(&point, place)?;
            }
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<Point, CheckError> {
        let mut last = None;
        for _ in 0..FINITE_DRAWS {
            let feed: Feed = self.plan.feed(&mut self.generator);
            let values = evaluate(self.graph, &feed, &self.targets)?;
            match self.not_finite(&values) {
                None => return Ok(Point { seed: self.seed(&values), values }),
                Some(id) => last = author(self.graph, &values, id),
            }
            if !self.plan.varies() {
                break;
            }
        }
        let author = Box::new(last.expect("a node with a value that is not finite has an author"));
        Err(CheckError::NotFinite { draws: if self.plan.varies() { FINITE_DRAWS } else { 1 }, author })
    }

    /// The first node that should be finite and is not. What is infinite by a constant may be, and what only branches of
    /// `where` read, as long as it does not reach the derivatives.
    fn not_finite(&self, values: &Values) -> Option<NodeId> {
        let bad = |id: &NodeId| values.get(*id).is_some_and(|value| !value.is_finite());
        if !self.targets.iter().any(bad) {
            return None;
        }
        let old = self.derivatives.cotangents.len();
        let selects = |node: &&Node| node.op == Op::Elementwise(Elementwise::Where);
        let branches =
            self.graph.nodes()[..old].iter().filter(selects).flat_map(|node| node.inputs[1..].iter().copied());
        let branches: Vec<NodeId> = branches.collect();
        let excused = |id: &NodeId, excused: &[bool]| excused[id.index()] && id.index() < old;
        let (constant, unselected) = (infinite_by_constants(self.graph, values), self.graph.needed_for(&branches));
        let mut ids: Vec<NodeId> = self.targets.iter().copied().filter(bad).collect();
        ids.retain(|id| *id == self.derivatives.output || !(excused(id, &constant) || excused(id, &unselected)));
        ids.into_iter().min()
    }

    /// The cotangent that the output starts with: given as an input, or 1 for a scalar.
    fn seed(&self, values: &Values) -> Option<Tensor> {
        let output = self.derivatives.output;
        match self.derivatives.cotangent(output) {
            Some(id) if is_input(self.graph, id) => values.get(id).cloned(),
            _ => (self.graph.node(output).shape.rank() == 0).then(|| Tensor::scalar(1.0)),
        }
    }

    fn has_derivative(&self, node: NodeId, slot: usize) -> bool {
        let Derivatives { contributions, .. } = self.derivatives;
        self.derivatives.cotangent(node).is_some() || contributions[node.index()][slot].is_some()
    }

    fn test_edge(&mut self, point: &Point, node: NodeId, slot: usize) -> Result<(), CheckError> {
        let Node { op, inputs, .. } = self.graph.node(node);
        let value = |id: Option<NodeId>| id.and_then(|id| point.values.get(id));
        let edge = Edge {
            op,
            inputs: inputs.iter().map(|&input| &point.values[input]).collect(),
            slot,
            output: &point.values[node],
            cotangent: value(self.derivatives.cotangent(node)),
            contribution: value(self.derivatives.contributions[node.index()][slot]),
            tolerance: tolerance(op),
        };
        let finding = edge.test(self.options.entries, &mut self.generator)?;
        let site = Site::Edge(node, slot);
        self.tallies.entry(site).or_default().add(finding.tally);
        if let Some((entry, comparison)) = finding.wrong {
            let worst = self.rules.entry(site).or_insert((entry, comparison));
            if comparison.relative_error() > worst.1.relative_error() {
                *worst = (entry, comparison);
            }
        }
        Ok(())
    }

    fn test_accumulation(&mut self, point: &Point, id: NodeId) {
        let size = self.graph.node(id).shape.size();
        let (mut sum, mut sizes) = (vec![0.0; size], vec![0.0; size]);
        let edges = self.readers[id.index()].iter();
        let contributions = edges.filter_map(|&(node, slot)| self.derivatives.contributions[node.index()][slot]);
        let mut terms: Vec<&Tensor> = contributions.filter_map(|id| point.values.get(id)).collect();
        if id == self.derivatives.output {
            // A seed that nobody knows is taken as given.
            let given = self.derivatives.cotangent(id).and_then(|id| point.values.get(id));
            terms.extend(point.seed.as_ref().or(given));
        }
        for term in terms {
            for ((sum, size), x) in sum.iter_mut().zip(&mut sizes).zip(term.data()) {
                *sum += x;
                *size += x.abs();
            }
        }
        let cotangent = self.derivatives.cotangent(id).and_then(|id| point.values.get(id));
        let worst = self.accumulations.entry(id).or_default();
        for entry in 0..size {
            let formula = cotangent.map_or(0.0, |cotangent| cotangent.data()[entry]);
            let comparison = Comparison { formula, expected: sum[entry], noise: SUM_ROUNDING * sizes[entry] };
            let error = comparison.error_beside_noise(TOLERANCE);
            *worst = worst.max(error);
            if error > TOLERANCE {
                let worst = self.sums.entry(id).or_insert((entry, comparison));
                if comparison.relative_error() > worst.1.relative_error() {
                    *worst = (entry, comparison);
                }
            }
        }
    }

    fn test_whole(&mut self, point: &Point, place: usize) -> Result<(), CheckError> {
        let (id, whole) = &self.wholes[place];
        let Some(seed) = &point.seed else { return Ok(()) };
        let cotangent = self.derivatives.cotangent(*id).and_then(|id| point.values.get(id));
        let outcome = whole.test(self.graph, &point.values, seed, cotangent, &mut self.generator)?;
        self.tallies.entry(Site::Whole(*id)).or_default().count(outcome);
        if let Outcome::Wrong(comparison) = outcome {
            self.directions.entry(*id).or_insert(comparison);
        }
        Ok(())
    }

    fn report(self) -> Report {
        let mut failures: Vec<Failure> = Vec::new();
        for (&site, (entry, comparison)) in &self.rules {
            let Site::Edge(node, slot) = site else { continue };
            let input = self.graph.node(node).inputs[slot];
            let entry = entry.map(|entry| self.indices(input, entry));
            let blame = Blame::Rule { node, slot, input: self.graph.describe(input), entry };
            failures.push(self.failure(blame, node, *comparison));
        }
        for (&node, (entry, comparison)) in &self.sums {
            let blame = Blame::Accumulation { node, entry: self.indices(node, *entry) };
            failures.push(self.failure(blame, node, *comparison));
        }
        // A wrong rule makes the whole wrong; only a whole that is wrong without one says more.
        if failures.is_empty() {
            let wholes = self.directions.iter();
            failures.extend(wholes.map(|(&node, &c)| self.failure(Blame::Whole { node }, node, c)));
        }
        failures.extend(self.undecided());
        Report {
            draws: self.draws,
            nodes: self.node_reports(),
            directions: self.direction_reports(),
            failures,
            second: None,
        }
    }

    fn failure(&self, blame: Blame, id: NodeId, comparison: Comparison) -> Failure {
        let node = self.graph.node(id);
        let described = self.graph.describe(id);
        let name =
            if node.name.is_some() { format!("{described} ({} {})", node.op.name(), node.shape) } else { described };
        Failure { blame, name, origin: node.origin.to_string(), numbers: Some(comparison) }
    }

    /// The name, or the place and the scope around it.
    fn label(&self, id: NodeId) -> String {
        let node = self.graph.node(id);
        match (&node.name, node.scope) {
            (Some(name), _) => name.to_string(),
            (None, Some(scope)) => format!("{} (node {})", self.graph.scope(scope).path, id.index()),
            (None, None) => format!("(node {})", id.index()),
        }
    }

    /// The indices along each axis of an entry in row-major order.
    fn indices(&self, id: NodeId, entry: usize) -> Vec<usize> {
        let shape = &self.graph.node(id).shape;
        shape.strides().iter().zip(shape.iter()).map(|(stride, n)| entry / stride % n).collect()
    }

    fn undecided(&self) -> Option<Failure> {
        let undecided = self.tallies.iter().filter(|(_, tally)| tally.is_undecided());
        let names: Vec<String> = undecided
            .map(|(site, _)| match site {
                Site::Edge(node, slot) => {
                    let input = self.graph.node(*node).inputs[*slot];
                    format!("{} to {}", self.graph.describe(*node), self.graph.describe(input))
                }
                Site::Whole(node) => format!("the whole along {}", self.graph.describe(*node)),
            })
            .collect();
        let percent = 100.0 * names.len() as f64 / self.tallies.len().max(1) as f64;
        (percent > 1.0).then(|| Failure {
            blame: Blame::Undecided { percent },
            name: names.join(", "),
            origin: String::new(),
            numbers: None,
        })
    }

    fn node_reports(&self) -> Vec<NodeReport> {
        let report = |id: NodeId| {
            let node = self.graph.node(id);
            let edge = |(slot, &input): (usize, &NodeId)| {
                let tally = *self.tallies.get(&Site::Edge(id, slot))?;
                Some(EdgeReport { slot, input: self.graph.describe(input), tally })
            };
            let edges: Vec<EdgeReport> = node.inputs.iter().enumerate().filter_map(edge).collect();
            NodeReport {
                node: id,
                name: self.label(id),
                op: node.op.name().to_string(),
                shape: node.shape.to_string(),
                scope: node.scope.map(|scope| self.graph.scope(scope).path.to_string()),
                origin: node.origin.to_string(),
                accumulation: self.accumulations.get(&id).copied().unwrap_or(0.0),
                verdict: self.verdict(id, &edges),
                edges,
            }
        };
        let reached = self.active.iter().filter(|&&id| self.derivatives.cotangent(id).is_some());
        reached.map(|&id| report(id)).collect()
    }

    fn verdict(&self, id: NodeId, edges: &[EdgeReport]) -> Verdict {
        let wrong_rule = |edge: &EdgeReport| self.rules.contains_key(&Site::Edge(id, edge.slot));
        if self.sums.contains_key(&id) || edges.iter().any(wrong_rule) {
            return Verdict::Wrong;
        }
        let of_edge = |edge: &EdgeReport| match edge.tally {
            tally if tally.is_undecided() => Verdict::Undecided,
            Tally { smooth: 1.., .. } => Verdict::Right,
            Tally { kinks: 1.., .. } => Verdict::Kink,
            _ => Verdict::Flat,
        };
        edges.iter().map(of_edge).fold(Verdict::Right, Verdict::max)
    }

    fn direction_reports(&self) -> Vec<DirectionReport> {
        let report = |&(node, _): &(NodeId, Whole)| {
            let tally = *self.tallies.get(&Site::Whole(node))?;
            Some(DirectionReport { node, name: self.label(node), tally })
        };
        self.wholes.iter().filter_map(report).collect()
    }
}

fn is_input(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).op, Op::Source(Source::Input { .. }))
}

fn tolerance(op: &Op) -> f64 {
    match op {
        Op::Custom(_) => CUSTOM_TOLERANCE,
        _ => TOLERANCE,
    }
}
