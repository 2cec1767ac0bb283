//! Sequences whose outcomes are those of another place.

use chainrule_doctor::Cause;

use crate::{ATTENTION, examined, language};

/// The outcomes are the next tokens already.
#[test]
fn a_loss_that_shifts_once_more_is_found() {
    let (x, y) = language(64, 8);
    let values = [("x", x), ("y", y)];
    let source = ATTENTION.replace("cross_entropy(logits, y)", "cross_entropy(logits[0:7], y[1:8])");
    let diagnosis = examined(&source, 64, &values);
    let first = diagnosis.findings.first().unwrap_or_else(|| panic!("{diagnosis:?}"));
    assert_eq!(first.cause, Cause::LossMismatch, "{diagnosis:?}");
    // Every second token is mostly the same, so that those one place on and back are about as well known.
    assert!(first.evidence.contains("of `y` 1 place"), "{first:?}");
    assert_eq!(first.remedy.lines[0].after, "objective  = cross_entropy(logits, y)");
}
