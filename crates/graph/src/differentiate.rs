//! Derivatives: the reverse pass over a graph, and what is made of it.
//!
//! The rule of each op, beside the op, returns the contribution of a node to each of its inputs. Here, and only here,
//! contributions to the same value are added up: one that is read twice gets the sum of both, so tied parameters need
//! nothing special.

use std::sync::Arc;

use crate::builder::{Builder, Var};
use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{Kind, NodeId, Origin, Value};
use crate::ops::Backward;

/// A graph with the derivatives of one of its values appended; the old nodes keep their ids.
///
/// With J = ⟨output, seed⟩, the cotangent of a value is ∂J/∂value, of the value's own shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivatives {
    /// The nodes of old, then those that compute derivatives.
    pub graph: Graph,
    /// The value that is differentiated.
    pub output: Value,
    /// For each value of old, by its [`value_index`](Graph::value_index), its cotangent; none where it was not asked for,
    /// or where it is zero everywhere.
    pub cotangents: Vec<Option<Value>>,
    /// For each node of old and each of its inputs, what the edge adds to the input's cotangent.
    pub contributions: Vec<Vec<Option<Value>>>,
}

impl Derivatives {
    /// The cotangent of a value of old.
    pub fn cotangent(&self, value: impl Into<Value>) -> Option<Value> {
        let value = value.into();
        let index = self.graph.contains(value).then(|| self.graph.value_index(value))?;
        self.cotangents.get(index).copied().flatten()
    }
}

/// The derivatives of a scalar with respect to the values `wrt` and all values between. A real one of `wrt` on which the
/// objective does not depend gets zeros; whole numbers and truth values have no derivative.
///
/// # Errors
///
/// An objective that is no real scalar; a value of another graph; a custom node that has no derivative, or one of another
/// shape than its input's.
pub fn differentiate<V: Into<Value> + Copy>(
    graph: &Graph,
    objective: impl Into<Value>,
    wrt: &[V],
) -> Result<Derivatives, GraphError> {
    let objective = objective.into();
    graph.check_values([objective])?;
    let (shape, kind) = (graph.shape(objective), graph.kind(objective));
    if shape.rank() != 0 || kind != Kind::Real {
        let what = graph.describe(objective);
        return Err(GraphError::new(format!(
            "{what} has shape {shape} and kind {kind}; only a real scalar has a gradient"
        ))
        .at(graph.node(objective).origin.clone())
        .help("take its sum(…), or ask for a vector-Jacobian product"));
    }
    let builder = Builder::extend_graph(graph.clone()).into_verbatim();
    let seed = derived(&builder, graph, objective, |builder| builder.constant(1.0).id());
    reverse_from(builder, graph, objective, seed, &values(wrt))
}

/// The gradient alone: the graph extended, and for each of `wrt` the value that holds ∂objective/∂wrt, of its shape. That of
/// whole numbers and truth values is 0, since the objective is constant between them.
///
/// # Errors
///
/// Those of [`differentiate`].
pub fn grad<V: Into<Value> + Copy>(
    graph: &Graph,
    objective: impl Into<Value>,
    wrt: &[V],
) -> Result<(Graph, Vec<Value>), GraphError> {
    let Derivatives { graph: extended, cotangents, .. } = differentiate(graph, objective, wrt)?;
    let builder = Builder::extend_graph(extended).into_verbatim();
    let gradient = |value: Value| match cotangents[graph.value_index(value)] {
        Some(cotangent) => Ok(cotangent),
        None => required(&builder, derived(&builder, graph, value, |builder| builder.zeros(graph.shape(value)))),
    };
    let gradients = wrt.iter().map(|&value| gradient(value.into())).collect::<Result<_, _>>()?;
    Ok((builder.finish_graph()?, gradients))
}

/// The vector-Jacobian product of any real output: the derivatives of ⟨output, cotangent⟩, where the cotangent is a new
/// input, named `cotangent of …`, of the output's shape. Returns it with the derivatives.
///
/// # Errors
///
/// Those of [`differentiate`], but the output may have any shape.
pub fn vjp<V: Into<Value> + Copy>(
    graph: &Graph,
    output: impl Into<Value>,
    wrt: &[V],
) -> Result<(Derivatives, NodeId), GraphError> {
    let output = output.into();
    graph.check_values([output])?;
    if graph.kind(output) != Kind::Real {
        let what = graph.describe(output);
        return Err(GraphError::new(format!(
            "{what} is of kind {}; only a real value has derivatives",
            graph.kind(output)
        ))
        .at(graph.node(output).origin.clone()));
    }
    let builder = Builder::extend_graph(graph.clone()).into_verbatim();
    let cotangent = new_input(&builder, graph, output, "cotangent")?;
    let derivatives = reverse_from(builder, graph, output, Some(cotangent), &values(wrt))?;
    Ok((derivatives, cotangent.node))
}

/// A derivative along directions that are new inputs of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Directional {
    /// The nodes of old, then the new inputs and what computes the derivative.
    pub graph: Graph,
    /// For each value differentiated by, the input that holds the direction, of its shape.
    pub tangents: Vec<NodeId>,
    /// The derivative: one value for `jvp`, one for each of `wrt` for `hvp`.
    pub outputs: Vec<Value>,
}

/// The Jacobian-vector product Σ ∂output/∂x · tangent of x over x in `wrt`: forward mode, had by differentiating the
/// reverse pass in its cotangent, in which it is linear.
///
/// # Errors
///
/// Those of [`vjp`].
pub fn jvp<V: Into<Value> + Copy>(
    graph: &Graph,
    output: impl Into<Value>,
    wrt: &[V],
) -> Result<Directional, GraphError> {
    let (derivatives, cotangent) = vjp(graph, output, wrt)?;
    let (extended, tangents, product) = along_tangents(graph, &derivatives, &values(wrt))?;
    let (graph, outputs) = grad(&extended, product, &[cotangent])?;
    Ok(Directional { graph, tangents, outputs })
}

/// The product of the objective's Hessian with a vector: the gradient of ⟨gradient, tangent⟩.
///
/// # Errors
///
/// Those of [`grad`], once for each of the two derivatives.
pub fn hvp<V: Into<Value> + Copy>(
    graph: &Graph,
    objective: impl Into<Value>,
    wrt: &[V],
) -> Result<Directional, GraphError> {
    let derivatives = differentiate(graph, objective, wrt)?;
    let (extended, tangents, product) = along_tangents(graph, &derivatives, &values(wrt))?;
    let (graph, outputs) = grad(&extended, product, wrt)?;
    Ok(Directional { graph, tangents, outputs })
}

fn values<V: Into<Value> + Copy>(ids: &[V]) -> Vec<Value> {
    ids.iter().map(|&id| id.into()).collect()
}

/// The graph of the derivatives with new tangent inputs for `wrt`, and Σ ⟨cotangent, tangent⟩.
fn along_tangents(
    graph: &Graph,
    derivatives: &Derivatives,
    wrt: &[Value],
) -> Result<(Graph, Vec<NodeId>, Value), GraphError> {
    let builder = Builder::extend_graph(derivatives.graph.clone()).into_verbatim();
    let mut tangents = Vec::new();
    let mut total: Option<Var<'_>> = None;
    for &value in wrt {
        let tangent = new_input(&builder, graph, value, "tangent")?;
        tangents.push(tangent.node);
        if let Some(cotangent) = derivatives.cotangent(value) {
            let term = (builder.var(cotangent) * builder.var(tangent)).sum();
            total = Some(total.map_or(term, |total| total + term));
        }
    }
    let total = required(&builder, total.unwrap_or_else(|| builder.constant(0.0)))?;
    Ok((builder.finish_graph()?, tangents, total))
}

fn new_input(builder: &Builder, graph: &Graph, like: Value, what: &str) -> Result<Value, GraphError> {
    let (shape, kind) = (graph.shape(like), graph.kind(like));
    let input = derived(builder, graph, like, |builder| builder.anonymous_input(shape, kind));
    let input = required(builder, input)?;
    builder.generate_name(input, &format!("{what} of {}", short_name(graph, like)));
    Ok(input)
}

fn required(builder: &Builder, var: Var<'_>) -> Result<Value, GraphError> {
    var.id().ok_or_else(|| builder.error().unwrap_or_else(|| GraphError::new("the graph was not built")))
}

/// The reverse pass from one output.
fn reverse_from(
    builder: Builder,
    graph: &Graph,
    output: Value,
    seed: Option<Value>,
    wrt: &[Value],
) -> Result<Derivatives, GraphError> {
    let seeds: Vec<(Value, Value)> = seed.map(|seed| (output, seed)).into_iter().collect();
    let name = |value: &str| format!("d {} / d {value}", short_name(graph, output));
    let Cotangents { mut cotangents, contributions } = reverse(&builder, graph, &seeds, wrt, &name)?;
    for &value in wrt.iter().filter(|&&value| graph.kind(value) == Kind::Real) {
        let index = graph.value_index(value);
        if cotangents[index].is_none() {
            cotangents[index] = derived(&builder, graph, value, |builder| builder.zeros(graph.shape(value)).id());
        }
    }
    Ok(Derivatives { graph: builder.finish_graph()?, output, cotangents, contributions })
}

/// The reverse pass from several outputs, each with its cotangent: the builder's graph, which extends `graph`, and the
/// cotangents of the values of `graph`.
pub(crate) fn pull_back(
    builder: Builder,
    graph: &Graph,
    seeds: &[(Value, Value)],
    wrt: &[Value],
) -> Result<(Graph, Vec<Option<Value>>), GraphError> {
    let name = |value: &str| format!("cotangent of {value}");
    let Cotangents { cotangents, .. } = reverse(&builder, graph, seeds, wrt, &name)?;
    Ok((builder.finish_graph()?, cotangents))
}

/// What the reverse pass finds: of each value, and along each edge.
struct Cotangents {
    cotangents: Vec<Option<Value>>,
    contributions: Vec<Vec<Option<Value>>>,
}

/// The reverse pass. Every value that lies between `wrt` and the outputs gets a cotangent, in reverse order, so that all
/// contributions to a node are there before it is its turn. A cotangent gets a name made of the value's.
fn reverse(
    builder: &Builder,
    graph: &Graph,
    seeds: &[(Value, Value)],
    wrt: &[Value],
    name: &dyn Fn(&str) -> String,
) -> Result<Cotangents, GraphError> {
    graph.check_values(wrt.iter().copied())?;
    let depends = graph.dependent_on(wrt.iter().copied());
    let active = |value: Value| depends[graph.value_index(value)] && graph.kind(value) == Kind::Real;
    let mut arrived: Vec<Vec<Value>> = vec![Vec::new(); graph.value_count()];
    let mut cotangents = vec![None; graph.value_count()];
    let mut contributions: Vec<Vec<Option<Value>>> =
        graph.nodes().iter().map(|node| vec![None; node.inputs.len()]).collect();
    for &(output, seed) in seeds {
        arrived[graph.value_index(output)].push(seed);
    }
    for id in graph.ids().rev() {
        let node = graph.node(id);
        if !(0..node.outputs.len()).any(|index| active(id.output(index))) {
            continue;
        }
        derived(builder, graph, id, |builder| {
            let outputs = (0..node.outputs.len()).map(|index| id.output(index));
            let cotangent = |value: Value| {
                let index = graph.value_index(value);
                let sum = accumulate(builder, std::mem::take(&mut arrived[index])).filter(|_| active(value))?;
                cotangents[index] = Some(sum.id()?);
                name_cotangent(builder, graph, value, sum.id()?, name);
                Some(sum)
            };
            let dy: Vec<Option<Var<'_>>> = outputs.clone().map(cotangent).collect();
            let wanted: Vec<bool> = node.inputs.iter().map(|&input| active(input)).collect();
            if dy.iter().all(Option::is_none) || !wanted.contains(&true) {
                return;
            }
            let x: Vec<Var<'_>> = node.inputs.iter().map(|&input| builder.var(input)).collect();
            let y: Vec<Var<'_>> = outputs.map(|value| builder.var(value)).collect();
            let terms = node.op.rules().derivative(&Backward { x: &x, y: &y, dy: &dy, wanted: &wanted });
            for (operand, (&input, term)) in node.inputs.iter().zip(terms).enumerate() {
                let term = term.and_then(|term| fitting(term, graph, id, input));
                contributions[id.index()][operand] = term;
                arrived[graph.value_index(input)].extend(term);
            }
        });
    }
    Ok(Cotangents { cotangents, contributions })
}

/// A new node that is the cotangent of a value with a name gets one, too.
fn name_cotangent(builder: &Builder, graph: &Graph, value: Value, cotangent: Value, name: &dyn Fn(&str) -> String) {
    if let Some(of) = graph.name(value)
        && !graph.contains(cotangent)
    {
        builder.generate_name(cotangent, &name(of));
    }
}

/// A contribution, if it has the shape of what it is added to; a custom node's may not have, and adding would stretch it.
fn fitting(contribution: Var<'_>, graph: &Graph, node: NodeId, input: Value) -> Option<Value> {
    let id = contribution.id()?;
    let (found, right) = (contribution.shape(), graph.shape(input));
    let problem = match contribution.kind() {
        _ if found != *right => format!("has shape {found}, not {right}"),
        Kind::Real => return Some(id),
        kind => format!("is of kind {kind}, not {}", Kind::Real),
    };
    let (node, input) = (graph.describe(node), graph.describe(input));
    contribution.builder().fail(format!("the derivative of {node} by {input} {problem}"), None);
    None
}

/// The sum of contributions, in the order of arrival.
fn accumulate(builder: &Builder, contributions: Vec<Value>) -> Option<Var<'_>> {
    contributions.into_iter().map(|id| builder.var(id)).reduce(|sum, term| sum + term)
}

/// Runs `build` with its nodes said to come from the derivative of a value, outside of every scope.
fn derived<'g, R>(
    builder: &'g Builder,
    graph: &Graph,
    of: impl Into<Value>,
    build: impl FnOnce(&'g Builder) -> R,
) -> R {
    let of = of.into();
    let origin = Origin::Derivative(Arc::new((graph.describe(of), graph.node(of).origin.clone())));
    builder.with_origin(origin, |builder| builder.within(None, build))
}

fn short_name(graph: &Graph, value: Value) -> String {
    let node = graph.node(value);
    let which = if node.outputs.len() > 1 { format!("_{}", value.output) } else { String::new() };
    let unnamed = || format!("{} {}{which}", node.op.name(), value.node.index());
    graph.name(value).map_or_else(unnamed, str::to_string)
}
