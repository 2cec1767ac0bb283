//! The book is rendered where there is a program for it; where not, how to read it is said.

#[test]
fn without_the_program_it_is_said_how_to_read_the_book() {
    let said = xtask::book::render(&xtask::root(), "no-such-program").expect("it is no failure");
    assert!(said.contains("not installed") && said.contains("SUMMARY.md") && !said.contains('\n'), "{said}");
}

#[test]
#[cfg(unix)]
fn a_program_that_fails_is_a_failure() {
    assert!(xtask::book::render(&xtask::root(), "false").expect_err("it fails").contains("false build book"));
    assert!(xtask::book::render(&xtask::root(), "true").expect("it succeeds").contains("index.html"));
}
