//! Settings and losses that networks are trained with.

use chainrule_doctor::{Cause, Diagnosis};
use chainrule_learn::{Adam, Optimizer, Training};

use crate::{examined_with, random};

const CLASSES: &str = "\
input   x [4]
outcome y [] int < 4
logits     = dense(tanh(dense(x, 16)), 4)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

/// The greatest of four numbers.
fn examined(source: &str, epsilon: f64) -> Diagnosis {
    let mut random = random();
    let x: Vec<f64> = (0..4 * 160).map(|_| (random() % 2001) as f64 / 1000.0 - 1.0).collect();
    let greatest = |row: &[f64]| (0..4).fold(0, |best, at| if row[at] > row[best] { at } else { best });
    let y: Vec<f64> = x.chunks(4).map(|row| greatest(row) as f64).collect();
    let optimizer = Optimizer::Adam(Adam { epsilon, ..Adam::default() });
    let settings = Training { epochs: 30, batch: 8, rate: 0.01, optimizer, ..Training::default() };
    examined_with(source, 160, &[("x", x), ("y", y)], settings)
}

/// Steps are the gradient over its size and ε: beside one as large as 10 the gradients are small.
#[test]
fn an_epsilon_beside_which_gradients_are_small_is_found() {
    let found = examined(CLASSES, 10.0).findings;
    let first = found.first().map(|finding| (finding.cause, finding.setting));
    assert_eq!(first, Some((Cause::TooLittleTraining, Some("epsilon"))), "{found:?}");
    let healthy = examined(CLASSES, 1e-8);
    assert!(healthy.findings.is_empty(), "{healthy:?}");
}

/// The classes are numbered, and the objective takes the number for a quantity.
#[test]
fn a_loss_that_computes_with_the_number_of_a_class_is_found() {
    let source = CLASSES.replace("cross_entropy(logits, y)", "binary_cross_entropy(sum(logits), y / 4)");
    let found = examined(&source, 1e-8).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::LossMismatch), "{found:?}");
    assert_eq!(found[0].remedy.lines[0].after, "objective  = nll(prediction, y)");
}

/// One of four classes has nearly all the weight, and so is named where others are right.
#[test]
fn weights_that_leave_one_class_are_found() {
    let source = CLASSES.replace("(logits, y)", "(logits, y, weights=[0.02, 0.01, 60, 0.02])");
    let diagnosis = examined(&source, 1e-8);
    assert_eq!(diagnosis.findings.first().map(|it| it.cause), Some(Cause::LossMismatch), "{diagnosis:?}");
    assert!(diagnosis.findings[0].remedy.lines[0].after.ends_with("cross_entropy(logits, y)"), "{diagnosis:?}");
    let even = CLASSES.replace("(logits, y)", "(logits, y, weights=[1, 1.5, 1, 0.8])");
    let healthy = examined(&even, 1e-8);
    assert!(healthy.findings.is_empty(), "{healthy:?}");
}

/// What a softmax reads must be able to take any size, also in the loss alone.
#[test]
fn logits_that_are_squashed_in_the_loss_are_found() {
    let source = CLASSES.replace("cross_entropy(logits, y)", "cross_entropy(0.5 * sigmoid(logits), y)");
    let found = examined(&source, 1e-8).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::OutputRange), "{found:?}");
    assert_eq!(found[0].remedy.lines[0].after, "objective  = cross_entropy(0.5 * logits, y)");
}

/// A factor that was left over, and what is divided once too often.
#[test]
fn factors_that_leave_nothing_of_what_they_multiply_are_found() {
    let small = CLASSES.replace("dense(tanh(dense(x, 16)), 4)", "dense(0.001 * tanh(dense(x, 16)), 4)");
    let found = examined(&small, 1e-8).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::VanishingGradient), "{found:?}");
    assert!(found[0].remedy.lines[0].after.contains("dense(tanh(dense(x, 16)), 4)"), "{found:?}");
    let found = examined(&CLASSES.replace("dense(x, 16)", "dense(x / 4096, 16)"), 1e-8).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::InputsNotScaled), "{found:?}");
    assert!(found[0].remedy.lines[0].after.contains("dense(x, 16)"), "{found:?}");
}

/// What is predicted from is four times as large as what was trained with.
#[test]
fn a_scale_that_training_alone_has_is_found() {
    const LINE: &str = "\
input   x [4]
outcome y []
prediction = dense(in_training(x, 4 * x), 1)[0]
objective  = (prediction - y)^2
";
    let mut random = random();
    let x: Vec<f64> = (0..4 * 160).map(|_| (random() % 2001) as f64 / 1000.0 - 1.0).collect();
    let y: Vec<f64> = x.chunks(4).map(|row| 1.0 + row.iter().sum::<f64>()).collect();
    let settings = Training { epochs: 30, batch: 8, rate: 0.05, ..Training::default() };
    let examined = |source: &str| examined_with(source, 160, &[("x", x.clone()), ("y", y.clone())], settings);
    let found = examined(LINE).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::InputsNotScaled), "{found:?}");
    assert!(found[0].remedy.lines[0].after.contains("dense(x, 1)"), "{found:?}");
    let healthy = examined(&LINE.replace("4 * x", "x"));
    assert!(healthy.findings.is_empty(), "{healthy:?}");
}
