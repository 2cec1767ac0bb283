//! Faults of the start, and of how the gradient gets back to it.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};

/// All of them.
pub fn all() -> Vec<Fault> {
    [symmetric_init(), init_scale(), dead_relu(), vanishing_gradient()].into_iter().flatten().collect()
}

fn written(specimen: Specimen, cause: Cause, name: &str, places: &[&'static str], changes: &[(&str, &str)]) -> Fault {
    specimen.broken(cause, name, places, |it| changes.iter().fold(it, |it, (old, new)| it.text(old, new)))
}

fn symmetric_init() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::SymmetricInit, name, places, changes)
    };
    vec![
        fault(
            healthy::wave(),
            "constant",
            &["hidden", "W1", "b1", "W2"],
            &[
                ("W1 [16]    ~ normal(0, 1)", "W1 [16] = 0.5"),
                ("b1 [16]    ~ normal(0, 1)", "b1 [16] = 0"),
                ("W2 [16]    ~ normal(0, 0.3)", "W2 [16] = 0.1"),
            ],
        ),
        fault(healthy::digits(), "zeros", &["h", "W1", "W2", "b1"], &[("~ he", "= 0"), ("~ glorot", "= 0")]),
        fault(
            healthy::moons(),
            "constant",
            &["h1", "h2", "W1", "W2", "w3"],
            &[("~ glorot", "= 0.2"), ("~ normal(0, 0.3)", "= 0.2")],
        ),
        fault(
            healthy::spiral(),
            "constant",
            &["first", "second", "first/dense/W", "second/dense/W", "logits"],
            &[
                ("dense(place, 24)", "dense(place, 24, init=0.1)"),
                ("dense(first, 24)", "dense(first, 24, init=0.1)"),
                ("dense(second, 3)", "dense(second, 3, init=0.1)"),
            ],
        ),
        fault(
            healthy::pairs(),
            "constant",
            &["middle", "W1", "W2", "b1"],
            &[("~ glorot", "= 0.3"), ("~ normal(0, 0.3)", "= 0")],
        ),
        fault(
            healthy::deep(),
            "zeros",
            &["h1", "h2", "h3", "W1", "W2", "W3", "w4"],
            &[("~ he", "= 0"), ("~ glorot", "= 0"), ("~ normal(0, 0.2)", "= 0")],
        ),
        fault(
            healthy::rings(),
            "ones",
            &["dense1", "dense2", "dense1/dense/W", "dense2/dense/W", "prediction"],
            &[("init=\"he\"", "init=0.3"), ("dense(dense2, 2)", "dense(dense2, 2, init=0)")],
        ),
        fault(
            healthy::xor(),
            "constant",
            &["h", "wa", "wb", "s", "v"],
            &[("~ normal(0, 1)", "= 1"), ("~ normal(0, 0.5)", "= 0.5")],
        ),
    ]
}

fn init_scale() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::InitScale, name, places, changes)
    };
    vec![
        fault(
            healthy::moons(),
            "wide-first",
            &["W1", "h1"],
            &[("W1 [12, 2]  ~ glorot", "W1 [12, 2] ~ normal(0, 200)"), ("b1 [12]     = 0", "b1 [12] ~ normal(0, 200)")],
        ),
        fault(
            healthy::deep(),
            "tiny",
            &["W1", "W2", "W3", "w4", "h1", "h2", "h3"],
            &[
                ("~ he", "~ normal(0, 0.001)"),
                ("~ glorot", "~ normal(0, 0.001)"),
                ("~ normal(0, 0.2)", "~ normal(0, 0.001)"),
            ],
        )
        .or(Cause::VanishingGradient),
        fault(
            healthy::wave(),
            "wide-biases",
            &["b1", "hidden"],
            &[("b1 [16]    ~ normal(0, 1)", "b1 [16] ~ uniform(60, 90)")],
        ),
        fault(
            healthy::spiral(),
            "wide",
            &["first/dense/W", "second/dense/W", "first", "second"],
            &[
                ("dense(place, 24)", "dense(place, 24, init=\"normal(0, 60)\")"),
                ("dense(first, 24)", "dense(first, 24, init=\"normal(0, 30)\")"),
            ],
        ),
        fault(
            healthy::curve().set("epochs=20 rate=0.02"),
            "wide",
            &["W", "prediction"],
            &[("~ glorot", "~ normal(0, 400)")],
        )
        .or_by(Cause::TooLittleTraining, |it| it.set("epochs=200")),
        fault(
            healthy::surface().set("optimizer=momentum epochs=40"),
            "tiny",
            &["inner/dense/W", "outer/dense/W", "inner", "outer"],
            &[("init=\"he\"", "init=\"normal(0, 0.0005)\"")],
        )
        .or_by(Cause::TooLittleTraining, |it| it.set("epochs=400")),
        fault(
            healthy::pairs().set("epochs=80"),
            "wide",
            &["W1", "middle", "W2", "b1"],
            &[("W1 [24, 3] ~ glorot", "W1 [24, 3] ~ normal(0, 80)")],
        ),
        fault(healthy::blobs(), "wide", &["W", "logits", "prediction"], &[("~ glorot", "~ normal(0, 300)")]),
        fault(healthy::logistic(), "far-bias", &["b", "score", "prediction"], &[("b []  = 0", "b [] = -800")]),
        fault(
            healthy::parabola(),
            "wide",
            &["A", "v", "units"],
            &[("A [24, 1] ~ he", "A [24, 1] ~ normal(0, 40)"), ("~ normal(0, 0.2)", "~ normal(0, 30)")],
        )
        .or_by(Cause::StepTooLarge, |it| it.set("rate=0.00002")),
    ]
}

fn dead_relu() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::DeadRelu, name, places, changes).or(Cause::InitScale)
    };
    vec![
        fault(
            healthy::parabola(),
            "low-biases",
            &["units", "a", "A"],
            &[("~ uniform(-0.5, 0.5)", "~ uniform(-30, -20)")],
        ),
        fault(healthy::digits(), "low-biases", &["h", "b1", "W1"], &[("b1 [32]     = 0", "b1 [32] = -15")]),
        fault(healthy::digits(), "negative", &["h", "W1", "b1"], &[("~ he", "~ uniform(-0.3, -0.05)")]),
        fault(
            healthy::moons().text("h2         = tanh", "h2         = relu").set("rate=0.02"),
            "second-layer",
            &["h2", "b2", "W2"],
            &[("b2 [12]     = 0", "b2 [12] = -12")],
        ),
        fault(
            healthy::wave().text("tanh", "relu"),
            "low-biases",
            &["hidden", "b1", "W1"],
            &[("b1 [16]    ~ normal(0, 1)", "b1 [16] = -20")],
        ),
        fault(
            healthy::pairs().text("tanh", "relu"),
            "low-biases",
            &["middle", "b1", "W1"],
            &[("b1 [24]    ~ normal(0, 0.3)", "b1 [24] = -25")],
        ),
        fault(
            healthy::deep().text("h1         = tanh", "h1         = relu"),
            "low-biases",
            &["h1", "b1", "W1"],
            &[("b1 [16]     = 0", "b1 [16] ~ normal(-30, 1)")],
        ),
    ]
}

/// So many layers of sigmoids.
fn sigmoids(specimen: Specimen, width: usize, layers: usize, from: &str, old: &str, to: &str) -> Specimen {
    let mut text = String::new();
    let mut before = from.to_string();
    for layer in 1..=layers {
        text += &format!("layer{layer} = sigmoid(dense({before}, {width}))\n");
        before = format!("layer{layer}");
    }
    specimen.text(old, &(text + to))
}

fn vanishing_gradient() -> Vec<Fault> {
    let places = &["layer1", "layer2", "layer3", "layer4", "layer5", "layer6", "layer7", "layer8"];
    let fault = |specimen: Specimen, name: &str, width, layers, from: &str, (old, to): (&str, &str)| {
        specimen.broken(Cause::VanishingGradient, name, places, |it| sigmoids(it, width, layers, from, old, to))
    };
    let digits = || healthy::digits();
    vec![
        fault(digits(), "sigmoids-6", 32, 6, "x", ("h          = relu(affine(W1, x, b1))\n", "h = layer6[0:32]\n")),
        fault(
            healthy::spiral().set("optimizer=momentum rate=0.05"),
            "sigmoids-5",
            24,
            5,
            "place",
            ("first      = tanh(dense(place, 24))\nsecond     = tanh(dense(first, 24))\n", "second = layer5\n"),
        ),
        fault(
            healthy::surface().set("optimizer=sgd rate=0.02").unset("optimizer"),
            "sigmoids-6",
            24,
            6,
            "q",
            (
                "inner      = gelu(dense(q, 32, init=\"he\"))\nouter      = gelu(dense(inner, 16, init=\"he\"))\n",
                "outer = layer6\n",
            ),
        ),
        fault(
            healthy::rings().set("optimizer=momentum rate=0.05"),
            "sigmoids-7",
            16,
            7,
            "place",
            (
                "dense1     = relu(dense(place, 16, init=\"he\"))\ndense2     = relu(dense(dense1, 8, init=\"he\"))\n",
                "dense2 = layer7\n",
            ),
        ),
        fault(
            healthy::deep(),
            "sigmoids-8",
            16,
            8,
            "q",
            (
                "h1         = tanh(affine(W1, q, b1))\nh2         = tanh(affine(W2, h1, b2))\nh3         = tanh(affine(W3, h2, b3))\n",
                "h3 = layer8\n",
            ),
        ),
        fault(
            healthy::moons(),
            "sigmoids-6",
            12,
            6,
            "p",
            ("h1         = tanh(affine(W1, p, b1))\nh2         = tanh(affine(W2, h1, b2))\n", "h2 = layer6\n"),
        ),
        fault(
            healthy::wave().unset("optimizer").set("rate=0.05"),
            "sigmoids-5",
            16,
            5,
            "reshape(t, [1])",
            ("hidden     = tanh(W1 * t + b1)\n", "hidden = layer5\n"),
        ),
    ]
}
