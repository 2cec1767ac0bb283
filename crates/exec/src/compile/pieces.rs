//! A fused loop cut in parts for threads: each writes its own stretch of every result, and reads all else.
//!
//! What an index gets does not depend on the cut. A closing sum does, by rounding; so a loop with one is always cut in the
//! same parts, however many threads there are: each part sums apart, and the sums are added in order.

use std::ops::Range;

use chainrule_graph::ops::Elementwise;
use chainrule_kernels::{Float, Simd};

use super::loops::{BLOCK, Reads, Registers, Writes, run_piece};
use super::numbers::{Numbers, row};
use super::program::{At, Base, LoopCode, StepOp};

/// How many results a loop may have that is cut.
const MOST_STORES: usize = 6;
/// In how many parts a loop with a sum is cut.
const PARTS: usize = 8;
/// The work, in additions of single numbers, from which on a loop is cut.
const WORTH: usize = 1 << 17;
/// Each entry of a sum that is cut comes from so many or more: the sums of the parts are small beside what they sum.
const LEAST_SUMMED: usize = 32;

/// What an op costs, in additions.
fn cost(op: StepOp) -> usize {
    use Elementwise::*;
    match op {
        StepOp::Entry(Exp | Expm1 | Log | Log1p | Tanh | Sigmoid | Softplus | Erf) => 10,
        StepOp::Entry(Sin | Cos | Pow) => 50,
        StepOp::Entry(Div | Sqrt | Rsqrt) => 3,
        _ => 1,
    }
}

/// How a loop is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The indices that stay together, and how many times so many there are.
    unit: usize,
    units: usize,
    count: usize,
}

impl Parts {
    /// How a loop is cut; none, if that is not worth it.
    pub fn of(code: &LoopCode) -> Option<Parts> {
        let steps: usize = code.steps.iter().map(|step| cost(step.op)).sum();
        let work = steps + code.stores.len() + usize::from(code.sum.is_some());
        if code.stores.len() > MOST_STORES || code.size * work < WORTH {
            return None;
        }
        let Some(sum) = code.sum else {
            let units = code.size.div_ceil(BLOCK);
            return Some(Parts { unit: BLOCK, units, count: units });
        };
        let axis = sum.axis;
        let (unit, units) = match axis.outer {
            1 => (axis.inner, axis.n),
            outer => (axis.n * axis.inner, outer),
        };
        let is_cut = units >= PARTS && axis.n >= LEAST_SUMMED;
        is_cut.then_some(Parts { unit, units, count: PARTS })
    }

    /// How many numbers hold the sums of all parts.
    pub fn sums(&self, code: &LoopCode) -> usize {
        match code.sum {
            Some(sum) if sum.axis.outer == 1 => self.count * sum.axis.inner,
            Some(sum) => sum.axis.kept(),
            None => 0,
        }
    }

    /// Where a part begins.
    fn start(&self, part: usize, code: &LoopCode) -> usize {
        (self.units * part / self.count * self.unit).min(code.size)
    }

    /// Where its sums begin.
    fn sums_start(&self, part: usize, code: &LoopCode) -> usize {
        match code.sum {
            Some(sum) if sum.axis.outer == 1 => part * sum.axis.inner,
            Some(sum) => self.units * part / self.count * sum.axis.inner,
            None => 0,
        }
    }

    /// Runs the loop, on as many threads as there are sets of registers.
    pub fn run<S: Simd, T: Float>(
        self,
        simd: S,
        code: &LoopCode,
        numbers: &mut Numbers<'_, T>,
        registers: &mut [Registers<T>],
        partial: &mut [T],
    ) {
        let sums = &mut partial[..self.sums(code)];
        Piece::whole(code, numbers).run(simd, self, 0..self.count, code, registers, sums);
        let Some(sum) = code.sum else { return };
        let out = &mut numbers.arena[sum.out..][..sum.axis.kept()];
        if sum.axis.outer > 1 {
            out.copy_from_slice(sums);
            return;
        }
        out.fill(T::ZERO);
        for part in sums.chunks_exact(sum.axis.inner) {
            out.iter_mut().zip(part).for_each(|(out, &sum)| *out += sum);
        }
    }
}

/// The numbers of a loop over the indices from `start` to `end`.
pub(super) struct Piece<'a, T> {
    start: usize,
    end: usize,
    /// The stretches of the results, by where the results lie.
    results: [(usize, &'a mut [T]); MOST_STORES],
    /// What lies between the results, by where it begins.
    between: [(usize, &'a [T]); MOST_STORES + 1],
    tables: &'a [&'a [T]],
    starts: &'a [usize],
}

impl<'a, T: Float> Piece<'a, T> {
    /// All of a loop.
    pub fn whole(code: &LoopCode, numbers: &'a mut Numbers<'_, T>) -> Piece<'a, T> {
        let mut outs = [usize::MAX; MOST_STORES];
        for (out, store) in outs.iter_mut().zip(&code.stores) {
            *out = store.out;
        }
        outs.sort_unstable();
        let mut results = no_results();
        let mut between: [(usize, &[T]); MOST_STORES + 1] = [(usize::MAX, &[]); MOST_STORES + 1];
        let (mut rest, mut begin) = (&mut *numbers.arena, 0);
        for (place, &out) in outs.iter().enumerate().filter(|(_, out)| **out != usize::MAX) {
            let (gap, after) = rest.split_at_mut(out - begin);
            let (result, after) = after.split_at_mut(code.size);
            between[place] = (begin, gap);
            results[place] = (out, result);
            (rest, begin) = (after, out + code.size);
        }
        between[code.stores.len()] = (begin, rest);
        Piece { start: 0, end: code.size, results, between, tables: numbers.tables, starts: numbers.starts }
    }

    /// Runs these parts of the loop, and puts their sums in `sums`.
    fn run<S: Simd>(
        mut self,
        simd: S,
        cut: Parts,
        parts: Range<usize>,
        code: &LoopCode,
        registers: &mut [Registers<T>],
        sums: &mut [T],
    ) {
        let half = registers.len() / 2;
        let middle = parts.start + parts.len() * half / registers.len().max(1);
        if middle > parts.start {
            let (first, second) = self.split(cut.start(middle, code));
            let (left, right) = registers.split_at_mut(half);
            let (before, after) = sums.split_at_mut(cut.sums_start(middle, code) - cut.sums_start(parts.start, code));
            rayon::join(
                || first.run(simd, cut, parts.start..middle, code, left, before),
                || second.run(simd, cut, middle..parts.end, code, right, after),
            );
        } else if let [registers, ..] = registers {
            if code.sum.is_none() {
                let indices = self.start..self.end;
                return run_piece(simd, code, &mut self, registers, indices, &mut []);
            }
            let begin = cut.sums_start(parts.start, code);
            for part in parts {
                let indices = cut.start(part, code)..cut.start(part + 1, code);
                let sums = &mut sums[cut.sums_start(part, code) - begin..cut.sums_start(part + 1, code) - begin];
                run_piece(simd, code, &mut self, registers, indices, sums);
            }
        }
    }

    fn split(self, middle: usize) -> (Piece<'a, T>, Piece<'a, T>) {
        let length = middle - self.start;
        let mut later = no_results();
        let mut place = 0;
        let earlier = self.results.map(|(out, result)| {
            let (first, second) =
                if out == usize::MAX { (result, &mut [] as &mut [T]) } else { result.split_at_mut(length) };
            later[place] = (out, second);
            place += 1;
            (out, first)
        });
        let Piece { start, end, between, tables, starts, .. } = self;
        let first = Piece { start, end: middle, results: earlier, between, tables, starts };
        (first, Piece { start: middle, end, results: later, between, tables, starts })
    }
}

fn no_results<'a, T>() -> [(usize, &'a mut [T]); MOST_STORES] {
    std::array::from_fn(|_| (usize::MAX, &mut [] as &mut [T]))
}

impl<T: Float> Reads<T> for Piece<'_, T> {
    #[inline(always)]
    fn scalar(&self, at: At) -> T {
        self.entries(at, 0, 1)[0]
    }

    #[inline(always)]
    fn entries(&self, at: At, start: usize, length: usize) -> &[T] {
        if let Base::Row(table) = at.base {
            return &row(self.tables, self.starts, table, at.offset + start)[..length];
        }
        for (out, result) in &self.results {
            // A result that is also read is read at the same index.
            if *out == at.offset {
                let from = start - self.start;
                return &result[from..from + length];
            }
        }
        let offset = at.offset + start;
        let (begin, entries) =
            self.between.iter().rev().find(|(begin, _)| *begin <= offset).expect("the first begins at 0");
        let from = offset - begin;
        &entries[from..from + length]
    }
}

impl<T: Float> Writes<T> for Piece<'_, T> {
    /// Just those: what lies behind a stretch is another thread's.
    #[inline(always)]
    fn computed(&self, length: usize) -> usize {
        length
    }

    #[inline(always)]
    fn place(&mut self, out: usize, start: usize, length: usize) -> &mut [T] {
        let begin = self.start;
        let (_, result) = self.results.iter_mut().find(|(other, _)| *other == out).expect("each store has its result");
        &mut result[start - begin..][..length]
    }

    fn copy(&mut self, at: At, start: usize, length: usize, out: usize) {
        // The two lie in different places: a loop does not store what it reads from the same place.
        for i in start..start + length {
            let value = self.entries(at, i, 1)[0];
            self.place(out, i, 1)[0] = value;
        }
    }
}
