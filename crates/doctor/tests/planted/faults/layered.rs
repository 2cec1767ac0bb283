//! Faults of networks of ready layers, and of what is frozen, thinned or kept from learning for other reasons.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};
use crate::tables::{Columns, Random};

/// All of them.
pub fn all() -> Vec<Fault> {
    [of_pictures(), of_walks(), of_norms_and_dropout(), of_bells(), frozen(), of_penalties()]
        .into_iter()
        .flatten()
        .collect()
}

fn written(specimen: Specimen, cause: Cause, name: &str, places: &[&'static str], changes: &[(&str, &str)]) -> Fault {
    specimen.broken(cause, name, places, |it| changes.iter().fold(it, |it, (old, new)| it.text(old, new)))
}

/// The outcomes of other rows; measured on their own.
fn shuffled(specimen: Specimen, outcome: &'static str) -> Fault {
    let columns = specimen.columns.clone();
    let values = columns.values(outcome).to_vec();
    let order = Random::new(7).order(values.len());
    let broken = |it: Specimen| it.table(|table| table.with(outcome, |row, _| values[order[row]]));
    specimen.broken(Cause::LabelsUnrelated, "mixed-up", &[outcome], broken).on(&columns)
}

fn of_pictures() -> Vec<Fault> {
    let pictures = healthy::pictures;
    let last = &["objective", "prediction", "logits"];
    vec![
        shuffled(pictures(), "digit"),
        pictures().broken(Cause::StepTooLarge, "rate", &["rate"], |it| it.set("rate=2")),
        pictures().broken(Cause::TooLittleTraining, "slow", &["rate", "epochs"], |it| it.set("rate=0.00002 epochs=8")),
        written(
            pictures(),
            Cause::DeadRelu,
            "negative",
            &["maps", "maps/conv/W"],
            &[("padding=\"same\")", "padding=\"same\", init=\"uniform(-0.9, -0.4)\")")],
        )
        .or(Cause::InitScale),
        written(pictures(), Cause::WrongSign, "minus", &["objective"], &[("= cross_entropy", "= -cross_entropy")]),
        written(
            pictures(),
            Cause::SymmetricInit,
            "zeros",
            &["maps", "maps/conv/W", "logits", "logits/dense/W"],
            &[
                ("padding=\"same\")", "padding=\"same\", init=0)"),
                ("dense(flatten(maps), 10)", "dense(flatten(maps), 10, init=0)"),
            ],
        ),
        written(
            pictures(),
            Cause::LossMismatch,
            "no-softmax",
            last,
            &[("softmax(logits)", "logits"), ("cross_entropy(logits, digit)", "nll(prediction, digit)")],
        )
        .or(Cause::UnstableExpression),
    ]
}

fn of_walks() -> Vec<Fault> {
    let gated = healthy::gated;
    vec![
        shuffled(gated(), "up"),
        gated().broken(Cause::TooLittleTraining, "slow", &["rate", "epochs"], |it| it.set("rate=0.00001")),
        written(
            gated(),
            Cause::OutputRange,
            "relu",
            &["score"],
            &[("dense(last(states), 1)[0]", "relu(dense(last(states), 1)[0])")],
        ),
        written(gated(), Cause::WrongSign, "minus", &["objective"], &[("= binary", "= -binary")]),
        written(
            gated(),
            Cause::ConstantOutput,
            "softmax-of-one",
            &["prediction", "score"],
            &[
                ("dense(last(states), 1)[0]", "softmax(dense(last(states), 1))[0]"),
                ("sigmoid(score)", "score"),
                ("binary_cross_entropy(score, up)", "(prediction - up)^2"),
            ],
        ),
        written(
            gated(),
            Cause::ConstantOutput,
            "first-state",
            &["prediction", "score", "states"],
            &[("last(states)", "0 * last(states)")],
        ),
        written(
            gated(),
            Cause::ConstantOutput,
            "behind-the-first",
            &["score", "states"],
            &[("last(states)", "first(states)")],
        ),
        written(gated(), Cause::ConstantOutput, "step-0", &["score", "states"], &[("last(states)", "states[0]")]),
        written(
            gated(),
            Cause::ConstantOutput,
            "backwards",
            &["score", "states"],
            &[("gru(reshape(step, [6, 1]), 8)", "reverse(gru(reverse(reshape(step, [6, 1]), axes=0), 8), axes=0)")],
        ),
        padded(gated(), 60),
        padded(gated().text("gru(reshape(step, [6, 1]), 8)", "lstm(reshape(step, [6, 1]), 8)").renamed("lstm"), 40),
        written(
            gated(),
            Cause::GradientBlocked,
            "rounded",
            &["score", "prediction", "objective"],
            &[("dense(last(states), 1)[0]", "round(dense(last(states), 1)[0])")],
        ),
    ]
}

/// So many steps of zeros behind the walk.
fn padded(specimen: Specimen, more: usize) -> Fault {
    let all = 6 + more;
    let broken = |it: Specimen| {
        let table = |mut table: Columns| {
            let rows = table.rows();
            let zeros = (6..all).map(|step| (format!("step{step}"), vec![0.0; rows]));
            table.0.splice(6..6, zeros);
            table
        };
        it.text("[6]", &format!("[{all}]")).text("[6, 1]", &format!("[{all}, 1]")).table(table)
    };
    specimen.broken(Cause::VanishingGradient, "padded", &["score", "states", "step0"], broken)
}

fn of_norms_and_dropout() -> Vec<Fault> {
    let (normed, thinned) = (healthy::normed, healthy::thinned);
    vec![
        written(normed(), Cause::NoNonlinearity, "linear", &["first", "second"], &[("relu(batch_norm", "(batch_norm")]),
        written(normed(), Cause::TooFewUnits, "narrow", &["first"], &[("dense(q, 24,", "dense(q, 1,")]),
        normed().broken(Cause::TargetNotScaled, "thousands", &["height"], |it| {
            it.table(|table| table.with("height", |_, y| 2000.0 * y + 9000.0))
        }),
        normed().broken(Cause::StepTooLarge, "rate", &["rate"], |it| it.set("rate=20")),
        written(
            normed(),
            Cause::TooLittleTraining,
            "lagging",
            &["batch_norm"],
            &[("init=\"he\"))", "init=\"he\"), momentum=0.0005)")],
        ),
        written(thinned(), Cause::OverRegularised, "dropout", &["h"], &[("0.3)", "0.995)")]),
        written(
            thinned(),
            Cause::SymmetricInit,
            "constant",
            &["h", "h/dense/W", "logits", "logits/dense/W"],
            &[
                ("init=\"he\"", "init=0.02"),
                ("dense(h, 10)", "dense(h, 10, init=0)"),
                ("dropout(relu(dense(x, 48, init=0.02)), 0.3)", "relu(dense(x, 48, init=0.02))"),
            ],
        ),
        thinned().broken(Cause::OverRegularised, "decay", &["weight_decay"], |it| it.set("weight-decay=0.4")),
        written(
            thinned().set("epochs=15"),
            Cause::InitScale,
            "tiny",
            &["h", "h/dense/W", "logits", "logits/dense/W"],
            &[
                ("init=\"he\"", "init=\"normal(0, 0.00001)\""),
                ("dense(h, 10)", "dense(h, 10, init=\"normal(0, 0.00001)\")"),
            ],
        )
        .or_by(Cause::TooLittleTraining, |it| it.set("epochs=400")),
    ]
}

fn of_bells() -> Vec<Fault> {
    let bells = healthy::bells;
    vec![
        written(
            bells(),
            Cause::InitScale,
            "far-middles",
            &["middle", "bell"],
            &[("~ uniform(-3, 3)", "~ uniform(40, 60)")],
        ),
        written(
            bells(),
            Cause::SymmetricInit,
            "one-middle",
            &["middle", "height", "bell"],
            &[("~ uniform(-3, 3)", "= 0.2"), ("~ normal(0, 0.3)", "= 0.1")],
        ),
        written(bells(), Cause::TooFewUnits, "one-bell", &["k", "bell", "middle"], &[("k = 14", "k = 1")]),
        bells().broken(Cause::InputsNotScaled, "minutes", &["t", "standardize"], |it| {
            it.table(|table| table.with("t", |_, t| 60.0 * t))
        }),
        written(bells(), Cause::UnstableExpression, "turned-bells", &["bell"], &[("exp(-2 *", "exp(100 *")]),
        written(
            bells(),
            Cause::OutputRange,
            "sigmoid",
            &["prediction"],
            &[("= dot(height, bell)", "= sigmoid(dot(height, bell))")],
        ),
    ]
}

/// What ought to learn is held fixed.
fn frozen() -> Vec<Fault> {
    let fault = |specimen: Specimen, places: &[&'static str], changes: &[(&str, &str)]| {
        written(specimen, Cause::GradientBlocked, "frozen", places, changes)
    };
    vec![
        fault(healthy::plane(), &["slopes", "prediction"], &[("~ normal(0, 0.3)", "~ normal(0, 0.3), frozen")]),
        fault(
            healthy::pairs(),
            &["W1", "W2", "b1", "middle"],
            &[
                ("W1 [24, 3] ~ glorot", "W1 [24, 3] ~ glorot, frozen"),
                ("W2 [2, 24] ~ glorot", "W2 [2, 24] ~ glorot, frozen"),
            ],
        ),
        fault(healthy::blobs(), &["W", "logits"], &[("~ glorot", "~ glorot, frozen")]),
        fault(
            healthy::moons(),
            &["W1", "W2", "h1", "h2"],
            &[("12", "3"), ("~ glorot", "~ glorot, frozen"), ("= 0\n", "= 0, frozen\n")],
        ),
    ]
}

fn of_penalties() -> Vec<Fault> {
    vec![
        written(
            healthy::ridge(),
            Cause::WrongSign,
            "penalty",
            &["objective"],
            &[("+ strength * sum(w^2)", "- 80 * strength * sum(w^2)")],
        ),
        written(
            healthy::pairs(),
            Cause::OverRegularised,
            "on-predictions",
            &["objective"],
            &[("sum((prediction - force)^2)", "sum((prediction - force)^2) + 30 * sum(prediction^2)")],
        ),
        healthy::deep().broken(Cause::OverRegularised, "nesterov-decay", &["weight_decay"], |it| {
            it.set("optimizer=nesterov weight-decay=0.2")
        }),
        healthy::spiral().broken(
            Cause::TooLittleTraining,
            "one-epoch-of-patience",
            &["patience", "epochs", "rate"],
            |it| it.set("patience=1 rate=0.0001 epochs=12"),
        ),
        healthy::wave().broken(Cause::TooLittleTraining, "warm-up-only", &["schedule", "rate", "epochs"], |it| {
            it.set("schedule=cosine epochs=4 batch=100")
        }),
    ]
}
