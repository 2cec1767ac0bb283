//! Rules for Rust sources: their length, and what must not stand in them.

use super::File;
use super::code::{bare, has_word, without_tests};

/// No file has more lines, but tables.
const LONGEST: usize = 400;

/// Tables. This is the list of the elementwise ops and the match of their derivatives, a line or a few for each op: in two
/// files, one would no longer read what an op is beside its derivative.
const TABLES: &[&str] = &["crates/graph/src/ops/elementwise.rs"];

/// The one file with unsafe code: the call into the library of matrix products.
const UNSAFE: &str = "crates/kernels/src/gemm.rs";

/// Left-overs, wherever they are.
const UNFINISHED: &[&str] = &["todo!", "dbg!", "unimplemented!"];

/// What is wrong with a source.
pub fn problems(file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    let path = &file.path;
    let lines = file.text.lines().count();
    if lines > LONGEST && !TABLES.contains(&path.as_str()) {
        problems.push(format!(
            "{path} has {lines} lines, over {LONGEST}; what is it really about? Split what is about two things"
        ));
    }
    let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
    // Where one file is let off, the others are denied it.
    let begins = if path.starts_with("crates/kernels/") { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
    if is_root && !file.text.contains(begins) {
        problems.push(format!("{path}: this crate begins with {begins}"));
    }
    let code = bare(&file.text);
    let mut at_each_line = |code: &str, rule: &dyn Fn(&str) -> Option<String>| {
        let found = code.lines().enumerate().filter_map(|(line, code)| Some((line + 1, rule(code)?)));
        problems.extend(found.map(|(line, problem)| format!("{path}:{line}: {problem}")));
    };
    at_each_line(&code, &|line| {
        let left = UNFINISHED.iter().find(|name| line.contains(*name));
        left.map(|name| format!("{name} is left over"))
    });
    at_each_line(&code, &|line| {
        let wrong = has_word(line, "unsafe") && path != UNSAFE;
        wrong.then(|| format!("unsafe code is allowed in {UNSAFE} alone"))
    });
    at_each_line(&code, &|line| {
        let is_let_off = (has_word(line, "allow") || has_word(line, "expect")) && line.trim_start().starts_with('#');
        let wrong = is_let_off && !(path == UNSAFE && line.contains("unsafe_code"));
        wrong.then(|| "no lint is let off; mend what it says".into())
    });
    if is_library(path) {
        at_each_line(&without_tests(&code), &|line| {
            let wrong = has_word(line, "unwrap") || has_word(line, "unwrap_err");
            wrong.then(|| "an unwrap; use `?`, `let else`, or `expect` with why it can't fail".into())
        });
    }
    problems
}

fn is_library(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/")
}
