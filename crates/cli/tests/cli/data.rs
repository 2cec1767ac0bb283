//! Tables as people have them.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Folder, ON_A_PLANE, PLANE, Run};

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
