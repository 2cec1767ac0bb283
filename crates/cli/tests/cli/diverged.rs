//! Training that ends badly, and what is said of it.

use super::support::{Folder, PLANE, number};

const ROWS: &str = "x,y\n1,1\n2,2\n3,3\n4,4\n0,0\n5,5\n6,6\n7,7\n8,8\n";

fn model(prediction: &str) -> String {
    format!("input x []\noutcome y []\nparam w [] = 1\nprediction = {prediction}\nobjective = (prediction - y)^2\n")
}

#[test]
fn a_row_that_no_rate_helps_is_named_alone() {
    let folder = Folder::with(&[("root.graph", &model("sqrt(w * x) + 1")), ("t.csv", ROWS)]);
    for options in ["--rate 1e-9", "--rate 0.001", "--rate 1e-9 --batch 8", "--rate 1e-9 --batch 9"] {
        let run = folder.line(&format!("fit root.graph --data t.csv --epochs 5 --save m.safetensors {options}"));
        run.failed(1, &["t.csv, line 6)", "sqrt(w * x)", "0"]);
        assert!(!run.err.contains("too large") && run.err.contains("rate helps"), "{options}: {}", run.err);
        assert_eq!(folder.names(), ["root.graph", "t.csv"]);
    }
}

#[test]
fn a_branch_that_is_not_taken_is_not_to_blame() {
    let folder = Folder::with(&[("m.graph", &model("where(x > 0, log(w * x), w)")), ("t.csv", ROWS)]);
    folder.line("fit m.graph --data t.csv --epochs 5 --rate 1e-3").succeeded();
}

#[test]
fn growth_and_rise() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", "x0,x1,y\n1,2,3\n2,1,5\n-1,3,1\n")]);
    let run = folder.line("fit m.graph --data t.csv --epochs 20 --batch 3 --rate 1.2");
    run.failed(1, &["`objective` has grown from", "the rate 1.2 is too large", "try 0.12"]);
    let run = folder.line("fit m.graph --data t.csv --epochs 1 --batch 3 --rate 0.5");
    run.succeeded();
    assert!(
        run.err.contains("warning: the objective ended at") && run.err.contains("smaller rate than 0.5"),
        "{}",
        run.err
    );
    let run = folder.line("fit m.graph --data t.csv --epochs 5 --rate 0.01");
    assert!(!run.err.contains("warning"), "{}", run.err);
}

#[test]
fn epoch_0_comes_first_and_steps_can_be_counted() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", "x0,x1,y\n1,2,3\n2,1,5\n-1,3,1\n")]);
    let lines = folder.line("fit m.graph --data t.csv --valid t.csv --epochs 3 --json").json();
    assert_eq!((number(&lines[0], "epoch"), number(&lines[0], "train_mse")), (0.0, (9.0 + 25.0 + 1.0) / 3.0));
    assert_eq!(number(&lines[0], "valid_objective"), number(&lines[0], "train_objective"));
    assert_eq!(lines.len(), 5);
    let lines = folder.line("fit m.graph --data t.csv --steps 4 --json").json();
    let last = lines.last().expect("there is a last line");
    assert_eq!(number(last, "epochs"), 1.0);
    assert_ne!(last["train_objective"], lines[1]["train_objective"]);
    assert!(folder.line("fit m.graph --data t.csv --steps 4").succeeded().contains("after 4 steps"));
    assert!(folder.line("fit m.graph --data t.csv --steps 1").succeeded().contains("after 1 step\n"));
    folder.refuses(2, "fit m.graph --data t.csv --steps 0", &["--steps", "an integer ≥ 1"]);
}

#[test]
fn what_to_standardize_is_said_by_the_option() {
    let graph = "input area []\ninput year []\noutcome price []\nparam a [] = 0\nparam b [] = 0\nparam c [] = 0\n\
                 prediction = exp(a * log(area) + b * year + c)\nobjective = (log(prediction) - log(price))^2\n";
    let table = "area,year,price\n120,1999,240\n50,2005,110\n80,2015,200\n100,1960,150\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", table)]);
    let run = folder.line("fit m.graph --data t.csv --epochs 20 --standardize");
    run.failed(1, &["`area` is 50", "as the file has it, it is finite", "--standardize=year leaves it out"]);
    let run = folder.line("fit m.graph --data t.csv --epochs 20");
    run.failed(1, &["standardize `year`, which is as large as 2015", "; --standardize=year"]);
    let run = folder.line("fit m.graph --data t.csv --epochs 20 --standardize=area");
    run.failed(1, &["as the file has it, it is finite", "leave --standardize out"]);
    folder.line("fit m.graph --data t.csv --epochs 20 --standardize=year").succeeded();
}
