//! Training and prediction: a model with a batch norm, through every command.

use crate::support::{Folder, number};

const MODEL: &str = "input x [2]\noutcome y []\nh = batch_norm(dense(x, 3))\nprediction = sum(tanh(h))\n\
                     objective = (prediction - y)^2\n";
const NUMBERS: &str = "input x [1]\noutcome y []\nh = batch_norm(x)\nobjective = (sum(h) - y)^2\n";
const DROPOUT: &str = "input x [2]\noutcome y []\nh = dropout(dense(x, 64), 0.5)\nprediction = sum(h)\n\
                       objective = (prediction - y)^2\n";
/// Kingma and Welling, Auto-Encoding Variational Bayes, 2014: the mean squared error and the divergence from the normal
/// distribution, of one draw of the code.
const AUTOENCODER: &str = "input x [2]\nh = tanh(dense(x, 8))\nm = dense(h, 1)\ns = dense(h, 1)\n\
                           z = m + exp(s / 2) * normal([1])\n\
                           prediction = dense(tanh(dense(z, 8)), 2)\n\
                           objective = sum((prediction - x)^2) + 0.05 * sum(exp(s) + m^2 - 1 - s)\n";
const TABLE: &str = "x0,x1,y\n1,2,1\n0,1,0\n-1,3,1\n2,0,0\n1,1,1\n";

fn folder() -> Folder {
    Folder::with(&[
        ("m.graph", MODEL),
        ("n.graph", NUMBERS),
        ("d.graph", DROPOUT),
        ("v.graph", AUTOENCODER),
        ("t.csv", TABLE),
        ("x.csv", "x,y\n1,0\n3,0\n"),
    ])
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

#[test]
fn dropout_is_drawn_while_training_by_the_seed_and_the_row() {
    let folder = folder();
    let value = |line: &str| number(&folder.line(&format!("grad d.graph {line} --json")).json()[0], "value");
    let phases = ["--phase training", "--phase prediction", ""].map(|phase| value(&format!("x=[1,2] y=0 {phase}")));
    assert!(phases[0] == phases[2] && phases[0] != phases[1], "{phases:?}");
    // Another seed starts the parameters elsewhere, too, so what is drawn is seen beside what is not.
    let rows = "--data t.csv --batch 5 --row 1";
    let alone = (1..=5).map(|row| value(&format!("--data t.csv --row {row}"))).sum::<f64>() / 5.0;
    assert!((value(rows) - alone).abs() < 1e-12 * alone.abs());
    for (model, phases) in [("d.graph", 2), ("v.graph", 1)] {
        let run = folder.line(&format!("check {model}"));
        let text = run.succeeded();
        assert_eq!(text.matches("every gradient is right").count(), phases, "{text}");
    }
}

#[test]
fn a_variational_autoencoder_learns() {
    let folder = folder();
    let rows: String = (0..60).map(|i| (f64::from(i) * 0.7).sin()).map(|t| format!("{t},{}\n", t * t)).collect();
    folder.write("c.csv", format!("x0,x1\n{rows}").as_bytes());
    let fit =
        "fit v.graph --data c.csv --epochs 60 --batch 10 --optimizer adam --rate 0.01 --json --save v.safetensors";
    let lines = folder.line(fit).json();
    let objective = |line: &serde_json::Value| number(line, "train_objective");
    let (first, last) = (objective(&lines[0]), objective(&lines[lines.len() - 1]));
    assert!(last < 0.5 * first, "from {first} to {last}");
    let evaluated = number(&folder.line("eval v.safetensors --data c.csv --json").json()[0], "objective");
    assert!((evaluated - last).abs() < 1e-9 * last, "{evaluated}, not {last}");
    folder.line("predict v.safetensors --data c.csv").succeeded();
}
