//! Derivatives: the reverse pass over a graph, and what is made of it.
//!
//! The rule of each op, beside the op, returns the contribution of one edge. Here, and only here, contributions to the
//! same node are added up: a node that is read twice gets the sum of both, so tied parameters need nothing special.

use std::sync::Arc;

use crate::builder::{Builder, Var};
use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{Kind, NodeId, Origin};

/// A graph with the derivatives of one of its nodes appended; the old nodes keep their ids.
///
/// With J = ⟨output, seed⟩, the cotangent of a node is ∂J/∂node, of the node's own shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivatives {
    /// The nodes of old, then those that compute derivatives.
    pub graph: Graph,
    /// The node that is differentiated.
    pub output: NodeId,
    /// For each node of old, its cotangent; none where it was not asked for, or where it is zero everywhere.
    pub cotangents: Vec<Option<NodeId>>,
    /// For each node of old and each of its inputs, what the edge adds to the input's cotangent.
    pub contributions: Vec<Vec<Option<NodeId>>>,
}

impl Derivatives {
    /// The cotangent of a node of old.
    pub fn cotangent(&self, id: NodeId) -> Option<NodeId> {
        self.cotangents.get(id.index()).copied().flatten()
    }
}

/// The derivatives of a scalar with respect to the nodes `wrt` and all nodes between. A node of `wrt` on which the
/// objective does not depend gets zeros.
pub fn differentiate(graph: &Graph, objective: NodeId, wrt: &[NodeId]) -> Result<Derivatives, GraphError> {
    let node = graph.node(objective);
    if node.shape.rank() != 0 || node.kind != Kind::Real {
        return Err(GraphError::new(format!(
            "{} has shape {} and kind {}; only a real scalar has a gradient",
            graph.describe(objective),
            node.shape,
            node.kind
        ))
        .at(node.origin.clone())
        .help("take its sum(…), or ask for a vector-Jacobian product"));
    }
    let builder = Builder::extend_graph(graph.clone());
    let seed = derived(&builder, graph, objective, |builder| builder.constant(1.0).id());
    reverse(builder, graph, objective, seed, wrt)
}

/// The gradient alone: the graph extended, and the nodes that hold ∂objective/∂wrt.
pub fn grad(graph: &Graph, objective: NodeId, wrt: &[NodeId]) -> Result<(Graph, Vec<NodeId>), GraphError> {
    let derivatives = differentiate(graph, objective, wrt)?;
    let nodes = wrt.iter().filter_map(|&id| derivatives.cotangent(id)).collect();
    Ok((derivatives.graph, nodes))
}

/// The vector-Jacobian product of any real output: the derivatives of ⟨output, cotangent⟩, where the cotangent is a new
/// input, named `cotangent of …`, of the output's shape. Returns it with the derivatives.
pub fn vjp(graph: &Graph, output: NodeId, wrt: &[NodeId]) -> Result<(Derivatives, NodeId), GraphError> {
    let builder = Builder::extend_graph(graph.clone());
    let seed = new_input(&builder, graph, output, "cotangent");
    let cotangent = required(&builder, seed)?;
    reverse(builder, graph, output, Some(cotangent), wrt).map(|derivatives| (derivatives, cotangent))
}

/// A derivative along directions that are new inputs of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Directional {
    /// The nodes of old, then the new inputs and what computes the derivative.
    pub graph: Graph,
    /// For each node differentiated by, the input that holds the direction.
    pub tangents: Vec<NodeId>,
    /// The derivative: one node for `jvp`, one for each of `wrt` for `hvp`.
    pub outputs: Vec<NodeId>,
}

/// The Jacobian-vector product Σ ∂output/∂x · tangent of x over x in `wrt`: forward mode, had by differentiating the
/// reverse pass in its cotangent, in which it is linear.
pub fn jvp(graph: &Graph, output: NodeId, wrt: &[NodeId]) -> Result<Directional, GraphError> {
    let (derivatives, cotangent) = vjp(graph, output, wrt)?;
    let builder = Builder::extend_graph(derivatives.graph.clone());
    let (tangents, product) = along(&builder, graph, &derivatives, wrt)?;
    let extended = builder.finish_graph()?;
    let (graph, outputs) = grad(&extended, product, &[cotangent])?;
    Ok(Directional { graph, tangents, outputs })
}

/// The product of the objective's Hessian with a vector: the gradient of ⟨gradient, tangent⟩.
pub fn hvp(graph: &Graph, objective: NodeId, wrt: &[NodeId]) -> Result<Directional, GraphError> {
    let derivatives = differentiate(graph, objective, wrt)?;
    let builder = Builder::extend_graph(derivatives.graph.clone());
    let (tangents, product) = along(&builder, graph, &derivatives, wrt)?;
    let extended = builder.finish_graph()?;
    let (graph, outputs) = grad(&extended, product, wrt)?;
    Ok(Directional { graph, tangents, outputs })
}

/// New tangent inputs for `wrt`, and Σ ⟨cotangent, tangent⟩.
fn along(
    builder: &Builder,
    graph: &Graph,
    derivatives: &Derivatives,
    wrt: &[NodeId],
) -> Result<(Vec<NodeId>, NodeId), GraphError> {
    let mut tangents = Vec::new();
    let mut total: Option<Var<'_>> = None;
    for &id in wrt {
        let tangent = new_input(builder, graph, id, "tangent");
        tangents.push(required(builder, tangent)?);
        if let Some(cotangent) = derivatives.cotangent(id) {
            let term = (builder.var(cotangent) * tangent).sum();
            total = Some(total.map_or(term, |total| total + term));
        }
    }
    let total = total.unwrap_or_else(|| builder.constant(0.0));
    Ok((tangents, required(builder, total)?))
}

fn new_input<'g>(builder: &'g Builder, graph: &Graph, like: NodeId, what: &str) -> Var<'g> {
    let node = graph.node(like);
    let input = derived(builder, graph, like, |builder| builder.anonymous_input(&node.shape, node.kind));
    if let Some(id) = input.id() {
        builder.generate_name(id, &format!("{what} of {}", short_name(graph, like)));
    }
    input
}

fn required(builder: &Builder, var: Var<'_>) -> Result<NodeId, GraphError> {
    var.id().ok_or_else(|| builder.error().unwrap_or_else(|| GraphError::new("the graph was not built")))
}

/// The reverse pass. Every node that lies between `wrt` and the output gets a cotangent, in reverse order, so that all
/// contributions to a node are there before it is its turn.
fn reverse(
    builder: Builder,
    graph: &Graph,
    output: NodeId,
    seed: Option<NodeId>,
    wrt: &[NodeId],
) -> Result<Derivatives, GraphError> {
    let old = graph.nodes().len();
    let depends = graph.dependent_on(wrt);
    let active = |id: NodeId| depends[id.index()] && graph.node(id).kind == Kind::Real;
    let mut arrived: Vec<Vec<NodeId>> = vec![Vec::new(); old];
    let mut cotangents = vec![None; old];
    let mut contributions: Vec<Vec<Option<NodeId>>> =
        graph.nodes().iter().map(|node| vec![None; node.inputs.len()]).collect();
    arrived[output.index()].extend(seed);
    for id in graph.ids().rev().filter(|&id| active(id)) {
        let node = graph.node(id);
        derived(&builder, graph, id, |builder| -> Option<()> {
            let dy = accumulate(builder, std::mem::take(&mut arrived[id.index()]))?;
            let dy_id = dy.id()?;
            cotangents[id.index()] = Some(dy_id);
            if node.name.is_some() && dy_id.index() >= old {
                let name = format!("d {} / d {}", short_name(graph, output), short_name(graph, id));
                builder.generate_name(dy_id, &name);
            }
            let (x, y) = (node.inputs.iter().map(|&input| builder.var(input)).collect::<Vec<_>>(), builder.var(id));
            for (slot, &input) in node.inputs.iter().enumerate().filter(|&(_, &input)| active(input)) {
                let contribution = node.op.rules().derivative(slot, &x, y, dy);
                let contribution = contribution.and_then(|term| fitting(term, graph, id, input));
                contributions[id.index()][slot] = contribution;
                arrived[input.index()].extend(contribution);
            }
            Some(())
        });
    }
    for &id in wrt.iter().filter(|&&id| graph.node(id).kind == Kind::Real) {
        if cotangents[id.index()].is_none() {
            let shape = &graph.node(id).shape;
            cotangents[id.index()] = derived(&builder, graph, id, |builder| builder.zeros(shape).id());
        }
    }
    Ok(Derivatives { graph: builder.finish_graph()?, output, cotangents, contributions })
}

/// A contribution, if it has the shape of what it is added to; a custom node's may not have, and adding would stretch it.
fn fitting(contribution: Var<'_>, graph: &Graph, node: NodeId, input: NodeId) -> Option<NodeId> {
    let id = contribution.id()?;
    let (found, right) = (contribution.shape(), &graph.node(input).shape);
    if found != *right {
        let (node, input) = (graph.describe(node), graph.describe(input));
        contribution
            .builder()
            .fail(format!("the derivative of {node} by {input} has shape {found}, not {right}"), None);
        return None;
    }
    Some(id)
}

/// The sum of contributions, in the order of arrival.
fn accumulate(builder: &Builder, contributions: Vec<NodeId>) -> Option<Var<'_>> {
    contributions.into_iter().map(|id| builder.var(id)).reduce(|sum, term| sum + term)
}

/// Runs `build` with its nodes said to come from the derivative of a node, outside of every scope.
fn derived<'g, R>(builder: &'g Builder, graph: &Graph, of: NodeId, build: impl FnOnce(&'g Builder) -> R) -> R {
    let origin = Origin::Derivative(Arc::new((graph.describe(of), graph.node(of).origin.clone())));
    builder.with_origin(origin, |builder| builder.within(None, build))
}

fn short_name(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    node.name.as_deref().map_or_else(|| format!("{} {}", node.op.name(), id.index()), str::to_string)
}
