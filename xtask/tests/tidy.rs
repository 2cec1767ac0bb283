//! The house rules hold here, and each of them sees what breaks it.

use xtask::licences::is_allowed;
use xtask::metadata::Package;
use xtask::tidy::File;
use xtask::tidy::code::{bare, without_tests};
use xtask::tidy::{floors, functions, links, sources, unit_tests};

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: text.into() }
}

fn problems(path: &str, text: &str) -> Vec<String> {
    sources::problems(&file(path, text))
}

const LIBRARY: &str = "crates/graph/src/batch.rs";

#[test]
fn the_repository_is_tidy() {
    let problems = xtask::tidy::problems(&xtask::root()).expect("the rules can be looked at");
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn left_overs_are_seen_with_their_line() {
    assert_eq!(problems(LIBRARY, "fn f() {\n    dbg!(1);\n}\n"), [format!("{LIBRARY}:2: dbg! is left over")]);
    assert_eq!(problems("xtask/src/a.rs", "fn f() { todo!() }").len(), 1);
    assert_eq!(problems("crates/graph/tests/a.rs", "fn f() { unimplemented!() }").len(), 1);
}

#[test]
fn an_unwrap_is_seen_in_a_library_outside_its_tests() {
    let unwrap = "fn f() { g().unwrap(); }";
    assert_eq!(problems(LIBRARY, unwrap).len(), 1);
    assert!(problems("crates/graph/tests/a.rs", unwrap).is_empty());
    assert!(problems(LIBRARY, "#[cfg(test)]\nmod tests {\n    fn f() { if a { g().unwrap(); } }\n}").is_empty());
    assert_eq!(problems(LIBRARY, "#[cfg(test)]\nmod tests { fn f() {} }\nfn f() { g().unwrap() }").len(), 1);
    assert!(problems(LIBRARY, "fn f() { g().unwrap_or(0) }").is_empty());
    assert_eq!(problems(LIBRARY, "fn f() { g().map(Option::unwrap); }").len(), 1);
}

#[test]
fn unsafe_code_and_lints_that_are_let_off_are_seen() {
    let code = "#![allow(unsafe_code)]\nfn f() { unsafe { g() } }";
    assert_eq!(problems(LIBRARY, code).len(), 2);
    assert!(problems("crates/kernels/src/gemm.rs", code).is_empty());
    assert_eq!(problems(LIBRARY, "#[allow(dead_code)]\nfn f() {}").len(), 1);
    assert_eq!(problems("crates/graph/src/lib.rs", "mod a;").len(), 1);
    assert!(problems("crates/graph/src/lib.rs", "#![forbid(unsafe_code)]\nmod a;").is_empty());
    assert_eq!(problems("crates/kernels/src/lib.rs", "mod a;").len(), 1);
    assert!(problems("crates/kernels/src/lib.rs", "#![deny(unsafe_code)]\nmod a;").is_empty());
}

#[test]
fn comments_and_texts_are_no_code() {
    let innocent = [
        "// unsafe { todo!() }",
        "/* a /* dbg!() */ todo!() */ fn f() {}",
        r##"const A: &str = "todo!() \" dbg!()";"##,
        r###"const A: &str = r#"todo!() " dbg!()"#;"###,
        r#"const A: [char; 2] = ['"', '\'']; // todo!()"#,
    ];
    for source in innocent {
        assert!(problems(LIBRARY, source).is_empty(), "{source}: {:?}", problems(LIBRARY, source));
    }
    // A lifetime is no open quote.
    assert_eq!(problems(LIBRARY, "fn f<'a>(x: &'a str) { dbg!(x) }").len(), 1);
    assert_eq!(bare("a \"b\nc\" d"), "a   \n   d");
    assert_eq!(without_tests("#[cfg(test)]\nmod a;\nx"), "            \n      \nx");
}

#[test]
fn long_files_are_seen_unless_they_are_tables() {
    assert!(problems(LIBRARY, &"\n".repeat(400)).is_empty());
    assert_eq!(problems(LIBRARY, &"\n".repeat(401)).len(), 1);
    assert_eq!(problems("crates/graph/tests/text/main.rs", &"\n".repeat(401)).len(), 1);
    assert!(problems("crates/graph/src/ops/elementwise.rs", &"\n".repeat(401)).is_empty());
}

/// A source of one function, whose `fn` stands on the third line: so many lines before a match, in it, and after it.
fn function(before: usize, arms: usize, after: usize) -> File {
    let (before, after) = ("    f();\n".repeat(before), "    f();\n".repeat(after));
    let arms = "        _ => { g() }\n".repeat(arms);
    file(
        LIBRARY,
        &format!("fn f();\n\nfn long(x: [u8; 2]) -> u8 {{\n{before}    match x {{\n{arms}    }}\n{after}}}\n"),
    )
}

#[test]
fn long_functions_are_seen_unless_they_are_one_match() {
    assert!(functions::problems(&function(30, 10, 16)).is_empty());
    let found = functions::problems(&function(30, 10, 17));
    assert_eq!(found, [format!("{LIBRARY}:3: `long` has 61 lines; tell it in steps of at most 60")]);
    // One match, with as much around it as may be, and more.
    assert!(functions::problems(&function(9, 90, 9)).is_empty());
    assert_eq!(functions::problems(&function(10, 90, 9)).len(), 1);
    // Two matches are not one.
    let two = |lines: usize| "match x {\n".to_string() + &"_ => {}\n".repeat(lines) + "}\n";
    assert_eq!(functions::problems(&file(LIBRARY, &format!("fn f() {{\n{}{}}}", two(40), two(40)))).len(), 1);
    // What is inside an item, and what is only said.
    assert_eq!(functions::problems(&file(LIBRARY, &format!("impl A {{\nfn f() {{{}}}\n}}", "\n".repeat(60)))).len(), 1);
    assert!(functions::problems(&file(LIBRARY, &format!("/* fn f() {{{}}} */", "\n".repeat(60)))).is_empty());
    assert!(
        functions::problems(&file(
            LIBRARY,
            &format!("struct F {{ f: fn(u8) }}\nmod a {{ mod b {{{}}} }}", "\n".repeat(90))
        ))
        .is_empty()
    );
}

#[test]
fn tests_that_never_run_are_seen() {
    let found = |manifest: &str, path: &str, source: &str| {
        unit_tests::problems(&[file("crates/graph/Cargo.toml", manifest)], &[file(path, source)]).len()
    };
    let (untested, test) = ("[lib]\ntest = false # fast\n\n[lints]\n", "#[cfg(test)]\nmod tests {}");
    assert_eq!(found(untested, LIBRARY, test), 1);
    assert_eq!(found(untested, LIBRARY, "// #[cfg(test)]"), 0);
    assert_eq!(found(untested, "crates/graph/tests/a.rs", test), 0);
    assert_eq!(found(untested, "crates/exec/src/a.rs", test), 0);
    assert_eq!(found("[lib]\n[[bin]]\ntest = false", LIBRARY, test), 0);
}

#[test]
fn a_package_that_uses_one_beside_or_above_it_is_seen() {
    let package = |name: &str, inner: &[&str]| Package {
        name: name.into(),
        licence: String::new(),
        external: false,
        inner: inner.iter().map(|name| name.to_string()).collect(),
    };
    assert!(floors::problems(&[package("chainrule-exec", &["chainrule-graph", "chainrule-kernels"])]).is_empty());
    assert_eq!(floors::problems(&[package("chainrule-graph", &["chainrule-exec"])]).len(), 1);
    assert_eq!(floors::problems(&[package("chainrule-learn", &["chainrule-check"])]).len(), 1);
    assert_eq!(floors::problems(&[package("xtask", &["chainrule-graph"])]).len(), 1);
    assert_eq!(floors::problems(&[package("chainrule-new", &[])]).len(), 1);
}

#[test]
fn licences_are_read_as_expressions() {
    for allowed in [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "MIT OR LGPL-2.1-or-later",
        "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR GPL-3.0", "MIT Apache-2.0", "MIT WITH exception"] {
        assert!(!is_allowed(refused), "{refused}");
    }
}

#[test]
fn links_to_files_are_read() {
    let page = "[a](b.md) and ![c](d/e.svg \"f\")\n```\n[no](code.md)\n```\n[g](https://h.org) [i](#j) [k](l.md#m)";
    assert_eq!(links::links(page), [(1, "b.md"), (1, "d/e.svg"), (5, "l.md")]);
}
