//! Second derivatives: the gradient along a vector is a scalar like any other, and so are the checks of its derivatives;
//! then uᵀHv must be vᵀHu.

use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::{Builder, Derivatives, Graph, GraphError, NodeId, Op, Value, Var, differentiate};
use chainrule_kernels::philox::Philox;

use crate::check::check;
use crate::compare::Comparison;
use crate::differences::{Estimate, weighted_size};
use crate::draw::{Draw, Draws};
use crate::edge::inner;
use crate::error::CheckError;
use crate::findings::failure;
use crate::names::free_name;
use crate::options::CheckOptions;
use crate::point::{FINITE_DRAWS, old_values, real_inputs};
use crate::report::{Blame, Second};
use crate::tolerance::{SUM_ROUNDING, TOLERANCE};

/// Derivatives of the gradient along a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondDerivatives {
    /// The derivatives of Σ ⟨∂J/∂x, u⟩ over the real inputs x of the graph; so the cotangent of x is (Hu)ₓ.
    pub derivatives: Derivatives,
    /// The real inputs x, and for each the new input that holds its components of u.
    pub vectors: Vec<(NodeId, NodeId)>,
}

/// Differentiates the gradient, as `derivatives` has it, along a vector that is a new input.
///
/// # Errors
/// If a node has no second derivative. The error names it.
pub fn second_derivatives(derivatives: &Derivatives) -> Result<SecondDerivatives, GraphError> {
    let graph = &derivatives.graph;
    let builder = Builder::extend_graph(graph.clone());
    let inputs = real_inputs(graph);
    let mut vectors = Vec::new();
    let mut product: Option<Var<'_>> = None;
    for &id in &inputs {
        let Some(cotangent) = derivatives.cotangent(id) else { continue };
        let name = free_name(&builder, &format!("vector for {}", graph.describe(id)));
        let vector = builder.input(&name, graph.shape(id));
        let term = (builder.var(cotangent) * vector).sum();
        product = Some(product.map_or(term, |product| product + term));
        vectors.extend(vector.id().map(|vector| (id, vector.node)));
    }
    let name = free_name(&builder, "gradient along a vector");
    let product = product.unwrap_or_else(|| builder.constant(0.0)).named(&name).id();
    let extended = builder.finish_graph()?;
    let product = product.expect("a builder without a mistake has the node");
    Ok(SecondDerivatives { derivatives: differentiate(&extended, product, &inputs)?, vectors })
}

/// Checks the second derivatives that follow from `derivatives`: the rules, accumulations and whole of the gradient
/// along a vector, and the symmetry of the Hessian. A custom node without second derivatives, or second derivatives that
/// are finite at no draw, are no error: then there is nothing to check.
///
/// # Errors
/// If the second derivatives can't be built or run, or need more memory than there is.
pub fn check_second(derivatives: &Derivatives, draws: &Draws, options: &CheckOptions) -> Result<Second, CheckError> {
    let second = match second_derivatives(derivatives) {
        Ok(second) => second,
        Err(error) if has_custom_node(&derivatives.graph) => {
            return Ok(Second::Absent(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let mut report = match check(&second.derivatives, draws, options) {
        Err(error @ (CheckError::NotFinite { .. } | CheckError::NotDrawn { .. })) => {
            return Ok(Second::Absent(error.to_string()));
        }
        report => report?,
    };
    let Some(symmetry) = symmetry(&second, draws, options)? else {
        let why = format!("none of {FINITE_DRAWS} draws has finite second derivatives along two vectors");
        return Ok(Second::Absent(why));
    };
    let symmetric = symmetry.error_beside_noise(TOLERANCE) <= TOLERANCE;
    if report.failures.is_empty() && !symmetric {
        report.failures.push(failure(&derivatives.graph, Blame::Symmetry, derivatives.output, symmetry));
    }
    Ok(Second::Checked { report: Box::new(report), symmetry })
}

/// Whether a node of a user's own is in a graph, or in the body of a loop.
fn has_custom_node(graph: &Graph) -> bool {
    let in_body = |op: &Op| if let Op::Scan(scan) = op { has_custom_node(scan.body.graph()) } else { false };
    graph.nodes().iter().any(|node| matches!(node.op, Op::Custom(_)) || in_body(&node.op))
}

/// uᵀHv and vᵀHu for two random vectors, at the first draw that has both finite; none if no draw has.
fn symmetry(
    second: &SecondDerivatives,
    draws: &Draws,
    options: &CheckOptions,
) -> Result<Option<Comparison>, CheckError> {
    let graph = &second.derivatives.graph;
    let plan = draws.plan(graph)?;
    let mut generator = Philox::new(options.seed, 1);
    let mut failure = None;
    for number in 0..FINITE_DRAWS {
        let mut u: Bindings = plan.attempt(&mut generator, number, false);
        let mut v = u.clone();
        for &(_, vector) in &second.vectors {
            let shape = graph.shape(vector);
            u.set(vector, Draw::Normal.tensor(shape, &mut generator));
            v.set(vector, Draw::Normal.tensor(shape, &mut generator));
        }
        match along(second, &v, &u).and_then(|uhv| Ok((uhv, along(second, &u, &v)?))) {
            Ok((uhv, vhu)) if uhv.value.is_finite() && vhu.value.is_finite() => {
                let noise = uhv.noise + vhu.noise;
                return Ok(Some(Comparison { formula: uhv.value, expected: vhu.value, noise }));
            }
            Ok(_) => failure = None,
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(None), Err)
}

/// ⟨H · the bound vector, the other vector⟩. Each node on the way rounds its value.
fn along(second: &SecondDerivatives, bindings: &Bindings, other: &Bindings) -> Result<Estimate, CheckError> {
    let derivatives = &second.derivatives;
    let cotangents = old_values(derivatives).filter_map(|id| Some((id, derivatives.cotangent(id)?)));
    let pairs: Vec<(Value, Value)> = cotangents.collect();
    let targets: Vec<Value> = pairs.iter().flat_map(|&(id, cotangent)| [id, cotangent]).collect();
    let values = evaluate(&derivatives.graph, bindings, &targets)?;
    // A cotangent that is not finite goes nowhere, or the product were not finite either: its rounding reaches nothing.
    let sizes = pairs.iter().map(|&(id, cotangent)| weighted_size(values[cotangent].data(), &values[id]));
    let sizes = sizes.filter(|size| size.is_finite());
    let terms = second.vectors.iter().filter_map(|&(input, vector)| {
        let product = values.get(derivatives.cotangent(input)?)?;
        let vector = other.get(vector)?;
        Some((inner(product, vector), weighted_size(product.data(), vector)))
    });
    let (value, size) =
        terms.fold((0.0, sizes.sum::<f64>()), |(value, size), (term, large)| (value + term, size + large));
    Ok(Estimate { value, noise: SUM_ROUNDING * size })
}
