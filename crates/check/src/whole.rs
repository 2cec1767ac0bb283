//! The whole function: the cotangent of an input against differences of the output along a random direction.

use chainrule_exec::reference::evaluate_op;
use chainrule_exec::{ExecError, Values};
use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Graph, NodeId, Op, Tensor};
use chainrule_kernels::philox::Philox;

use crate::compare::{Outcome, judge};
use crate::draw::Draw;
use crate::edge::{inner, scale, step};
use crate::slope::{Slope, slope, weighted_size};

/// How the output depends on one input node.
pub(crate) struct Whole {
    source: NodeId,
    output: NodeId,
    /// The nodes to compute again when the source moves. The values of stop_gradient nodes are held.
    moved: Vec<NodeId>,
    tolerance: f64,
}

impl Whole {
    pub fn new(graph: &Graph, source: NodeId, output: NodeId, tolerance: impl Fn(&Op) -> f64) -> Whole {
        let needed = graph.needed_for(&[output]);
        let mut depends = vec![false; graph.nodes().len()];
        depends[source.index()] = true;
        let mut moved = Vec::new();
        for id in graph.ids().filter(|id| needed[id.index()]) {
            let node = graph.node(id);
            let held = node.op == Op::Elementwise(Elementwise::StopGradient);
            if !held && node.inputs.iter().any(|input| depends[input.index()]) {
                depends[id.index()] = true;
                moved.push(id);
            }
        }
        let tolerance =
            moved.iter().map(|&id| tolerance(&graph.node(id).op)).fold(tolerance(&graph.node(source).op), f64::max);
        Whole { source, output, moved, tolerance }
    }

    /// Tests d⟨output, seed⟩ along a random direction. The outcome of a kink is not judged: see the edges.
    pub fn test(
        &self,
        graph: &Graph,
        values: &Values,
        seed: &Tensor,
        cotangent: Option<&Tensor>,
        generator: &mut Philox,
    ) -> Result<Outcome, ExecError> {
        let here = &values[self.source];
        let scale = scale(here);
        let direction = Draw::Normal.tensor(here.shape(), generator);
        let formula = cotangent.map_or(0.0, |cotangent| inner(cotangent, &direction));
        let slope = slope(seed.data(), scale, |t| {
            let mut moved = here.clone();
            step(&mut moved, t, &direction);
            self.rerun(graph, values, moved)
        })?;
        if let Slope::Kink { .. } = slope {
            return Ok(Outcome::Kink);
        }
        let size = weighted_size(seed.data(), &values[self.output]);
        Ok(judge(formula, slope, size / scale.max(1.0), self.tolerance))
    }

    /// The output after the source has moved.
    fn rerun(&self, graph: &Graph, values: &Values, source: Tensor) -> Result<Tensor, ExecError> {
        let mut again: Vec<Option<Tensor>> = vec![None; graph.nodes().len()];
        again[self.source.index()] = Some(source);
        for &id in &self.moved {
            let node = graph.node(id);
            let inputs: Vec<&Tensor> = node
                .inputs
                .iter()
                .map(|&input| again[input.index()].as_ref().unwrap_or_else(|| &values[input]))
                .collect();
            again[id.index()] = Some(evaluate_op(&node.op, &inputs, &node.shape)?);
        }
        Ok(again[self.output.index()].take().unwrap_or_else(|| values[self.output].clone()))
    }
}
