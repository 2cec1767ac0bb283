//! Tables as people have them.

use std::io::Write;
use std::process::Stdio;

use chainrule::learn::{ArrayValues, Arrays, write_npz};

use crate::support::{CLASSIFIER, Folder, ON_A_PLANE, PLANE, Run, number};

/// Runs a line of words with this on standard input.
fn piped(folder: &Folder, words: &str, input: &str) -> Run {
    let mut command = folder.command(&words.split_whitespace().collect::<Vec<_>>());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary was built for this test");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("it reads its input");
    Run::from_output(child.wait_with_output().expect("it ends"))
}

#[test]
fn separators_decimal_commas_and_comments_are_read_without_an_option() {
    let excel = "x0;x1;y\n0,0;0;1\n1,0;0;3\n0;1,0;0\n1;1;2,0\n";
    let tabs = ON_A_PLANE.replace(',', "\t");
    let comment = format!("# exported\n{ON_A_PLANE}");
    let named = format!("sep=;\r\n{excel}");
    let files = [("m.graph", PLANE), ("comma.csv", ON_A_PLANE), ("excel.csv", excel), ("tab.csv", &tabs)];
    let folder = Folder::with(&[&files[..], &[("comment.csv", &comment), ("named.csv", &named)]].concat());
    let fit = |file: &str| folder.line(&format!("fit m.graph --data {file} --epochs 3 --json")).succeeded().to_string();
    for file in ["excel.csv", "tab.csv", "comment.csv", "named.csv"] {
        assert_eq!(fit(file), fit("comma.csv"), "{file}");
    }
}

#[test]
fn a_separator_can_be_said() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &ON_A_PLANE.replace(',', " "))]);
    folder.refuses(2, "fit m.graph --data t.csv", &["a single column, `x0 x1 y`", "--separator ';'"]);
    folder.line("fit m.graph --data t.csv --separator space --save m.safetensors").succeeded();
    folder.line("predict m.safetensors --data t.csv --separator space").succeeded();
    folder.line("eval m.safetensors --data t.csv --separator space").succeeded();
    folder.refuses(2, "fit m.graph --data t.csv --separator ab", &["--separator", "one character"]);
}

#[test]
fn a_hyphen_is_standard_input() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    piped(&folder, "fit m.graph --data - --save m.safetensors", ON_A_PLANE).succeeded();
    let prediction = piped(&folder, "predict m.safetensors --data -", "x0;x1\n0,5;1\n");
    assert_eq!(prediction.succeeded().lines().count(), 2);
    piped(&folder, "eval m.safetensors --data -", "").failed(2, &["standard input", "no data rows"]);
    folder.refuses(2, "fit m.graph --data - --valid -", &["--valid", "standard input"]);
}

#[test]
fn words_of_an_outcome_are_its_classes_and_come_back() {
    let rows = "x0,x1,y\n3,0,\"b, c\"\n0,3,a\n-3,-3,d\n";
    let folder = Folder::with(&[("c.graph", CLASSIFIER), ("t.csv", rows)]);
    let fit = folder.line("fit c.graph --data t.csv --save c.safetensors");
    fit.succeeded();
    assert!(fit.err.contains("outcome `y` takes y (3 classes: a, b, c, d)"), "{}", fit.err);
    let predicted = folder.line("predict c.safetensors --data t.csv");
    let ends = ["class", "\"b, c\"", "a", "d"];
    let classes: Vec<&str> = predicted.succeeded().lines().collect();
    assert!(classes.iter().zip(ends).all(|(line, end)| line.ends_with(&format!(",{end}"))), "{classes:?}");
    assert!(folder.line("eval c.safetensors --data t.csv").succeeded().contains("accuracy"));
    folder.write("other.csv", b"x0,x1,y\n3,0,a\n3,0,e\n");
    let says = ["other.csv, line 3, column `y`: found `e`", "`b, c`"];
    folder.refuses(2, "eval c.safetensors --data other.csv", &says);

    folder.write("n.csv", b"x0,x1,y\n3,0,2\n0,3,1\n-3,-3,3\n");
    folder.refuses(
        2,
        "fit c.graph --data n.csv",
        &["n.csv, line 4, column `y`: found 3, but `y` has 3 classes", "or fit with --classes y"],
    );
    folder.line("fit c.graph --data n.csv --classes y --save n.safetensors").succeeded();
    let predicted = folder.line("predict n.safetensors --data n.csv");
    let classes: Vec<&str> = predicted.succeeded().lines().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(classes, ["class", "2", "1", "3"]);
}

#[test]
fn words_of_an_input_are_columns() {
    let rows = "city,rooms,garden,y\nRome,2,yes,5\nParis,3,no,6\nRome,4,no,6\nOslo,1,yes,9\n";
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", rows)]);
    let fit =
        folder.line("fit m.graph --data t.csv --standardize --epochs 1000 --batch 4 --rate 0.1 --save m.safetensors");
    fit.succeeded();
    assert!(
        fit.err.contains(
            "3 columns: city (a column for each of 3 words: Oslo, Paris, Rome), rooms, garden (no, yes: 0, 1)"
        ),
        "{}",
        fit.err
    );
    folder.write("new.csv", b"garden,rooms,city\nYES,1,Oslo\nNo,3,Paris\n");
    let run = folder.line("predict m.safetensors --data new.csv");
    let predictions: Vec<f64> = run.succeeded().lines().skip(1).map(|line| line.parse().expect("a number")).collect();
    assert!((predictions[0] - 9.0).abs() < 1e-3 && (predictions[1] - 6.0).abs() < 1e-3, "{predictions:?}");
    folder.write("new.csv", b"garden,rooms,city\nno,1,Bonn\n");
    folder.refuses(
        2,
        "predict m.safetensors --data new.csv",
        &["new.csv, line 2, column `city`: found `Bonn`", "`Oslo`"],
    );
}

#[test]
fn missing_cells_are_an_error_with_its_remedies() {
    let rows = "a,port,y\n1,S,3\n,C,4\n5,,7\n3,S,5\n";
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", rows)]);
    let counts = ["1 in column `a` (the first in line 3)", "1 in column `port` (the first in line 4)"];
    folder.refuses(
        2,
        "fit m.graph --data t.csv",
        &[&counts[..], &["--missing drop", "--missing mean", "--missing class"]].concat(),
    );
    let left = ["t.csv: cells are missing: 1 in column `port`", "--missing drop", "--missing class"];
    folder.refuses(2, "fit m.graph --data t.csv --missing mean", &left);

    let dropped = folder.line("fit m.graph --data t.csv --missing drop --save d.safetensors");
    dropped.succeeded();
    assert!(dropped.err.contains("left out 2 rows"), "{}", dropped.err);
    let hole = [
        "t.csv, line 3, column `a`: the cell is empty",
        "leave such rows out of the table, or fit with --missing mean",
    ];
    folder.refuses(2, "predict d.safetensors --data t.csv", &hole);
    folder.refuses(2, "eval d.safetensors --data t.csv", &hole);

    let filled = "fit m.graph --data t.csv --missing mean,class --standardize --epochs 2000 --batch 4 --rate 0.1";
    let run = folder.line(&format!("{filled} --save f.safetensors"));
    assert!(run.succeeded().contains("4") && run.err.contains("C, S, missing"), "{run:?}");
    folder.write("new.csv", b"a,port\nNA,S\n3,S\n1,S\n1,-\n");
    let run = folder.line("predict f.safetensors --data new.csv");
    let predictions: Vec<&str> = run.succeeded().lines().skip(1).collect();
    assert_eq!(predictions.len(), 4);
    assert_eq!(predictions[0], predictions[1]); // 3 is the mean
    assert_ne!(predictions[2], predictions[3]);
}

#[test]
fn a_column_that_tells_the_outcome_is_warned_of() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", "x0,copy,y\n1,3,3\n2,5,5\n")]);
    let run = folder.line("fit m.graph --data t.csv --map x=x0,copy --epochs 1");
    run.succeeded();
    assert!(run.err.contains("warning: t.csv: the column `copy` equals outcome `y` in every row"), "{}", run.err);
    folder.refuses(2, "fit m.graph --data t.csv --map x=y", &["input `x` is given the column `y`", "--map x="]);
    let run = folder.line("fit m.graph --data t.csv --drop copy --epochs 1");
    run.succeeded();
    assert!(run.err.contains("input `x` takes x0\n") && !run.err.contains("warning"), "{}", run.err);
}

/// What the row of a table that a message is about says stays what it says in the file.
#[test]
fn messages_show_what_the_file_says_where_it_was_standardized() {
    let model = "input area []\ninput year []\noutcome price []\nparam a [] = 0\nparam b [] = 0\nparam c [] = 0\n\
                 prediction = exp(a * log(area) + b * year + c)\nobjective = (log(prediction) - log(price))^2\n";
    let rows = "area,year,price\n100,1980,200\n50,1990,120\n70,2000,160\n120,1950,190\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", rows)]);
    let says = ["t.csv, line 3", "the file's `area` is 50, and standardizing made -1.2998"];
    folder.refuses(1, "fit m.graph --data t.csv --epochs 20 --standardize", &says);
    let run = folder.line("fit m.graph --data t.csv --epochs 20 --standardize=year --save m.safetensors");
    run.succeeded();
    folder.write("new.csv", b"area,year\n100,1980\n-5,1980\n");
    let run = folder.line("predict m.safetensors --data new.csv");
    run.failed(1, &["new.csv, line 3", "`area` = -5"]);
    assert!(!run.err.contains("standardizing"), "{}", run.err);
    folder.refuses(2, "fit m.graph --data t.csv --standardize=yaer", &["--standardize", "did you mean `year`?"]);
}

#[test]
fn a_standardized_outcome_is_predicted_and_scored_in_the_units_of_the_file() {
    let rows = "x0,x1,y\n0,0,100000\n1,0,300000\n0,1,0\n1,1,200000\n";
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", rows)]);
    let fit = "fit m.graph --data t.csv --standardize=x,y --batch 4 --rate 0.1 --epochs 30 --json --save m.safetensors";
    let last = folder.line(fit).json().pop().expect("a last line");
    let run = folder.line("predict m.safetensors --data t.csv");
    let predictions: Vec<f64> = run.succeeded().lines().skip(1).map(|line| line.parse().expect("a number")).collect();
    let outcomes = [100000.0, 300000.0, 0.0, 200000.0];
    let squares = predictions.iter().zip(outcomes).map(|(prediction, outcome)| (prediction - outcome).powi(2));
    let mse = squares.sum::<f64>() / 4.0;
    assert!(predictions.iter().zip(outcomes).all(|(prediction, outcome)| (prediction - outcome).abs() < 1e4));
    assert!((number(&last, "train_mse") / mse - 1.0).abs() < 1e-6, "{last} {mse}");
    // The objective is of the standardised outcome, whose variance is that of the file by 1.25e10.
    assert!((number(&last, "train_objective") * 1.25e10 / mse - 1.0).abs() < 1e-6, "{last}");
    let eval = &folder.line("eval m.safetensors --data t.csv --json").json()[0];
    assert_eq!(number(eval, "mse"), number(&last, "train_mse"));
    let classes = Folder::with(&[("c.graph", CLASSIFIER), ("t.csv", "x0,x1,y\n1,2,0\n2,1,1\n")]);
    classes.refuses(2, "fit c.graph --data t.csv --standardize=y", &["--standardize", "outcome `y`", "int"]);
}

#[test]
fn an_input_that_the_prediction_does_not_read_is_left_alone() {
    let model = "input x []\ninput weight []\noutcome y []\nparam w [] = 0\n\
                 prediction = w * x\nobjective = weight * (prediction - y)^2\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", "x,weight,y\n-1,3,-2\n1,5,2\n")]);
    let run = folder.line("fit m.graph --data t.csv --standardize --epochs 1 --json");
    assert!(run.err.contains("input `weight` is not standardized"), "{}", run.err);
    // (3 · 2² + 5 · 2²) / 2 before the first step, less after it
    assert!(number(run.json().last().expect("a last line"), "train_objective") > 0.0);
    let named = folder.line("fit m.graph --data t.csv --standardize=weight --epochs 1 --json");
    assert!(number(named.json().last().expect("a last line"), "train_objective") <= 0.0);
}

#[test]
fn arrays_are_trained_on_and_predicted() {
    let words = ["no", "yes"].map(String::from);
    let folder = Folder::with(&[("c.graph", CLASSIFIER)]);
    let x = [3.0, 0.0, 0.0, 3.0];
    let arrays = [
        ("x", vec![2, 2], ArrayValues::Reals(&x)),
        ("y", vec![2], ArrayValues::Integers(&[1, 0])),
        ("classes", vec![2], ArrayValues::Words(&words)),
    ];
    write_npz(folder.path("d.npz"), &arrays).expect("the folder takes files");
    let fit = folder.line("fit c.graph --data d.npz --precision f32 --save c.safetensors");
    fit.succeeded();
    assert!(fit.err.contains("input `x` takes an array of [2] for each row"), "{}", fit.err);
    assert!(folder.line("predict c.safetensors --data d.npz").succeeded().contains(",yes\n"));
    folder.line("predict c.safetensors --data d.npz --out p.npz").succeeded();
    let predicted = Arrays::from_bytes("p.npz", folder.read("p.npz")).expect("it holds arrays");
    assert_eq!(predicted.names(), ["prediction", "class"]);
    folder.line("eval c.safetensors --data d.npz").succeeded();
    // A table has the elements in columns.
    folder.write("t.csv", b"x0,x1\n3,0\n0,3\n");
    assert!(folder.line("predict c.safetensors --data t.csv").succeeded().contains(",no\n"));
}

/// What is wrong with a row of arrays names the row, as there are no lines.
#[test]
fn rows_of_arrays_are_numbered() {
    let model = "input x []\noutcome y []\nparam w [] = 1\nprediction = log(w * x)\nobjective = (prediction - y)^2\n";
    let folder = Folder::with(&[
        ("m.graph", model),
        ("i.graph", "input x [] int < 2\nparam w [] = 0\nobjective = w^2 + 0 * x\n"),
    ]);
    let write = |name: &str, x: [f64; 3]| {
        let arrays = [("x", vec![3], ArrayValues::Reals(&x)), ("y", vec![3], ArrayValues::Reals(&[0.0; 3]))];
        write_npz(folder.path(name), &arrays).expect("the folder takes files");
    };
    write("bad.npz", [1.0, 2.0, -1.0]);
    write("good.npz", [1.0, 2.0, 3.0]);
    folder.refuses(1, "fit m.graph --data bad.npz --epochs 1", &["bad.npz, row 3", "`x`"]);
    folder.refuses(2, "fit i.graph --data bad.npz --epochs 1", &["bad.npz, row 2, column `x`: found 2"]);
    folder.line("fit m.graph --data good.npz --epochs 1 --save m.safetensors").succeeded();
    folder.refuses(1, "predict m.safetensors --data bad.npz", &["bad.npz, row 3"]);
    let run = folder.line("fit m.graph --data bad.npz --batch 3 --epochs 1");
    run.failed(1, &["bad.npz, row 3"]);
    assert!(!run.err.contains(".npz, line"), "{}", run.err);
}

/// An input that only the objective reads need not be there to predict, whatever the table holds in its place.
#[test]
fn predicting_wants_only_what_the_prediction_reads() {
    let model = "input x []\ninput weight []\ninput group [] int\noutcome y []\nparam w [] = 0\n\
                 prediction = w * x\nobjective = weight * (prediction - y)^2 + 0 * group\n";
    let rows = "x,weight,group,y\n-1,3,a,-2\n1,5,b,2\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", rows)]);
    folder.line("fit m.graph --data t.csv --standardize=x,weight --epochs 9 --save m.safetensors").succeeded();
    let all = folder.line("predict m.safetensors --data t.csv").succeeded().to_string();
    for (file, text) in [("x.csv", "x\n-1\n1\n"), ("holes.csv", "x,weight,group\n-1,,c\n1,many,\n")] {
        folder.write(file, text.as_bytes());
        assert_eq!(folder.line(&format!("predict m.safetensors --data {file}")).succeeded(), all);
    }
    write_npz(folder.path("x.npz"), &[("x", vec![2], ArrayValues::Reals(&[-1.0, 1.0]))])
        .expect("the folder takes files");
    assert_eq!(folder.line("predict m.safetensors --data x.npz").succeeded(), all);

    // Nodes alone, of a model without a prediction
    folder.write("n.graph", b"input x []\noutcome y []\nparam w [] = 0\nh = w * x\nobjective = (h - y)^2\n");
    folder.line("fit n.graph --data t.csv --epochs 1 --save n.safetensors").succeeded();
    let run = folder.line("predict n.safetensors --data t.csv --nodes h --out h.csv");
    run.succeeded();
    assert!(run.err.contains("wrote h.csv: 2 rows"), "{}", run.err);
    folder.refuses(2, "eval m.safetensors --data x.csv", &["input `weight`"]);
}

#[test]
fn the_names_of_classes_are_saved_with_a_model_of_a_text() {
    let model = "input x [t] int\noutcome y [t] int < k\nparam v [] = 0\n\
                 prediction = v * sum(x)\nobjective = prediction^2 + 0 * sum(y)\n";
    let folder = Folder::with(&[("m.graph", model), ("t.txt", "ab\nab\nab\n")]);
    folder.line("data text t.txt --context 2 --out d.npz").succeeded();
    let run = folder.line("fit m.graph --data d.npz --set k=3 --epochs 1 --save m.safetensors");
    run.succeeded();
    assert!(run.err.contains("outcome `y` takes an array of [2] for each row (3 classes: \\n, a, b)"), "{}", run.err);
    let shown = folder.line("show m.safetensors");
    assert!(shown.succeeded().contains("the 3 classes of y: \\n, a, b\n"), "{}", shown.out);
    let json = &folder.line("show m.safetensors --json").json()[0];
    assert_eq!(json["words"]["y"], serde_json::json!(["\n", "a", "b"]));
    folder.line("eval m.safetensors --data d.npz").succeeded();
}

#[test]
fn a_model_of_32_bits_has_the_figures_of_its_training() {
    let rows = "x0,x1,y\n0.1,0.7,1.3\n1.1,0.3,3.7\n0.2,1.9,0.01\n1.7,1.3,2.9\n";
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", rows)]);
    let fit = "fit m.graph --data t.csv --standardize --precision f32 --json --epochs 7 --save m.safetensors";
    let last = folder.line(fit).json().pop().expect("a last line");
    let eval = &folder.line("eval m.safetensors --data t.csv --json").json()[0];
    assert_eq!(number(eval, "mse"), number(&last, "train_mse"));
    assert_eq!(number(eval, "objective"), number(&last, "train_objective"));
}

#[test]
fn columns_that_tell_nothing_are_warned_of_once() {
    let rows = "a,b,c,y\n1,7,Rome,3\n2,7,Rome,2\n4,7,Rome,5\n";
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", rows), ("one.csv", "a,b,y\n1,7,3\n2,7,5\n")]);
    for more in ["", "--standardize"] {
        let run = folder.line(&format!("fit m.graph --data t.csv --epochs 2 {more}"));
        run.succeeded();
        assert!(run.err.contains("warning: t.csv: 2 columns are the same in every row to train on"), "{}", run.err);
        assert!(run.err.contains("tell nothing: b, c=Rome;") && run.err.matches("warning").count() == 1, "{}", run.err);
    }
    let run = folder.line("fit m.graph --data one.csv --epochs 2");
    assert!(run.err.contains("warning: one.csv: the column `b` is the same in every row"), "{}", run.err);
    assert!(!folder.line("fit m.graph --data one.csv --epochs 2 --drop b").err.contains("warning"));
}

#[test]
fn a_sign_that_may_stand_between_thousands_is_warned_of() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", "a;b;y\n1.234;0,5;1\n2.345;1,5;2\n")]);
    let run = folder.line("fit m.graph --data t.csv --standardize --epochs 2");
    run.succeeded();
    let says = "warning: t.csv: `1.234` in line 2, column `a`, is read as 1.234, though `0,5` in line 2";
    assert!(run.err.contains(says), "{}", run.err);
}

#[test]
fn names_in_a_comment_and_columns_that_are_not_there_are_told() {
    let folder = Folder::with(&[
        ("m.graph", PLANE),
        ("savetxt.csv", "# Age,weight,y\n1.0,2.0,3.0\n2.0,1.0,4.0\n"),
        ("t.csv", "Age,weight,y\n1,2,3\n2,1,4\n"),
        ("new.csv", "age,weigth\n1,2\n"),
    ]);
    let says = ["savetxt.csv, line 2", "`Age,weight,y`, stand in a comment before it; take the `#` out"];
    folder.refuses(2, "fit m.graph --data savetxt.csv", &says);
    folder.line("fit m.graph --data t.csv --epochs 1 --save m.safetensors").succeeded();
    let says = ["takes 2 columns, none of which is there", "did you mean `age` for `Age`, `weigth` for `weight`?"];
    folder.refuses(2, "predict m.safetensors --data new.csv", &says);
    let words = Folder::with(&[("m.graph", PLANE), ("t.csv", "a,city\n1,Rome\n2,Oslo\n")]);
    let run = words.line("fit m.graph --data t.csv --map y=city");
    run.failed(2, &["found `Rome`", "or an outcome declared `int`, for classes"]);
    assert!(!run.err.contains("empty cell"), "{}", run.err);
}
