//! Faults of the objective: its sign, its shapes, its formula.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};
use crate::tables;

/// All of them.
pub fn all() -> Vec<Fault> {
    let kinds = [wrong_sign(), loss_broadcast(), loss_mismatch(), unstable_expression(), over_regularised()];
    kinds.into_iter().flatten().collect()
}

/// The objective is another.
fn objective(specimen: Specimen, cause: Cause, name: &str, places: &[&'static str], old: &str, new: &str) -> Fault {
    specimen.broken(cause, name, places, |it| it.text(old, new))
}

fn wrong_sign() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, old: &str, new: &str| {
        objective(specimen, Cause::WrongSign, name, &["objective"], old, new)
    };
    vec![
        fault(healthy::logistic(), "no-minus", "= -(ill", "= (ill"),
        fault(healthy::poisson(), "likelihood", "prediction - visits * log_mean", "visits * log_mean - prediction"),
        fault(healthy::plane(), "minus", "= (prediction - gain)^2", "= -(prediction - gain)^2"),
        fault(healthy::digits(), "log-p", "cross_entropy(logits, digit)", "log(prediction[digit])"),
        fault(healthy::wave(), "one-minus", "= (prediction - signal)^2", "= 1 - (prediction - signal)^2"),
        fault(healthy::robust(), "minus", "= huber(prediction, gain)", "= -huber(prediction, gain)"),
        fault(healthy::xor(), "turned", "softplus(logit) - same * logit", "same * logit - softplus(logit)"),
        fault(healthy::rings(), "minus", "= nll", "= -nll"),
        fault(healthy::pairs(), "minus", "= sum(", "= -sum("),
    ]
}

fn loss_broadcast() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, broken: &dyn Fn(Specimen) -> Specimen| {
        specimen.broken(Cause::LossBroadcast, name, &["objective", "prediction"], broken)
    };
    let all_pairs = "= mean((prediction - force)^2)";
    vec![
        fault(healthy::pairs(), "column", &|it| {
            it.text("affine(W2, middle, b2)", "reshape(affine(W2, middle, b2), [2, 1])")
                .text("= sum((prediction - force)^2)", all_pairs)
        }),
        fault(healthy::curve(), "column", &|it| it.text("W @ knobs + b", "reshape(W @ knobs + b, [6, 1])")),
        fault(healthy::autoencoder(), "row", &|it| {
            it.text("affine(D, code, d)", "reshape(affine(D, code, d), [8, 1])")
                .text("squared_l2_distance(prediction, c)", "sum((prediction - c)^2)")
        }),
        fault(healthy::parabola(), "units", &|it| {
            it.text("dot(v, units) + c", "v * units + c").text("(prediction - y)^2", "mean((prediction - y)^2)")
        }),
        fault(healthy::curve(), "one-output", &|it| it.text("W [6, 2]", "W [1, 2]").text("b [6]", "b [1]")),
        fault(healthy::pairs(), "one-output", &|it| it.text("W2 [2, 24]", "W2 [1, 24]").text("b2 [2]", "b2 [1]")),
        fault(healthy::curve(), "turned-outcome", &|it| {
            it.text("(prediction - at)", "(prediction - reshape(at, [6, 1]))")
        }),
        fault(healthy::plane(), "terms", &|it| {
            it.text("dot(slopes, x) + start", "slopes * x + start")
                .text("(prediction - gain)^2", "sum((prediction - gain)^2)")
        }),
    ]
}

fn loss_mismatch() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, broken: &dyn Fn(Specimen) -> Specimen| {
        specimen.broken(Cause::LossMismatch, name, &["objective", "prediction"], broken)
    };
    vec![
        fault(healthy::blobs(), "numbers", &|it| {
            it.text("W [4, 6]", "W [6]")
                .text("b [4]    = 0", "b [] = 0")
                .text("affine(W, m, b)", "dot(W, m) + b")
                .text("~ glorot", "~ normal(0, 0.1)")
                .text("softmax(logits)", "logits")
                .text("nll(prediction, kind)", "(prediction - kind)^2")
        }),
        fault(healthy::digits(), "all-smoothed", &|it| {
            it.text("cross_entropy(logits, digit)", "cross_entropy(logits, digit, smoothing=1)")
        }),
        fault(healthy::digits(), "logits-for-probabilities", &|it| it.text("cross_entropy(logits,", "nll(logits,")),
        fault(healthy::digits(), "no-outcome", &|it| it.text("cross_entropy(logits, digit)", "-mean(log(prediction))")),
        fault(healthy::wave(), "not-the-prediction", &|it| it.text("(prediction - signal)", "(mean(hidden) - signal)")),
        fault(healthy::digits(), "numbers", &|it| {
            it.set("rate=0.005")
                .text("W2 [10, 32] ~ glorot", "W2 [32] ~ normal(0, 0.1)")
                .text("b2 [10]", "b2 []")
                .text("affine(W2, h, b2)", "dot(W2, h) + b2")
                .text("softmax(logits)", "logits")
                .text("cross_entropy(logits, digit)", "(prediction - digit)^2")
        }),
        fault(
            healthy::blobs().table(|_| tables::blobs(300, 6, 45)).text("int < 4", "int < 6").text("[4", "[6"),
            "ranks",
            &|it| {
                it.text("W [6, 6]", "W [6]")
                    .text("b [6]    = 0", "b [] = 0")
                    .text("affine(W, m, b)", "dot(W, m) + b")
                    .text("~ glorot", "~ normal(0, 0.1)")
                    .text("softmax(logits)", "logits")
                    .text("nll(prediction, kind)", "abs(prediction - kind)")
            },
        ),
        fault(healthy::blobs(), "no-softmax", &|it| it.text("softmax(logits)", "logits")).or(Cause::UnstableExpression),
        fault(healthy::digits(), "no-softmax", &|it| {
            it.text("softmax(logits)", "logits").text("cross_entropy(logits, digit)", "nll(prediction, digit)")
        })
        .or(Cause::UnstableExpression),
        fault(healthy::plane(), "difference", &|it| it.text("(prediction - gain)^2", "prediction - gain")),
        fault(healthy::wave(), "difference", &|it| it.text("(prediction - signal)^2", "signal - prediction")),
        fault(healthy::pairs(), "square-of-sum", &|it| {
            it.text("sum((prediction - force)^2)", "sum(prediction - force)^2")
        }),
        fault(healthy::curve(), "mean-of-differences", &|it| {
            it.text("mean((prediction - at)^2)", "mean(prediction - at)")
        }),
        fault(healthy::logistic(), "abs-of-sigmoid", &|it| {
            it.text("w [4] ~ normal(0, 0.1)", "w [4] ~ normal(0, 8)")
                .text("b []  = 0", "b [] = -30")
                .text("-(ill * log(prediction) + (1 - ill) * log(1 - prediction))", "abs(prediction - ill)")
        })
        .healed(|it| {
            it.text("w [4] ~ normal(0, 0.1)", "w [4] ~ normal(0, 8)").text("b []  = 0", "b [] = -30").set("rate=0.5")
        })
        .or(Cause::InitScale),
        fault(healthy::logistic(), "labels-1-2", &|it| it.table(|table| table.with("ill", |_, y| y + 1.0)))
            .on(&healthy::logistic().columns),
        fault(healthy::wave(), "entropy-of-a-wave", &|it| {
            it.text("(prediction - signal)^2", "binary_cross_entropy(prediction, signal)")
        }),
    ]
}

fn unstable_expression() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], broken: &dyn Fn(Specimen) -> Specimen| {
        specimen.broken(Cause::UnstableExpression, name, places, broken)
    };
    vec![
        fault(healthy::poisson(), "log-of-a-plane", &["objective"], &|it| {
            it.text("= exp(log_mean)", "= log_mean").text("visits * log_mean", "visits * log(prediction)")
        })
        .or(Cause::LossMismatch)
        .or(Cause::OutputRange),
        fault(healthy::poisson(), "relative", &["objective"], &|it| {
            it.text("prediction - visits * log_mean", "((prediction - visits) / visits)^2")
        }),
        fault(healthy::poisson(), "log-of-counts", &["objective"], &|it| {
            it.text("prediction - visits * log_mean", "(log_mean - log(visits))^2")
        }),
        fault(healthy::ridge(), "norm-of-zeros", &["objective"], &|it| it.text("sum(w^2)", "sqrt(sum(w^2))")),
        fault(healthy::robust(), "root-of-zero", &["objective", "size"], &|it| {
            it.text("huber(prediction, gain)", "(prediction - gain)^2 + 0.01 * size")
                .text("prediction =", "size       = sum(sqrt(w^2))\nprediction =")
        }),
        fault(healthy::parabola(), "log-of-units", &["units", "prediction"], &|it| {
            it.text("dot(v, units)", "dot(v, log(units))")
        }),
        fault(healthy::moons().set("rate=0.5"), "log-of-tanh", &["objective"], &|it| {
            it.text("sigmoid(logit)", "0.5 + 0.5 * clip(logit, -1, 1)").text(
                "binary_cross_entropy(logit, moon)",
                "-(moon * log(prediction) + (1 - moon) * log(1 - prediction))",
            )
        }),
        fault(healthy::wave(), "cosine", &["hidden", "prediction"], &|it| {
            it.text("tanh(W1 * t + b1)", "exp(exp(W1 * t + b1) * 3)")
        }),
        fault(healthy::digits(), "normalised", &["h", "prediction", "logits"], &|it| {
            it.text("W2, h, b2)", "W2, h / std(x[0:2]), b2)")
        }),
    ]
}

fn over_regularised() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], broken: &dyn Fn(Specimen) -> Specimen| {
        specimen.broken(Cause::OverRegularised, name, places, broken)
    };
    vec![
        fault(healthy::digits(), "decay", &["weight_decay"], &|it| it.set("weight-decay=0.3")),
        fault(healthy::ridge(), "strength", &["strength", "objective"], &|it| {
            it.text("strength = 0.02", "strength = 20")
        }),
        fault(healthy::plane(), "decay", &["weight_decay"], &|it| it.set("weight-decay=5")),
        fault(healthy::moons(), "decay", &["weight_decay"], &|it| it.set("weight-decay=0.1")),
        fault(healthy::surface(), "penalty", &["objective"], &|it| {
            it.text(
                "(prediction - height)^2",
                "(prediction - height)^2 + 0.5 * sum(`inner/dense/W`^2) + 0.5 * sum(`outer/dense/W`^2)",
            )
        }),
        fault(healthy::robust(), "lasso", &["objective"], &|it| {
            it.text("huber(prediction, gain)", "huber(prediction, gain) + 2 * sum(abs(w))")
        }),
        fault(healthy::wave(), "adamw", &["weight_decay"], &|it| it.set("optimizer=adamw weight-decay=8")),
        fault(healthy::autoencoder(), "penalty", &["penalty", "objective"], &|it| {
            it.text("squared_l2_distance(prediction, c)", "squared_l2_distance(prediction, c) + penalty")
                .text("prediction =", "penalty    = 20 * (mean(E^2) + mean(D^2)) * 8\nprediction =")
        }),
    ]
}
