//! The check of first derivatives: each rule, each accumulation, then the whole.

use chainrule_exec::{ExecError, check_memory_of, dropped_slope};
use chainrule_graph::{Derivatives, DroppedSlopeCounts, Kind, Node, NodeId, Tensor, Value, count_dropped_slopes};
use chainrule_kernels::philox::Philox;

use crate::compare::{Comparison, Outcome, Tally};
use crate::cost::{cost, is_large, is_large_whole};
use crate::draw::{DrawPlan, Draws, is_input};
use crate::edge::Edge;
use crate::error::CheckError;
use crate::findings::{Findings, Site};
use crate::loops::{LoopBody, blame_bodies};
use crate::options::{CheckOptions, Elements};
use crate::point::{Point, old, old_values, outputs};
use crate::report::Report;
use crate::tolerance::{SUM_ROUNDING, tolerance};
use crate::whole::Whole;

/// How many more draws are made where no draw so far could tell: all were at a kink, or flat.
const REDRAWS: usize = 10;

/// Checks derivatives: the contribution of each edge against differences of that one op under the actual cotangent of
/// its value, the cotangent of each node against the sum of the contributions to it, and the whole along a random
/// direction for each real input. All at several draws of the inputs.
///
/// Two values a, b agree if |a − b| ≤ [`TOLERANCE`](crate::TOLERANCE) · max(|a|, |b|) + the noise of the differences; for
/// custom nodes it is [`CUSTOM_TOLERANCE`](crate::CUSTOM_TOLERANCE). At a kink a value between the two one-sided differences
/// is right. What every draw leaves at a kink, flat, or too noisy to tell is drawn again, up to ten times; what stays too
/// noisy is undecided, and more than 1 % undecided tests are a failure. The whole is blamed only where no rule and no
/// accumulation is.
///
/// What takes long is tested less often, and the report says so: a rule of more than 100,000 operations at one of the draws,
/// and the whole of more than three million in all along one direction in all inputs, one by one only where that is wrong.
///
/// Only edges to nodes that have a cotangent, or depend on one that has, are tested. Values of `stop_gradient` nodes are
/// held.
///
/// # Errors
/// [`CheckError::Run`] if the graph can't be run, a draw is set for a node of another graph, or its values would not fit into memory; [`CheckError::NotFinite`] if no
/// draw gives finite values and derivatives; [`CheckError::NotDrawn`] if no draw gives indices that are in range;
/// [`CheckError::NoInput`] if a draw is set for a node that is none.
pub fn check(derivatives: &Derivatives, draws: &Draws, options: &CheckOptions) -> Result<Report, CheckError> {
    fits(derivatives)?;
    let mut session = Session::new(derivatives, draws, options)?;
    for _ in 0..session.draws {
        session.test(|_| true)?;
    }
    for _ in 0..REDRAWS {
        if !session.plan.varies() || !session.findings.tallies.values().any(Tally::is_open) {
            break;
        }
        match session.test(Tally::is_open) {
            // The draws so far have to do.
            Err(CheckError::NotFinite { .. } | CheckError::NotDrawn { .. }) => break,
            tested => tested?,
        }
    }
    let mut report = session.findings.report(derivatives, &session.active);
    let mut loops = Vec::new();
    for body in session.loops {
        let (derivatives, draws) = body.to_check();
        match check(derivatives, &draws, options) {
            Ok(found) => loops.push(body.report(found)),
            // Only the loop as a whole is finite.
            Err(CheckError::NotFinite { .. } | CheckError::NotDrawn { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    blame_bodies(&mut report, loops);
    Ok(report)
}

/// Whether what a check holds at once fits into memory: all values at a draw, its inputs as they were drawn, and the values
/// after an input has moved.
///
/// # Errors
/// If it does not.
pub(crate) fn fits(derivatives: &Derivatives) -> Result<(), ExecError> {
    let graph = &derivatives.graph;
    let inputs = graph.values().filter(|&value| is_input(graph, value));
    let held: Vec<Value> = graph.values().chain(inputs).chain(old_values(derivatives)).collect();
    check_memory_of(graph, held.into_iter())
}

struct Session<'a> {
    derivatives: &'a Derivatives,
    elements: Elements,
    /// How many draws test what is not large.
    draws: usize,
    plan: DrawPlan,
    generator: Philox,
    /// The real values of the original graph that were differentiated by.
    active: Vec<Value>,
    /// For each value of the original graph, the edges that end there: (node, operand index).
    users: Vec<Vec<(NodeId, usize)>>,
    wholes: Vec<Whole>,
    /// All inputs of these at once, if they are large.
    together: Option<Whole>,
    loops: Vec<LoopBody>,
    /// Counts of slopes that are left out, if any may be.
    counts: Option<DroppedSlopeCounts>,
    findings: Findings,
}

impl<'a> Session<'a> {
    fn new(derivatives: &'a Derivatives, draws: &Draws, options: &CheckOptions) -> Result<Session<'a>, CheckError> {
        let graph = &derivatives.graph;
        let real = |value: &Value| graph.kind(*value) == Kind::Real;
        let asked = old_values(derivatives).filter(|&value| derivatives.cotangent(value).is_some());
        let depends = graph.dependent_on(asked);
        let depends = |value: &Value| depends[graph.value_index(*value)];
        let active: Vec<Value> = old_values(derivatives).filter(real).filter(depends).collect();
        let mut users = vec![Vec::new(); derivatives.cotangents.len()];
        for id in old(derivatives).filter(|&id| outputs(graph, id).any(|output| real(&output))) {
            for (operand, &input) in graph.node(id).inputs.iter().enumerate() {
                users[graph.value_index(input)].push((id, operand));
            }
        }
        let sources: Vec<Value> = active.iter().copied().filter(|&value| is_input(graph, value)).collect();
        let whole = |nodes: Vec<NodeId>| Whole::new(graph, nodes, derivatives.output);
        let wholes: Vec<Whole> = sources.iter().map(|value| whole(vec![value.node])).collect();
        let is_large = wholes.len() > 1 && is_large_whole(wholes.iter().map(|whole| whole.cost).sum());
        Ok(Session {
            together: is_large.then(|| whole(sources.iter().map(|value| value.node).collect())),
            wholes,
            loops: LoopBody::all(derivatives)?,
            counts: count_dropped_slopes(derivatives, &sources)?,
            derivatives,
            elements: options.elements,
            draws: options.draws.max(1),
            plan: draws.plan(graph)?,
            generator: Philox::new(options.seed, 0),
            active,
            users,
            findings: Findings::default(),
        })
    }

    /// Draws values and tests what is wanted, judged by its tests so far.
    fn test(&mut self, wanted: impl Fn(&Tally) -> bool) -> Result<(), CheckError> {
        let near = self.findings.draws % 2 == 1;
        let point = Point::draw(self.derivatives, &self.plan, &mut self.generator, near)?;
        let draw = self.findings.draws;
        self.findings.draws += 1;
        let graph = &self.derivatives.graph;
        if let (Some(counts), None) = (&self.counts, &self.findings.dropped_slope) {
            self.findings.dropped_slope = dropped_slope(counts, &point.bindings())?;
        }
        for &value in &self.active {
            let users = &self.users[graph.value_index(value)];
            for &(node, operand) in users {
                let has_cotangent = outputs(graph, node).any(|output| point.cotangent(output).is_some());
                let made = has_cotangent || point.contribution(node, operand).is_some();
                if !made || !wanted(&self.findings.tally(Site::Edge(node, operand))) {
                    continue;
                }
                let edge = edge(&point, node, operand);
                if is_large(edge.cost) && self.elements == Elements::Together && self.draws > 1 {
                    self.findings.at_one_draw.insert((node, operand));
                    // Each has its turn, and the tests of a draw take about the same time.
                    if draw < self.draws && (node.index() + operand) % self.draws != draw {
                        continue;
                    }
                }
                let finding = edge.test(self.elements, &mut self.generator)?;
                self.findings.edge(node, operand, finding);
            }
            for (element, comparison) in accumulation(&point, value, users).enumerate() {
                self.findings.sum(value, element, comparison);
            }
        }
        for body in &mut self.loops {
            body.see(&point, &mut self.generator)?;
        }
        self.test_wholes(&point, wanted)
    }

    fn test_wholes(&mut self, point: &Point<'_>, wanted: impl Fn(&Tally) -> bool) -> Result<(), CheckError> {
        let Some(seed) = point.seed() else { return Ok(()) };
        let sources = |whole: &Whole| whole.sources.clone().into_iter();
        if let Some(together) = &self.together {
            if !sources(together).any(|source| wanted(&self.findings.tally(Site::Whole(source)))) {
                return Ok(());
            }
            let outcome = together.test(point, &seed, &mut self.generator)?;
            if !matches!(outcome, Outcome::Wrong(_)) {
                sources(together).for_each(|source| self.findings.whole(source, outcome));
                return Ok(());
            }
        }
        for whole in &self.wholes {
            for source in sources(whole) {
                if wanted(&self.findings.tally(Site::Whole(source))) {
                    let outcome = whole.test(point, &seed, &mut self.generator)?;
                    self.findings.whole(source, outcome);
                }
            }
        }
        Ok(())
    }
}

fn edge<'p>(point: &'p Point<'_>, node: NodeId, operand: usize) -> Edge<'p> {
    let graph = &point.derivatives.graph;
    let Node { op, inputs, .. } = graph.node(node);
    Edge {
        op,
        inputs: inputs.iter().map(|&input| &point.values[input]).collect(),
        operand,
        outputs: outputs(graph, node).map(|output| (&point.values[output], point.cotangent(output))).collect(),
        contribution: point.contribution(node, operand),
        tolerance: tolerance(op),
        cost: cost(graph, node),
    }
}

/// Each element of a value's cotangent beside the sum of the contributions of the edges that end there, and of the seed.
fn accumulation(point: &Point<'_>, value: Value, edges: &[(NodeId, usize)]) -> impl Iterator<Item = Comparison> {
    let size = point.derivatives.graph.shape(value).size();
    let seed = if value == point.derivatives.output { point.seed() } else { None };
    let contributions = edges.iter().filter_map(|&(node, operand)| point.contribution(node, operand));
    let (mut sums, mut sizes) = (vec![0.0; size], vec![0.0; size]);
    for term in contributions.chain(&seed) {
        for ((sum, size), x) in sums.iter_mut().zip(&mut sizes).zip(term.data()) {
            *sum += x;
            *size += x.abs();
        }
    }
    let cotangent = point.cotangent(value).map(Tensor::data).unwrap_or_default();
    (0..size).map(move |element| Comparison {
        formula: cotangent.get(element).copied().unwrap_or(0.0),
        expected: sums[element],
        noise: SUM_ROUNDING * sizes[element],
    })
}
