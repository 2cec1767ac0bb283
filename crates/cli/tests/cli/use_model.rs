//! `chainrule predict` and `chainrule eval`

use chainrule::learn::models::LinearRegression;
use chainrule::learn::{Arrays, SavedModel, Training};
use chainrule::{Kind, Tensor};

use crate::support::{CLASSIFIER, Folder, ON_A_PLANE, PLANE, number};

const TRAIN: &str = "--batch 4 --rate 0.5 --epochs 3000";

fn with_plane() -> Folder {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    folder.line(&format!("fit m.graph --data t.csv {TRAIN} --save m.safetensors")).succeeded();
    folder
}

#[test]
fn predictions_are_those_of_the_plane() {
    let folder = with_plane();
    folder.write("new.csv", b"x1,other,x0\n10,text,0\n0,,10\n"); // in another order, without an outcome
    let run = folder.line("predict m.safetensors --data new.csv");
    let lines: Vec<&str> = run.succeeded().lines().collect();
    let numbers: Vec<f64> = lines[1..].iter().map(|line| line.parse().expect("a number")).collect();
    assert_eq!((lines[0], numbers.len()), ("prediction", 2));
    assert!((numbers[0] + 9.0).abs() < 1e-6 && (numbers[1] - 21.0).abs() < 1e-6, "{numbers:?}");
    let run2 = folder.line("predict m.safetensors --data new.csv --out p.csv");
    assert_eq!(run2.succeeded(), "");
    assert_eq!(folder.read("p.csv"), run.out.into_bytes());
}

#[test]
fn predictions_stand_beside_columns_and_nodes() {
    let model = "input x [2]\noutcome y [] int\nparam W [3, 2] = 0\nh = tanh(x)\nprediction = softmax(W @ h)\nmiss = nll(prediction, y)\nobjective = miss\n";
    let folder = Folder::with(&[
        ("m.graph", model),
        ("t.csv", "x0,x1,y\n3,0,cat\n0,3,dog\n-3,-3,emu\n"),
        ("new.csv", "id,x0,x1,name\n007,0,0,\"Rex, the dog\"\n8.50,0,0,\n"),
    ]);
    folder.line("fit m.graph --data t.csv --epochs 1 --save m.safetensors").succeeded();
    let run = folder.line("predict m.safetensors --data new.csv --keep id,name --nodes h");
    let lines: Vec<&str> = run.succeeded().lines().collect();
    assert_eq!(lines[0], "id,name,prediction0,prediction1,prediction2,class,h0,h1");
    assert!(lines[1].starts_with("007,\"Rex, the dog\",0.3333") && lines[1].ends_with(",0,0"), "{}", lines[1]);
    assert!(lines[2].starts_with("8.50,,0.3333"), "{}", lines[2]);
    folder.line("predict m.safetensors --data new.csv --keep id,name --nodes h,W --out p.npz").succeeded();
    let arrays = Arrays::from_bytes("p.npz", folder.read("p.npz")).expect("it holds arrays");
    assert_eq!(arrays.names(), ["id", "name", "prediction", "class", "h", "W"]);
    assert_eq!(arrays.words("name").expect("they are words"), ["Rex, the dog", ""]);
    assert!(arrays.words("id").is_err(), "numbers are numbers");
    // Arrays are kept as arrays; a range stands for its columns.
    let run = folder.line("predict m.safetensors --data p.npz --keep h --nodes W");
    run.failed(2, &["p.npz"]);
    let run = folder.line("predict m.safetensors --data new.csv --keep x0..x1");
    assert!(run.succeeded().starts_with("x0,x1,prediction0,"), "{}", run.out);
    // A node that reads the outcome needs it.
    folder.refuses(2, "predict m.safetensors --data new.csv --nodes miss", &["new.csv", "`y`"]);
    assert!(folder.line("predict m.safetensors --data t.csv --nodes miss").succeeded().contains(",class,miss\n"));
    for (line, says) in [
        ("--nodes g", &["--nodes g", "no node of that name; there are `x`, "][..]),
        ("--keep nam", &["new.csv", "no column `nam`", "did you mean `name`?"]),
        ("--keep id,id", &["two columns would be called `id`"]),
        ("--nodes prediction", &["two columns would be called `prediction0`"]),
    ] {
        folder.refuses(2, &format!("predict m.safetensors --data new.csv {line}"), says);
    }
}

#[test]
fn scores_are_saved_with_the_model() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    let fit = folder.line("fit m.graph --data t.csv --valid-split 0.3 --epochs 5 --json --save m.safetensors");
    let last = fit.json().pop().expect("a last line");
    let shown = folder.line("show m.safetensors --json").json().swap_remove(0);
    assert!(shown["settings"].get("scores").is_none(), "{shown}");
    for key in ["train_objective", "train_mse", "train_r2", "valid_objective", "valid_mae"] {
        assert_eq!(number(&shown["scores"], key), number(&last, key), "{key}");
    }
    let text = folder.line("show m.safetensors");
    assert!(text.succeeded().contains("# scores\n#   train_objective: "), "{}", text.out);
    assert!(text.out.contains("#   valid_objective: ") && !text.out.contains("scores: {"), "{}", text.out);
}

#[test]
fn eval_gives_the_figures_of_fit() {
    let folder = with_plane();
    let fit = folder.line(&format!("fit m.graph --data t.csv {TRAIN} --json")).json().pop().expect("a last line");
    let eval = &folder.line("eval m.safetensors --data t.csv --json").json()[0];
    assert_eq!(number(eval, "objective"), number(&fit, "train_objective"));
    assert_eq!(number(eval, "mse"), number(&fit, "train_mse"));
    assert_eq!((number(eval, "mae"), number(eval, "r2")), (number(&fit, "train_mae"), number(&fit, "train_r2")));
    assert_eq!(eval.as_object().map(|object| object.len()), Some(4));
    assert!(folder.line("eval m.safetensors --data t.csv").succeeded().contains("objective"));
}

#[test]
fn eval_draws_what_it_found() {
    let folder = with_plane();
    folder.line("eval m.safetensors --data t.csv --plot p.svg").succeeded();
    let picture = String::from_utf8(folder.read("p.svg")).expect("it is text");
    assert!(["actual", "predicted", "m.safetensors on t.csv"].iter().all(|word| picture.contains(word)), "{picture}");
    assert_eq!(picture.matches("<circle").count(), 4, "a point for each row");
    folder.line("eval m.safetensors --data t.csv --plot p.png --json").succeeded();
    assert!(folder.read("p.png").starts_with(b"\x89PNG"));
    folder.write("c.graph", CLASSIFIER.as_bytes());
    folder.write("words.csv", b"x0,x1,y\n3,0,cat\n0,3,dog\n-3,-3,emu\n-3,-4,emu\n");
    folder.line("fit c.graph --data words.csv --save c.safetensors").succeeded();
    folder.line("eval c.safetensors --data words.csv --plot c.svg").succeeded();
    let picture = String::from_utf8(folder.read("c.svg")).expect("it is text");
    assert!(["true class", "cat", "dog", "emu", ">2<"].iter().all(|word| picture.contains(word)), "{picture}");
    folder.refuses(2, "eval m.safetensors --data t.csv --plot p.pdf", &["--plot", ".svg or .png"]);
    folder.refuses(2, "eval m.safetensors --data t.csv --plot m.safetensors", &["--plot", ".svg or .png"]);
    folder.refuses(2, "eval m.safetensors --data t.csv --plot no/p.svg", &["--plot", "no/p.svg"]);
    folder.write("two.graph", PLANE.replace("y []", "y [2]").replace("- y)^2", "- sum(y))^2").as_bytes());
    folder.write("two.csv", b"x0,x1,y0,y1\n0,0,1,1\n1,0,3,2\n");
    folder.line("fit two.graph --data two.csv --save two.safetensors").succeeded();
    folder.refuses(2, "eval two.safetensors --data two.csv --plot p2.svg", &["--plot", "nothing to draw"]);
}

#[test]
fn what_a_program_fitted_is_used_as_what_fit_saved() {
    let folder = Folder::with(&[("t.csv", ON_A_PLANE)]);
    let x = Tensor::new([4, 2], vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0]).expect("two columns");
    let y = Tensor::vector([1.0, 3.0, 0.0, 2.0]);
    let training = Training { batch: 4, rate: 0.5, epochs: 3000, ..Training::default() };
    let fitted = LinearRegression::new(training).fit(&x, &y, None).expect("it trains");
    fitted.save(folder.path("m.safetensors")).expect("the folder takes files");
    folder.write("new.csv", b"x0,x1\n0,10\n10,0\n");
    let run = folder.line("predict m.safetensors --data new.csv");
    let numbers: Vec<f64> = run.succeeded().lines().skip(1).map(|line| line.parse().expect("a number")).collect();
    assert!((numbers[0] + 9.0).abs() < 1e-6 && (numbers[1] - 21.0).abs() < 1e-6, "{numbers:?}");
    assert!(number(&folder.line("eval m.safetensors --data t.csv --json").json()[0], "mse") < 1e-9);
    let shown = folder.line("show m.safetensors");
    assert!(["epochs: 3000", "optimizer: sgd", "x from x0, x1"].iter().all(|part| shown.succeeded().contains(part)));
}

#[test]
fn an_int_outcome_predicts_a_class() {
    let folder = Folder::with(&[("c.graph", CLASSIFIER), ("t.csv", "x0,x1,y\n3,0,0\n0,3,1\n-3,-3,2.0\n")]);
    folder.line("fit c.graph --data t.csv --save c.safetensors").succeeded();
    let run = folder.line("predict c.safetensors --data t.csv");
    let classes: Vec<&str> = run.succeeded().lines().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(classes, ["class", "0", "1", "2"]);
    assert!(run.out.starts_with("prediction0,prediction1,prediction2,class\n"));
    assert_eq!(number(&folder.line("eval c.safetensors --data t.csv --json").json()[0], "accuracy"), 1.0);
}

#[test]
fn standardisation_is_saved_with_the_model() {
    // The second column is constant: it is centred, not divided by zero.
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", "x0,x1,y\n1000,5,1\n2000,5,2\n3000,5,3\n")]);
    let options = "--standardize --batch 3 --rate 0.1 --epochs 500 --save m.safetensors";
    folder.line(&format!("fit m.graph --data t.csv {options}")).succeeded();
    folder.write("new.csv", b"x0,x1\n4000,5\n");
    let run = folder.line("predict m.safetensors --data new.csv");
    let prediction: f64 = run.succeeded().lines().nth(1).and_then(|line| line.parse().ok()).expect("a number");
    assert!((prediction - 4.0).abs() < 1e-6, "{prediction}");
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = with_plane();
    let bytes = folder.read("m.safetensors");
    folder.write("cut.safetensors", &bytes[..bytes.len() - 5]);
    folder.write("foreign.safetensors", b"not a model");
    folder.write("empty.safetensors", b"");
    for command in ["predict", "eval"] {
        folder.refuses(2, &format!("{command} cut.safetensors --data t.csv"), &["cut.safetensors", "truncated"]);
        folder.refuses(2, &format!("{command} foreign.safetensors --data t.csv"), &["foreign.safetensors", "no model"]);
        folder.refuses(2, &format!("{command} empty.safetensors --data t.csv"), &["empty.safetensors", "empty"]);
        folder.refuses(2, &format!("{command} none.safetensors --data t.csv"), &["none.safetensors", "no such file"]);
    }
}

#[test]
fn a_model_whose_columns_are_not_those_of_its_graph_is_refused() {
    let folder = with_plane();
    let path = folder.path("m.safetensors");
    let saved = SavedModel::load(&path).expect("fit saved it");
    let mut narrow = saved.clone();
    narrow.fields[0].shape = [1].into();
    narrow.fields[0].columns.truncate(1);
    let mut whole = saved.clone();
    whole.fields[1].kind = Kind::Int;
    let mut swapped = saved;
    swapped.fields[0].name = "y".into();
    for (damaged, says) in
        [(narrow, "`x` takes a value of shape [2], not [1]"), (whole, "`y`"), (swapped, "inputs are `x`")]
    {
        damaged.save(&path).expect("the folder takes files");
        for command in ["predict", "eval"] {
            folder.refuses(2, &format!("{command} m.safetensors --data t.csv"), &["m.safetensors: is damaged", says]);
        }
    }
}

#[test]
fn data_that_do_not_fit_are_refused() {
    let folder = with_plane();
    folder.write("few.csv", b"x0,y\n1,2\n");
    folder.write("text.csv", b"x0,x1\n1,two\n");
    folder.write("inputs.csv", b"x0,x1\n1,2\n");
    folder.refuses(2, "predict m.safetensors --data few.csv", &["few.csv", "`x1`"]);
    folder.refuses(2, "predict m.safetensors --data text.csv --out p.csv", &["text.csv", "line 2", "`x1`", "two"]);
    folder.refuses(2, "eval m.safetensors --data inputs.csv", &["inputs.csv", "`y`"]);
    // The folder is tried before anything is read.
    folder.refuses(2, "predict none.safetensors --data none.csv --out no/p.csv", &["--out", "no/p.csv", "folder"]);
}

#[test]
fn a_result_that_is_not_finite_names_row_and_node() {
    let folder = with_plane();
    folder.write("large.csv", b"x0,x1,y\n0,0,1\n1e308,-1e308,0\n");
    folder.refuses(1, "predict m.safetensors --data large.csv --out p.csv", &["large.csv", "line 3", "dot(w, x)"]);
    let run = folder.line("eval m.safetensors --data large.csv --json");
    run.failed(1, &["large.csv", "line 3"]);
    assert_eq!(run.out, "{\"objective\":null,\"mse\":null,\"mae\":null,\"r2\":null}\n");
}

#[test]
fn a_computed_index_out_of_range_is_named_by_its_row() {
    let embedding = "\
input i [] int
outcome y []
param E [3] = 0
prediction = exp(E[i*2])
objective = (prediction - y)^2
";
    let files = [("m.graph", embedding), ("t.csv", "i,y\n0,1\n1,2\n"), ("bad.csv", "i,y\n0,1\n1,2\n2,3\n")];
    let folder = Folder::with(&files);
    folder.line("fit m.graph --data t.csv --epochs 2 --save m.safetensors").succeeded();
    for (command, node) in [
        ("fit m.graph --data bad.csv", "`E[i*2]`"),
        ("fit m.graph --data bad.csv --engine reference", "`E[i*2]`"),
        ("fit m.graph --data t.csv --valid bad.csv", "`E[i*2]`"),
        ("profile m.graph --data bad.csv", "`E[i*2]`"),
        // Of a saved model, as it is printed.
        ("predict m.safetensors --data bad.csv", "`gather(E, i * 2)`"),
        ("eval m.safetensors --data bad.csv", "`gather(E, i * 2)`"),
    ] {
        let says = [&format!("bad.csv, line 4: {node}: index 4 "), "a whole number from 0 below 3", "look at that row"];
        folder.refuses(2, command, &says);
    }
    let says = ["`E[i*2]`: index 4 ", "a whole number from 0 below 3"];
    folder.run(&["grad", "exp(E[i*2])", "E=1,2,3", "i=2"]).failed(2, &says);
    folder.run(&["grad", "h + exp(sum(E[i*2]))", "E=1,2,3", "i=0,2", "h=1"]).failed(2, &says);
}

#[test]
fn a_mean_that_overflows_is_blamed_on_the_largest_row() {
    let far = "\
input x []
outcome y []
param w [] = 1
prediction = w * x
objective = abs(prediction - y) / 1e300
";
    let sum = far.replace("/ 1e300", "* 1e100");
    let folder = Folder::with(&[("m.graph", far), ("s.graph", &sum), ("t.csv", "x,y\n1,2\n1e200,3\n-1e210,3\n5,6\n")]);
    let says = ["t.csv, line 4: the mean square error is not finite", "`prediction` = -1e210", "`y` = 3"];
    folder.line("fit m.graph --data t.csv --epochs 1 --rate 1e-300").failed(1, &says);
    folder.write("one.csv", b"x,y\n1,2\n");
    folder.line("fit m.graph --data one.csv --epochs 1 --rate 1e-300 --save m.safetensors").succeeded();
    folder.line("eval m.safetensors --data t.csv").failed(1, &says);
    folder.line("fit s.graph --data one.csv --epochs 1 --rate 1e-300 --save s.safetensors").succeeded();
    folder.write("big.csv", b"x,y\n1e208,2\n-1.5e208,3\n1e208,1\n");
    let says = ["big.csv, line 3: the mean objective is not finite", "`objective` = 1.5e308"];
    folder.line("eval s.safetensors --data big.csv").failed(1, &says);
}

#[test]
fn what_the_columns_of_probabilities_are_of_is_said() {
    let three = "input x [d]\noutcome y [] int\nparam W [3, d] = 0\nprediction = softmax(W @ x)\nobjective = nll(prediction, y)\n";
    let folder = Folder::with(&[
        ("m.graph", three),
        ("from1.graph", &three.replace(", y)\n", ", y - 1)\n")),
        ("words.csv", "a,y\n1,oak\n2,ash\n3,elm\n"),
        ("zero.csv", "a,y\n1,0\n2,1\n3,2\n"),
        ("one.csv", "a,y\n1,1\n2,2\n3,3\n"),
    ]);
    for (model, table, says) in [
        (
            "m.graph",
            "words.csv",
            "prediction0 is that of `ash`, prediction1 is that of `elm`, prediction2 is that of `oak`\n",
        ),
        (
            "from1.graph",
            "one.csv",
            "prediction0 is that of `1`, prediction1 is that of `2`, prediction2 is that of `3`\n",
        ),
        ("m.graph", "zero.csv", ""),
    ] {
        folder.line(&format!("fit {model} --data {table} --epochs 1 --save m.safetensors")).succeeded();
        let run = folder.line(&format!("predict m.safetensors --data {table}"));
        assert!(run.succeeded().starts_with("prediction0,prediction1,prediction2,class\n"), "{}", run.out);
        assert!(run.err.contains(says) && (says.is_empty() == run.err.is_empty()), "{}", run.err);
    }
}
