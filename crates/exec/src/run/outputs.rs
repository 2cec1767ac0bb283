//! What a caller reads of the arena: the elements of a value that lies there with strides.

use chainrule_kernels::Float;

use super::arena::{ArenaView, Reads};
use crate::program::interface::Output;

/// The elements of an output, in row-major order.
#[inline(always)]
pub(super) fn read_output<T: Float>(arena: &ArenaView<'_, T>, output: &Output, to: &mut [f64]) {
    if let [to] = to {
        *to = arena.scalar(output.address).to_f64();
        return;
    }
    for (index, to) in to.iter_mut().enumerate() {
        let (mut rest, mut offset) = (index, 0);
        for (&n, stride) in output.shape.iter().zip(&output.strides).rev() {
            offset += rest % n * stride;
            rest /= n;
        }
        *to = arena.slice(output.address, offset, 1)[0].to_f64();
    }
}
