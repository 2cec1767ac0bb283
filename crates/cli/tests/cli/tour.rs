//! `chainrule tour`

use std::process::{Command, Stdio};

use crate::support::Folder;

#[test]
fn the_tour_trains_five_models_and_draws_them() {
    let folder = Folder::with(&[]);
    let run = folder.line("tour --quick");
    let rows = run.succeeded();
    for name in ["the target itself", "linear", "ridge", "MLP, on x", "MLP, on features", "MLP classifier"] {
        assert!(rows.contains(name), "{name}: {rows}");
    }
    assert!(run.err.contains("chainrule-tour/"), "{}", run.err);
    for name in ["functions", "curves", "confusion"] {
        assert!(folder.path(&format!("chainrule-tour/{name}.svg")).exists(), "{name}");
        assert!(folder.path(&format!("chainrule-tour/{name}.png")).exists(), "{name}");
    }
}

#[test]
#[cfg(unix)]
fn what_it_says_to_try_next_can_be_copied_into_a_shell() {
    let folder = Folder::with(&[]);
    // As after `cargo run`, when the program is not on the path.
    let run = folder.run(&["tour", "--quick", "--seed", "3", "--out", "here it is"]);
    let (_, commands) = run.succeeded().split_once("What to try next:\n").expect("it says what to try next");
    assert!(commands.lines().filter(|line| line.contains("chainrule ")).count() >= 5, "{commands}");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", commands]).env("PATH", "").current_dir(folder.path("")).stdout(Stdio::null());
    let output = shell.output().expect("there is a shell");
    assert!(output.status.success(), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path("here it is/predictions.csv").exists() && folder.path("here it is/ridge.svg").exists());
}

#[test]
fn only_its_own_files_are_replaced() {
    let folder = Folder::with(&[("notes.txt", "mine")]);
    folder.line("tour --quick --out .").succeeded();
    folder.line("tour --quick --seed 1 --out .").succeeded(); // over its own
    assert_eq!(folder.read("notes.txt"), b"mine");
    folder.write("mlp.graph", b"# my network\n");
    folder.refuses(2, "tour --quick --out .", &["--out", "mlp.graph", "another folder"]);
    let foreign = Folder::with(&[("training.csv", "x,y\n1,2\n")]);
    foreign.refuses(2, "tour --quick --out .", &["--out", "training.csv", "would be lost"]);
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let folder = Folder::with(&[("file", "")]);
    folder.refuses(2, "tour --quick --out file", &["--out", "file is a file"]);
    folder.refuses(2, "tour --quick --out file/inner", &["--out", "file is a file"]);
}
