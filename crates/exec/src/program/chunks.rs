//! How a fused loop is cut into chunks for threads: a part of the loop's code, decided when it is compiled.
//!
//! What an index gets does not depend on the cut. A closing sum does, by rounding; so a loop with one is always cut into
//! the same chunks, however many threads there are: each chunk sums apart, and the sums are added in order.

use chainrule_kernels::reduce::Axis;

/// How many elements a register has room for; in f64 half of it is used.
pub(crate) const BLOCK: usize = 1024;
/// How many results a loop may have that is cut.
pub(crate) const MOST_STORES: usize = 6;
/// Into how many chunks a loop with a sum is cut.
const CHUNKS: usize = 8;
/// The work, in additions, from which on a loop is cut.
const WORTH: usize = 1 << 17;
/// Each element of a sum that is cut comes from so many or more: the sums of the chunks are small beside what they sum.
const LEAST_SUMMED: usize = 32;

/// How a loop is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunks {
    /// How many indices the loop has.
    size: usize,
    /// The axis of its closing sum.
    axis: Option<Axis>,
    /// The indices that stay together, and how many times so many there are.
    grain: usize,
    grains: usize,
    count: usize,
}

/// How many indices a sum keeps together, and how many times so many there are.
fn grains(axis: Axis) -> (usize, usize) {
    match axis.outer {
        1 => (axis.inner, axis.n),
        outer => (axis.n * axis.inner, outer),
    }
}

impl Chunks {
    /// How a loop of `size` indices is cut that computes `cost` additions an index, those of its sums along an axis included,
    /// and stores so many results; none, if that is not worth it.
    pub fn of(size: usize, cost: usize, stores: usize, axis: Option<Axis>) -> Option<Chunks> {
        let work = cost + stores;
        if stores > MOST_STORES || size * work < WORTH {
            return None;
        }
        let Some(sum) = axis else {
            let grains = size.div_ceil(BLOCK);
            return Some(Chunks { size, axis, grain: BLOCK, grains, count: grains });
        };
        let (grain, grains) = grains(sum);
        Chunks::are_cut(sum).then_some(Chunks { size, axis, grain, grains, count: CHUNKS })
    }

    /// Whether a loop with a sum along such an axis is cut, if it is worth it.
    pub fn are_cut(axis: Axis) -> bool {
        grains(axis).1 >= CHUNKS && axis.n >= LEAST_SUMMED
    }

    /// How many chunks there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many elements hold one sum of all chunks.
    pub fn sums(&self) -> usize {
        match self.axis {
            Some(axis) if axis.outer == 1 => self.count * axis.inner,
            Some(axis) => axis.kept(),
            None => 0,
        }
    }

    /// The index at which a chunk begins.
    pub fn start(&self, chunk: usize) -> usize {
        (self.grains * chunk / self.count * self.grain).min(self.size)
    }

    /// Where among the sums its own begin.
    pub fn sums_start(&self, chunk: usize) -> usize {
        match self.axis {
            Some(axis) if axis.outer == 1 => chunk * axis.inner,
            Some(axis) => self.grains * chunk / self.count * axis.inner,
            None => 0,
        }
    }
}
