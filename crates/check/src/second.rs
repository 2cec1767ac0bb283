//! Second derivatives: the gradient along a vector is a scalar like any other, and its derivatives are checked like any
//! other's; then uᵀHv must be vᵀHu.

use chainrule_exec::reference::evaluate;
use chainrule_exec::{Feed, Values};
use chainrule_graph::{Builder, Derivatives, GraphError, NodeId, Op, Var, grad};
use chainrule_kernels::philox::Philox;

use crate::check::{Options, check};
use crate::compare::{Comparison, TOLERANCE};
use crate::draw::{Draw, Draws};
use crate::error::CheckError;
use crate::findings::failure;
use crate::function::real_inputs;
use crate::report::{Blame, Second};

/// Derivatives of the gradient along a vector.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondDerivatives {
    /// The derivatives of Σ ⟨∂J/∂x, u⟩ over the real inputs x of the graph; so the cotangent of x is (Hu)ₓ.
    pub derivatives: Derivatives,
    /// The real inputs x, and for each the new input that holds its part of u.
    pub vectors: Vec<(NodeId, NodeId)>,
}

/// Differentiates the gradient, as `derivatives` has it, along a vector that is a new input. Errors: a node, named in
/// it, has no second derivative.
pub fn second_derivatives(derivatives: &Derivatives) -> Result<SecondDerivatives, GraphError> {
    let graph = &derivatives.graph;
    let builder = Builder::extend_graph(graph.clone());
    let inputs = real_inputs(graph);
    let mut vectors = Vec::new();
    let mut product: Option<Var<'_>> = None;
    for &id in &inputs {
        let Some(cotangent) = derivatives.cotangent(id) else { continue };
        let vector = builder.input(&format!("vector for {}", graph.describe(id)), &graph.node(id).shape);
        let term = (builder.var(cotangent) * vector).sum();
        product = Some(product.map_or(term, |product| product + term));
        vectors.extend(vector.id().map(|vector| (id, vector)));
    }
    let product = product.unwrap_or_else(|| builder.constant(0.0)).named("gradient along a vector").id();
    let extended = builder.finish_graph()?;
    let product = product.expect("a builder without a mistake has the node");
    Ok(SecondDerivatives { derivatives: grad(&extended, product, &inputs)?, vectors })
}

/// Checks the second derivatives that follow from `derivatives`: the rules, accumulations and whole of the gradient
/// along a vector, and the symmetry of the Hessian.
pub fn check_second(derivatives: &Derivatives, draws: &Draws, options: &Options) -> Result<Second, CheckError> {
    let second = match second_derivatives(derivatives) {
        Ok(second) => second,
        Err(error) if derivatives.graph.nodes().iter().any(|node| matches!(node.op, Op::Custom(_))) => {
            return Ok(Second::Absent(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    let mut report = check(&second.derivatives, draws, options)?;
    let symmetry = symmetry(&second, draws, options)?;
    if report.failures.is_empty() && !(symmetry.error_beside_noise(TOLERANCE) <= TOLERANCE) {
        report.failures.push(failure(&derivatives.graph, Blame::Symmetry, derivatives.output, symmetry));
    }
    Ok(Second::Checked { report: Box::new(report), symmetry })
}

/// uᵀHv and vᵀHu for two random vectors, at the first draw that has both finite.
fn symmetry(second: &SecondDerivatives, draws: &Draws, options: &Options) -> Result<Comparison, CheckError> {
    let graph = &second.derivatives.graph;
    let plan = draws.plan(graph);
    let mut generator = Philox::new(options.seed, 1);
    let mut comparison = Comparison { formula: 0.0, expected: 0.0, noise: 0.0 };
    for _ in 0..100 {
        let mut u: Feed = plan.feed(&mut generator);
        let mut v = u.clone();
        for &(_, vector) in &second.vectors {
            let shape = &graph.node(vector).shape;
            u.set(vector, Draw::Normal.tensor(shape, &mut generator));
            v.set(vector, Draw::Normal.tensor(shape, &mut generator));
        }
        let (uhv, size) = along(second, &evaluate_products(second, &v)?, &u);
        let (vhu, _) = along(second, &evaluate_products(second, &u)?, &v);
        comparison = Comparison { formula: uhv, expected: vhu, noise: 1e-10 * size };
        if uhv.is_finite() && vhu.is_finite() {
            break;
        }
    }
    Ok(comparison)
}

fn evaluate_products(second: &SecondDerivatives, feed: &Feed) -> Result<Values, CheckError> {
    let products = second.vectors.iter().filter_map(|&(input, _)| second.derivatives.cotangent(input));
    Ok(evaluate(&second.derivatives.graph, feed, &products.collect::<Vec<_>>())?)
}

/// Σ ⟨vector, Hessian product⟩, and the sum of the terms' sizes.
fn along(second: &SecondDerivatives, products: &Values, feed: &Feed) -> (f64, f64) {
    let pairs = second.vectors.iter().filter_map(|&(input, vector)| {
        let product = products.get(second.derivatives.cotangent(input)?)?;
        Some(feed.get(vector)?.data().iter().zip(product.data()))
    });
    pairs.flatten().fold((0.0, 0.0), |(sum, size), (v, hu)| (sum + v * hu, size + (v * hu).abs()))
}
