//! The book's page of rules shows the matches that give each op its rule, as they stand in the code.
//!
//! `UPDATE_BOOK=1 cargo test -p chainrule --test rules` writes them into the page.

use std::path::{Path, PathBuf};

use chainrule::ops::elementwise::Elementwise;
use chainrule::ops::reduce::Reduction;
use chainrule::text;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What is shown of a file: a method, by how it begins, and the names of the ops that it is over.
struct Shown {
    file: &'static str,
    method: &'static str,
    names: Vec<&'static str>,
}

fn shown() -> [Shown; 2] {
    [
        Shown {
            file: "elementwise.rs",
            method: "    fn contribution<",
            names: Elementwise::ALL.iter().map(|op| op.signature().name).collect(),
        },
        Shown {
            file: "reduce.rs",
            method: "    fn derivative<",
            names: Reduction::ALL.iter().map(|op| op.signature().name).collect(),
        },
    ]
}

/// The method that begins so, without its indentation.
fn method(source: &str, beginning: &str) -> String {
    let from = source.find(beginning).unwrap_or_else(|| panic!("`{beginning}` is not there"));
    let (method, _) = source[from..].split_once("\n    }\n").expect("it ends");
    let lines = method.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
    lines.chain(["}"]).collect::<Vec<_>>().join("\n")
}

/// How the text form calls the ops, and their rules.
fn section(Shown { file, method: beginning, names }: &Shown) -> String {
    let source = std::fs::read_to_string(root().join("crates/graph/src/ops").join(file)).expect("it is there");
    let call = |name: &&str| {
        let signature = text::signatures().find(|signature| signature.starts_with(&format!("{name}(")));
        format!("`{}`", signature.unwrap_or_else(|| panic!("`{name}` of {file} cannot be called")))
    };
    let calls: Vec<String> = names.iter().map(call).collect();
    format!("\n{}\n\n```rust,ignore\n{}\n```\n\n", calls.join(",\n"), method(&source, beginning))
}

#[test]
fn the_book_has_the_rules_that_the_code_has() {
    let path = root().join("book/src/rules.md");
    let mut page = std::fs::read_to_string(&path).expect("it is there");
    for shown in shown() {
        let begin = format!("<!-- the rules of {} -->\n", shown.file);
        let from = page.find(&begin).expect("its rules have their mark") + begin.len();
        let to = from + page[from..].find("<!-- end of the rules -->\n").expect("they end with their mark");
        let right = section(&shown);
        if std::env::var_os("UPDATE_BOOK").is_some() {
            page.replace_range(from..to, &right);
        } else {
            assert_eq!(page[from..to], right, "book/src/rules.md, {}", shown.file);
        }
    }
    if std::env::var_os("UPDATE_BOOK").is_some() {
        std::fs::write(&path, page).expect("it can be written");
    }
}
