//! The exercises as they are handed out: each fails, and says which rule is to be written.

use course::exercises::homework;
use course::judge::EXERCISES;

#[test]
fn what_is_not_written_fails_and_is_named() {
    for (name, judge) in EXERCISES {
        let wrong = judge(&homework()).expect_err("nothing is written in what is handed out").to_string();
        assert!(wrong.contains(&format!("of `{name}`")) && wrong.contains("is not written yet"), "{name}: {wrong}");
    }
}

#[test]
fn every_exercise_has_a_test_of_its_own() {
    let tests = include_str!("exercises.rs");
    for (index, (name, _)) in EXERCISES.iter().enumerate() {
        assert!(tests.contains(&format!("fn e{}_{name}()", index + 1)), "{name}");
    }
}
