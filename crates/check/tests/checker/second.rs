//! Second derivatives: right, symmetric, absent.

use std::sync::Arc;

use chainrule_check::{
    Blame, CheckOptions, Draws, Second, TOLERANCE, check_function, check_second, second_derivatives,
};
use chainrule_graph::{Builder, CustomNode, Shape, Tensor, Var, differentiate};

use crate::{checked, function};

#[test]
fn a_field_that_is_no_gradient_has_no_symmetric_second_derivatives() {
    // The cotangent of x alone is doubled: its own derivatives are right, but mixed ones differ by a factor.
    let function = function(|b| (b.input("x", [2]).sin() * b.input("w", [2])).sum());
    let x = function.inputs[0];
    let healthy =
        differentiate(&function.graph, function.objective.expect("it has one"), &function.inputs).expect("smooth");
    let builder = Builder::extend_graph(healthy.graph.clone());
    let doubled = builder.var(healthy.cotangent(x).expect("it has one")) * 2.0;
    let mut faulty = healthy.clone();
    faulty.cotangents[x.index()] = doubled.id();
    faulty.graph = builder.finish_graph().expect("it is well formed");
    for (derivatives, symmetric) in [(&healthy, true), (&faulty, false)] {
        let second = check_second(derivatives, &Draws::new(), &CheckOptions::default()).expect("checked");
        let Second::Checked { report, .. } = second else { panic!("{second:?}") };
        assert_eq!(report.failures.is_empty(), symmetric, "{report}");
        assert!(report.failures.iter().all(|failure| failure.blame == Blame::Symmetry), "{report}");
    }
}

#[test]
fn second_derivatives_are_checked_and_symmetric() {
    let report = checked(&function(|b| {
        let (x, w) = (b.input("x", [3]), b.input("W", [3, 3]));
        w.matvec(x.tanh()).softmax(0).dot(x)
    }));
    assert!(report.passed(), "{report}");
    let Some(Second::Checked { report: second, symmetry }) = &report.second else { panic!("{report}") };
    assert!(second.directions.iter().any(|direction| direction.name == "W"), "{second}");
    assert!(symmetry.formula != 0.0 && symmetry.error_beside_noise(TOLERANCE) < 1e-10, "{symmetry:?}");
}

#[test]
fn a_rule_that_is_right_once_and_wrong_twice_is_named() {
    /// x³, whose derivative by nodes holds x² fixed: right, until it is differentiated again.
    #[derive(Debug)]
    struct Cube;

    impl CustomNode for Cube {
        fn name(&self) -> &str {
            "cube"
        }

        fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
            Ok(inputs[0].clone())
        }

        fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
            for (y, x) in output.iter_mut().zip(inputs[0].data()) {
                *y = x * x * x;
            }
            Ok(())
        }

        fn derivative<'g>(&self, _: usize, x: &[Var<'g>], _: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
            Some(dy * x[0].builder().custom(Arc::new(WrongSlope), &[x[0]]))
        }
    }

    /// 3 x², with the derivative x instead of 6 x.
    #[derive(Debug)]
    struct WrongSlope;

    impl CustomNode for WrongSlope {
        fn name(&self) -> &str {
            "wrong_slope"
        }

        fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
            Ok(inputs[0].clone())
        }

        fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
            for (y, x) in output.iter_mut().zip(inputs[0].data()) {
                *y = 3.0 * x * x;
            }
            Ok(())
        }

        fn backward(&self, x: &[Tensor], _: &Tensor, dy: &Tensor, contributions: &mut [Tensor]) -> Result<(), String> {
            for ((c, x), dy) in contributions[0].data_mut().iter_mut().zip(x[0].data()).zip(dy.data()) {
                *c = x * dy;
            }
            Ok(())
        }
    }

    let report = checked(&function(|b| b.custom(Arc::new(Cube), &[b.input("x", [3])]).sum()));
    assert!(report.failures.is_empty() && !report.passed(), "{report}");
    let blamed: Vec<&str> = report.all_failures().map(|failure| failure.name.as_str()).collect();
    assert!(blamed.iter().all(|name| name.contains("wrong_slope")) && !blamed.is_empty(), "{blamed:?}");
}

#[test]
fn second_derivatives_that_are_nowhere_finite_are_absent_and_no_error() {
    // Near z = 10⁻¹²⁰ 1/z has the slope −10²⁴⁰, and a second derivative that overflows.
    let report = checked(&function(|b| ((b.input("x", [2]).power(2.0) + 1.0) * 1e-120).reciprocal().sum()));
    assert!(report.passed(), "{report}");
    assert!(matches!(&report.second, Some(Second::Absent(why)) if why.contains("draws")), "{report}");
}

#[test]
fn third_derivatives_are_the_second_ones_of_the_gradient() {
    let function = function(|b| (b.input("x", [2]).sin() * b.input("w", [2])).sum());
    let first =
        differentiate(&function.graph, function.objective.expect("it has one"), &function.inputs).expect("smooth");
    let second = second_derivatives(&first).expect("smooth").derivatives;
    let Second::Checked { report, .. } =
        check_second(&second, &Draws::new(), &CheckOptions::default()).expect("checked")
    else {
        panic!("there are third derivatives")
    };
    assert!(report.passed() && report.nodes.iter().any(|node| node.name == "gradient along a vector_2"), "{report}");
}

#[test]
fn what_is_not_finite_and_goes_nowhere_does_not_deny_the_symmetry() {
    // The exponent is constant, so the cotangent y ln a that reaches it goes nowhere: NaN where a < 0.
    let function = function(|b| {
        let (x, w) = (b.input("x", [2]), b.input("w", [2]));
        let exponent = x.greater(w).select(b.constant(2.0).expand(0, 2), b.constant(3.0).expand(0, 2));
        (w - x).pow(exponent).sum()
    });
    for seed in 0..12 {
        let report =
            check_function(&function, &CheckOptions { seed, ..CheckOptions::default() }).expect("it can be checked");
        assert!(report.passed(), "{seed}: {report}");
    }
}
