//! Where a strong zero costs something, and where it is right.

use chainrule_exec::{Bindings, dropped_slope};
use chainrule_graph::{Builder, Tensor, Value, Var, count_dropped_slopes, differentiate};

/// The op whose slope was left out of ∂J/∂x at x, if one was.
fn dropped(x: &[f64], build: for<'g> fn(Var<'g>) -> Var<'g>) -> Option<String> {
    let builder = Builder::new();
    let input = builder.input("x", [x.len()]);
    let (input, objective): (Value, Value) = (input.id().unwrap(), build(input).sum().id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let derivatives = differentiate(&graph, objective, &[input]).unwrap();
    let counts = count_dropped_slopes(&derivatives, &[input]).unwrap()?;
    let bindings = Bindings::new().with(input, Tensor::vector(x.to_vec()));
    dropped_slope(&counts, &bindings).unwrap().map(|slope| slope.op)
}

#[test]
fn a_slope_that_a_product_with_0_left_out_is_reported() {
    assert_eq!(dropped(&[1.0, 0.0], |x| x.sqrt().power(2.0)).as_deref(), Some("sqrt"));
    assert_eq!(dropped(&[0.0], |x| x * x.sqrt()).as_deref(), Some("sqrt"));
    assert_eq!(dropped(&[0.0], |x| x.log().sigmoid()).as_deref(), Some("log"));
    assert_eq!(dropped(&[0.0], |x| x.power(0.5).power(4.0)).as_deref(), Some("power"));
    // Through a sum, a copy and a product of matrices.
    assert_eq!(dropped(&[0.0, 0.0], |x| x.sqrt().dot(x)).as_deref(), Some("sqrt"));
}

#[test]
fn a_branch_or_a_mask_or_a_constant_0_is_no_loss() {
    assert_eq!(dropped(&[0.0], |x| x.equal(0.0).select(0.0, x * x.sqrt())), None);
    assert_eq!(dropped(&[0.0], |x| x.equal(0.0).select(1.0, x.sin() / x)), None);
    assert_eq!(dropped(&[0.0, 0.0], |x| x.power(2.0).sum().sqrt().max(1e-10)), None);
    assert_eq!(dropped(&[0.0, 1.0], |x| x.greater(0.0).select(x * x.log(), 0.0)), None);
    assert_eq!(dropped(&[0.0, 1.0], |x| x.greater(0.0).to_real() * x.sqrt()), None);
    assert_eq!(dropped(&[0.0, 1.0], |x| x.sqrt().dot(x.builder().constant(Tensor::vector([0.0, 1.0])))), None);
    assert_eq!(dropped(&[0.0], |x| (x + 1.0).sqrt()), None);
    assert_eq!(dropped(&[0.0], |x| x.tanh()), None);
}
