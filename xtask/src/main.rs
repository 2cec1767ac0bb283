//! `cargo xtask CHORE`: runs one of the repository's chores.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use xtask::{bench, book, licences, sanitize, test, tidy};

const HELP: &str = "\
cargo xtask CHORE

  test      everything that must pass: format, clippy, tidy, docs, all tests, the tour in a short form
  tidy      the house rules alone
  bench     times training steps beside hand-written loops and bare matrix products; bench --help says more
  book      renders the book to target/book, if mdbook is installed
  sanitize  tests the matrix products, the only unsafe code, under the address sanitizer; a few minutes to build
  licences  writes DEPENDENCIES.md anew, after the dependencies have changed";

fn main() -> ExitCode {
    let root = xtask::root();
    let chore: Vec<String> = std::env::args().skip(1).collect();
    let result = match chore.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test::run(&root),
        ["tidy"] => tidy::run(&root),
        ["bench", ref words @ ..] => bench::run(&root, words),
        ["book"] => book::run(&root),
        ["sanitize"] => sanitize::run(&root),
        ["licences"] => licences::write(&root),
        _ => Err(HELP.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
