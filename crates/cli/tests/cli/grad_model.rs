//! `chainrule grad` of a model: on values, on a row of a table, on a batch, and of a trained one.

use chainrule::learn::{ArrayValues, write_npz};
use serde_json::{Value, json};

use crate::support::{CLASSIFIER, Folder, ON_A_PLANE, PLANE, number};

fn folder() -> Folder {
    Folder::with(&[("m.graph", PLANE), ("c.graph", CLASSIFIER), ("t.csv", ON_A_PLANE)])
}

fn answer(folder: &Folder, line: &str) -> Value {
    let run = folder.line(&format!("grad {line} --json"));
    run.succeeded();
    run.json().swap_remove(0)
}

#[test]
fn every_node_of_a_model_on_values() {
    let folder = folder();
    // w and b start at 0: the prediction is 0, and ∂/∂w (p − y)² = −2 y x.
    let found = answer(&folder, "m.graph x=1,2 y=3");
    assert_eq!(found["value"], 9.0);
    assert_eq!(found["gradient"], json!({"x": [0.0, 0.0], "y": 6.0, "w": [-6.0, -12.0], "b": -6.0}));
    let nodes: Vec<&str> = found["nodes"].as_array().unwrap().iter().filter_map(|node| node["name"].as_str()).collect();
    assert!(nodes.contains(&"prediction - y") && nodes.contains(&"prediction"), "{nodes:?}");
    // A parameter that is given.
    assert_eq!(answer(&folder, "m.graph x=1,2 y=3 w=1,1 b=1")["value"], 1.0);
    let text = folder.line("grad m.graph x=1,2 y=3");
    assert!(text.succeeded().contains("prediction - y"), "{}", text.out);
}

#[test]
fn a_row_of_a_table_or_several() {
    let folder = folder();
    let found = answer(&folder, "m.graph --data t.csv --row 2");
    assert_eq!((&found["value"], &found["gradient"]["w"]), (&json!(9.0), &json!([-6.0, 0.0])));
    // The mean over rows 2 and 3: (3² + 0²)/2.
    let found = answer(&folder, "m.graph --data t.csv --row 2 --batch 2");
    assert_eq!((&found["value"], &found["gradient"]["w"]), (&json!(4.5), &json!([-3.0, 0.0])));
    // A value that is given goes before that of the row.
    assert_eq!(answer(&folder, "m.graph --data t.csv --row 2 y=0 b=2")["value"], 4.0);
    // A class, and --set.
    let found = answer(&folder, "c.graph x=1,2 y=1 --set k=4");
    assert!((number(&found, "value") - 4f64.ln()).abs() < 1e-15, "{found}");
}

#[test]
fn a_trained_model_takes_values_as_the_table_had_them() {
    let folder = folder();
    folder.line("fit m.graph --data t.csv --standardize --epochs 50 --rate 0.1 --save m.safetensors").succeeded();
    let predicted = folder.line("predict m.safetensors --data t.csv");
    let second: f64 = predicted.succeeded().lines().nth(2).unwrap().parse().unwrap();
    let prediction = |line: &str| {
        let found = answer(&folder, line);
        let nodes = found["nodes"].as_array().unwrap().clone();
        nodes.iter().find(|node| node["name"] == "prediction").unwrap()["value"].as_f64().unwrap()
    };
    assert!((prediction("m.safetensors x=1,0 y=3") - second).abs() < 1e-12);
    assert!((prediction("m.safetensors --data t.csv --row 2") - second).abs() < 1e-12);
    assert!((prediction("m.safetensors --data t.csv --row 1 x=1,0") - second).abs() < 1e-12);
    assert!(prediction("m.safetensors x=1,0 y=3 b=100") > 90.0);
    folder.refuses(2, "grad m.safetensors x=1,0,2 y=3", &["`x` takes a value of shape [2], not [3]"]);
}

#[test]
fn a_trained_model_takes_words_and_columns_by_name() {
    let model = "input x [d]\noutcome y [] int\nparam W [2, d] ~ normal(0, 1)\nprediction = softmax(W @ x)\nobjective = nll(prediction, y)\n";
    let table = "age,city,y\n20,Paris,no\n60,Rome,yes\n30,\"Bonn, am Rhein\",no\n50,Paris,yes\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", table)]);
    folder.line("fit m.graph --data t.csv --standardize --epochs 20 --save m.safetensors").succeeded();
    let objective = |words: &[&str]| {
        let run = folder.run(&[&["grad", "m.safetensors", "--json"], words].concat());
        run.succeeded();
        number(&run.json()[0], "value")
    };
    let fourth = objective(&["--data", "t.csv", "--row", "4"]);
    assert_eq!(objective(&["age=50", "city=Paris", "y=yes"]), fourth);
    assert_eq!(objective(&["x=50,Paris", "y=yes"]), fourth);
    assert_eq!(objective(&["--data", "t.csv", "--row", "1", "age=50", "y=yes"]), fourth);
    let third = objective(&["--data", "t.csv", "--row", "3"]);
    assert_eq!(objective(&["age=30", "city=Bonn, am Rhein", "y=no"]), third);
    for (line, says) in [
        ("age=50 city=Oslo y=yes", &["`Oslo`", "`city`"][..]),
        ("age=50 y=yes", &["`x` also takes the column `city`", "city=…"]),
        ("age=50 city=Paris y=maybe", &["`maybe`"]),
        ("age=50 age=51 city=Paris y=yes", &["`age` has two values"]),
        ("age=50 town=Paris y=yes", &["`town`"]),
    ] {
        folder.refuses(2, &format!("grad m.safetensors {line}"), says);
    }
}

#[test]
fn elements_of_an_array_are_given_all_at_once() {
    let folder = folder();
    let (x, y) = ([0.0, 0.0, 1.0, 0.0, 0.0, 1.0], [1.0, 3.0, 0.0]);
    let arrays = [("x", vec![3, 2], ArrayValues::Reals(&x)), ("y", vec![3], ArrayValues::Reals(&y))];
    write_npz(folder.path("d.npz"), &arrays).expect("the folder takes files");
    folder.line("fit m.graph --data d.npz --epochs 5 --save m.safetensors").succeeded();
    let of_row = answer(&folder, "m.safetensors --data d.npz --row 2");
    assert_eq!(answer(&folder, "m.safetensors --data d.npz --row 3 x=1,0 y=3"), of_row);
    folder.refuses(2, "grad m.safetensors --data d.npz --row 3 x0=1", &["d.npz holds arrays", "`x` whole", "x=…"]);
}

#[test]
fn mistakes_name_the_model_and_what_would_be_right() {
    let folder = folder();
    for (line, says) in [
        ("m.graph x=1,2", &["m.graph", "`y` []", "y=…", "--data T.csv --row 1"][..]),
        ("m.graph x=1,2 y=3 z=1", &["`z` does not occur in m.graph"]),
        ("m.graph x=1,2 y=3 y=4", &["`y` has two values"]),
        ("m.graph x=1 y=3", &["`x` has 1 axis in m.graph", "no axis"]),
        ("m.graph y=3", &["`d` is not bound"]),
        ("m.graph x=1,2 y=3 w=1,2,3", &["`w`", "[2]"]),
        ("m.graph --data t.csv --row 5", &["--row", "t.csv has 4 rows", "row 5"]),
        ("m.graph --data t.csv --row 4 --batch 2", &["row 5"]),
        ("m.graph --data t.csv --row 4 --batch 18446744073709551615", &["--row", "4 rows"]),
        ("m.graph --data t.csv", &["--row"]),
        ("c.graph x=1,2 y=7", &["`y`", "0 to 2"]),
    ] {
        folder.refuses(2, &format!("grad {line}"), says);
    }
}

#[test]
fn a_model_that_is_not_there_is_no_expression() {
    let folder = folder();
    folder.refuses(2, "grad nix.graph x=1", &["nix.graph: there is no such file"]);
    folder.refuses(2, "grad nix.safetensors x=1", &["nix.safetensors: there is no such file"]);
}

#[test]
fn nothing_is_cut_where_no_width_is_known() {
    let folder = folder();
    let sum: Vec<String> = (0..12).map(|i| format!("sin(x + {i})")).collect();
    let sum = sum.join(" + ");
    let whole = folder.run(&["grad", &sum, "x=2"]).succeeded().to_string();
    assert!(
        whole.contains(&sum) && whole.contains(" op ") && whole.contains("shape") && !whole.contains('…'),
        "{whole}"
    );
    let output = folder.command(&["grad", &sum, "x=2"]).env("COLUMNS", "50").output().expect("it runs");
    let narrow = String::from_utf8(output.stdout).expect("text");
    assert!(narrow.lines().all(|line| line.chars().count() <= 50), "{narrow}");
    // Many numbers leave the names room.
    let matrix = ["grad", "sum((W @ v)^2)", "W=[[0.123456,-1.23456],[2.34567,3.45678]]", "v=0.333333,-0.666667"];
    let output = folder.command(&matrix).env("COLUMNS", "76").output().expect("it runs");
    let narrow = String::from_utf8(output.stdout).expect("text");
    let table: Vec<&str> = narrow.lines().take_while(|line| !line.is_empty()).collect();
    assert!(table.iter().all(|line| line.chars().count() <= 76), "{narrow}");
    assert!(narrow.contains("(W @ v)^2") && narrow.contains("[0.123456, … 3 more]"), "{narrow}");
}
