//! The book's tables of rules are the formulas that stand as comments above the code of the rules.
//!
//! `UPDATE_BOOK=1 cargo test -p chainrule --test rules` writes them into the page.

use std::path::{Path, PathBuf};

use chainrule::text;

/// The files whose rules are listed, and where the rules begin in each.
const FILES: [(&str, &str); 2] =
    [("elementwise.rs", "fn contribution<'g>(self"), ("reduce.rs", "fn derivative<'g>(&self")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A rule: what comes out, what the node contributes, and what is to be said of it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rule {
    forward: String,
    contribution: String,
    remark: String,
}

impl Rule {
    /// A comment's columns, which two spaces or more divide: `y = tanh x    ∂J/∂x = ∂J/∂y ⊙ (1 − y²)    a remark`. Without
    /// a formula it is a remark alone.
    fn of(comment: &str) -> Rule {
        let columns: Vec<&str> = comment.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        let column = |index: usize| columns.get(index).copied().unwrap_or_default().to_string();
        match columns.first() {
            Some(first) if first.starts_with("y = ") || first.starts_with("s = ") => {
                Rule { forward: column(0), contribution: column(1), remark: columns.get(2..).unwrap_or(&[]).join("; ") }
            }
            _ => Rule { remark: columns.join(" "), ..Rule::default() },
        }
    }

    /// A second comment above the next arm of the same op: `            ∂J/∂b = …    a remark`.
    fn and(mut self, comment: &str) -> Rule {
        let more = Rule::of(&format!("y = {comment}"));
        let join = |to: &mut String, more: String| {
            if !more.is_empty() {
                *to = [std::mem::take(to), more]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(", ");
            }
        };
        join(&mut self.contribution, more.forward.trim_start_matches("y = ").to_string());
        join(&mut self.remark, [more.contribution, more.remark].concat());
        self
    }
}

/// For each op of a file's rules its name in the enum and its rule, in the order of the code.
fn rules(source: &str, start: &str) -> Vec<(String, Rule)> {
    let body = &source[source.find(start).expect("the rules begin here")..];
    let mut rules: Vec<(String, Rule)> = Vec::new();
    let mut comment: Option<String> = None;
    let mut last = Rule::default();
    for line in body.lines().take_while(|line| !line.starts_with('}')).map(str::trim_start) {
        if let Some(text) = line.strip_prefix("// ") {
            comment = Some(text.trim_end().to_string());
            continue;
        }
        let Some((pattern, _)) = line.split_once(" =>") else { continue };
        let ops: Vec<&str> = pattern.split(" if ").next().unwrap_or_default().split(" | ").collect();
        let names: Vec<String> = ops.iter().map(|op| op.split('(').next().unwrap_or_default().to_string()).collect();
        if !names.iter().all(|name| name.starts_with(|c: char| c.is_ascii_uppercase())) {
            continue;
        }
        let is_more = |text: &str| !text.contains("= ∂") && rules.iter().any(|(name, _)| names.contains(name));
        match comment.take() {
            Some(text) if text.starts_with(' ') => {
                for (_, rule) in rules.iter_mut().filter(|(name, _)| names.contains(name)) {
                    *rule = std::mem::take(rule).and(text.trim_start());
                }
                continue;
            }
            Some(text) if !is_more(&text) || !text.starts_with("y = ") => last = Rule::of(&text),
            _ => {}
        }
        for name in names {
            if !rules.iter().any(|(known, _)| *known == name) {
                rules.push((name, last.clone()));
            }
        }
    }
    rules
}

/// `LogSumExp` as the text form writes it: `logsumexp`, `argmax`, `to_real`.
fn calls(name: &str) -> Vec<String> {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    let spellings = [snake.clone(), snake.replace('_', "")];
    let named = |signature: &String| spellings.iter().any(|name| signature.starts_with(&format!("{name}(")));
    text::signatures().filter(named).collect()
}

/// The rules of a file as a table.
fn table(file: &str, start: &str) -> String {
    let source = std::fs::read_to_string(root().join("crates/graph/src/ops").join(file)).expect("it is there");
    let mut table = String::from("| call | rule | |\n|---|---|---|\n");
    let quoted = |text: &str| format!("`{}`", text.replace('|', "\\|"));
    for (name, Rule { forward, contribution, remark }) in rules(&source, start) {
        let calls = calls(&name);
        let [call] = &calls[..] else { panic!("`{name}` of {file} is called as {calls:?}") };
        let formulas: Vec<String> =
            [forward, contribution].iter().filter(|f| !f.is_empty()).map(|f| quoted(f)).collect();
        table += &format!("| {} | {} | {remark} |\n", quoted(call), formulas.join(", "));
    }
    table
}

#[test]
fn the_book_has_the_rules_that_the_code_has() {
    let path = root().join("book/src/rules.md");
    let mut page = std::fs::read_to_string(&path).expect("it is there");
    for (file, start) in FILES {
        let (begin, end) = (format!("<!-- the rules of {file} -->\n"), "<!-- end of the rules -->\n");
        let from = page.find(&begin).expect("the table has its mark") + begin.len();
        let to = from + page[from..].find(end).expect("the table ends with its mark");
        let right = format!("\n{}\n", table(file, start));
        if std::env::var_os("UPDATE_BOOK").is_some() {
            page.replace_range(from..to, &right);
        }
        let to = from + page[from..].find(end).expect("the table ends with its mark");
        assert_eq!(page[from..to], right, "book/src/rules.md, {file}");
    }
    if std::env::var_os("UPDATE_BOOK").is_some() {
        std::fs::write(&path, page).expect("it can be written");
    }
}
