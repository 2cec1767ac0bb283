//! The code of blocks that are copied.

use chainrule_kernels::strided::{CopyRun, Run};

use super::address::Address;

/// A block copied.
#[derive(Clone, Debug)]
pub(crate) struct StridedCopy {
    pub source: Address,
    /// Where its first element goes.
    pub out: usize,
    /// Its axes, outermost first.
    pub runs: Vec<CopyRun>,
}

impl StridedCopy {
    /// How many elements are copied.
    pub fn size(&self) -> usize {
        self.runs.iter().map(|run| run.n).product()
    }

    /// The rows and columns of a matrix that it turns, if it does just that.
    pub fn transposes(&self) -> Option<(usize, usize)> {
        match self.runs[..] {
            [CopyRun { n: columns, from: 1, to: length }, CopyRun { n: rows, from: width, to: 1 }] => {
                (width == columns && length == rows as isize).then_some((rows, columns))
            }
            _ => None,
        }
    }

    /// The lowest offset that is written: axes may run backwards.
    pub fn start(&self) -> usize {
        let before = |run: &CopyRun| run.n.saturating_sub(1) * run.to.min(0).unsigned_abs();
        self.out - self.runs.iter().map(before).sum::<usize>()
    }
}

/// A block in a border of zeros, along whose outermost axis parts of the result follow one another.
#[derive(Clone, Debug)]
pub(crate) struct PadCode {
    pub source: Address,
    /// The parts, and how far apart they lie here and there; one fills all up to the next.
    pub parts: Run,
    /// The axes of the block within a part, outermost first.
    pub runs: Vec<CopyRun>,
    /// Where in a part its first element goes.
    pub first: usize,
    pub out: usize,
    /// How many elements the result has.
    pub length: usize,
}

impl PadCode {
    /// A copy to behind `out`, into zeros, of `length` elements in all; none if no axis of the block goes through all of them.
    pub fn of(copy: &StridedCopy, out: usize, length: usize) -> Option<PadCode> {
        let (&CopyRun { n, from, to }, runs) = copy.runs.split_first()?;
        let (first, to) = (copy.out - out, usize::try_from(to).ok()?);
        let is_forward = runs.iter().all(|run| run.to >= 0);
        let reach = runs.iter().map(|run| run.n.saturating_sub(1) * run.to.unsigned_abs()).sum::<usize>();
        let is_apart = is_forward && first + reach < to && n * to == length;
        is_apart.then(|| PadCode {
            source: copy.source,
            parts: Run { n, from, to },
            runs: runs.to_vec(),
            first,
            out,
            length,
        })
    }
}
