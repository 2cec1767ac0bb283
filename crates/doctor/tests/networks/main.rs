//! What is special about networks: positions that look ahead, and graphs in which values are read again and again.

mod gap;
mod losses;
mod settings;
mod shifted;
mod unread;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use chainrule_doctor::{Case, Cause, Diagnosis, Doctor, Scaling, Verdict, diagnose};
use chainrule_graph::text::{self, Registry};
use chainrule_learn::{Adam, Dataset, Field, Optimizer, Training};

fn examined(source: &str, rows: usize, values: &[(&str, Vec<f64>)]) -> Diagnosis {
    let optimizer = Optimizer::Adam(Adam::default());
    examined_with(source, rows, values, Training { epochs: 30, batch: 8, rate: 0.01, optimizer, ..Training::default() })
}

fn examined_with(source: &str, rows: usize, values: &[(&str, Vec<f64>)], settings: Training<'static>) -> Diagnosis {
    examined_beside(source, rows, values, None, settings)
}

/// With as many rows to validate on, if some are given.
fn examined_beside(
    source: &str,
    rows: usize,
    values: &[(&str, Vec<f64>)],
    others: Option<&[(&str, Vec<f64>)]>,
    settings: Training<'static>,
) -> Diagnosis {
    let function = text::parse(source).unwrap().build(&BTreeMap::new()).unwrap();
    let dataset = |values: &[(&str, Vec<f64>)]| {
        let fields = values.iter().map(|(name, values)| (Field::of(&function, name).unwrap(), values.clone()));
        Dataset::new("the rows", rows, fields).unwrap()
    };
    let case = Case {
        source: source.into(),
        registry: Registry::new(),
        sizes: BTreeMap::new(),
        training: dataset(values),
        validation: others.map(dataset),
        scaling: Scaling::None,
        settings,
    };
    diagnose(&case, &Doctor { time: Duration::from_secs(30) }, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Numbers at random.
fn random() -> impl FnMut() -> u64 {
    let mut state = 1u64;
    move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    }
}

/// Sequences without their last element, and without their first: what is read, and what comes next.
fn and_next(all: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let without_last = all.iter().flat_map(|row| &row[..row.len() - 1]).copied().collect();
    (without_last, all.iter().flat_map(|row| &row[1..]).copied().collect())
}

/// Sequences in which nothing follows from what came before.
fn sequences(rows: usize, length: usize) -> (Vec<f64>, Vec<f64>) {
    let mut random = random();
    let mut next = || random() as f64 % 4.0;
    let all: Vec<Vec<f64>> = (0..rows).map(|_| (0..=length).map(|_| next()).collect()).collect();
    and_next(&all)
}

const LANGUAGE: &str = "\
input   x [6] int < 4
outcome y [6] int < 4
e          = position(embedding(x, 4, 8))
h          = self_attention(e, 2, causal=CAUSAL) + e
logits     = dense(h, 4)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

#[test]
fn a_prediction_of_the_next_that_reads_it_is_a_leak() {
    let (x, y) = sequences(48, 6);
    let values = [("x", x), ("y", y)];
    let found = examined(&LANGUAGE.replace("CAUSAL", "false"), 48, &values).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::Leak));
    assert!(found[0].remedy.lines[0].after.contains("causal=true"), "{:?}", found[0].remedy);
    let found = examined(&LANGUAGE.replace("CAUSAL", "true"), 48, &values).findings;
    assert!(found.iter().all(|finding| finding.cause != Cause::Leak), "{found:?}");
}

/// Sequences of six tokens, each of which is mostly followed by one, and their next ones.
fn language(rows: usize, length: usize) -> (Vec<f64>, Vec<f64>) {
    let mut random = random();
    let mut row = || {
        let mut token = random() % 6;
        let mut next = || {
            token = if random() % 10 < 7 { (5 * token + 1) % 6 } else { random() % 6 };
            token as f64
        };
        (0..=length).map(|_| next()).collect::<Vec<_>>()
    };
    let all: Vec<Vec<f64>> = (0..rows).map(|_| row()).collect();
    and_next(&all)
}

const ATTENTION: &str = "\
input   x [8] int < 6
outcome y [8] int < 6
e          = position(embedding(x, 6, 8))
q          = dense(e, 8)
r          = dense(e, 8)
v          = dense(e, 8)
i          = reshape(iota(8), [8, 1])
scores     = where(i >= iota(8), q @ transpose(r) / sqrt(8), -1000000000)
h          = e + dense(softmax(scores, axis=1) @ v, 8)
logits     = dense(h, 6)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

/// The reference of a sequence of classes is a table of pairs: a run that explains nothing beside it is not in order.
#[test]
fn sequences_that_do_not_learn_are_found() {
    let (x, y) = language(64, 8);
    let values = [("x", x), ("y", y)];
    let healthy = examined(ATTENTION, 64, &values);
    assert!(healthy.verdict == Verdict::Good && healthy.findings.is_empty(), "{healthy:?}");
    let attainable = healthy.attainable.map_or(1.0, |measured| measured.unexplained);
    assert!((0.5..0.85).contains(&attainable), "{attainable}");
    let slow = Training { epochs: 10, batch: 8, rate: 1e-4, ..Training::default() };
    let found = examined_with(ATTENTION, 64, &values, slow);
    let first = found.findings.first().map(|finding| (finding.cause, finding.setting));
    assert_eq!(first, Some((Cause::TooLittleTraining, Some("rate"))));
    let narrow = ATTENTION.replace("dense(h, 6)", "dense(dense(h, 1), 6)");
    let found = examined(&narrow, 64, &values).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::TooFewUnits), "{found:?}");
    let across = "-mean(sum(one_hot(y, 6) * log_softmax(logits, axis=0), axis=1))";
    let found = examined(&ATTENTION.replace("cross_entropy(logits, y)", across), 64, &values).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::LossMismatch), "{found:?}");
    // The outcomes of the rows before, and of any.
    let (x, y) = language(64, 8);
    let moved: Vec<f64> = y[8..].iter().chain(&y[..8]).copied().collect();
    let found = examined(ATTENTION, 64, &[("x", x), ("y", moved)]).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::LabelsUnrelated), "{found:?}");
    assert_eq!(found[0].remedy.changes.len(), 1);
}

/// What is read first decides, and the loop does not pass the gradient on to it.
#[test]
fn a_loop_that_forgets_is_found() {
    const SOURCE: &str = "\
input   x [24, 3]
outcome y [] int < 3
def cell(h, v) {
  return tanh(dense(v, 12) + dense(stop_gradient(h), 12, bias=false))
}
hs         = scan(cell, zeros([12]), x)
logits     = dense(last(hs), 3)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";
    let mut random = random();
    let mut noise = || (random() % 1000) as f64 / 1000.0 - 0.5;
    let row = |class: usize| (0..72).map(move |at| if at % 3 == class && at < 9 { 3.0 } else { 0.0 });
    let x: Vec<f64> = (0..90).flat_map(|index| row(index % 3)).map(|value| value + noise()).collect();
    let y = (0..90).map(|index| (index % 3) as f64).collect();
    let found = examined(SOURCE, 90, &[("x", x), ("y", y)]).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::GradientBlocked), "{found:?}");
    assert!(found[0].remedy.lines[0].after.contains("dense((h), 12"), "{found:?}");
}

#[test]
fn a_place_that_reads_later_ones_is_found_however_that_is_written() {
    let (x, y) = language(64, 8);
    let values = [("x", x), ("y", y)];
    let first =
        |source: &str| examined(source, 64, &values).findings.into_iter().next().map(|it| (it.cause, it.remedy.lines));
    let lines = |source: &str| match first(source) {
        Some((Cause::Leak, lines)) => lines.into_iter().map(|line| line.after).collect::<Vec<_>>(),
        other => panic!("{other:?}\n{source}"),
    };
    let turned = lines(&ATTENTION.replace(">=", "<="));
    assert!(turned.len() == 1 && turned[0].contains("i >= iota"), "{turned:?}");
    let along = lines(&ATTENTION.replace("axis=1", "axis=0"));
    assert!(along.len() == 1 && along[0].contains("axis=1"), "{along:?}");
    // No edit keeps the mean of all places from reading later ones.
    let of_all =
        ATTENTION.replace("logits     = dense(h, 6)", "logits     = dense(broadcast(mean(h, axis=0), [8, 8]), 6)");
    assert!(lines(&of_all).is_empty());
}

#[test]
fn outcomes_that_were_read_already_are_found() {
    let (x, y) = language(64, 8);
    // What comes before, and the same.
    let back = x.chunks(8).flat_map(|row| [&row[..1], &row[..7]].concat()).collect();
    for outcomes in [back, x.clone()] {
        let found = examined(ATTENTION, 64, &[("x", x.clone()), ("y", outcomes)]).findings;
        assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::Leak), "{found:?}");
    }
    // A task of remembering is no language.
    let (x4, _) = sequences(64, 8);
    let back = x4.chunks(8).flat_map(|row| [&row[..1], &row[..7]].concat()).collect();
    let found = examined(ATTENTION, 64, &[("x", x4), ("y", back)]).findings;
    assert!(found.iter().all(|finding| finding.cause != Cause::Leak), "{found:?}");
    let unread = ATTENTION.replace("cross_entropy(logits, y)", "cross_entropy(logits, x)");
    let found = examined(&unread, 64, &[("x", x), ("y", y)]).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::LossMismatch));
    assert_eq!(found[0].remedy.lines[0].after, "objective  = cross_entropy(logits, y)");
}

/// Sequences with more elements than there are rows are summed up, so that it is seen that nothing follows from them.
#[test]
fn sequences_with_outcomes_of_others_are_found() {
    const SOURCE: &str = "\
input   x [50, 4]
outcome y [] int < 3
hs         = gru(x, 8)
logits     = dense(last(hs), 3)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";
    let mut random = random();
    let classes: Vec<usize> = (0..120).map(|_| random() as usize % 3).collect();
    let mut value = |class: usize, at: usize| {
        let noise = (random() % 1000) as f64 / 1000.0 - 0.5;
        noise + if at % 4 == class { 0.5 } else { 0.0 }
    };
    let x: Vec<f64> =
        classes.iter().flat_map(|&class| (0..200).map(move |at| (class, at))).map(|(c, at)| value(c, at)).collect();
    let own: Vec<f64> = classes.iter().map(|&class| class as f64).collect();
    let others: Vec<f64> = (0..120).map(|_| (random() % 3) as f64).collect();
    let short = || Training { epochs: 4, batch: 12, rate: 0.01, ..Training::default() };
    let found = |y: Vec<f64>| examined_with(SOURCE, 120, &[("x", x.clone()), ("y", y)], short()).findings;
    let causes = |y: Vec<f64>| found(y).iter().map(|finding| finding.cause).collect::<Vec<_>>();
    assert_eq!(causes(others).first(), Some(&Cause::LabelsUnrelated));
    assert!(!causes(own).contains(&Cause::LabelsUnrelated));
}

/// Each line reads the one before twice: 2⁶⁴ ways lead from the last to the first.
#[test]
fn values_that_are_read_again_and_again_are_looked_at_once() {
    let mut source = String::from("input x []\noutcome y []\nparam w [] = 0.3\nparam b [] = 0\nh0 = w * x + b\n");
    for index in 0..64 {
        source += &format!("h{} = 0.5 * h{index} + 0.5 * h{index}\n", index + 1);
    }
    source += "prediction = relu(h64)\nobjective = (prediction - y)^2 + 0.01 * (h64 + h64)\n";
    let x: Vec<f64> = (0..40).map(|row| f64::from(row) / 20.0 - 1.0).collect();
    let y = x.iter().map(|x| 2.0 * x - 1.0).collect();
    let found = examined(&source, 40, &[("x", x), ("y", y)]).findings;
    assert_eq!(found.first().map(|finding| finding.cause), Some(Cause::OutputRange));
}

/// A prediction that is compared with what is made from the outcome is on the scale of that, not of the outcome.
#[test]
fn outcomes_that_are_transformed_in_the_loss_raise_no_alarm() {
    const LOGARITHM: &str = "\
input   x []
outcome price []
param   w [] = 0
param   b [] = 4
prediction = w * x + b
objective  = (prediction - log(price))^2
";
    let x: Vec<f64> = (0..60).map(|row| f64::from(row % 20) / 10.0 - 1.0).collect();
    let price = x.iter().map(|x| (5.0 + 2.0 * x).exp()).collect();
    let of_logarithm = examined(LOGARITHM, 60, &[("x", x), ("price", price)]);
    assert!(of_logarithm.findings.is_empty(), "{of_logarithm:?}");
    const PIXELS: &str = "\
input   x [4]
pixels     = x / 16
code       = tanh(dense(pixels, 3))
logits     = dense(code, 4)
prediction = sigmoid(logits)
objective  = sum(binary_cross_entropy(logits, pixels))
";
    let mut random = random();
    let pixels: Vec<f64> = (0..60).flat_map(|_| [random() % 17; 4]).map(|pixel| pixel as f64).collect();
    let of_pixels = examined(PIXELS, 60, &[("x", pixels)]);
    assert!(of_pixels.findings.is_empty(), "{of_pixels:?}");
}

/// Each of five layers starts a seventh of what is usual: together they let one part in 20,000 through.
#[test]
fn layers_that_start_small_together_are_found() {
    let small = |line: &str| line.replace("START", "normal(0, 0.02)");
    const DEEP: &str = "\
input   x [4]
outcome y []
h1 = relu(dense(x, 32, init=\"START\"))
h2 = relu(dense(h1, 32, init=\"START\"))
h3 = relu(dense(h2, 32, init=\"START\"))
h4 = relu(dense(h3, 32, init=\"START\"))
prediction = dense(h4, 1)[0]
objective  = (prediction - y)^2
";
    let mut random = random();
    let x: Vec<f64> = (0..4 * 128).map(|_| (random() % 2001) as f64 / 1000.0 - 1.0).collect();
    let y = x.chunks(4).map(|x| x[0] * x[1] + x[2].abs() - 0.5).collect();
    let settings = Training { epochs: 60, batch: 8, rate: 0.02, ..Training::default() };
    let diagnosis = examined_with(&small(DEEP), 128, &[("x", x), ("y", y)], settings);
    let first = diagnosis.findings.first();
    assert_eq!(first.map(|finding| finding.cause), Some(Cause::InitScale), "{diagnosis:?}");
}

/// Steps that overshoot are not for want of a bend: a block of a transformer bends by itself.
#[test]
fn a_transformer_that_diverges_has_too_large_a_rate() {
    const TRANSFORMER: &str = "\
input   x [8] int < 6
outcome y [8] int < 6
body       = repeat(transformer_block, 2, position(embedding(x, 6, 8)), 2, causal=true)
logits     = dense(layer_norm(body), 6)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";
    let (x, y) = language(64, 8);
    let optimizer = Optimizer::Momentum { momentum: 0.9 };
    let settings = Training { epochs: 15, batch: 8, rate: 20.0, optimizer, ..Training::default() };
    let diagnosis = examined_with(TRANSFORMER, 64, &[("x", x), ("y", y)], settings);
    let first = diagnosis.findings.first();
    assert_eq!(first.map(|finding| finding.cause), Some(Cause::StepTooLarge), "{diagnosis:?}");
}

/// Classes compete along their axis, also where only the last place of a sequence is read.
#[test]
fn a_softmax_over_the_steps_of_a_sequence_is_found() {
    const STEPS: &str = "\
input   x [8, 2]
outcome y [] int < 4
hs         = rnn(x, 12)
p          = softmax(dense(hs, 4), axis=AXIS)
prediction = last(p)
objective  = -log(prediction[y] + 0.000000001)
";
    let mut random = random();
    let mut noise = || (random() % 1001) as f64 / 1000.0 - 0.5;
    let y: Vec<f64> = (0..120).map(|row| f64::from(row * 7 % 4)).collect();
    let x: Vec<f64> = y
        .iter()
        .flat_map(|y| {
            (0..8).flat_map(|step| [(f64::from(step) * (0.5 + y)).sin(), (y - 1.5).abs()]).collect::<Vec<_>>()
        })
        .map(|value| value + noise())
        .collect();
    let values = [("x", x), ("y", y)];
    let broken = examined(&STEPS.replace("AXIS", "0"), 120, &values);
    assert_eq!(broken.findings.first().map(|finding| finding.cause), Some(Cause::LossMismatch), "{broken:?}");
    assert!(broken.findings[0].remedy.lines[0].after.contains("axis=1"), "{broken:?}");
    let healthy = examined(&STEPS.replace("AXIS", "1"), 120, &values);
    assert!(healthy.findings.is_empty(), "{healthy:?}");
}
