//! A fused loop cut in pieces for threads: each writes its own stretch of every result, and reads all else.

use chainrule_kernels::{Float, Simd};

use super::loops::{BLOCK, Memory, Registers, run_piece};
use super::machine::Numbers;
use super::program::{At, Base, LoopCode};

/// How many results a loop may have that is cut in pieces.
pub(super) const MOST_STORES: usize = 6;

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

    /// Runs the piece, in as many as there are sets of registers.
    pub fn run<S: Simd>(mut self, simd: S, code: &LoopCode, registers: &mut [Registers<T>]) {
        let blocks = (self.end - self.start).div_ceil(BLOCK);
        let indices = self.start..self.end;
        match registers {
            [] => {}
            [registers] => run_piece(simd, code, &mut self, registers, indices),
            [registers, ..] if blocks == 1 => run_piece(simd, code, &mut self, registers, indices),
            _ => {
                let half = registers.len() / 2;
                let middle = self.start + blocks * half / registers.len() * BLOCK;
                let (first, second) = self.split(middle);
                let (left, right) = registers.split_at_mut(half);
                rayon::join(|| first.run(simd, code, left), || second.run(simd, code, right));
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

impl<T: Float> Memory<T> for Piece<'_, T> {
    /// Just those: what lies behind a stretch is another thread's.
    #[inline(always)]
    fn computed(&self, length: usize) -> usize {
        length
    }

    #[inline(always)]
    fn scalar(&self, at: At) -> T {
        self.entries(at, 0, 1)[0]
    }

    #[inline(always)]
    fn entries(&self, at: At, start: usize, length: usize) -> &[T] {
        if let Base::Row(table) = at.base {
            let table = table as usize;
            return &self.tables[table][self.starts[table] + at.offset + start..][..length];
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
