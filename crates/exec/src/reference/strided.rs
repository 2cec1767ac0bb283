//! Loop nests over arrays that lie in memory with strides: the one way in which all but the elementwise ops run.

use chainrule_graph::Shape;

/// Where the elements of an array lie: index tuple `i` at `start + Σ strides[axis] · i[axis]`.
#[derive(Clone, Debug)]
pub(crate) struct StridedLayout {
    /// The offset of index 0, 0, …
    pub start: isize,
    /// The distance between neighbours along each axis of the loop nest; 0 where the array does not vary.
    pub strides: Vec<isize>,
}

impl StridedLayout {
    /// Row-major.
    pub fn of(shape: &Shape) -> StridedLayout {
        StridedLayout { start: 0, strides: strides(shape) }
    }

    /// The layout for a loop nest whose axis k is axis `axes[k]` of a row-major array; none where it does not vary.
    pub fn along(shape: &Shape, axes: impl IntoIterator<Item = Option<usize>>) -> StridedLayout {
        let strides = strides(shape);
        StridedLayout { start: 0, strides: axes.into_iter().map(|axis| axis.map_or(0, |axis| strides[axis])).collect() }
    }

    /// The layout, in a loop nest over `shape`, of the row-major array that lacks `axes` of it.
    pub fn without(shape: &Shape, axes: &[usize]) -> StridedLayout {
        let mut kept = 0..;
        StridedLayout::along(
            &shape.without(axes),
            (0..shape.rank()).map(|axis| if axes.contains(&axis) { None } else { kept.next() }),
        )
    }
}

/// The strides of a row-major array.
pub(crate) fn strides(shape: &Shape) -> Vec<isize> {
    shape.strides().into_iter().map(|stride| stride as isize).collect()
}

/// Runs the loop nest over `sizes`, the last axis innermost, and tells `body` where each array's element lies.
pub(crate) fn for_each<const N: usize>(
    sizes: &[usize],
    layouts: [&StridedLayout; N],
    mut body: impl FnMut([usize; N]),
) {
    if sizes.contains(&0) {
        return;
    }
    let (length, outer) = sizes.split_last().map_or((1, sizes), |(&last, outer)| (last, outer));
    let step: [isize; N] = layouts.map(|layout| layout.strides.last().copied().unwrap_or(0));
    let mut row = layouts.map(|layout| layout.start);
    let mut index = vec![0; outer.len()];
    loop {
        let mut offsets = row;
        for _ in 0..length {
            body(offsets.map(|offset| offset as usize));
            for (offset, step) in offsets.iter_mut().zip(step) {
                *offset += step;
            }
        }
        // The next row: the last outer axis that is not at its end moves on, those after it start anew.
        let Some(axis) = (0..outer.len()).rev().find(|&axis| index[axis] + 1 < outer[axis]) else {
            return;
        };
        index[axis] += 1;
        index[axis + 1..].fill(0);
        row = layouts.map(|layout| {
            let moved = index.iter().zip(&layout.strides).map(|(&i, &stride)| i as isize * stride);
            layout.start + moved.sum::<isize>()
        });
    }
}
