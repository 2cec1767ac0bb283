//! The values and derivatives of an expression, by the reference interpreter.

use chainrule::exec::{BRANCH_NOT_TAKEN, Bindings, ExecError, Values, check_memory, dropped_slope, reference};
use chainrule::{
    Derivatives, Function, Graph, Kind, NodeId, Origin, Shape, Tensor, Value, count_dropped_slopes, differentiate, hvp,
};

use crate::bypassed;
use crate::dropped_slope;
use crate::error::CommandError;
use crate::format;
use crate::names::NodeNames;
use crate::nan_origin;
use crate::notes::notes;
use crate::progress::ProgressMeter;

/// What is printed.
pub struct Answer {
    /// The result.
    pub value: f64,
    /// For each real name, the derivative with respect to it.
    pub gradient: Vec<(String, Tensor)>,
    /// For each real name of shape s, its second derivatives, of shape [s, s], if they were asked for.
    pub second: Option<Vec<(String, Tensor)>>,
    /// The nodes.
    pub nodes: Vec<NodeRow>,
    /// What a reader of the nodes should know.
    pub notes: Vec<String>,
    /// What is not finite, if anything is.
    pub problem: Option<Problem>,
}

/// A node.
pub struct NodeRow {
    /// Its name or source text.
    pub name: String,
    /// What it computes.
    pub op: String,
    /// Its value.
    pub value: Tensor,
    /// The derivative of the result with respect to it; none where it is no real number.
    pub gradient: Option<Tensor>,
}

/// The first node whose value, or derivative, is not finite.
pub struct Problem(pub String);

/// What is asked.
pub struct Question<'a> {
    /// The function.
    pub function: &'a Function,
    /// What is differentiated.
    pub result: Value,
    /// What messages call the nodes.
    pub names: &'a NodeNames<'a>,
    /// The values of what is bound from outside, by name.
    pub values: &'a [(String, Tensor)],
    /// 2 for second derivatives, too.
    pub order: u8,
}

/// Evaluates a function of these values at `result`, with its derivatives.
pub fn answer(question: &Question<'_>) -> Result<Answer, CommandError> {
    let &Question { function, result, names, values, order } = question;
    let graph = &function.graph;
    let unknown = graph.dependent_on(unbound(function, values));
    let in_use = in_use(function, result);
    let is_shown = |&value: &Value| in_use[value.node.index()] && !unknown[graph.value_index(value)];
    let shown: Vec<Value> = names.shown(result).into_iter().filter(is_shown).collect();
    let real: Vec<Value> = shown.iter().copied().filter(|&id| graph.kind(id) == Kind::Real).collect();
    let derivatives = differentiate(graph, result, &real)?;
    let named = |(name, value): &(String, Tensor)| Some((graph.find(name)?, value.clone()));
    let bindings: Bindings = values.iter().filter_map(named).collect();
    let gradient_of = |value: Value| derivatives.cotangent(value).filter(|_| graph.kind(value) == Kind::Real);
    let wanted = shown.iter().flat_map(|&id| [Some(id), gradient_of(id)]).flatten();
    let targets: Vec<Value> = wanted.chain([result]).collect();
    let run = reference::evaluate(&derivatives.graph, &bindings, &targets).map_err(|error| match error {
        ExecError::Node { node, problem, .. } if node.index() < graph.nodes().len() => {
            CommandError::mistake(format!("`{}`: {problem}", format::name(&names.of(node))))
        }
        other => other.into(),
    })?;

    let parameters = function.parameters.iter().map(|parameter| parameter.node);
    let from_outside = function.inputs.iter().chain(&function.outcomes).copied().chain(parameters);
    let inputs: Vec<NodeId> = from_outside.filter(|&id| gradient_of(id.into()).is_some()).collect();
    let named = |&id: &NodeId| Some((function.name(id).to_string(), run.get(gradient_of(id.into())?)?.clone()));
    let gradient: Vec<(String, Tensor)> = inputs.iter().filter_map(named).collect();
    let second = match order {
        2 => {
            let block = |&id: &NodeId| Ok((function.name(id).to_string(), hessian(graph, result, id, &bindings)?));
            Some(inputs.iter().map(block).collect::<Result<Vec<_>, CommandError>>()?)
        }
        _ => None,
    };
    let finite = |values: &[(String, Tensor)]| values.iter().all(|(_, value)| value.is_finite());
    let is_fine = run[result].is_finite() && finite(&gradient) && second.as_deref().is_none_or(finite);
    let problem = (!is_fine).then(|| NotFinite { graph, derivatives: &derivatives, run: &run, names }.problem(result));
    let line = |value: Value| NodeRow {
        name: names.of(value),
        op: graph.node(value).op.name().to_string(),
        value: run[value].clone(),
        gradient: gradient_of(value).and_then(|gradient| run.get(gradient)).cloned(),
    };
    let nodes = shown.into_iter().map(line).collect();
    let wrt: Vec<Value> = inputs.iter().map(|&id| id.into()).collect();
    let dropped = match count_dropped_slopes(&derivatives, &wrt)? {
        Some(counts) if is_fine => dropped_slope(&counts, &bindings)?,
        _ => None,
    };
    let dropped = dropped.map(|slope| format!("note: {}", dropped_slope::note(&slope, names)));
    let found = [bypassed::note(names, result, "result"), dropped].into_iter().flatten();
    let notes = found.chain(notes(names)).collect();
    Ok(Answer { value: run[result].item(), gradient, second, nodes, notes, problem })
}

/// For each node, whether the result, or something that a person has named, is computed from it. The operands of a formula that
/// was built as its stable form may be neither, such as eˣ in log(1 + eˣ).
fn in_use(function: &Function, result: Value) -> Vec<bool> {
    let graph = &function.graph;
    let named = graph.values().filter(|&value| graph.name(value).is_some());
    let updated = graph.updates().iter().map(|update| update.value);
    let roles = function.prediction.into_iter().chain(function.objective);
    graph.needed_for(named.chain(updated).chain(roles).chain([result]))
}

/// What is bound from outside and has no value: an outcome that the result does not need.
fn unbound(function: &Function, values: &[(String, Tensor)]) -> Vec<NodeId> {
    let all = function.inputs.iter().chain(&function.outcomes).copied();
    all.filter(|&id| !values.iter().any(|(name, _)| name == function.name(id))).collect()
}

/// The second derivatives with respect to one name, of shape s: a row, of shape s, for each of its elements.
fn hessian(graph: &Graph, result: Value, id: NodeId, bindings: &Bindings) -> Result<Tensor, CommandError> {
    let shape = graph.shape(id);
    // As they are computed, as they are kept, and as they are printed
    let numbers = shape.size().saturating_mul(shape.size()).saturating_mul(3);
    check_memory(numbers, || format!("the second derivatives by {}, of shape {shape},", graph.describe(id)))?;
    let product = hvp(graph, result, &[id])?;
    let (tangent, output) = (product.tangents[0], product.outputs[0]);
    let mut elements = Vec::with_capacity(shape.size() * shape.size());
    let mut progress = ProgressMeter::new("second derivatives");
    for element in 0..shape.size() {
        progress.at(element, shape.size());
        let unit = Tensor::from_fn(shape, |index| f64::from(index == element));
        let bindings = bindings.clone().with(tangent, unit);
        elements.extend_from_slice(reference::evaluate(&product.graph, &bindings, &[output])?[output].data());
    }
    let twice: Shape = shape.iter().chain(shape.iter()).copied().collect();
    Tensor::new(twice, elements)
        .map_err(|_| CommandError::mistake(format!("the second derivatives by {} are too many", graph.describe(id))))
}

/// A run in which something is not finite.
struct NotFinite<'a> {
    graph: &'a Graph,
    derivatives: &'a Derivatives,
    run: &'a Values,
    names: &'a NodeNames<'a>,
}

impl NotFinite<'_> {
    /// The node where it began: the NaN origin of a result that is not finite, else that of a derivative.
    fn problem(&self, result: Value) -> Problem {
        let nan_origin = chainrule::check::nan_origin_in_derivatives(self.derivatives, self.run);
        Problem(match nan_origin {
            Some(found) if found.node.index() < self.graph.nodes().len() => {
                let origin = nan_origin::nan_origin(self.graph, self.run, self.names, &found);
                // Elementwise ops do not multiply a cotangent of 0; a contraction does.
                match self.run[result].is_finite() {
                    true => format!("a derivative is not finite, but the value is: {origin}; {BRANCH_NOT_TAKEN}"),
                    false => format!("the value is not finite: {origin}"),
                }
            }
            Some(found) => self.derivative(found.node),
            None => format!("a second derivative of {} is not finite", nan_origin::value(self.run, self.names, result)),
        })
    }

    /// The derivative of `sqrt(x)` is inf, where `sqrt(x)` = 0
    fn derivative(&self, id: NodeId) -> String {
        let value = self.run.get(id).map(format::tensor).unwrap_or_default();
        let origin = |id: NodeId| &self.graph.node(id).origin;
        let of = match &self.derivatives.graph.node(id).origin {
            Origin::Derivative(of) => {
                self.graph.ids().rev().find(|&id| self.graph.describe(id) == of.0 && *origin(id) == of.1)
            }
            _ => None,
        };
        let Some(of) = of else { return format!("a derivative is not finite: {value}") };
        let node = self.graph.node(of);
        let read = node.inputs.iter().copied().chain([of.into()]);
        let from: Vec<String> = read.map(|value| nan_origin::value(self.run, self.names, value)).collect();
        let name = self.names.of(of);
        format!(
            "the derivative of `{}` ({}) is not finite: {value}, where {}",
            format::name(&name),
            node.op.name(),
            from.join(" and ")
        )
    }
}
