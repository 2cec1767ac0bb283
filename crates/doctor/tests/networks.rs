//! What is special about networks: positions that look ahead, and graphs in which values are read again and again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use chainrule_doctor::{Case, Cause, Diagnosis, Doctor, Scaling, diagnose};
use chainrule_graph::text::{self, Registry};
use chainrule_learn::{Adam, Dataset, Field, Optimizer, Training};

fn examined(source: &str, rows: usize, values: &[(&str, Vec<f64>)]) -> Diagnosis {
    let function = text::parse(source).unwrap().build(&BTreeMap::new()).unwrap();
    let fields = values.iter().map(|(name, values)| (Field::of(&function, name).unwrap(), values.clone()));
    let optimizer = Optimizer::Adam(Adam::default());
    let case = Case {
        source: source.into(),
        registry: Registry::new(),
        sizes: BTreeMap::new(),
        training: Dataset::new("the rows", rows, fields).unwrap(),
        validation: None,
        scaling: Scaling::None,
        settings: Training { epochs: 30, batch: 8, rate: 0.01, optimizer, ..Training::default() },
    };
    diagnose(&case, &Doctor { time: Duration::from_secs(30) }, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Sequences in which nothing follows from what came before.
fn sequences(rows: usize, length: usize) -> (Vec<f64>, Vec<f64>) {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as f64 % 4.0
    };
    let all: Vec<Vec<f64>> = (0..rows).map(|_| (0..=length).map(|_| next()).collect()).collect();
    let part = |from: usize| all.iter().flat_map(|row| row[from..from + length].to_vec()).collect();
    (part(0), part(1))
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
