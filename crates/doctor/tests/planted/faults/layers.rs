//! Faults of the model: what its layers can't do, or don't pass on.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};
use crate::tables::{self, Columns};

/// All of them.
pub fn all() -> Vec<Fault> {
    let output = [output_range(), constant_output(), double_softmax(), gradient_blocked()];
    let capacity = [no_nonlinearity(), too_few_units(), missing_bias()];
    output.into_iter().chain(capacity).flatten().collect()
}

/// A stretch of the model is another.
fn written(specimen: Specimen, cause: Cause, name: &str, places: &[&'static str], changes: &[(&str, &str)]) -> Fault {
    specimen.broken(cause, name, places, |it| changes.iter().fold(it, |it, (old, new)| it.text(old, new)))
}

fn output_range() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, old: &str, new: &str| {
        written(specimen, Cause::OutputRange, name, &["prediction", "logit", "logits"], &[(old, new)])
    };
    vec![
        fault(healthy::parabola(), "relu", "dot(v, units) + c", "relu(dot(v, units) + c)").or(Cause::DeadRelu),
        fault(healthy::plane(), "clipped", "dot(slopes, x) + start", "clip(dot(slopes, x) + start, -0.1, 0.1)"),
        fault(healthy::plane(), "sigmoid", "dot(slopes, x) + start", "sigmoid(dot(slopes, x) + start)"),
        fault(healthy::surface(), "tanh", "dense(outer, 1)[0]", "tanh(dense(outer, 1)[0])"),
        fault(healthy::wave(), "relu", "dot(W2, hidden) + b2", "relu(dot(W2, hidden) + b2)").or(Cause::DeadRelu),
        fault(healthy::pairs(), "tanh", "affine(W2, middle, b2)", "tanh(affine(W2, middle, b2))"),
        fault(healthy::autoencoder(), "sigmoid", "affine(D, code, d)", "sigmoid(affine(D, code, d))"),
        fault(healthy::moons(), "relu-before-sigmoid", "= dot(w3, h2) + b3", "= relu(dot(w3, h2) + b3)"),
        fault(healthy::curve(), "relu", "W @ knobs + b", "relu(W @ knobs + b)"),
        fault(healthy::digits(), "tanh-before-softmax", "= affine(W2, h, b2)", "= 0.3 * sigmoid(affine(W2, h, b2))"),
    ]
}

fn constant_output() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::ConstantOutput, name, places, changes)
    };
    let likelihood = "-(ill * log(prediction) + (1 - ill) * log(1 - prediction))";
    vec![
        fault(
            healthy::logistic(),
            "softmax-of-one",
            &["prediction"],
            &[("sigmoid(score)", "softmax(reshape(score, [1]))[0]"), (likelihood, "(prediction - ill)^2")],
        ),
        fault(
            healthy::moons(),
            "softmax-of-one",
            &["prediction", "p1"],
            &[
                ("w3 [12]     ~", "w3 [1, 12] ~"),
                ("b3 []  ", "b3 [1] "),
                ("dot(w3, h2) + b3", "affine(w3, h2, b3)"),
                ("prediction = sigmoid(logit)", "p1 = softmax(logit)\nprediction = p1[0]"),
                ("binary_cross_entropy(logit, moon)", "abs(prediction - moon)"),
            ],
        ),
        fault(
            healthy::surface(),
            "norm-of-one",
            &["prediction"],
            &[("dense(outer, 1)[0]", "layer_norm(dense(outer, 1))[0]")],
        ),
        fault(
            healthy::wave(),
            "centred",
            &["prediction", "hidden"],
            &[("dot(W2, hidden) + b2", "sum(W2 * (mean(hidden) - mean(hidden))) + b2")],
        ),
        fault(
            healthy::parabola(),
            "sum-of-softmax",
            &["prediction", "units"],
            &[("dot(v, units) + c", "c * sum(softmax(units))")],
        ),
        fault(healthy::plane(), "forgotten", &["prediction"], &[("dot(slopes, x) + start", "sum(slopes) + start")]),
        fault(
            healthy::deep(),
            "relu-of-minus-square",
            &["prediction", "h3"],
            &[("dot(w4, h3) + b4", "dot(w4, relu(-h3^2)) + b4")],
        ),
        fault(
            healthy::spiral(),
            "norm-of-one",
            &["second", "first"],
            &[("tanh(dense(first, 24))", "layer_norm(dense(first, 1))")],
        ),
    ]
}

fn double_softmax() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::DoubleSoftmax, name, places, changes)
    };
    let of_softmax = [("cross_entropy(logits, digit)", "cross_entropy(prediction, digit)")];
    let last = &["objective", "prediction", "logits"];
    let eight = || {
        healthy::blobs()
            .table(|_| tables::blobs(400, 8, 44))
            .text("int < 4", "int < 8")
            .text("W [4, 6]", "W [8, 6]")
            .text("b [4]", "b [8]")
    };
    vec![
        fault(healthy::digits(), "entropy-of-softmax", last, &of_softmax),
        fault(healthy::digits().set("rate=0.02 optimizer=momentum epochs=12"), "momentum-twice", last, &of_softmax),
        fault(
            healthy::digits().text("relu", "tanh").text("~ he", "~ glorot").set("epochs=12"),
            "tanh-twice",
            last,
            &[
                ("softmax(logits)", "softmax(softmax(logits))"),
                ("cross_entropy(logits, digit)", "nll(prediction, digit)"),
            ],
        ),
        fault(eight().set("epochs=25"), "eight-twice", last, &[("softmax(logits)", "softmax(softmax(logits))")]),
        fault(
            eight().set("epochs=25 rate=0.03"),
            "eight-probabilities",
            last,
            &[("= affine(W, m, b)", "= softmax(affine(W, m, b))")],
        ),
        fault(healthy::digits(), "between", &["h"], &[("= relu(affine", "= softmax(affine")]),
        fault(
            healthy::digits(),
            "logits-are-softmax",
            last,
            &[("= affine(W2, h, b2)", "= softmax(affine(W2, h, b2))")],
        ),
    ]
}

fn gradient_blocked() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::GradientBlocked, name, places, changes)
    };
    vec![
        fault(healthy::surface(), "left-behind", &["inner", "first", "outer"], &[("dense(inner,", "dense(q[0:1],")]),
        fault(
            healthy::plane(),
            "stopped",
            &["prediction", "slopes"],
            &[("dot(slopes, x)", "stop_gradient(dot(slopes, x))")],
        ),
        fault(
            healthy::plane(),
            "rounded",
            &["prediction", "objective", "slopes", "start"],
            &[("= dot(slopes, x) + start", "= round(dot(slopes, x) + start)")],
        ),
        fault(
            healthy::logistic(),
            "decided",
            &["prediction", "objective", "w", "b"],
            &[(
                "-(ill * log(prediction) + (1 - ill) * log(1 - prediction))",
                "(where(prediction > 0.5, 1, 0) - ill)^2",
            )],
        )
        .or(Cause::LossMismatch),
        fault(
            healthy::blobs(),
            "accuracy",
            &["objective", "W", "b", "prediction"],
            &[("nll(prediction, kind)", "where(argmax(prediction) == kind, 0, 1) + 0 * sum(W)")],
        ),
        fault(
            healthy::moons(),
            "steps",
            &["h1", "h2", "W1", "b1", "W2", "b2"],
            &[
                ("tanh(affine(W1, p, b1))", "where(affine(W1, p, b1) > 0, 1, 0)"),
                ("[12, 2]", "[4, 2]"),
                ("W1 [4, 2]  ~ glorot\nparam   b1 [12]", "W1 [4, 2] ~ glorot\nparam   b1 [4]"),
                ("W2 [12, 12]", "W2 [12, 4]"),
            ],
        ),
        fault(
            healthy::xor(),
            "signs",
            &["h", "wa", "wb", "s"],
            &[("tanh(wa * a + wb * b + s)", "sign(wa * a + wb * b + s)"), ("[8]", "[3]")],
        ),
        fault(
            healthy::surface(),
            "stopped",
            &["inner", "outer", "prediction"],
            &[("dense(outer, 1)", "dense(stop_gradient(outer), 1)"), ("dense(inner, 16,", "dense(inner, 3,")],
        ),
        fault(
            healthy::digits(),
            "floored",
            &["h", "W1", "b1"],
            &[("relu(affine(W1, x, b1))", "floor(sigmoid(affine(W1, x, b1)) * 2)"), ("32", "6")],
        ),
        fault(
            healthy::poisson(),
            "stopped-mean",
            &["log_mean", "prediction", "slope", "base"],
            &[("dot(slope, stack(heat, wind, rain)) + base", "floor(dot(slope, stack(heat, wind, rain)) + base)")],
        ),
    ]
}

fn no_nonlinearity() -> Vec<Fault> {
    let fault = |specimen: Specimen, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::NoNonlinearity, "linear", places, changes)
    };
    vec![
        fault(healthy::wave(), &["hidden"], &[("tanh(W1 * t + b1)", "W1 * t + b1")]),
        fault(healthy::parabola().set("rate=0.01"), &["units"], &[("relu(A @ x + a)", "A @ x + a")]),
        fault(
            healthy::moons().set("rate=0.02"),
            &["h1", "h2"],
            &[("tanh(affine(W1, p, b1))", "affine(W1, p, b1)"), ("tanh(affine(W2, h1, b2))", "affine(W2, h1, b2)")],
        ),
        fault(
            healthy::rings(),
            &["dense1", "dense2"],
            &[
                ("relu(dense(place, 16, init=\"he\"))", "dense(place, 16, init=\"he\")"),
                ("relu(dense(dense1, 8, init=\"he\"))", "dense(dense1, 8, init=\"he\")"),
            ],
        ),
        fault(
            healthy::spiral(),
            &["first", "second"],
            &[("tanh(dense(place, 24))", "dense(place, 24)"), ("tanh(dense(first, 24))", "dense(first, 24)")],
        ),
        fault(
            healthy::surface(),
            &["inner", "outer"],
            &[
                ("gelu(dense(q, 32, init=\"he\"))", "dense(q, 32, init=\"he\")"),
                ("gelu(dense(inner, 16, init=\"he\"))", "dense(inner, 16, init=\"he\")"),
            ],
        ),
        fault(healthy::xor(), &["h"], &[("tanh(wa * a + wb * b + s)", "wa * a + wb * b + s")]),
        fault(healthy::pairs(), &["middle"], &[("tanh(affine(W1, s, b1))", "affine(W1, s, b1)")]),
        fault(healthy::deep().set("rate=0.002"), &["h1", "h2", "h3"], &[("tanh", "")]),
    ]
}

fn too_few_units() -> Vec<Fault> {
    let fault = |specimen: Specimen, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::TooFewUnits, "narrow", places, changes)
    };
    vec![
        fault(healthy::wave(), &["hidden", "W1"], &[("[16]", "[1]")]),
        fault(healthy::parabola(), &["units", "A"], &[("[24", "[1")]),
        fault(
            healthy::moons(),
            &["h1", "W1"],
            &[("W1 [12, 2]", "W1 [1, 2]"), ("b1 [12]", "b1 [1]"), ("W2 [12, 12]", "W2 [12, 1]")],
        ),
        fault(healthy::rings(), &["dense1"], &[("dense(place, 16,", "dense(place, 1,")]),
        fault(healthy::spiral(), &["first"], &[("dense(place, 24)", "dense(place, 1)")]),
        fault(healthy::surface(), &["inner"], &[("dense(q, 32,", "dense(q, 1,")]),
        fault(healthy::xor(), &["h"], &[("[8]", "[1]")]),
        fault(
            healthy::pairs(),
            &["middle", "units"],
            &[
                ("input   s [3]", "input   s [3]\nlet     units = 2"),
                ("[24, 3]", "[units, 3]"),
                ("[24]", "[units]"),
                ("[2, 24]", "[2, units]"),
            ],
        ),
        fault(
            healthy::autoencoder(),
            &["code"],
            &[("E [2, 8]", "E [1, 8]"), ("e [2]", "e [1]"), ("D [8, 2]", "D [8, 1]")],
        ),
    ]
}

fn missing_bias() -> Vec<Fault> {
    let raised = |specimen: Specimen, columns: &[&str], by: f64| {
        specimen.table(|table| columns.iter().fold(table, |table: Columns, name| table.with(name, |_, x| x + by)))
    };
    let fault = |specimen: Specimen, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::MissingBias, "through-0", places, changes)
    };
    // An outcome that is brought to mean 0 needs no intercept.
    let centred = |fault: Fault| {
        let outcome = fault.faulty.outcomes[0].trim_end_matches('0').to_string();
        fault.or_by(Cause::TargetNotScaled, |it| it.set(&format!("standardize={outcome}")))
    };
    vec![
        centred(fault(
            raised(healthy::plane(), &["gain"], 8.0),
            &["prediction"],
            &[(" + start", ""), ("param   start []   = 0\n", "")],
        )),
        centred(fault(
            raised(healthy::robust().set("epochs=300"), &["gain"], 12.0),
            &["prediction"],
            &[(" + b", ""), ("param   b []  = 0\n", "")],
        ))
        .on(&raised(healthy::robust(), &["gain"], 12.0).columns),
        fault(
            raised(healthy::logistic().set("epochs=300"), &["z0", "z1"], 3.0),
            &["score"],
            &[(" + b", ""), ("param   b []  = 0\n", "")],
        ),
        fault(
            healthy::parabola(),
            &["units", "prediction"],
            &[
                (" + a)", ")"),
                (" + c", ""),
                ("param   a [24]    ~ uniform(-0.5, 0.5)\n", ""),
                ("param   c []      = 0\n", ""),
            ],
        ),
        centred(fault(
            raised(healthy::surface(), &["height"], 6.0),
            &["prediction", "inner", "outer"],
            &[
                ("dense(q, 32,", "dense(q, 32, bias=false,"),
                ("dense(inner, 16,", "dense(inner, 16, bias=false,"),
                ("dense(outer, 1)", "dense(outer, 1, bias=false)"),
            ],
        )),
        centred(fault(
            raised(healthy::curve(), &["at0", "at1", "at2", "at3", "at4", "at5"], 5.0),
            &["prediction"],
            &[(" + b", ""), ("param   b [6]    = 0\n", "")],
        )),
        fault(healthy::poisson(), &["log_mean"], &[(" + base", ""), ("param   base []   = 1\n", "")]),
        fault(
            healthy::xor(),
            &["h", "logit"],
            &[(" + s)", ")"), (" + c", ""), ("param   s  [8] ~ normal(0, 0.5)\n", ""), ("param   c  []  = 0\n", "")],
        ),
    ]
}
