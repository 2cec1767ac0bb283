//! `chainrule doctor`

use crate::support::{Folder, PLANE};

/// Rows near y = 4 + 1.5 a − 2 b, with a third column that has no part in it.
fn plane() -> String {
    let mut table = String::from("a,b,c,y\n");
    for row in 0..60 {
        let [a, b, c] = [7, 13, 29].map(|step| f64::from(row * step % 60) / 20.0 - 1.475);
        let noise = 0.1 * f64::from(row * 17 % 7 - 3);
        table += &format!("{a},{b},{c},{}\n", 4.0 + 1.5 * a - 2.0 * b + noise);
    }
    table
}

const OPTIONS: &str = "--data t.csv --map x=a,b,c --batch 10 --epochs 60";

fn findings(folder: &Folder, line: &str) -> Vec<serde_json::Value> {
    let lines = folder.line(line).json();
    let last = lines.last().expect("there is an answer");
    last["findings"].as_array().expect("it has findings").clone()
}

#[test]
fn a_model_that_learns_is_left_alone() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &plane())]);
    let lines = folder.line(&format!("doctor m.graph {OPTIONS} --rate 0.02 --json")).json();
    assert_eq!(lines.last().unwrap()["healthy"], true);
    assert_eq!(lines.last().unwrap()["findings"].as_array().unwrap().len(), 0);
    for figures in ["measured", "held_out", "attainable"] {
        let left = lines.last().unwrap()[figures]["unexplained"].as_f64().unwrap();
        assert!((0.0..0.2).contains(&left), "{figures}: {left}");
    }
    let said = folder.line(&format!("doctor m.graph {OPTIONS} --rate 0.02"));
    assert!(said.succeeded().contains("learns as well as it could"), "{}", said.out);
}

#[test]
fn a_finding_has_a_place_a_remedy_and_the_figures_of_its_trial() {
    let without = PLANE.replace(" + b\n", "\n").replace("param   b []  = 0\n", "");
    let folder = Folder::with(&[("m.graph", &without), ("t.csv", &plane())]);
    let found = findings(&folder, &format!("doctor m.graph {OPTIONS} --rate 0.02 --json"));
    let first = &found[0];
    assert_eq!(first["cause"], "missing_bias");
    assert_eq!(first["node"], "prediction");
    assert!(first["remedy"].as_str().unwrap().contains("intercept"), "{first}");
    let left = |when: &str| first[when]["unexplained"].as_f64().unwrap();
    assert!(left("before") > 1.0 && left("after") < 0.1, "{first}");
    let said = folder.line(&format!("doctor m.graph {OPTIONS} --rate 0.02"));
    let expected = [
        "(missing_bias)",
        "Without a number that is added",
        "Where: `prediction` in line 4 of the model",
        "   - prediction = dot(w, x)\n                  ^^^^^^^^^\n",
        "   + prediction = (dot(w, x) + intercept)",
        "Tried:",
        "variance unexplained, from epoch 0 to 60",
        "before ██",
        "after  █",
    ];
    for text in expected {
        assert!(said.succeeded().contains(text), "{text}: {}", said.out);
    }
    assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{}", said.out);
}

#[test]
fn a_setting_is_found_where_nothing_else_explains_the_run() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &plane())]);
    let found = findings(&folder, &format!("doctor m.graph {OPTIONS} --rate 3 --json"));
    assert_eq!((&found[0]["cause"], &found[0]["setting"]), (&"step_too_large".into(), &"rate".into()));
    let found = findings(&folder, &format!("doctor m.graph {OPTIONS} --rate 0.00002 --json"));
    assert_eq!((&found[0]["cause"], &found[0]["setting"]), (&"too_little_training".into(), &"rate".into()));
}

#[test]
fn the_option_is_shown_as_it_was_given() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &plane())]);
    let fails = folder.line(&format!("doctor m.graph {OPTIONS} --rate 3"));
    let expected = ["Where: option --rate 3\n", "Tried: training fails as it is, ", "before  training fails\n"];
    expected.iter().for_each(|text| assert!(fails.succeeded().contains(text), "{text}: {}", fails.out));
    let by_itself = folder.line("doctor m.graph --data t.csv --map x=a,b,c --batch 10 --rate 0.02 --epochs 1");
    let epochs = "option --epochs 1\n";
    assert!(by_itself.succeeded().contains(epochs), "{}", by_itself.out);
}

#[test]
fn sizes_of_columns_are_drawn_beside_each_other() {
    let mut table = String::from("a,b,y\n");
    for row in 0..60 {
        let [a, b] = [7, 13].map(|step| f64::from(row * step % 60) / 20.0 - 1.475);
        table += &format!("{},{b},{}\n", 2000.0 * a, 1.5 * a - 2.0 * b);
    }
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &table)]);
    let said = folder.line("doctor m.graph --data t.csv --map x=a,b --batch 10 --epochs 60 --rate 0.02");
    assert!(said.succeeded().contains("(inputs_not_scaled)"), "{}", said.out);
    let length = |name: &str| {
        let line = said.out.lines().find(|line| line.trim_start().starts_with(&format!("{name} █")));
        line.unwrap_or_else(|| panic!("a bar of {name}: {}", said.out)).matches('█').count()
    };
    assert!(length("a") == 40 && (1..20).contains(&length("b")), "{}", said.out);
    let quoted = "     input   x [d]\n             ^\n";
    assert!(said.out.contains(quoted) && said.out.contains("column `a` of the table"), "{}", said.out);
}

#[test]
fn what_was_looked_at_of_a_large_table_is_said() {
    let rows = (0..4500).map(|row| format!("{},{}\n", row % 7, row % 7 * 2));
    let table: String = std::iter::once("x,y\n".into()).chain(rows).collect();
    let model = PLANE.replace("x [d]", "x [1]").replace("w [d]", "w [1]");
    let folder = Folder::with(&[("m.graph", &model), ("t.csv", &table)]);
    let said = folder.line("doctor m.graph --data t.csv --batch 100 --epochs 2");
    assert!(said.succeeded().contains("only 4000 of its rows, drawn at random"), "{}", said.out);
    assert!(said.out.contains("--seconds"), "{}", said.out);
}

#[test]
fn fit_points_to_it() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &plane())]);
    folder.refuses(1, &format!("fit m.graph {OPTIONS} --rate 3"), &["diverged", "chainrule doctor"]);
    let poor = folder.line("fit m.graph --data t.csv --map x=c --rate 0.00002 --epochs 1");
    assert!(
        poor.err.contains("no better than the best constant") && poor.err.contains("chainrule doctor"),
        "{}",
        poor.err
    );
    let good = folder.line(&format!("fit m.graph {OPTIONS} --rate 0.02"));
    assert!(!good.err.contains("doctor"), "{}", good.err);
}

#[test]
fn bad_use_is_one_error() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", &plane()), ("bad.graph", "input x [d\n")]);
    folder.refuses(2, "doctor m.graph --data none.csv", &["none.csv"]);
    folder.refuses(2, "doctor bad.graph --data t.csv", &["bad.graph:1"]);
    folder.refuses(2, &format!("doctor m.graph {OPTIONS} --seconds 0"), &["--seconds", "> 0"]);
    folder.refuses(2, "doctor m.graph", &["--data"]);
}
