//! Formulas that have a stable form, built as they are: the printer must write them so that they are read back as such.

use chainrule_graph::ops::{Elementwise, Exponent, Reduce, Reduction};
use chainrule_graph::{Builder, Var};

/// What has a stable form, as it is.
pub fn unstable<'g>(b: &'g Builder, a: Var<'g>, axis: usize, which: usize) -> Option<Var<'g>> {
    use Elementwise::*;
    let number = |number: f64| b.constant(number).broadcast_to(a.shape());
    let (exp, sigmoid) = (b.push(Exp, &[a]), b.push(Sigmoid, &[a]));
    let one_plus = || b.push(Add, &[number(1.0), exp]);
    Some(match which % 11 {
        0 => b.push(Log, &[one_plus()]),
        1 => b.push(Log1p, &[exp]),
        2 => b.push(Div, &[number(1.0), one_plus()]),
        3 => b.push(Div, &[exp, one_plus()]),
        4 => b.push(Power(Exponent(-1.0)), &[one_plus()]),
        5 => b.push(Sub, &[b.push(Mul, &[number(2.0), sigmoid]), number(1.0)]),
        6 => b.push(Add, &[a, b.push(Softplus, &[b.push(Neg, &[a])])]),
        7 => b.push(Log, &[b.push(Sub, &[number(1.0), sigmoid])]),
        8 => b.push(Log, &[b.push(Add, &[exp, b.push(Exp, &[number(0.5)])])]),
        9 => {
            let total = b.push(Reduce { op: Reduction::Sum, axes: (0..a.rank()).collect() }, &[exp]);
            b.push(Div, &[exp, total.broadcast_to(a.shape())])
        }
        _ => {
            let sum = Reduce { op: Reduction::Sum, axes: vec![axis] };
            b.push(Log, &[b.push(sum, &[(a.rank() > 0).then_some(exp)?])])
        }
    })
}
