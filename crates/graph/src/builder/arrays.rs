//! Arrays of equal numbers, and of truth values for classes.

use super::{Builder, Var};
use crate::node::Kind;
use crate::shape::Shape;

impl Builder {
    /// Zeros of a shape, as copies of one.
    #[track_caller]
    pub fn zeros(&self, shape: impl Into<Shape>) -> Var<'_> {
        self.constant(0.0).broadcast_to(shape)
    }

    /// Ones of a shape, as copies of one.
    #[track_caller]
    pub fn ones(&self, shape: impl Into<Shape>) -> Var<'_> {
        self.constant(1.0).broadcast_to(shape)
    }
}

impl<'g> Var<'g> {
    /// Of whole numbers `[…]`: `[…, k]`, 1 at the index that the number is and 0 elsewhere. A number that is no index gets
    /// zeros alone.
    #[track_caller]
    pub fn one_hot(self, k: usize) -> Var<'g> {
        if !self.failed() && self.kind() != Kind::Int {
            return self.builder.fail(
                format!("one_hot takes whole numbers, not {} of kind {}", self.describe(), self.kind()),
                Some("declare them as `int`, as in `input i [] int`".into()),
            );
        }
        self.builder.composed("one_hot", &[self], |builder| {
            let column: Shape = self.shape().iter().copied().chain([1]).collect();
            self.reshape(column).equal(builder.iota(k)).to_real()
        })
    }
}
