//! Figures that mean something, in the user's labels, and reasons where there are none.

use super::support::{Folder, number};

const HINGE: &str = "input x [d]\noutcome y [] int\nparam w [d] = 0\nparam b [] = 0\nprediction = dot(w, x) + b\n\
                     objective = max(0, 1 - y * prediction) + 0.01 * sum(w^2)\n";
const SIGNS: &str = "a,y\n-2,-1\n-1,-1\n1,1\n2,1\n3,1\n";

#[test]
fn labels_from_one_are_the_users() {
    let graph = "input x [d]\noutcome y [] int\nparam W [3, d] = 0\nparam b [3] = 0\nprediction = softmax(W @ x + b)\n\
                 objective = nll(prediction, y - 1)\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "a,b,y\n3,0,1\n0,3,2\n-3,-3,3\n4,1,1\n")]);
    let run = folder.line("fit m.graph --data t.csv --valid t.csv --save m.safetensors --json");
    let lines = run.json();
    let last = lines.last().expect("there is a last line");
    assert_eq!((number(last, "train_accuracy"), number(last, "train_f1")), (1.0, 1.0));
    assert!(last.get("train_auc").is_none() && last.get("train_mse").is_none(), "{last}");
    let csv = folder.line("predict m.safetensors --data t.csv").succeeded().to_string();
    let classes: Vec<&str> = csv.lines().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(classes, ["class", "1", "2", "3", "1"]);
    assert_eq!(number(&folder.line("eval m.safetensors --data t.csv --json").json()[0], "accuracy"), 1.0);
    let eval = folder.line("eval m.safetensors --data t.csv").succeeded().to_string();
    assert!(eval.contains("is \\ predicted   1   2   3"), "{eval}");
    let text = folder.line("fit m.graph --data t.csv --valid t.csv").succeeded().to_string();
    assert!(text.contains("is \\ predicted   1   2   3") && text.contains("f1"), "{text}");
}

#[test]
fn scores_of_a_hinge_are_no_classes_and_it_is_said() {
    let folder = Folder::with(&[("m.graph", HINGE), ("t.csv", SIGNS)]);
    let run = folder.line("fit m.graph --data t.csv --save m.safetensors --json");
    let lines = run.json();
    let last = lines.last().expect("there is a last line");
    let keys: Vec<&str> = last.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, ["final", "epochs", "train_objective"]);
    let says = |err: &str| assert!(err.contains("no accuracy and no mse, for `prediction` is a raw score"), "{err}");
    says(&run.err);
    let eval = folder.line("eval m.safetensors --data t.csv --json");
    assert_eq!(eval.json()[0].as_object().expect("an object").len(), 1, "{}", eval.out);
    says(&eval.err);
    let csv = folder.line("predict m.safetensors --data t.csv").succeeded().to_string();
    assert_eq!(csv.lines().next(), Some("prediction"));
}

#[test]
fn what_is_left_out_in_fit_is_left_out_in_eval_and_both_say_why() {
    let column = "input x [2]\noutcome y [3]\nparam W [3, 2] = 0\nprediction = W @ reshape(x, [2, 1])\n\
                  objective = mean((prediction - y)^2)\n";
    let three = "input x [2]\noutcome y [] int\nparam w [2] = 0\nprediction = sigmoid(dot(w, x))\n\
                 objective = (prediction - y)^2\n";
    for (graph, table, why) in [
        (column, "x0,x1,y0,y1,y2\n1,2,3,4,5\n2,1,0,1,7\n", "no mse, mae and r2, for the shapes"),
        (three, "x0,x1,y\n1,2,0\n2,1,1\n3,5,2\n", "no accuracy and no class, for `y`"),
    ] {
        let folder = Folder::with(&[("m.graph", graph), ("t.csv", table)]);
        let fit = folder.line("fit m.graph --data t.csv --epochs 2 --save m.safetensors --json");
        assert!(fit.err.contains(why), "{}", fit.err);
        let eval = folder.line("eval m.safetensors --data t.csv --json");
        assert!(eval.err.contains(why), "{}", eval.err);
        assert!(eval.json()[0].get("accuracy").is_none());
        assert!(!folder.line("show m.safetensors").succeeded().contains("labels"));
    }
}

#[test]
fn a_probability_of_signs_is_in_the_users_labels() {
    let graph = HINGE.replace("prediction = dot(w, x) + b", "z = dot(w, x) + b\nprediction = sigmoid(z)");
    let graph = graph.replace("max(0, 1 - y * prediction)", "softplus(-y * z)");
    let folder = Folder::with(&[("m.graph", &graph), ("t.csv", SIGNS), ("one.csv", "a,y\n2,1\n-3,1\n")]);
    let run = folder.line("fit m.graph --data t.csv --save m.safetensors --json");
    let lines = run.json();
    let last = lines.last().expect("there is a last line");
    assert_eq!((number(last, "train_accuracy"), number(last, "train_auc")), (1.0, 1.0));
    assert!(!run.err.contains("note"), "{}", run.err);
    let csv = folder.line("predict m.safetensors --data t.csv").succeeded().to_string();
    assert!(csv.lines().nth(1).is_some_and(|line| line.ends_with(",-1")), "{csv}");
    let one = &folder.line("eval m.safetensors --data one.csv --json").json()[0];
    assert_eq!(number(one, "accuracy"), 0.5);
    assert!(one.get("auc").is_none(), "{one}");
}

#[test]
fn logits_and_counts() {
    let logits = "input x [d]\noutcome y [] int\nparam W [2, d] = 0\nprediction = W @ x\n\
                  objective = nll(softmax(prediction), y)\n";
    let counts = "input x [d]\noutcome y [] int\nparam w [d] = 0\nprediction = exp(dot(w, x))\n\
                  objective = prediction - y * log(prediction)\n";
    let folder = Folder::with(&[("l.graph", logits), ("c.graph", counts), ("t.csv", "a,y\n1,0\n2,1\n3,1\n")]);
    let run = folder.line("fit l.graph --data t.csv --json");
    let keys: Vec<String> = run.json().last().unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["final", "epochs", "train_objective"]);
    assert!(run.err.contains("`prediction` is no probability"), "{}", run.err);
    let run = folder.line("fit c.graph --data t.csv --json");
    assert!(run.json().last().unwrap()["train_mae"].is_f64());
    assert!(run.err.contains("no accuracy"), "{}", run.err);
}

#[test]
fn a_class_that_is_ignored_passes_in_fit_grad_and_check() {
    let graph = "input x [2]\noutcome y [] int < 3\nparam W [3, 2] ~ normal(0, 1)\n\
                 objective = cross_entropy(W @ x, y, ignore=-1)\n";
    let table = "x0,x1,y\n1,2,0\n2,1,-1\n0,1,2\n3,1,1\n";
    let wrong = table.replace("-1", "-2");
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", table), ("wrong.csv", &wrong)]);
    folder.line("fit m.graph --data t.csv --batch 2 --epochs 2 --save m.safetensors").succeeded();
    folder.line("eval m.safetensors --data t.csv").succeeded();
    folder.line("grad m.graph --data t.csv --row 2").succeeded();
    folder.line("grad m.graph x=1,2 y=-1").succeeded();
    folder.line("check m.graph --data t.csv").succeeded();
    folder.line("check m.graph").succeeded();
    let run = folder.line("fit m.graph --data wrong.csv");
    run.failed(2, &["line 3", "-2", "a whole number from 0 to 2, or -1 would be right"]);
}

#[test]
fn rows_that_the_loss_leaves_out_are_not_scored() {
    let graph = "input x [2]\noutcome y [] int < 2\nparam W [2, 2] = [[1, 0], [0, 1]]\nprediction = softmax(W @ x)\n\
                 objective = cross_entropy(W @ x, y, ignore=-1)\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "x0,x1,y\n2,0,0\n0,2,1\n3,1,-1\n0,1,-1\n")]);
    let run = folder.line("fit m.graph --data t.csv --epochs 1 --save m.safetensors --json");
    assert_eq!(number(run.json().last().expect("a line"), "train_accuracy"), 1.0);
    assert_eq!(number(&folder.line("eval m.safetensors --data t.csv --json").json()[0], "f1"), 1.0);
    assert!(!run.err.contains("in all rows"), "{}", run.err);
}

#[test]
fn an_outcome_of_one_class_alone_is_warned_of() {
    let graph = "input x [d]\noutcome y [] int\nparam w [d] = 0\nprediction = sigmoid(dot(w, x))\n\
                 objective = nll(stack(1 - prediction, prediction), y)\n";
    let folder = Folder::with(&[
        ("m.graph", graph),
        ("t.csv", "a,y\n1,no\n2,yes\n3,yes\n"),
        ("one.csv", "a,y\n1,yes\n2,yes\n"),
        ("single.csv", "a,y\n1,yes\n"),
        ("ones.csv", "a,y\n1,1\n2,1\n"),
    ]);
    let says = |line: &str, says: &str| {
        let run = folder.line(line);
        run.succeeded();
        assert!(run.err.contains(says), "{}", run.err);
    };
    let warning = ": accuracy and f1 say nothing of how well classes are told apart";
    let fit = "fit m.graph --data t.csv --epochs 2 --save m.safetensors";
    let run = folder.line(fit);
    run.succeeded();
    assert!(!run.err.contains("warning"), "{}", run.err);
    says(
        &format!("{fit} --valid one.csv"),
        &format!("warning: one.csv: `y` is yes in all rows to validate on{warning}"),
    );
    says("eval m.safetensors --data one.csv", &format!("warning: one.csv: `y` is yes in all rows{warning}"));
    says("fit m.graph --data ones.csv", &format!("warning: ones.csv: `y` is 1 in all rows to train on{warning}"));
    assert!(!folder.line("eval m.safetensors --data single.csv").err.contains("warning"));
}
