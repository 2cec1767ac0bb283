//! Blocks of elements copied from one place to another, and added up where they lie: the fold of windows that overlap.

use crate::float::{Float, Lanes};
use crate::vector::update;
use fearless_simd::prelude::*;

/// An axis of a block that is added to another: how many elements, and how far apart they lie here and there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The number of elements.
    pub n: usize,
    /// From an element to the next in what is added.
    pub from: usize,
    /// From an element to the next in what it is added to.
    pub to: usize,
}

/// An axis of a block that is copied: how many elements, and how far apart they lie here and there, where it may run backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyRun {
    /// The number of elements.
    pub n: usize,
    /// From an element to the next in what is copied.
    pub from: usize,
    /// From an element to the next in the copy.
    pub to: isize,
}

/// A block of so many elements each way is read and written while it is in the nearest cache.
const BLOCK: usize = 16;

/// `y[first + Σ i · to] = x[Σ i · from]` for each index i of these axes, the last innermost, in row-major order. At most two
/// axes cost no division. Where elements lie side by side along one axis here and along another there, block by block.
pub fn copy_strided<T: Copy>(x: &[T], runs: &[CopyRun], first: usize, y: &mut [T]) {
    let one = CopyRun { n: 1, from: 1, to: 1 };
    let (inner, outer) = runs.split_last().map_or((one, runs), |(inner, outer)| (*inner, outer));
    let (middle, outer) = outer.split_last().map_or((one, outer), |(middle, outer)| (*middle, outer));
    let count: usize = outer.iter().map(|run| run.n).product();
    if inner.n == 0 || middle.n == 0 {
        return;
    }
    let side_by_side = runs.iter().position(|run| run.from == 1 && run.n > 1);
    if let Some(place) = side_by_side.filter(|&place| inner.to == 1 && inner.from > 1 && place + 1 < runs.len()) {
        return copy_blocks(x, runs, place, first, y);
    }
    for index in 0..count {
        let (mut rest, mut from, mut to) = (index, 0, first);
        for run in outer.iter().rev() {
            let i = rest % run.n;
            from += i * run.from;
            to = to.wrapping_add_signed(i as isize * run.to);
            rest /= run.n;
        }
        if inner.to == 1 && middle.from < inner.from {
            copy_turned(&x[from..], middle, inner, to, y);
            continue;
        }
        for i in 0..middle.n {
            copy_run(&x[from + i * middle.from..], inner, to.wrapping_add_signed(i as isize * middle.to), y);
        }
    }
}

/// Rows and columns exchanged, block by block: a block is read and written while it is in the nearest cache.
fn copy_turned<T: Copy>(x: &[T], rows: CopyRun, columns: CopyRun, first: usize, y: &mut [T]) {
    const BLOCK: usize = 16;
    for i0 in (0..rows.n).step_by(BLOCK) {
        for j0 in (0..columns.n).step_by(BLOCK) {
            let width = BLOCK.min(columns.n - j0);
            for i in i0..rows.n.min(i0 + BLOCK) {
                let x = &x[i * rows.from + j0 * columns.from..];
                let y = &mut y[first.wrapping_add_signed(i as isize * rows.to) + j0..][..width];
                y.iter_mut().zip(x.iter().step_by(columns.from)).for_each(|(y, x)| *y = *x);
            }
        }
    }
}

/// The same, with the elements of x side by side along the axis in that place, and those of y along the last.
fn copy_blocks<T: Copy>(x: &[T], runs: &[CopyRun], place: usize, first: usize, y: &mut [T]) {
    let (rows, columns) = (runs[place], runs[runs.len() - 1]);
    let others = || runs[..runs.len() - 1].iter().enumerate().filter(|&(other, _)| other != place).map(|(_, run)| run);
    for index in 0..others().map(|run| run.n).product() {
        let (mut rest, mut from, mut to) = (index, 0, first);
        for run in others().rev() {
            let i = rest % run.n;
            from += i * run.from;
            to = to.wrapping_add_signed(i as isize * run.to);
            rest /= run.n;
        }
        for column in (0..columns.n).step_by(BLOCK) {
            let width = BLOCK.min(columns.n - column);
            for row in (0..rows.n).step_by(BLOCK) {
                for row in row..rows.n.min(row + BLOCK) {
                    let to = to.wrapping_add_signed(row as isize * rows.to) + column;
                    let from = x[from + row + column * columns.from..].iter().step_by(columns.from);
                    y[to..to + width].iter_mut().zip(from).for_each(|(y, &x)| *y = x);
                }
            }
        }
    }
}

#[inline(always)]
fn copy_run<T: Copy>(x: &[T], CopyRun { n, from, to }: CopyRun, first: usize, y: &mut [T]) {
    match (from, to) {
        (1, 1) => y[first..first + n].copy_from_slice(&x[..n]),
        (_, 1..) => {
            let places = y[first..].iter_mut().step_by(to.unsigned_abs());
            places.take(n).enumerate().for_each(|(i, y)| *y = x[i * from]);
        }
        _ => (0..n).for_each(|i| y[first.wrapping_add_signed(i as isize * to)] = x[i * from]),
    }
}

/// `y[Σ i · to] += x[Σ i · from]` for each index i of these axes, the last innermost, in row-major order. Where the axes of y
/// overlap, it is a sum. At most two axes cost no division.
#[inline(always)]
pub fn add_strided<S: Simd, T: Float>(simd: S, x: &[T], runs: &[Run], y: &mut [T]) {
    let (inner, outer) = match runs {
        [] => (Run { n: 1, from: 1, to: 1 }, &runs[..0]),
        [outer @ .., inner] => (*inner, outer),
    };
    let (middle, outer) = match outer {
        [] => (Run { n: 1, from: 0, to: 0 }, outer),
        [outer @ .., middle] => (*middle, outer),
    };
    let count: usize = outer.iter().map(|run| run.n).product();
    if inner.n == 0 || middle.n == 0 {
        return;
    }
    for index in 0..count {
        let (mut rest, mut from, mut to) = (index, 0, 0);
        for run in outer.iter().rev() {
            from += rest % run.n * run.from;
            to += rest % run.n * run.to;
            rest /= run.n;
        }
        for _ in 0..middle.n {
            add_run(simd, &x[from..], inner, &mut y[to..]);
            from += middle.from;
            to += middle.to;
        }
    }
}

#[inline(always)]
fn add_run<S: Simd, T: Float>(simd: S, x: &[T], run: Run, y: &mut [T]) {
    /// Fewer elements are added one by one: a vector would not be full.
    const FEW: usize = 16;
    let Run { n, from, to } = run;
    if from == 1 && to == 1 {
        let (x, y) = (&x[..n], &mut y[..n]);
        if n < FEW {
            return y.iter_mut().zip(x).for_each(|(y, x)| *y += *x);
        }
        return update(
            simd,
            y,
            x,
            #[inline(always)]
            |y: Lanes<S, T>, x| y + x,
        );
    }
    for i in 0..n {
        y[i * to] += x[i * from];
    }
}
