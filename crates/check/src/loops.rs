//! The bodies of loops, checked as functions of their own: each rule in them, at values of steps of the loop, under random
//! cotangents of what a step gives.

use chainrule_exec::reference::for_each_step;
use chainrule_exec::{ExecError, Values};
use chainrule_graph::ops::Scan;
use chainrule_graph::{Builder, Derivatives, Graph, GraphError, Kind, NodeId, Op, Tensor, Value, Var, differentiate};
use chainrule_kernels::philox::Philox;
use rand_distr::{Distribution, StandardUniform};

use crate::draw::Draws;
use crate::names::{free_name, label};
use crate::point::{Point, real_inputs};
use crate::report::{Blame, Failure, LoopReport, Report};

/// The body of a loop, and what its inputs were at some steps.
pub(crate) struct LoopBody {
    /// The loop.
    node: NodeId,
    name: String,
    /// Those of Σ ⟨output, its cotangent⟩ over what a step gives; the cotangents are inputs.
    derivatives: Derivatives,
    /// How many of its nodes are the body's own, and how many of these are inputs.
    own: usize,
    inputs: usize,
    steps: Vec<Vec<(NodeId, Tensor)>>,
}

impl LoopBody {
    /// The body of each loop with a cotangent among nodes that were differentiated; of those without a step there is none.
    pub fn all(derivatives: &Derivatives) -> Result<Vec<LoopBody>, GraphError> {
        let graph = &derivatives.graph;
        let mut bodies = Vec::new();
        for node in crate::point::old(derivatives) {
            let reached = crate::point::outputs(graph, node).any(|output| derivatives.cotangent(output).is_some());
            match &graph.node(node).op {
                Op::Scan(scan) if scan.length > 0 && reached => bodies.extend(LoopBody::of(graph, node, scan)?),
                _ => {}
            }
        }
        Ok(bodies)
    }

    fn of(around: &Graph, node: NodeId, scan: &Scan) -> Result<Option<LoopBody>, GraphError> {
        let graph = scan.body.graph();
        let wrt = real_inputs(graph);
        let builder = Builder::extend_graph(graph.clone());
        let mut outputs: Vec<Value> = scan.body.outputs().to_vec();
        outputs.retain(|&output| graph.kind(output) == Kind::Real);
        outputs.sort_unstable();
        outputs.dedup();
        let weighted = |output: Value| {
            let name = free_name(&builder, &format!("cotangent of {}", graph.describe(output)));
            (builder.var(output) * builder.input(&name, graph.shape(output))).sum()
        };
        let Some(sum) = outputs.into_iter().map(weighted).reduce(|a: Var<'_>, b| a + b) else { return Ok(None) };
        let sum = sum.id();
        let extended = builder.finish_graph()?;
        let Some(sum) = sum else { return Ok(None) };
        Ok(Some(LoopBody {
            node,
            name: label(around, node),
            derivatives: differentiate(&extended, sum, &wrt)?,
            own: graph.nodes().len(),
            inputs: scan.body.inputs().len(),
            steps: Vec::new(),
        }))
    }

    /// Keeps what the inputs are at the first, the last, and a random step.
    pub fn see(&mut self, point: &Point<'_>, generator: &mut Philox) -> Result<(), ExecError> {
        let node = point.derivatives.graph.node(self.node);
        let Op::Scan(scan) = &node.op else { return Ok(()) };
        let random: f64 = StandardUniform.sample(generator);
        let kept = [0, (random * scan.length as f64) as usize, scan.length - 1];
        let inputs: Vec<&Tensor> = node.inputs.iter().map(|&input| &point.values[input]).collect();
        let count = self.inputs;
        for_each_step(scan, &inputs, |step, values: &Values| {
            if kept.contains(&step) {
                let inputs = (0..count).map(NodeId::from_index);
                let given = inputs.filter_map(|id| Some((id, values.get(Value::from(id))?.clone())));
                self.steps.push(given.collect());
            }
        })
    }

    /// What is to be checked, at which values.
    pub fn to_check(&self) -> (&Derivatives, Draws) {
        (&self.derivatives, Draws::new().with_rows(self.steps.clone()))
    }

    /// What a check of that has found, as a report on the loop.
    pub fn report(self, mut report: Report) -> LoopReport {
        let LoopBody { node, name, derivatives, own, inputs, .. } = self;
        let graph = &derivatives.graph;
        // The body's inputs are values around it.
        report.nodes.retain(|node| (inputs..own).contains(&node.node.index()));
        for node in report.nodes.iter_mut().filter(|node| graph.name(node.node).is_none()) {
            node.name = format!("{} of the body of {name}", node.name);
        }
        report.for_each_failure(&mut |failure| failure.name += &format!(" in the body of `{name}`"));
        LoopReport { node, name, report }
    }
}

/// What was found in the bodies takes the place of what follows from it: that the rules of these loops, and the whole, are
/// wrong.
pub(crate) fn blame_bodies(report: &mut Report, loops: Vec<LoopReport>) {
    let is_wrong = |failure: &Failure| !matches!(failure.blame, Blame::Undecided { .. });
    let wrong: Vec<NodeId> =
        loops.iter().filter(|found| found.report.all_failures().any(is_wrong)).map(|found| found.node).collect();
    report.failures.retain(|failure| match &failure.blame {
        Blame::Rule { node, .. } => !wrong.contains(node),
        Blame::Whole { .. } => wrong.is_empty(),
        Blame::Accumulation { .. } | Blame::Undecided { .. } | Blame::Symmetry => true,
    });
    report.loops = loops;
}
