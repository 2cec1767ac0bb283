//! A draw of the values, at which the function and its derivatives are finite.

use chainrule_exec::reference::evaluate;
use chainrule_exec::{Bindings, Values, infinite_by_constants, nan_origin};
use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Derivatives, Graph, Kind, Node, NodeId, Op, Tensor, Value};
use chainrule_kernels::philox::Philox;

use crate::draw::{DrawPlan, is_input};
use crate::error::CheckError;

/// A draw with a value that is not finite, or an index that is out of range, is drawn again, up to this many times.
pub(crate) const FINITE_DRAWS: usize = 100;

/// The values of a function and its derivatives at one draw.
pub(crate) struct Point<'a> {
    pub derivatives: &'a Derivatives,
    pub values: Values,
}

impl<'a> Point<'a> {
    /// Draws until all can be computed and is finite; `near` asks for draws beside the constants that are compared with.
    pub fn draw(
        derivatives: &'a Derivatives,
        plan: &DrawPlan,
        generator: &mut Philox,
        near: bool,
    ) -> Result<Point<'a>, CheckError> {
        let graph = &derivatives.graph;
        let computed = derivatives.cotangents.iter().chain(derivatives.contributions.iter().flatten()).flatten();
        let targets: Vec<Value> = old_values(derivatives).chain(computed.copied()).collect();
        let draws = if plan.varies() { FINITE_DRAWS } else { 1 };
        let mut last = None;
        for number in 0..draws {
            let values = match evaluate(graph, &plan.attempt(generator, number, near), &targets) {
                Ok(values) => values,
                Err(error) if plan.draws_integers() => {
                    last = Some(CheckError::NotDrawn { draws, error });
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let Some(bad) = not_finite(derivatives, &values, &targets) else {
                return Ok(Point { derivatives, values });
            };
            let nan_origin = nan_origin(graph, &values, bad).expect("a value that is not finite arose at some node");
            last = Some(CheckError::NotFinite { draws, nan_origin: Box::new(nan_origin) });
        }
        Err(last.expect("there is a draw, and it was not good"))
    }

    /// What the inputs were drawn to be.
    pub fn bindings(&self) -> Bindings {
        let graph = &self.derivatives.graph;
        let inputs = graph.values().filter(|&value| is_input(graph, value));
        inputs.filter_map(|value| Some((value.node, self.values.get(value)?.clone()))).collect()
    }

    /// A value's cotangent, if it has one.
    pub fn cotangent(&self, id: impl Into<Value>) -> Option<&Tensor> {
        self.values.get(self.derivatives.cotangent(id)?)
    }

    /// The value of the contribution of a node to one of its inputs, if there is one.
    pub fn contribution(&self, id: NodeId, operand: usize) -> Option<&Tensor> {
        self.values.get(self.derivatives.contributions[id.index()][operand]?)
    }

    /// The cotangent that the output starts with: an input, or 1 for a scalar. Any other is taken as it is.
    pub fn seed(&self) -> Option<Tensor> {
        let (graph, output) = (&self.derivatives.graph, self.derivatives.output);
        let is_bound = self.derivatives.cotangent(output).is_some_and(|id| is_input(graph, id));
        let one = !is_bound && graph.shape(output).rank() == 0;
        if one { Some(Tensor::scalar(1.0)) } else { self.cotangent(output).cloned() }
    }
}

/// The nodes that were differentiated, without those that compute derivatives.
pub(crate) fn old(derivatives: &Derivatives) -> impl Iterator<Item = NodeId> + Clone + use<> {
    derivatives.graph.ids().take(derivatives.contributions.len())
}

/// The outputs of those nodes.
pub(crate) fn old_values(derivatives: &Derivatives) -> impl Iterator<Item = Value> + '_ {
    derivatives.graph.values().take(derivatives.cotangents.len())
}

/// The outputs of a node.
pub(crate) fn outputs(graph: &Graph, id: NodeId) -> impl Iterator<Item = Value> + use<> {
    (0..graph.node(id).outputs.len()).map(move |index| id.output(index))
}

pub(crate) fn real_inputs(graph: &Graph) -> Vec<NodeId> {
    graph.ids().filter(|&id| is_input(graph, id) && graph.kind(id) == Kind::Real).collect()
}

/// The first node that should be finite and is not. What is infinite by a constant may be, and what only branches of
/// `where` use, as long as it does not reach the output or the derivatives.
fn not_finite(derivatives: &Derivatives, values: &Values, targets: &[Value]) -> Option<Value> {
    let graph = &derivatives.graph;
    let mut bad: Vec<Value> =
        targets.iter().copied().filter(|&id| values.get(id).is_some_and(|value| !value.is_finite())).collect();
    if bad.is_empty() {
        return None;
    }
    let old = derivatives.contributions.len();
    let selects = |node: &&Node| node.op == Op::Elementwise(Elementwise::Where);
    let nodes = graph.nodes()[..old].iter();
    let branches = nodes.filter(selects).flat_map(|node| node.inputs[1..].iter().copied());
    let (constant, unselected) = (infinite_by_constants(graph, values), graph.needed_for(branches));
    let excused = |value: Value| {
        let node = value.node.index();
        node < old && (constant[graph.value_index(value)] || unselected[node])
    };
    bad.retain(|&value| value == derivatives.output || !excused(value));
    bad.into_iter().min()
}
