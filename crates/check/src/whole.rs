//! The whole function: the cotangent of an input against differences of the output along a random direction.

use chainrule_exec::ExecError;
use chainrule_exec::reference::evaluate_op;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Graph, NodeId, Op, Shape, Tensor, Value};
use chainrule_kernels::philox::Philox;

use crate::compare::{Outcome, judge};
use crate::differences::WeightedSum;
use crate::draw::Draw;
use crate::edge::{inner, rounding, scale, step};
use crate::point::{Point, outputs};
use crate::slope::{Slope, slope};
use crate::tolerance::{TOLERANCE, tolerance};

/// How the output depends on one input node.
pub(crate) struct Whole {
    pub source: NodeId,
    output: Value,
    /// The nodes to compute again when the source moves. The values of stop_gradient nodes are held.
    moved: Vec<NodeId>,
    tolerance: f64,
}

impl Whole {
    pub fn new(graph: &Graph, source: NodeId, output: Value) -> Whole {
        let needed = graph.needed_for([output]);
        let mut depends = vec![false; graph.nodes().len()];
        depends[source.index()] = true;
        let mut moved = Vec::new();
        for id in graph.ids().filter(|id| needed[id.index()]) {
            let node = graph.node(id);
            let held = node.op == Op::Elementwise(Elementwise::StopGradient);
            if !held && node.inputs.iter().any(|input| depends[input.node.index()]) {
                depends[id.index()] = true;
                moved.push(id);
            }
        }
        let tolerances = moved.iter().map(|&id| tolerance(&graph.node(id).op));
        let tolerance = tolerances.fold(TOLERANCE, f64::max);
        Whole { source, output, moved, tolerance }
    }

    /// Tests d⟨output, seed⟩ along a random direction. The outcome of a kink is not judged: see the edges.
    pub fn test(&self, at: &Point<'_>, seed: &Tensor, generator: &mut Philox) -> Result<Outcome, ExecError> {
        let here = &at.values[self.source];
        let scale = scale(here);
        let direction = Draw::Normal.tensor(here.shape(), generator);
        let formula = at.cotangent(self.source).map_or(0.0, |cotangent| inner(cotangent, &direction));
        // Each node on the way rounds its values.
        let graph = &at.derivatives.graph;
        let rounded = self.moved.iter().chain([&self.source]).flat_map(|&id| outputs(graph, id));
        let rounding = rounded.filter_map(|value| Some(rounding(at.cotangent(value)?, &at.values[value]))).sum();
        let slope = slope(WeightedSum { weights: seed.data(), scale, rounding, claim: formula }, |t| {
            let mut moved = here.clone();
            step(&mut moved, t, &direction);
            self.rerun(at, moved)
        })?;
        if let Slope::Kink { .. } = slope {
            return Ok(Outcome::Kink);
        }
        Ok(judge(formula, slope, self.tolerance))
    }

    /// The output after the source has moved.
    fn rerun(&self, at: &Point<'_>, source: Tensor) -> Result<Tensor, ExecError> {
        let graph = &at.derivatives.graph;
        let mut again: Vec<Vec<Tensor>> = vec![Vec::new(); graph.nodes().len()];
        again[self.source.index()] = vec![source];
        for &id in &self.moved {
            let node = graph.node(id);
            let value = |input: &Value| {
                again[input.node.index()].get(input.output as usize).unwrap_or_else(|| &at.values[*input])
            };
            let inputs: Vec<&Tensor> = node.inputs.iter().map(value).collect();
            let shapes: Vec<&Shape> = node.outputs.iter().map(|output| &output.shape).collect();
            again[id.index()] = evaluate_op(&node.op, &inputs, &shapes)?;
        }
        let output = again[self.output.node.index()].get(self.output.output as usize);
        Ok(output.unwrap_or_else(|| &at.values[self.output]).clone())
    }
}
