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
    /// The elements along an axis in ascending order, NaN last. The derivative goes back to where each came from; of equal
    /// ones the first comes first.
    #[track_caller]
    pub fn sort(self, axis: usize) -> Var<'g> {
        let rank = self.rank();
        if !self.failed() && axis >= rank {
            return self.builder.fail(format!("sort: there is no axis {axis} in {}", self.describe()), None);
        }
        self.builder.composed("sort", &[self], |_| {
            let last: Vec<usize> = (0..rank).filter(|&other| other != axis).chain([axis]).collect();
            let back: Vec<usize> = (0..axis).chain([rank - 1]).chain(axis..rank - 1).collect();
            let x = self.transpose_axes(&last);
            x.gather_batched(x.argsort(rank - 1), rank - 1).transpose_axes(&back)
        })
    }

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
