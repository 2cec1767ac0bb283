//! `chainrule fit`

use serde_json::Value;

use crate::support::{CLASSIFIER, Folder, ON_A_PLANE, PLANE, number};

fn plane() -> Folder {
    Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)])
}

fn last(folder: &Folder, words: &str) -> Value {
    folder.line(&format!("fit {words} --json")).json().pop().expect("a last line")
}

#[test]
fn a_plane_is_found() {
    let figures = last(&plane(), "m.graph --data t.csv --rate 0.1 --epochs 500");
    assert_eq!((&figures["final"], &figures["epochs"]), (&Value::from(true), &Value::from(500)));
    assert!(number(&figures, "train_objective") < 1e-12, "{figures}");
    assert_eq!(figures["train_objective"], figures["train_mse"]);
    assert!(figures.get("valid_objective").is_none() && figures.get("train_accuracy").is_none());
}

#[test]
fn one_step_is_the_rate_times_the_gradient_of_the_mean() {
    // From 0, the mean of −2 y over the four rows is −3, of −2 y x0 is −2.5, of −2 y x1 is −1.
    let folder = plane();
    folder.line("fit m.graph --data t.csv --batch 4 --epochs 1 --rate 0.1 --save m.safetensors").succeeded();
    folder.write("at.csv", b"x0,x1\n0,0\n1,0\n0,1\n");
    let run = folder.line("predict m.safetensors --data at.csv");
    let b_and_sums: Vec<f64> = run.succeeded().lines().skip(1).map(|line| line.parse().expect("a number")).collect();
    for (found, expected) in b_and_sums.iter().zip([0.3, 0.55, 0.4]) {
        assert!((found - expected).abs() < 1e-15, "{b_and_sums:?}");
    }
}

#[test]
fn a_batch_larger_than_the_data_is_all_of_them() {
    let folder = plane();
    let figures = |batch: usize| last(&folder, &format!("m.graph --data t.csv --epochs 3 --batch {batch}"));
    assert_eq!(figures(4), figures(1000));
    assert_ne!(figures(4), figures(1));
}

#[test]
fn every_line_is_json_and_the_last_is_final() {
    let lines = plane().line("fit m.graph --data t.csv --epochs 5 --valid t.csv --json").json();
    assert!(lines.len() >= 2);
    let (last, epochs) = lines.split_last().expect("there are lines");
    assert!(epochs.iter().all(|line| line["epoch"].is_u64() && line["train_objective"].is_f64()));
    let keys: Vec<&str> = last.as_object().expect("an object").keys().map(String::as_str).collect();
    let sets = ["train", "valid"].map(|set| ["objective", "mse", "mae", "r2"].map(|name| format!("{set}_{name}")));
    assert_eq!(keys[..2], ["final", "epochs"]);
    assert_eq!(keys[2..], sets.concat());
    assert_eq!(last["train_objective"], last["valid_objective"]);
}

#[test]
fn a_classifier_reports_its_accuracy() {
    let folder = Folder::with(&[("c.graph", CLASSIFIER), ("t.csv", "a,b,y\n3,0,0\n0,3,1\n-3,-3,2\n")]);
    let figures = last(&folder, "c.graph --data t.csv"); // the only input takes the columns a and b
    assert_eq!(number(&figures, "train_accuracy"), 1.0);
    assert!(figures.get("train_mse").is_none());
}

#[test]
fn a_model_without_prediction_or_outcome_can_be_fitted() {
    let graph = "input x []\nparam m [] = 0\nobjective = (x - m)^2\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "x\n1\n3\n")]);
    let figures = last(&folder, "m.graph --data t.csv --batch 2 --rate 0.5 --epochs 1");
    assert_eq!(number(&figures, "train_objective"), 1.0); // m = 2
    assert!(figures.get("train_mse").is_none());
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = plane();
    for (seed, name) in [("1", "a"), ("1", "b"), ("2", "c")] {
        let words =
            format!("fit m.graph --data t.csv --epochs 3 --valid-split 0.5 --seed {seed} --save {name}.safetensors");
        folder.line(&words).succeeded();
    }
    assert!(folder.read("a.safetensors") == folder.read("b.safetensors"));
    assert!(folder.read("a.safetensors") != folder.read("c.safetensors"));
}

#[test]
fn the_order_of_rows_matters_only_when_shuffled() {
    let folder = plane();
    let figures = |options: &str| last(&folder, &format!("m.graph --data t.csv --epochs 3 {options}"));
    assert_eq!(figures("--no-shuffle --seed 1"), figures("--no-shuffle --seed 2"));
    assert_ne!(figures("--seed 1"), figures("--seed 2"));
    assert_eq!(figures("--shuffle --seed 1"), figures("--seed 1"));
    folder.refuses(2, "fit m.graph --data t.csv --shuffle --no-shuffle", &["--shuffle", "--no-shuffle"]);
}

#[test]
fn columns_come_by_map_by_name_or_by_number() {
    let data = "u,v,left,y\n0,0,x,1\n1,0,x,3\n0,1,x,0\n1,1,x,2\n";
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", data), ("n.csv", ON_A_PLANE)]);
    let options = "--rate 0.1 --epochs 500";
    let mapped = last(&folder, &format!("m.graph --data t.csv --map x=u,v {options}"));
    assert_eq!(mapped, last(&folder, &format!("m.graph --data n.csv {options}")));
    let run = folder.line("fit m.graph --data t.csv"); // all columns, one of them of words
    assert!(run.err.contains("3 columns: u, v, left (1 where it is x)"), "{run:?}");
    folder.refuses(2, "fit m.graph --data t.csv --map x=u,w", &["--map x", "`w`"]);
    folder.refuses(2, "fit m.graph --data t.csv --map z=u", &["--map z", "no such input or outcome"]);
    folder.refuses(2, "fit m.graph --data n.csv --set d=3", &["d = 3", "2 were found", "say which by --map x=…"]);
    folder.refuses(2, "fit m.graph --data n.csv --set e=3", &["`e`"]);
    folder.write("k.graph", b"input x [2]\noutcome y []\nparam w [k] = 0\nobjective = (sum(w) * sum(x) - y)^2\n");
    folder.refuses(2, "fit k.graph --data n.csv", &["the size `k` is not bound", "--set k=…", "let k = …"]);
}

#[test]
fn validation_rows_are_held_out() {
    let rows: String = (0..10).map(|i| format!("{i},0,{}\n", 2 * i)).collect();
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &format!("x0,x1,y\n{rows}"))]);
    let run = folder.line("fit m.graph --data t.csv --rate 0.001 --valid-split 0.25");
    let line = |name: &str| {
        let line =
            run.succeeded().lines().find(|line| line.trim_start().starts_with(name)).expect("a line of the table");
        line.split_whitespace().nth(1).expect("the number of rows").to_string()
    };
    assert_eq!((line("training"), line("validation")), ("7".into(), "3".into())); // round(2.5) is 3
    folder.write("one.csv", b"x0,x1,y\n1,2,3\n");
    folder.refuses(2, "fit m.graph --data one.csv --valid-split 0.1", &["--valid-split", "none to train on"]);
    folder.refuses(2, "fit m.graph --data t.csv --valid none.csv", &["none.csv"]);
    folder.write("wide.csv", b"x0,x1,x2,y\n1,2,3,4\n");
    folder.refuses(2, "fit m.graph --data t.csv --valid wide.csv", &["wide.csv", "input `x`", "2 columns", "`x2`"]);
}

#[test]
fn bad_data_name_the_place() {
    let folder = plane();
    for (name, text, says) in [
        ("text", "x0,x1,y\n1,2,3\n4,five,6\n", &["line 3", "`x1`", "five"][..]),
        ("missing", "x0,x1,y\n1,,3\n", &["line 2", "`x1`"]),
        ("ragged", "x0,x1,y\n1,2\n", &["line 2", "`y`"]),
        ("long", "x0,x1,y\n1,2,3,4\n", &["line 2", "4 cells"]),
        ("nan", "x0,x1,y\n1,nan,3\n1,2,3\n", &["line 2", "`x1`", "--missing"]),
        ("infinite", "x0,x1,y\n1,inf,3\n", &["line 2", "`x1`", "finite"]),
        ("header", "x0,x1,y\n", &["no data rows"]),
        ("nothing", "", &["no data rows"]),
        ("twice", "x0,x1,y,y\n1,2,3,4\n", &["`y`", "twice"]),
        ("other", "x0,x1,z\n1,2,3\n", &["`y`"]),
    ] {
        let file = format!("{name}.csv");
        folder.write(&file, text.as_bytes());
        let says: Vec<&str> = says.iter().copied().chain([file.as_str()]).collect();
        folder.refuses(2, &format!("fit m.graph --data {file} --save m.safetensors"), &says);
    }
    folder.write("c.graph", CLASSIFIER.as_bytes());
    folder.write("classes.csv", b"x0,x1,y\n1,2,0\n1,2,3\n");
    folder.refuses(2, "fit c.graph --data classes.csv", &["line 3", "`y`", "3", "0 to 2"]);
    folder.write("halves.csv", b"x0,x1,y\n1,2,0.5\n");
    folder.refuses(2, "fit c.graph --data halves.csv", &["line 2", "`y`", "0.5", "whole number"]);
}

#[test]
fn whole_numbers_that_nothing_bounds_may_be_negative_but_name_the_place_of_a_fraction() {
    let folder = Folder::with(&[
        (
            "k.graph",
            "input k [] int\noutcome y []\nparam w [] = 0\nprediction = w * k\nobjective = (prediction - y)^2\n",
        ),
        ("good.csv", "k,y\n3,1\n-2,1\n"),
        ("half.csv", "k,y\n3,1\n2.5,1\n"),
        ("from1.graph", "input x [3]\noutcome y [] int\nprediction = softmax(x)\nobjective = nll(prediction, y - 1)\n"),
        ("from0.csv", "x0,x1,x2,y\n1,2,3,1\n1,2,3,0\n"),
    ]);
    folder.line("fit k.graph --data good.csv --save k.safetensors").succeeded();
    for command in ["fit k.graph", "predict k.safetensors", "eval k.safetensors"] {
        folder.line(&format!("{command} --data good.csv")).succeeded();
        let says = ["half.csv, line 3, column `k`", "2.5", "whole number"];
        folder.refuses(2, &format!("{command} --data half.csv"), &says);
    }
    folder.refuses(2, "fit from1.graph --data from0.csv", &["from0.csv, line 3, column `y`", "found 0", "from 1 to 3"]);
}

#[test]
fn divergence_leaves_the_earlier_model() {
    let folder = plane();
    folder.write("m.safetensors", b"an older model");
    folder.refuses(
        1,
        "fit m.graph --data t.csv --rate 1e6 --epochs 200 --save m.safetensors",
        &["rate", "`objective`"],
    );
    folder.refuses(1, "fit m.graph --data t.csv --rate 1e6 --epochs 200 --plot m.svg", &["rate"]);
}

#[test]
fn divergence_is_told_with_the_text_of_the_node_and_the_ranges_of_its_inputs() {
    let folder = plane();
    let says = ["`objective` is infinite (power, written at line 6, column 14), from `prediction - y` []: ", "e"];
    folder.refuses(1, "fit m.graph --data t.csv --rate 1e60 --epochs 200", &says);
    folder.write("e.graph", b"input x0 []\nparam w [] = 1\nobjective = exp(exp(w * x0)) - w\n");
    folder.refuses(
        1,
        "fit e.graph --data t.csv --rate 100",
        &["`exp(exp(w * x0))` is infinite (exp", "from `exp(w * x0)` []: "],
    );
    folder.refuses(
        1,
        "fit m.graph --data t.csv --rate 1e300",
        &["the rate 1e300 is too large for this problem: try 0.1"],
    );
}

#[test]
fn a_bad_start_is_not_blamed_on_the_rate() {
    let graph = "input x [2]\noutcome y []\nparam w [2] = 0\nobjective = log(dot(w, x)) + y\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", ON_A_PLANE)]);
    let run = folder.line("fit m.graph --data t.csv --save m.safetensors");
    run.failed(1, &["initial parameters", "t.csv", "line 2"]);
    assert!(!run.err.contains("rate"), "{}", run.err);
    assert_eq!(folder.names(), ["m.graph", "t.csv"]);
}

#[test]
fn a_column_without_a_name_is_taken_by_nobody() {
    let files = [
        ("m.graph", PLANE),
        ("comma.csv", "a,b,y,\n0,0,1,\n"),
        ("two.csv", "a,,,y\n1,2,3,4\n"),
        ("numbered.csv", ",x0,x1,y\n0,1,2,3\n1,2,3,4\n"),
    ];
    let folder = Folder::with(&files);
    let says = "two.csv, line 1: column 2 has no name, and input `x`";
    folder.refuses(2, "fit m.graph --data two.csv", &[says, "--map x="]);
    let run = folder.line("fit m.graph --data comma.csv --epochs 1 --save m.safetensors");
    run.succeeded();
    assert!(run.err.contains("input `x` takes 2 columns: a, b\n"), "{}", run.err);
    assert!(run.err.contains("note: comma.csv: column 4 has no name"), "{}", run.err);
    folder.line("predict m.safetensors --data comma.csv").succeeded();
    // As tables are written by programs that number the rows, or name them
    let run = folder.line("fit m.graph --data numbered.csv --valid numbered.csv --epochs 1");
    run.succeeded();
    assert!(!run.err.contains("has no name"), "{}", run.err);
    folder.write("r.csv", b"\"\",\"a\",\"b\",\"y\"\n\"Mazda RX4\",1,0,3\n\"Fiat\",0,1,0\n");
    folder.write("r.txt", b"\"a\" \"b\" \"y\"\n\"Mazda RX4\" 1 0 3\n\"Fiat\" 0 1 0\n");
    for data in ["r.csv", "r.txt --separator space"] {
        let run = folder.line(&format!("fit m.graph --data {data} --epochs 1"));
        run.succeeded();
        assert!(
            run.err.contains("input `x` takes 2 columns: a, b\n") && run.err.contains("column 1 has no name"),
            "{}",
            run.err
        );
    }
    folder.refuses(2, "fit m.graph --data r.txt --map y=b", &["--map y: r.txt has no column `b`", "--separator space"]);
}

#[test]
fn a_row_of_data_that_is_taken_for_the_header_is_told() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", "5.1,3.5,setosa\n4.9,3.0,setosa\n")]);
    let says = "If the first line, with `5.1`, is a row of data, a line with the columns' names before it";
    folder.refuses(2, "fit m.graph --data t.csv", &["outcome `y` finds no column", says]);
    folder.refuses(2, "fit m.graph --data t.csv --map y=species", &["--map y", says]);
    let run = folder.line("fit m.graph --data t.csv --map y=3.5 --epochs 1");
    assert!(run.err.contains("warning: t.csv: a column is named `5.1`"), "{}", run.err);
}

#[test]
fn what_cannot_be_saved_is_told_before_work_starts() {
    let graph = "input x []\nparam __metadata__ [] = 1\nobjective = (__metadata__ - x)^2\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "x\n1\n")]);
    let says = ["--save", "`__metadata__`", "m.graph:2:7", "another name"];
    folder.refuses(2, "fit m.graph --data t.csv --epochs 1000000000 --save m.safetensors", &says);
    folder.line("fit m.graph --data t.csv --epochs 1").succeeded();
}

#[test]
fn too_large_a_size_is_called_too_large() {
    let says = ["`d` is 99999999999999, which is too large", "the largest is about 1e12"];
    plane().refuses(2, "fit m.graph --data t.csv --set d=99999999999999", &says);
}

#[test]
fn a_value_with_a_role_takes_columns() {
    let graph = "value x []\nrole input x\nparam w [] = 0\nprediction = w*x\nobjective = prediction - x\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "x\n1\n")]);
    folder.line("fit m.graph --data t.csv --epochs 1").succeeded();
}

#[test]
fn folders_are_tried_before_work_starts() {
    let folder = plane();
    folder.refuses(2, "fit none.graph --data none.csv --save no/m.safetensors", &["--save", "no/m.safetensors"]);
    folder.refuses(2, "fit none.graph --data none.csv --plot no/m.svg", &["--plot", "no/m.svg"]);
    folder.refuses(2, "fit none.graph --data none.csv --save .", &["--save", "folder"]);
}

#[test]
fn learning_curves_are_drawn_in_either_format() {
    let folder = plane();
    for (name, start) in [("c.svg", &b"<svg"[..]), ("c.PNG", b"\x89PNG")] {
        folder.line(&format!("fit m.graph --data t.csv --epochs 3 --valid t.csv --plot {name}")).succeeded();
        let bytes = folder.read(name);
        assert!(bytes.windows(start.len()).take(200).any(|window| window == start), "{name}");
    }
    folder.line("fit m.graph --data t.csv --epochs 3 --plot three.svg").succeeded();
    let svg = String::from_utf8(folder.read("three.svg")).expect("it is text");
    assert!(svg.contains("Learning curves of m") && svg.contains(">3<") && !svg.contains(">1.5<"), "{svg}");
    folder.line("fit m.graph --data t.csv --epochs 1 --plot one.svg").succeeded();
    folder.write("c.graph", CLASSIFIER.as_bytes());
    folder.write("c.csv", b"x0,x1,y\n3,0,0\n0,3,1\n");
    folder.line("fit c.graph --data c.csv --plot c.svg").succeeded();
    let svg = String::from_utf8(folder.read("c.svg")).expect("it is text");
    assert!(svg.contains("objective") && svg.contains("accuracy"), "{svg}");
}

#[test]
fn compressed_and_quoted_tables_are_read() {
    let text = "\u{feff}\"x0\", x1 ,y\r\n\"0\", 0 ,1\r\n1,0,3\r\n0,1,0\r\n1,1,2\r\n";
    let folder = plane();
    folder.write("odd.csv", text.as_bytes());
    let options = "--rate 0.1 --epochs 50";
    let figures = last(&folder, &format!("m.graph --data odd.csv {options}"));
    assert_eq!(figures, last(&folder, &format!("m.graph --data t.csv {options}")));
}

#[test]
fn validation_rows_without_a_finite_result_spoil_no_model() {
    let graph = "input x []\noutcome y []\nparam w [] = 1\nprediction = w / x\nobjective = (prediction - y)^2\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "x,y\n1,2\n2,1\n"), ("v.csv", "x,y\n1,2\n0,1\n")]);
    let run = folder.line("fit m.graph --data t.csv --valid v.csv --save m.safetensors --plot m.svg");
    run.failed(1, &["saved m.safetensors", "drew m.svg", "v.csv, line 3", "`prediction`", "look at that row"]);
    assert!(run.out.contains("validation"), "{}", run.out);
    folder.line("predict m.safetensors --data t.csv").succeeded();
    folder.line("predict m.safetensors --data v.csv").failed(1, &["v.csv, line 3", "look at that row"]);
}

#[test]
fn a_slope_that_was_left_out_is_told_with_its_row() {
    let model = |objective: &str| {
        format!("input x []\noutcome y []\nparam w [] = 1\nprediction = {objective}\nobjective = (prediction - y)^2\n")
    };
    let folder = Folder::with(&[
        ("m.graph", &model("sqrt(w * x)^2")),
        ("fine.graph", &model("where(x > 0, sqrt(w * x)^2, 0)")),
        ("t.csv", "x,y\n1,1\n4,4\n0,0\n"),
    ]);
    let run = folder.line("fit m.graph --data t.csv --epochs 2");
    run.succeeded();
    assert_eq!(
        run.err.matches("note: t.csv, line 4: the slope of `sqrt(w * x)` (sqrt) is not finite").count(),
        1,
        "{run:?}"
    );
    let run = folder.line("fit fine.graph --data t.csv --epochs 2");
    run.succeeded();
    assert!(!run.err.contains("note"), "{run:?}");
}

/// Of more rows than a few, and than a twentieth of those that training took, some are looked at, and told by their own lines.
#[test]
fn of_many_rows_some_are_looked_at_for_slopes_that_were_left_out() {
    let model =
        "input x []\noutcome y []\nparam w [] = 1\nprediction = sqrt(w * x)^2\nobjective = (prediction - y)^2\n";
    let zero_in = |zero: usize| {
        let rows = (0..3000).map(|row| if row == zero { "0,0\n" } else { "1,1\n" });
        ["x,y\n"].into_iter().chain(rows).collect::<String>()
    };
    let folder = Folder::with(&[("m.graph", model), ("third.csv", &zero_in(6)), ("between.csv", &zero_in(7))]);
    let is_told = |line: &str, place: &str| {
        let run = folder.line(line);
        run.succeeded();
        run.err.contains(&format!("note: {place}: the slope"))
    };
    assert!(is_told("fit m.graph --data third.csv --steps 10", "third.csv, line 8"));
    assert!(!is_told("fit m.graph --data between.csv --steps 10", "between.csv, line 9"));
    assert!(is_told("fit m.graph --data between.csv --epochs 20 --batch 100", "between.csv, line 9"));
}
