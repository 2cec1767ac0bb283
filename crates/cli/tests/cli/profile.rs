//! `chainrule profile`

use crate::support::{Folder, ON_A_PLANE, PLANE};

#[test]
fn the_time_of_a_step_is_divided_over_its_kernels() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    let table = folder.line("profile m.graph --data t.csv");
    for text in ["prediction", "forward", "backward", "update", "parameters, state", "a step on 1 row takes"] {
        assert!(table.succeeded().contains(text), "{text}: {}", table.out);
    }
    let lines = folder.line("profile m.graph --data t.csv --batch 2 --optimizer adam --precision f32 --json").json();
    let (last, kernels) = lines.split_last().unwrap();
    let seconds = |value: &serde_json::Value| value.as_f64().unwrap();
    let sum: f64 = kernels.iter().map(|kernel| seconds(&kernel["seconds"])).sum();
    let of_phases: f64 = last["phases"].as_object().unwrap().values().map(seconds).sum();
    assert!(sum > 0.0 && (sum - of_phases).abs() < 1e-9 * sum.max(1e-9), "{sum} {of_phases}");
    assert_eq!((&last["final"], &last["rows"]), (&true.into(), &2.into()));
    // Two weights and an offset, with two states each, the rate and the count of steps, of 4 bytes.
    assert_eq!(last["memory"]["inputs"], 4 * (3 * 3 + 2));
}

#[test]
fn what_cannot_be_profiled_is_refused() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    folder.refuses(2, "profile m.graph --data t.csv --engine reference", &["reference", "compiled"]);
    folder.refuses(2, "profile m.graph --data none.csv", &["none.csv"]);
    folder.refuses(2, "profile m.graph", &["--data"]);
    folder.refuses(2, "profile m.graph --data t.csv --batch 0", &["--batch"]);
}
