//! Sequences of which a part is not read, or read where it is forgotten, and what looks like that and is in order.

use chainrule_doctor::{Cause, Diagnosis};
use chainrule_learn::{Adam, Optimizer, Training};

use crate::{examined_with, random};

const ROWS: usize = 90;
const STEPS: usize = 12;

/// Rows of three classes and as many columns at each of twelve steps: at the step `of_step` and those after it, where it is
/// said, a column is larger.
fn sequences(is_said: impl Fn(usize) -> bool) -> (Vec<f64>, Vec<f64>) {
    let mut random = random();
    let mut noise = || (random() % 2001) as f64 / 1000.0 - 1.0;
    let y: Vec<usize> = (0..ROWS).map(|row| row * 7 % 3).collect();
    let mut x = Vec::new();
    for class in &y {
        for step in 0..STEPS {
            x.extend((0..3).map(|column| noise() + if is_said(step) && column == *class { 1.0 } else { 0.0 }));
        }
    }
    (x, y.into_iter().map(|class| class as f64).collect())
}

fn examined(source: &str, (x, y): (Vec<f64>, Vec<f64>), epochs: usize) -> Diagnosis {
    let optimizer = Optimizer::Adam(Adam::default());
    let settings = Training { epochs, batch: 8, rate: 0.01, optimizer, ..Training::default() };
    examined_with(source, ROWS, &[("x", x), ("y", y)], settings)
}

fn first_line(diagnosis: &Diagnosis, cause: Cause) -> String {
    let first = diagnosis.findings.first().filter(|finding| finding.cause == cause);
    let lines = first.map(|finding| finding.remedy.lines.iter().map(|line| line.after.clone()).collect::<Vec<_>>());
    lines.unwrap_or_else(|| panic!("{diagnosis:?}")).join("\n")
}

const LOOP: &str = "\
input   x [12, 3]
outcome y [] int < 3
hs         = gru(x, 12)
logits     = dense(STATE, 3)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

#[test]
fn the_state_behind_the_first_step_has_read_one() {
    for state in ["hs[0]", "first(hs)", "flatten(hs[0:2])"] {
        let diagnosis = examined(&LOOP.replace("STATE", state), sequences(|_| true), 20);
        let line = first_line(&diagnosis, Cause::ConstantOutput);
        assert!(line.contains("(hs)") || line.contains("(hs, axis=0)"), "{line}");
        assert!(diagnosis.findings[0].evidence.contains("of its 12 steps"), "{diagnosis:?}");
    }
    let diagnosis =
        examined(&LOOP.replace("gru(x,", "gru(x[:, 0:1],").replace("STATE", "last(hs)"), sequences(|_| true), 20);
    assert!(first_line(&diagnosis, Cause::ConstantOutput).contains("gru(x,"), "{diagnosis:?}");
    assert!(diagnosis.findings[0].evidence.contains("24 of its 36 elements"), "{diagnosis:?}");
    let backwards = LOOP.replace("gru(x, 12)", "reverse(gru(reverse(x, axes=0), 12), axes=0)");
    let diagnosis = examined(&backwards.replace("STATE", "last(hs)"), sequences(|_| true), 20);
    assert!(first_line(&diagnosis, Cause::ConstantOutput).contains("first(hs)"), "{diagnosis:?}");
}

/// Nothing is wrong with it where the first steps tell all that there is to know.
#[test]
fn a_part_of_the_steps_that_tells_everything_is_enough() {
    let told = || {
        let (mut x, y) = sequences(|step| step == 0);
        x.chunks_mut(3 * STEPS).for_each(|row| row[..3].iter_mut().for_each(|value| *value *= 0.4));
        (x, y)
    };
    for state in ["hs[0]", "last(hs)"] {
        let diagnosis = examined(&LOOP.replace("STATE", state), told(), 40);
        assert!(diagnosis.findings.iter().all(|finding| finding.cause != Cause::ConstantOutput), "{diagnosis:?}");
    }
    let diagnosis = examined(&LOOP.replace("STATE", "last(hs)"), sequences(|_| true), 20);
    assert!(diagnosis.findings.is_empty(), "{diagnosis:?}");
}

const MAPS: &str = "\
input   x [12, 3]
outcome y [] int < 3
maps       = relu(conv(transpose(x), 16, 3, padding=1))
logits     = dense(mean(maps, axis=AXIS), 3)
prediction = softmax(logits)
objective  = cross_entropy(logits, y)
";

/// The maps of a convolution are each an average over the places, and not each place one over the maps.
#[test]
fn a_mean_over_the_units_is_taken_over_the_places() {
    // In all columns at once, and of either sign: which of them is the largest tells the class.
    let rows = || {
        let (mut x, y) = sequences(|_| false);
        for (row, (values, class)) in x.chunks_mut(3 * STEPS).zip(&y).enumerate() {
            let (at, sign) = (row * 5 % (STEPS - 2), if row % 2 == 0 { 1.0 } else { -1.0 });
            for step in values.chunks_mut(3).skip(at).take(3) {
                step.iter_mut().enumerate().for_each(|(column, value)| {
                    *value += sign * if column == *class as usize { 2.5 } else { 1.0 };
                });
            }
        }
        (x, y)
    };
    let broken = examined(&MAPS.replace("AXIS", "0"), rows(), 40);
    assert!(first_line(&broken, Cause::ConstantOutput).contains("axis=1"), "{broken:?}");
    let healthy = examined(&MAPS.replace("AXIS", "1"), rows(), 40);
    assert!(healthy.findings.is_empty(), "{healthy:?}");
}

/// Behind forty steps of padding the state of a loop is the same whatever came before.
#[test]
fn padding_at_the_end_is_found_and_read_before() {
    let padded = |(x, y): (Vec<f64>, Vec<f64>), at_end: bool| {
        let zeros = vec![0.0; 40 * 3];
        let rows =
            x.chunks(3 * STEPS).flat_map(|row| if at_end { [row, &zeros].concat() } else { [&zeros, row].concat() });
        (rows.collect::<Vec<f64>>(), y)
    };
    for cell in ["rnn", "lstm"] {
        let source = LOOP.replace("[12, 3]", "[52, 3]").replace("gru", cell).replace("STATE", "last(hs)");
        let diagnosis = examined(&source, padded(sequences(|_| true), true), 20);
        let line = first_line(&diagnosis, Cause::VanishingGradient);
        assert!(line.contains("hs[end]") && line.contains("last(x)"), "{line}");
        assert!(diagnosis.findings[0].evidence.contains("40 equal steps of `x`"), "{diagnosis:?}");
        let healthy = examined(&source, padded(sequences(|_| true), false), 20);
        assert!(healthy.findings.iter().all(|finding| !finding.evidence.contains("equal steps")), "{healthy:?}");
    }
}
