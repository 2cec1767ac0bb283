//! Training and prediction: a model with a batch norm, through every command.

use crate::support::{Folder, number};

const MODEL: &str = "input x [2]\noutcome y []\nh = batch_norm(dense(x, 3))\nprediction = sum(tanh(h))\n\
                     objective = (prediction - y)^2\n";
const NUMBERS: &str = "input x [1]\noutcome y []\nh = batch_norm(x)\nobjective = (sum(h) - y)^2\n";
const TABLE: &str = "x0,x1,y\n1,2,1\n0,1,0\n-1,3,1\n2,0,0\n1,1,1\n";

fn folder() -> Folder {
    Folder::with(&[("m.graph", MODEL), ("n.graph", NUMBERS), ("t.csv", TABLE), ("x.csv", "x,y\n1,0\n3,0\n")])
}

#[test]
fn a_batch_norm_is_checked_in_both_phases() {
    let folder = folder();
    let run = folder.line("check m.graph");
    let text = run.succeeded();
    assert!(text.contains("in training, over a batch of 3 examples:") && text.contains("in prediction:"), "{text}");
    assert_eq!(text.matches("every gradient is right").count(), 2, "{text}");
    let report = &folder.line("check m.graph --data t.csv --json").json()[0];
    assert_eq!((&report["passed"], &report["prediction"]["passed"]), (&true.into(), &true.into()), "{report}");
}

#[test]
fn grad_takes_a_phase() {
    let folder = folder();
    let value = |line: &str| number(&folder.line(&format!("grad n.graph {line} --json")).json()[0], "value");
    // Of the batch 1 and 3 the mean is 2 and the variance 1; the states are 0 and 1.
    assert!((value("--data x.csv --row 1 --batch 2") - 1.0 / (1.0 + 1e-5)).abs() < 1e-12);
    let predicted = value("--data x.csv --row 1 --batch 2 --phase prediction");
    assert!((predicted - 5.0 / (1.0 + 1e-5)).abs() < 1e-12);
    assert!((value("x=[3] y=0 --phase prediction") - 9.0 / (1.0 + 1e-5)).abs() < 1e-12);
    folder.refuses(
        2,
        "grad n.graph x=[3] y=0",
        &["`h/batch_norm` would see a single value", "--batch 2", "--phase prediction"],
    );
}

#[test]
fn a_batch_of_a_single_value_is_refused() {
    let folder = folder();
    for batch in [1, 2, 4] {
        let line = format!("fit m.graph --data t.csv --epochs 1 --batch {batch}");
        folder.refuses(2, &line, &["`h/batch_norm` would see a single value", "--batch"]);
    }
    folder.line("fit m.graph --data t.csv --epochs 2 --batch 3 --save m.safetensors").succeeded();
    folder.line("predict m.safetensors --data t.csv").succeeded();
    folder.line("eval m.safetensors --data t.csv").succeeded();
}
