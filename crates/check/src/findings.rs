//! What the tests of a check found, gathered over draws and made into a report.

use std::collections::{BTreeMap, BTreeSet};

use chainrule_exec::DroppedSlope;
use chainrule_graph::{Derivatives, Graph, Node, NodeId, Value};

use crate::compare::{Comparison, Outcome, Tally};
use crate::edge::Finding;
use crate::names::label;
use crate::point::outputs;
use crate::report::{Blame, DirectionReport, EdgeReport, Failure, NodeReport, Report, Verdict};
use crate::tolerance::TOLERANCE;

/// How many of the tests, in percent, may be undecided.
const MOST_UNDECIDED: f64 = 1.0;

/// What is tested: an edge from a node to an operand, or the whole along an input node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Site {
    Edge(NodeId, usize),
    Whole(NodeId),
}

/// What was found so far. Of what is wrong at one site, the worst is kept.
#[derive(Default)]
pub(crate) struct Findings {
    pub draws: usize,
    pub dropped_slope: Option<DroppedSlope>,
    pub tallies: BTreeMap<Site, Tally>,
    /// The edges that are tested at one draw alone, since their op takes long.
    pub at_one_draw: BTreeSet<(NodeId, usize)>,
    accumulations: BTreeMap<Value, f64>,
    rules: BTreeMap<(NodeId, usize), (Option<usize>, Comparison)>,
    sums: BTreeMap<Value, (usize, Comparison)>,
    wholes: BTreeMap<NodeId, Comparison>,
}

impl Findings {
    pub fn tally(&self, site: Site) -> Tally {
        self.tallies.get(&site).copied().unwrap_or_default()
    }

    pub fn edge(&mut self, node: NodeId, operand: usize, finding: Finding) {
        self.tallies.entry(Site::Edge(node, operand)).or_default().add(finding.tally);
        if let Some((element, comparison)) = finding.wrong {
            let worst = self.rules.entry((node, operand)).or_insert((element, comparison));
            if comparison.relative_error() > worst.1.relative_error() {
                *worst = (element, comparison);
            }
        }
    }

    pub fn sum(&mut self, value: Value, element: usize, comparison: Comparison) {
        let error = comparison.error_beside_noise(TOLERANCE);
        let worst = self.accumulations.entry(value).or_default();
        *worst = worst.max(error);
        if error > TOLERANCE {
            let worst = self.sums.entry(value).or_insert((element, comparison));
            if comparison.relative_error() > worst.1.relative_error() {
                *worst = (element, comparison);
            }
        }
    }

    pub fn whole(&mut self, source: NodeId, outcome: Outcome) {
        self.tallies.entry(Site::Whole(source)).or_default().count(outcome);
        if let Outcome::Wrong(comparison) = outcome {
            let worst = self.wholes.entry(source).or_insert(comparison);
            if comparison.relative_error() > worst.relative_error() {
                *worst = comparison;
            }
        }
    }

    /// The report, with a line for each node of which one of `values` has a cotangent.
    pub fn report(&self, derivatives: &Derivatives, values: &[Value]) -> Report {
        let graph = &derivatives.graph;
        let reached = values.iter().filter(|&&value| derivatives.cotangent(value).is_some());
        let mut reached: Vec<NodeId> = reached.map(|value| value.node).collect();
        reached.dedup();
        let whole = |(&site, &tally): (&Site, &Tally)| match site {
            Site::Whole(node) => Some(DirectionReport { node, name: label(graph, node), tally }),
            Site::Edge(..) => None,
        };
        Report {
            draws: self.draws,
            at_one_draw: self.at_one_draw.len(),
            nodes: reached.into_iter().map(|id| self.node_report(derivatives, id)).collect(),
            directions: self.tallies.iter().filter_map(whole).collect(),
            failures: self.failures(graph),
            loops: Vec::new(),
            dropped_slope: self.dropped_slope.clone(),
            second: None,
        }
    }

    fn failures(&self, graph: &Graph) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (&(node, operand), (element, comparison)) in &self.rules {
            let input = graph.node(node).inputs[operand];
            let element = element.map(|element| indices(graph, input, element));
            let blame = Blame::Rule { node, operand, input: graph.describe(input), element };
            failures.push(failure(graph, blame, node, *comparison));
        }
        for (&value, (element, comparison)) in &self.sums {
            let blame = Blame::Accumulation { node: value.node, element: indices(graph, value, *element) };
            failures.push(failure(graph, blame, value, *comparison));
        }
        // A wrong rule makes the whole wrong; only a whole that is wrong without one says more.
        if failures.is_empty() {
            let wholes = self.wholes.iter();
            failures.extend(wholes.map(|(&node, &comparison)| failure(graph, Blame::Whole { node }, node, comparison)));
        }
        failures.extend(self.undecided(graph));
        failures
    }

    fn undecided(&self, graph: &Graph) -> Option<Failure> {
        let undecided = self.tallies.iter().filter(|(_, tally)| tally.is_undecided());
        let name = |(site, _): (&Site, &Tally)| match *site {
            Site::Edge(node, operand) => {
                format!("{} to {}", graph.describe(node), graph.describe(graph.node(node).inputs[operand]))
            }
            Site::Whole(node) => format!("the whole along {}", graph.describe(node)),
        };
        let names: Vec<String> = undecided.map(name).collect();
        let percent = 100.0 * names.len() as f64 / self.tallies.len().max(1) as f64;
        let blame = Blame::Undecided { percent };
        let most = percent > MOST_UNDECIDED;
        most.then(|| Failure { blame, name: names.join(", "), origin: String::new(), comparison: None })
    }

    fn node_report(&self, derivatives: &Derivatives, id: NodeId) -> NodeReport {
        let graph = &derivatives.graph;
        let node = graph.node(id);
        let edge = |(operand, &input): (usize, &Value)| {
            let tally = *self.tallies.get(&Site::Edge(id, operand))?;
            Some(EdgeReport { operand, input: graph.describe(input), tally })
        };
        let edges: Vec<EdgeReport> = node.inputs.iter().enumerate().filter_map(edge).collect();
        NodeReport {
            node: id,
            name: label(graph, id),
            op: node.op.name().to_string(),
            shape: shapes(node),
            scope: node.scope.map(|scope| graph.scope(scope).path.to_string()),
            origin: node.origin.to_string(),
            accumulation: outputs(graph, id).filter_map(|v| self.accumulations.get(&v)).copied().fold(0.0, f64::max),
            verdict: self.verdict(derivatives, id, &edges),
            edges,
        }
    }

    fn verdict(&self, derivatives: &Derivatives, id: NodeId, edges: &[EdgeReport]) -> Verdict {
        let graph = &derivatives.graph;
        // One without a contribution is 0 by definition, as that of a step function, and the differences agree.
        let by_definition = |edge: &EdgeReport| derivatives.contributions[id.index()][edge.operand].is_none();
        let wrong_rule = |edge: &EdgeReport| self.rules.contains_key(&(id, edge.operand));
        if outputs(graph, id).any(|output| self.sums.contains_key(&output)) || edges.iter().any(wrong_rule) {
            return Verdict::Wrong;
        }
        let of_edge = |edge: &EdgeReport| match edge.tally {
            tally if tally.is_undecided() => Verdict::Undecided,
            Tally { smooth: 1.., .. } => Verdict::Right,
            Tally { kinks: 1.., .. } => Verdict::Kink,
            _ if by_definition(edge) => Verdict::Right,
            _ => Verdict::NotTested,
        };
        edges.iter().map(of_edge).fold(Verdict::Right, Verdict::max)
    }
}

pub(crate) fn failure(graph: &Graph, blame: Blame, of: impl Into<Value>, comparison: Comparison) -> Failure {
    let value = of.into();
    let (node, described) = (graph.node(value), graph.describe(value));
    let name = match graph.name(value) {
        Some(_) => format!("{described} ({} {})", node.op.name(), shapes(node)),
        None => described,
    };
    Failure { blame, name, origin: node.origin.to_string(), comparison: Some(comparison) }
}

/// The shapes of a node's outputs.
fn shapes(node: &Node) -> String {
    node.outputs.iter().map(|output| output.shape.to_string()).collect::<Vec<_>>().join(" ")
}

/// The indices along each axis of an element in row-major order.
fn indices(graph: &Graph, value: Value, element: usize) -> Vec<usize> {
    let shape = graph.shape(value);
    shape.strides().iter().zip(shape.iter()).map(|(stride, n)| element / stride % n).collect()
}
