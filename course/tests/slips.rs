//! Slips as people make them: the judge says which rule is wrong, in words that lead to it.

use std::sync::Arc;

use chainrule::{Builder, CustomNode, Function, GraphError, Initializer, Shape, Tensor};
use course::Homework;
use course::given::{SquaredDistance, VectorScalarAffine};
use course::judge::{graphs, nodes};
use course::solutions::homework;
use course::solutions::nodes::{Affine, L2Penalty, Nll, Softmax, Sum, Tanh};

type Forward = fn(&[Tensor], &mut [f64]);
type Backward = fn(&[Tensor], &Tensor, &Tensor, &mut [Tensor]);

/// A right node with another forward or another backward.
#[derive(Debug)]
struct Slip<N> {
    right: N,
    forward: Option<Forward>,
    backward: Option<Backward>,
}

impl<N: CustomNode> CustomNode for Slip<N> {
    fn name(&self) -> &str {
        self.right.name()
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.right.shape(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        match self.forward {
            Some(forward) => {
                forward(x, y);
                Ok(())
            }
            None => self.right.forward(x, y),
        }
    }

    fn backward(&self, x: &[Tensor], y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        self.right.backward(x, y, g, dx)?;
        if let Some(backward) = self.backward {
            backward(x, y, g, dx);
        }
        Ok(())
    }
}

fn forward<N: CustomNode + 'static>(right: N, forward: Forward) -> Arc<dyn CustomNode> {
    Arc::new(Slip { right, forward: Some(forward), backward: None })
}

fn backward<N: CustomNode + 'static>(right: N, backward: Backward) -> Arc<dyn CustomNode> {
    Arc::new(Slip { right, forward: None, backward: Some(backward) })
}

/// What a judge says to the solutions with one of them slipped.
#[track_caller]
fn says(judge: fn(&Homework) -> Result<(), course::judge::Wrong>, slipped: Homework, words: &[&str]) {
    let wrong = judge(&slipped).expect_err("it is wrong").to_string();
    for word in words {
        assert!(wrong.contains(word), "{word}: {wrong}");
    }
}

#[test]
fn a_sum_that_gives_its_second_operand_nothing() {
    let sum = backward(Sum, |_, _, _, dx| dx[1] = Tensor::zeros([2]));
    says(nodes::sum, Homework { sum, ..homework() }, &["the backward of sum", "cotangent of `b`"]);
}

#[test]
fn a_penalty_without_its_factor_2() {
    let l2_penalty =
        |lambda| backward(L2Penalty { lambda }, |_, _, _, dx| dx[0].data_mut().iter_mut().for_each(|dw| *dw /= 2.0));
    says(nodes::l2_penalty, Homework { l2_penalty, ..homework() }, &["the backward of l2_penalty", "cotangent of `w`"]);
}

#[test]
fn an_affine_that_reads_columns_for_rows() {
    let affine = forward(Affine, |x, y| {
        let (w, m) = (x[0].data(), y.len());
        for (i, y) in y.iter_mut().enumerate() {
            let row = x[1].data().iter().enumerate().map(|(j, x)| w[j * m + i] * x);
            *y = x[2].data()[i] + row.sum::<f64>();
        }
    });
    says(
        nodes::affine,
        Homework { affine, ..homework() },
        &["the forward of `affine` is wrong: y[0] is 6, by hand it is 8"],
    );
}

#[test]
fn an_affine_that_reads_beyond_its_rows() {
    let beyond: Forward = |x, y| y[1] = x[0].data()[6];
    let words = ["the forward of `affine` broke off", "the len is 6 but the index is 6", "layers.md"];
    says(nodes::affine, Homework { affine: forward(Affine, beyond), ..homework() }, &words);
    let beyond: Backward = |x, _, _, dx| dx[0].data_mut()[0] = x[0].data()[6];
    let words = ["the backward of `affine` broke off", "the len is 6 but the index is 6"];
    says(nodes::affine, Homework { affine: backward(Affine, beyond), ..homework() }, &words);
}

#[test]
fn a_graph_whose_node_is_not_right_yet() {
    let affine: Arc<dyn CustomNode> = forward(Affine, |_, y| y.fill(0.0));
    let mlp = |d, m, _| {
        let builder = Builder::new();
        let x = builder.input("x", [d]);
        let w = builder.parameter("W", [m, d], Initializer::Constant(0.0));
        let b = builder.parameter("b", [m], Initializer::Constant(0.0));
        builder.prediction(builder.custom(Arc::new(Affine), &[w, x, b]));
        builder.objective(builder.input("J", []));
        builder.finish()
    };
    let words =
        ["the graph of `mlp`: one of its nodes is not right yet", "the forward of `affine` is wrong", "layers.md"];
    says(graphs::mlp, Homework { affine, mlp, ..homework() }, &words);
}

#[test]
fn an_affine_that_keeps_the_last_row_only() {
    let affine = backward(Affine, |x, _, g, dx| {
        let d = x[1].data().len();
        dx[1] = Tensor::from_fn([d], |j| x[0].data()[d + j] * g.data()[1]);
    });
    says(
        nodes::affine,
        Homework { affine, ..homework() },
        &["the backward of affine", "cotangent of `x`, element [", "layers.md"],
    );
}

#[test]
fn a_tanh_that_takes_its_input_for_its_output() {
    let tanh = backward(Tanh, |x, _, g, dx| {
        dx[0] = Tensor::from_fn([3], |i| g.data()[i] * (1.0 - x[0].data()[i].powi(2)));
    });
    says(nodes::tanh, Homework { tanh, ..homework() }, &["the backward of tanh", "cotangent of `a`"]);
}

#[test]
fn a_tanh_that_computes_tanh_again() {
    let tanh = backward(Tanh, |x, _, g, dx| {
        let slope = |i: usize| g.data()[i] * (1.0 - x[0].data()[i].tanh().powi(2));
        dx[0] = Tensor::from_fn(x[0].shape(), slope);
    });
    says(nodes::tanh, Homework { tanh, ..homework() }, &["the backward of `tanh` computes tanh once more"]);
}

#[test]
fn a_softmax_that_overflows() {
    let softmax = forward(Softmax, |x, y| {
        let total: f64 = x[0].data().iter().map(|z| z.exp()).sum();
        y.iter_mut().zip(x[0].data()).for_each(|(s, z)| *s = z.exp() / total);
    });
    says(
        nodes::softmax,
        Homework { softmax, ..homework() },
        &["the forward of `softmax` is wrong: y[0] is NaN", "1000"],
    );
}

#[test]
fn a_softmax_that_subtracts_the_first_logit_and_not_the_largest() {
    let softmax = forward(Softmax, |x, y| {
        let z = x[0].data();
        let total: f64 = z.iter().map(|a| (a - z[0]).exp()).sum();
        y.iter_mut().zip(z).for_each(|(s, a)| *s = (a - z[0]).exp() / total);
    });
    let words = ["the forward of `softmax` is wrong: y[1] is NaN", "[-1000.0, 0.0, 1000.0]"];
    says(nodes::softmax, Homework { softmax, ..homework() }, &words);
}

#[test]
fn a_softmax_taken_for_elementwise() {
    let softmax = backward(Softmax, |_, s, g, dx| {
        dx[0] = Tensor::from_fn([3], |k| g.data()[k] * s.data()[k] * (1.0 - s.data()[k]));
    });
    says(
        nodes::softmax,
        Homework { softmax, ..homework() },
        &["the backward of softmax", "cotangent of `z`, element ["],
    );
}

#[test]
fn a_likelihood_that_is_not_negative() {
    let nll = backward(Nll, |_, _, _, dx| dx[0].data_mut().iter_mut().for_each(|ds| *ds = -*ds));
    says(nodes::nll, Homework { nll, ..homework() }, &["the backward of nll", "cotangent of `s`, element ["]);
}

/// Ridge regression whose penalty is on w, and on b too where `both`.
fn ridge_of(lambda: f64, both: bool) -> Result<Function, GraphError> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
    let w = builder.parameter("w", [2], Initializer::Constant(0.0));
    let b = builder.parameter("b", [], Initializer::Constant(0.0));
    let p = builder.custom(Arc::new(VectorScalarAffine), &[w, x, b]);
    let distance = builder.custom(Arc::new(SquaredDistance), &[p, y]);
    let penalty = |var| builder.custom(Arc::new(L2Penalty { lambda }), &[var]);
    let mut penalties = penalty(w);
    if both {
        penalties = penalties + penalty(b);
    }
    builder.prediction(p);
    builder.objective(distance + penalties);
    builder.finish()
}

#[test]
fn a_ridge_that_regularizes_b() {
    says(
        graphs::ridge,
        Homework { ridge: |_, lambda| ridge_of(lambda, true), ..homework() },
        &["`ridge`: ∂J/∂b is wrong"],
    );
}

#[test]
fn a_ridge_with_another_penalty() {
    says(
        graphs::ridge,
        Homework { ridge: |_, lambda| ridge_of(2.0 * lambda, false), ..homework() },
        &["`ridge`: ∂J/∂w is wrong"],
    );
}

#[test]
fn a_graph_says_which_of_its_rules_is_wrong() {
    let ridge = |_, lambda| {
        let builder = Builder::new();
        let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
        let w = builder.parameter("w", [2], Initializer::Constant(0.0));
        let b = builder.parameter("b", [], Initializer::Constant(0.0));
        let p = builder.custom(Arc::new(VectorScalarAffine), &[w, x, b]);
        let distance = builder.custom(Arc::new(SquaredDistance), &[p, y]);
        let wrong = backward(L2Penalty { lambda }, |_, _, _, dx| dx[0] = Tensor::zeros([2]));
        builder.prediction(p);
        builder.objective(distance + builder.custom(wrong, &[w]));
        builder.finish()
    };
    says(
        graphs::ridge,
        Homework { ridge, ..homework() },
        &["`ridge`", "the backward of l2_penalty", "cotangent of `w`"],
    );
}

#[test]
fn a_network_whose_units_start_equal() {
    let mlp = |d, m, _| course::solutions::graphs::mlp(d, m, 0.0);
    says(graphs::mlp, Homework { mlp, ..homework() }, &["W1 starts at equal numbers"]);
}
