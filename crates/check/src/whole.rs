//! The whole function: the cotangents of inputs against differences of the output along a random direction.

use chainrule_exec::ExecError;
use chainrule_exec::reference::evaluate_op;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Graph, NodeId, Op, Shape, Tensor, Value};
use chainrule_kernels::philox::Philox;

use crate::compare::{Outcome, judge};
use crate::cost::cost;
use crate::differences::WeightedSum;
use crate::draw::Draw;
use crate::edge::{inner, rounding, scale, step};
use crate::point::{Point, outputs};
use crate::slope::{Slope, slope};
use crate::tolerance::{TOLERANCE, tolerance};

/// How the output depends on input nodes that move together.
pub(crate) struct Whole {
    pub sources: Vec<NodeId>,
    output: Value,
    /// The nodes to compute again when the sources move. The values of stop_gradient nodes are held.
    moved: Vec<NodeId>,
    tolerance: f64,
    /// How many operations those take.
    pub cost: usize,
}

impl Whole {
    pub fn new(graph: &Graph, sources: Vec<NodeId>, output: Value) -> Whole {
        let needed = graph.needed_for([output]);
        let mut depends = vec![false; graph.nodes().len()];
        sources.iter().for_each(|source| depends[source.index()] = true);
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
        let cost = moved.iter().map(|&id| cost(graph, id)).sum();
        Whole { sources, output, moved, tolerance, cost }
    }

    /// Tests d⟨output, seed⟩ along a random direction. The outcome of a kink is not judged: see the edges.
    pub fn test(&self, at: &Point<'_>, seed: &Tensor, generator: &mut Philox) -> Result<Outcome, ExecError> {
        let graph = &at.derivatives.graph;
        let mut directions: Vec<Tensor> =
            self.sources.iter().map(|&source| Draw::Normal.tensor(graph.shape(source), generator)).collect();
        // Inputs of different sizes move by the same share of these.
        let scale = match self.sources[..] {
            [source] => scale(&at.values[source]),
            _ => {
                for (&source, direction) in self.sources.iter().zip(&mut directions) {
                    let scale = scale(&at.values[source]);
                    direction.data_mut().iter_mut().for_each(|element| *element *= scale);
                }
                1.0
            }
        };
        let along = |(&source, direction)| at.cotangent(source).map_or(0.0, |cotangent| inner(cotangent, direction));
        let formula = self.sources.iter().zip(&directions).map(along).sum();
        // Each node on the way rounds its values.
        let rounded = self.moved.iter().chain(&self.sources).flat_map(|&id| outputs(graph, id));
        let rounding = rounded.filter_map(|value| Some(rounding(at.cotangent(value)?, &at.values[value]))).sum();
        let slope = slope(WeightedSum { weights: seed.data(), scale, rounding, claim: formula }, |t| {
            let moved = self.sources.iter().zip(&directions).map(|(&source, direction)| {
                let mut moved = at.values[source].clone();
                step(&mut moved, t, direction);
                moved
            });
            self.rerun(at, moved.collect())
        })?;
        if let Slope::Kink { .. } = slope {
            return Ok(Outcome::Kink);
        }
        Ok(judge(formula, slope, self.tolerance))
    }

    /// The output after the sources have moved.
    fn rerun(&self, at: &Point<'_>, sources: Vec<Tensor>) -> Result<Tensor, ExecError> {
        let graph = &at.derivatives.graph;
        let mut again: Vec<Vec<Tensor>> = vec![Vec::new(); graph.nodes().len()];
        for (source, moved) in self.sources.iter().zip(sources) {
            again[source.index()] = vec![moved];
        }
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
