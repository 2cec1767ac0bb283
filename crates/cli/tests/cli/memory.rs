//! What does not fit into memory is refused before it is made, with the sizes.
#![cfg(unix)]

use chainrule::Kind;
use chainrule::learn::{Field, Role, SavedModel, Transforms};

use crate::support::Folder;

const GIB: usize = 1 << 20; // of KiB

/// A parameter of 20 million numbers, 0.15 GiB.
const WIDE: &str = "\
input   x []
outcome y []
param   w [20000000] = 0.001
prediction = mean(w) * x
objective  = (prediction - y)^2
";

#[test]
fn derivatives_that_do_not_fit_are_refused() {
    let many = format!("'sum(x^2)' x=1{} --order 2", ",1".repeat(39_999));
    for (gib, words, says) in [
        (4, "'sum(iota(100000000) * x)' x=1", &["GiB", "[100000000]"][..]),
        (6, &many, &["second derivatives by `x`, of shape [40000], would take 35.8 GiB"]),
    ] {
        Folder::with(&[]).line_in_memory(gib * GIB, &format!("grad {words}")).failed(2, says);
    }
    // 10,000 numbers squared are 2.2 GiB, three times 0.75.
    let some = format!("'sum(x^2)' x=1{} --order 2", ",1".repeat(9_999));
    Folder::with(&[]).line_in_memory(2 * GIB, &format!("grad {some}")).failed(2, &["2.2 GiB"]);
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let folder = Folder::with(&[("m.graph", WIDE), ("t.csv", "x,y\n1,2\n3,4\n")]);
    let says = ["GiB, more than this machine has", "the largest is", "[20000000]"];
    folder.line_in_memory(3 * GIB / 2, "check m.graph").failed(2, &says);
    folder.line_in_memory(GIB / 2, "fit m.graph --data t.csv").failed(2, &says);
    folder.line_in_memory(GIB, "fit m.graph --data t.csv --optimizer adam").failed(2, &says);
}

#[test]
fn numbers_that_a_program_holds_from_the_start_are_refused() {
    let graph = "input x []\nobjective = x * sum(to_real(iota(1000000000)))\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "x\n1\n2\n")]);
    folder.line_in_memory(4 * GIB, "fit m.graph --data t.csv").failed(2, &["GiB, more than this machine has"]);
}

#[test]
fn predictions_that_do_not_fit_are_refused() {
    // A step on 64 rows holds 64 products of matrices of 1,000 by 1,000.
    let graph = "\
input   x [1000]
outcome y []
prediction = sum(sin(outer(x, x)) @ cos(outer(x, x)))
objective  = (prediction - y)^2
";
    let names: Vec<String> = (0..1000).map(|i| format!("x{i}")).collect();
    let field = |name: &str, role, columns: &[String]| Field {
        name: name.into(),
        role,
        kind: Kind::Real,
        bound: None,
        shape: if columns.len() == 1 { [].into() } else { [columns.len()].into() },
        columns: columns.to_vec(),
        reading: Default::default(),
    };
    let model = SavedModel {
        graph: graph.into(),
        fields: vec![field("x", Role::Input, &names), field("y", Role::Outcome, &["y".into()])],
        transforms: Transforms::new(),
        settings: Default::default(),
        parameters: Vec::new(),
    };
    let row = "0,".repeat(1000) + "1\n";
    let folder = Folder::with(&[("t.csv", &format!("{},y\n{}", names.join(","), row.repeat(64)))]);
    model.save(folder.path("m.safetensors")).expect("the folder takes files");
    for command in ["predict", "eval"] {
        let run = folder.line_in_memory(GIB / 2, &format!("{command} m.safetensors --data t.csv"));
        run.failed(2, &["what a step computes", "GiB"]);
    }
}

#[test]
fn constants_that_do_not_fit_are_refused_where_they_are_written() {
    let folder = Folder::with(&[("m.graph", "input x []\nobjective = x * sum(constant(1, [268435456]))\n")]);
    folder.line_in_memory(GIB, "check m.graph").failed(2, &["m.graph:2", "[268435456]", "broadcast"]);
    folder.write("b.graph", b"input x []\nobjective = x * sum(broadcast(1, [268435456]))\n");
    folder.line_in_memory(GIB, "check b.graph").failed(2, &["GiB", "[268435456]"]);
    folder.write("z.graph", b"input x []\nparam w [100000000000] = 1\nobjective = x\n");
    folder.line_in_memory(GIB, "check z.graph").failed(2, &["GiB", "`w`"]);
}
