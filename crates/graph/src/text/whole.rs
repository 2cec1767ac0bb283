//! Whole numbers from 0 up: sizes, axes and indices.

use super::diagnostic::Diagnostic;
use super::number::written;
use crate::node::Span;
use crate::shape::Shape;

/// How large a size or an index is at most, [`Shape::MAX_SIZE`].
pub(super) const LARGEST: &str = "the largest is about 1e12";

/// The number as a whole one from 0 up that is no larger than any value can be.
pub(super) fn whole(number: f64) -> Option<usize> {
    (number.fract() == 0.0 && (0.0..=Shape::MAX_SIZE as f64).contains(&number)).then_some(number as usize)
}

/// The mistake of a number that [`whole`] does not take.
pub(super) fn not_whole(what: &str, number: f64, span: Span) -> Diagnostic {
    if number > 0.0 && number.fract() == 0.0 {
        return Diagnostic::new(format!("{what} is {}, which is too large", written(number)), span).help(LARGEST);
    }
    let mistake = Diagnostic::new(format!("{what} must be a whole number from 0 up, not {number}"), span);
    if number < 0.0 && what.contains("axis") { mistake.help("axes count from 0, the first") } else { mistake }
}
