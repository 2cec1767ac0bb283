//! The pages of the repository: every model in them builds and is right, and every Rust example is run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chainrule::check::{CheckOptions, check_function};
use chainrule::{Function, Phase, batch, phase, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages at the root and of the book, each with its path from the root and its text.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for folder in ["", "book/src/"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the folder is there") {
            let path = entry.expect("it can be listed").path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.file_name().expect("it is a file").to_string_lossy().into_owned();
                pages.push((format!("{folder}{name}"), std::fs::read_to_string(&path).expect("it is a text")));
            }
        }
    }
    pages.sort();
    pages
}

/// The blocks of a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(found) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if found == language {
                blocks.push(block.join("\n") + "\n");
            }
        }
    }
    blocks
}

/// A function as it trains, over a batch, and as it predicts; itself, where these are one.
fn phases(function: Function) -> Vec<Function> {
    if !function.has_phases() {
        return vec![function];
    }
    let (prediction, _) = phase(&function, Phase::Prediction).expect("the function is whole");
    vec![batch(&function, 3).expect("its examples may see each other"), prediction]
}

/// The models of the gallery without their first lines.
fn gallery() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("models")).expect("the gallery is there");
    let files = entries.map(|entry| entry.expect("it can be listed").path());
    let graphs = files.filter(|path| path.extension().is_some_and(|extension| extension == "graph"));
    let texts = graphs.map(|path| std::fs::read_to_string(path).expect("it is a text"));
    texts.map(|text| text.split_once("\n\n").map_or(text.clone(), |(_, model)| model.into())).collect()
}

#[test]
fn every_model_builds_and_its_gradients_are_right() {
    let gallery = gallery();
    let mut count = 0;
    for (path, page) in pages() {
        for source in blocks(&page, "text-form") {
            if gallery.contains(&source) {
                continue; // The gallery's own tests check it, at a size that takes a moment.
            }
            let built = text::parse(&source).and_then(|model| model.build(&model.small_sizes(&BTreeMap::new())));
            let function = built.unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, &path, false)));
            for function in phases(function) {
                let report = check_function(&function, &CheckOptions::default());
                let report = report.unwrap_or_else(|error| panic!("{path}: {error}\n{source}"));
                assert!(report.passed(), "{path}\n{source}\n{report}");
            }
            count += 1;
        }
    }
    assert!(count >= 7, "{count} models were found");
}

#[test]
fn every_page_with_rust_is_among_those_that_are_run() {
    let run = include_str!("../src/pages.rs");
    for (path, _) in pages().into_iter().filter(|(_, page)| !blocks(page, "rust").is_empty()) {
        assert!(run.contains(&format!("\"{path}\"")), "{path} is missing in crates/chainrule/src/pages.rs");
    }
}

#[test]
fn blocks_say_what_they_are() {
    let known = ["rust", "text-form", "console", "text", "sh"];
    for (path, page) in pages() {
        let fences: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("```")).collect();
        assert!(fences.len().is_multiple_of(2), "{path}: a block is not closed");
        for language in fences.iter().step_by(2) {
            // The rules that are shown are compared with the code.
            let is_rule = *language == "rust,ignore" && path == "book/src/rules.md";
            assert!(is_rule || known.contains(language), "{path}: a block of `{language}`, which nothing looks after");
        }
    }
}

#[test]
fn the_contents_name_every_chapter() {
    let contents = std::fs::read_to_string(root().join("book/src/SUMMARY.md")).expect("it is there");
    for (path, _) in pages() {
        let chapter = path.strip_prefix("book/src/").filter(|chapter| *chapter != "SUMMARY.md");
        assert!(
            chapter.is_none_or(|chapter| contents.contains(&format!("({chapter})"))),
            "{path} is not in the contents"
        );
    }
}

#[test]
fn every_function_of_the_text_form_is_described() {
    let page = |name| std::fs::read_to_string(root().join("book/src").join(name)).expect("it is there");
    // A line of a table, with something to say of it; or a call of an op whose rule is shown.
    let (form, rules) = (page("text_form.md"), page("rules.md"));
    let described = form.lines().filter(|line| line.starts_with("| `") && !line.ends_with("| |"));
    let rows: Vec<&str> = described.chain(rules.lines().filter(|line| line.starts_with('`'))).collect();
    for signature in text::signatures() {
        assert!(rows.iter().any(|row| row.contains(&format!("`{signature}`"))), "`{signature}` is missing");
    }
}

#[test]
fn programs_can_be_copied() {
    for (path, page) in pages() {
        for block in blocks(&page, "rust") {
            // A reader of a page in a repository sees the lines that rustdoc hides.
            assert!(!block.lines().any(|line| line == "#" || line.starts_with("# ")), "{path}: {block}");
            assert!(block.contains("fn main()"), "{path}: {block}");
        }
    }
}
