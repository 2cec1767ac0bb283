//! Models that learn their rows, and do far worse on others than a small model.

use chainrule_doctor::Cause;
use chainrule_learn::{Adam, Optimizer, Training};

use crate::{examined, examined_beside, examined_with, random};

/// Ten times the steps bring the error on the training rows to nothing, by heart: what tells the outcome is not read.
#[test]
fn more_steps_that_help_on_the_training_rows_alone_are_no_remedy() {
    const SOURCE: &str = "\
input   x [20]
outcome y [] int < 2
h          = tanh(dense(x[1:20], 24))
logit      = dense(h, 1)[0]
prediction = sigmoid(logit)
objective  = binary_cross_entropy(logit, y)
";
    let mut random = random();
    let x: Vec<f64> = (0..20 * 80).map(|_| (random() % 2001) as f64 / 1000.0 - 1.0).collect();
    let y: Vec<f64> = x.chunks(20).map(|row| f64::from(u8::from(row[0] > 0.0))).collect();
    let optimizer = Optimizer::Adam(Adam::default());
    let settings = Training { epochs: 12, batch: 8, rate: 0.01, optimizer, ..Training::default() };
    let values = [("x", x), ("y", y)];
    let diagnosis = examined_with(SOURCE, 80, &values, settings);
    assert!(diagnosis.findings.iter().all(|finding| finding.setting.is_none()), "{diagnosis:?}");
    assert!(!diagnosis.healthy());
    let mended = examined(&SOURCE.replace("x[1:20]", "x"), 80, &values);
    assert!(mended.measured.is_some_and(|measured| measured.unexplained < 0.1), "{mended:?}");
}

/// The prediction stays what it is, and the loss is given what it takes.
#[test]
fn a_softmax_too_many_is_left_out_in_the_loss() {
    const SOURCE: &str = "\
input   x [8]
outcome y [] int < 8
logits     = dense(tanh(dense(x, 24)), 8)
prediction = softmax(logits)
objective  = cross_entropy(prediction, y)
";
    let mut random = random();
    let x: Vec<f64> = (0..8 * 240).map(|_| (random() % 2001) as f64 / 1000.0 - 1.0).collect();
    let greatest = |row: &[f64]| (0..8).fold(0, |best, at| if row[at] > row[best] { at } else { best });
    let y: Vec<f64> = x.chunks(8).map(|row| greatest(row) as f64).collect();
    let first = |source: &str| {
        let optimizer = Optimizer::Adam(Adam::default());
        let settings = Training { epochs: 12, batch: 8, rate: 0.01, optimizer, ..Training::default() };
        let found = examined_with(source, 240, &[("x", x.clone()), ("y", y.clone())], settings).findings;
        let first = found.into_iter().next().map(|finding| (finding.cause, finding.remedy.lines));
        match first {
            Some((Cause::DoubleSoftmax, lines)) => lines[0].after.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(first(SOURCE), "objective  = cross_entropy(logits, y)");
    let unnamed = SOURCE.replace("softmax(logits)", "softmax(2 * logits)");
    assert_eq!(first(&unnamed), "objective  = nll(prediction, y)");
}

/// A column whose values are closer together in the rows to validate on does not explain what the rows to train on lack, too.
#[test]
fn a_column_on_another_scale_is_not_blamed_for_what_the_training_rows_lack() {
    const SOURCE: &str = "\
input   x [3]
outcome y []
prediction = dense(x, 1)[0]
objective  = (prediction - y)^2
";
    let mut random = random();
    let mut points = |spread: f64| {
        let x: Vec<f64> = (0..3 * 80).map(|_| (random() % 2001) as f64 / 1000.0 - 1.0).collect();
        let y: Vec<f64> = x.chunks(3).map(|row| 2.0 * row[0] - row[1]).collect();
        let x = x.chunks(3).flat_map(|row| [row[0], row[1], spread * row[2]]).collect();
        [("x", x), ("y", y)]
    };
    let (ours, others) = (points(1.0), points(0.05));
    let settings = Training { epochs: 20, batch: 8, rate: 1e-5, ..Training::default() };
    let found = examined_beside(SOURCE, 80, &ours, Some(&others), settings).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::TooLittleTraining), "{found:?}");
}
