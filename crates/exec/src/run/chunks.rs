//! A fused loop run in chunks by several threads: each writes its own stretch of every result, and reads all else.

use std::ops::Range;

use chainrule_kernels::{Float, Simd, Threads};

use super::arena::{ArenaView, Reads, Writes, row};
use super::fused::{run_range, run_whole};
use super::scratch::{Registers, Scratch};
use crate::program::address::{Address, Space};
use crate::program::chunks::{Chunks, MOST_STORES};
use crate::program::loop_code::LoopCode;

/// Runs a loop from its first index to its last, on these threads if it is cut for them.
#[inline(always)]
pub(super) fn run<S: Simd, T: Float>(
    simd: S,
    code: &LoopCode,
    arena: &mut ArenaView<'_, T>,
    scratch: &mut Scratch<T>,
    threads: Threads,
) {
    if let Some(chunks) = code.chunks {
        let threads = if threads == Threads::Pool { scratch.registers.len() } else { 1 };
        if !code.sums.is_empty() || threads > 1 {
            let registers = &mut scratch.registers[..threads];
            return run_chunks(simd, chunks, code, arena, registers, &mut scratch.partial_sums);
        }
    }
    run_whole(simd, code, arena, &mut scratch.registers[0]);
}

/// Runs all chunks, on as many threads as there are sets of registers.
fn run_chunks<S: Simd, T: Float>(
    simd: S,
    chunks: Chunks,
    code: &LoopCode,
    arena: &mut ArenaView<'_, T>,
    registers: &mut [Registers<T>],
    partial_sums: &mut [T],
) {
    let count = code.sums.len();
    let partial_sums = &mut partial_sums[..code.sums_of_chunks()];
    ChunkView::whole(code, arena).run(simd, chunks, 0..chunks.count(), code, registers, partial_sums);
    for (number, sum) in code.sums.iter().enumerate() {
        let out = &mut arena.elements[sum.out..][..sum.axis.kept()];
        out.fill(T::ZERO);
        for chunk in 0..chunks.count() {
            let of_chunk = chunks.sums_start(chunk)..chunks.sums_start(chunk + 1);
            let partial = &partial_sums[count * of_chunk.start..][number * of_chunk.len()..][..of_chunk.len()];
            // With an axis outside, each chunk has elements of its own.
            let out = if sum.axis.outer > 1 { &mut out[of_chunk] } else { &mut *out };
            out.iter_mut().zip(partial).for_each(|(out, &sum)| *out += sum);
        }
    }
}

/// The elements that a loop reads and writes over the indices from `start` to `end`.
struct ChunkView<'a, T> {
    start: usize,
    end: usize,
    /// The stretches of the results, by where the results lie.
    results: [(usize, &'a mut [T]); MOST_STORES],
    /// What lies between the results, by where it begins.
    between: [(usize, &'a [T]); MOST_STORES + 1],
    tables: &'a [&'a [T]],
    starts: &'a [usize],
}

impl<'a, T: Float> ChunkView<'a, T> {
    /// All of a loop.
    fn whole(code: &LoopCode, arena: &'a mut ArenaView<'_, T>) -> ChunkView<'a, T> {
        let mut outs = [usize::MAX; MOST_STORES];
        for (out, store) in outs.iter_mut().zip(&code.stores) {
            *out = store.out;
        }
        outs.sort_unstable();
        let mut results = no_results();
        let mut between: [(usize, &[T]); MOST_STORES + 1] = [(usize::MAX, &[]); MOST_STORES + 1];
        let (mut rest, mut begin) = (&mut *arena.elements, 0);
        for (index, &out) in outs.iter().enumerate().filter(|(_, out)| **out != usize::MAX) {
            let (gap, after) = rest.split_at_mut(out - begin);
            let (result, after) = after.split_at_mut(code.size);
            between[index] = (begin, gap);
            results[index] = (out, result);
            (rest, begin) = (after, out + code.size);
        }
        between[code.stores.len()] = (begin, rest);
        ChunkView { start: 0, end: code.size, results, between, tables: arena.tables, starts: arena.starts }
    }

    /// Runs these chunks of the loop, and puts their sums in `sums`: all those of the first chunk, then those of the next.
    fn run<S: Simd>(
        mut self,
        simd: S,
        cut: Chunks,
        chunks: Range<usize>,
        code: &LoopCode,
        registers: &mut [Registers<T>],
        sums: &mut [T],
    ) {
        let half = registers.len() / 2;
        let middle = chunks.start + chunks.len() * half / registers.len().max(1);
        if middle > chunks.start {
            let (first, second) = self.split(cut.start(middle));
            let (left, right) = registers.split_at_mut(half);
            let of_first = cut.sums_start(middle) - cut.sums_start(chunks.start);
            let (before, after) = sums.split_at_mut(code.sums.len() * of_first);
            rayon::join(
                || first.run(simd, cut, chunks.start..middle, code, left, before),
                || second.run(simd, cut, middle..chunks.end, code, right, after),
            );
        } else if let [registers, ..] = registers {
            if code.sums.is_empty() {
                let indices = self.start..self.end;
                return run_range(simd, code, &mut self, registers, indices, &mut []);
            }
            let sums_start = |chunk| code.sums.len() * (cut.sums_start(chunk) - cut.sums_start(chunks.start));
            for chunk in chunks.clone() {
                let indices = cut.start(chunk)..cut.start(chunk + 1);
                let sums = &mut sums[sums_start(chunk)..sums_start(chunk + 1)];
                run_range(simd, code, &mut self, registers, indices, sums);
            }
        }
    }

    fn split(self, middle: usize) -> (ChunkView<'a, T>, ChunkView<'a, T>) {
        let length = middle - self.start;
        let mut later = no_results();
        let mut index = 0;
        let earlier = self.results.map(|(out, result)| {
            let (first, second) =
                if out == usize::MAX { (result, &mut [] as &mut [T]) } else { result.split_at_mut(length) };
            later[index] = (out, second);
            index += 1;
            (out, first)
        });
        let ChunkView { start, end, between, tables, starts, .. } = self;
        let first = ChunkView { start, end: middle, results: earlier, between, tables, starts };
        (first, ChunkView { start: middle, end, results: later, between, tables, starts })
    }
}

fn no_results<'a, T>() -> [(usize, &'a mut [T]); MOST_STORES] {
    std::array::from_fn(|_| (usize::MAX, &mut [] as &mut [T]))
}

impl<T: Float> Reads<T> for ChunkView<'_, T> {
    #[inline(always)]
    fn scalar(&self, address: Address) -> T {
        self.slice(address, 0, 1)[0]
    }

    #[inline(always)]
    fn slice(&self, address: Address, start: usize, length: usize) -> &[T] {
        if let Space::Row(table) = address.space {
            return &row(self.tables, self.starts, table, address.offset + start)[..length];
        }
        for (out, result) in &self.results {
            // A result that is also read is read at the same index.
            if *out == address.offset {
                let from = start - self.start;
                return &result[from..from + length];
            }
        }
        let offset = address.offset + start;
        let (begin, elements) =
            self.between.iter().rev().find(|(begin, _)| *begin <= offset).expect("the first begins at 0");
        let from = offset - begin;
        &elements[from..from + length]
    }
}

impl<T: Float> Writes<T> for ChunkView<'_, T> {
    /// Just those: what lies behind a stretch is another thread's.
    #[inline(always)]
    fn computed(&self, length: usize) -> usize {
        length
    }

    #[inline(always)]
    fn slice_mut(&mut self, out: usize, start: usize, length: usize) -> &mut [T] {
        let begin = self.start;
        let (_, result) = self.results.iter_mut().find(|(other, _)| *other == out).expect("each store has its result");
        &mut result[start - begin..][..length]
    }

    fn copy(&mut self, address: Address, start: usize, length: usize, out: usize) {
        // The two do not overlap: a loop does not store what it reads from the same address.
        for i in start..start + length {
            let value = self.slice(address, i, 1)[0];
            self.slice_mut(out, i, 1)[0] = value;
        }
    }
}
