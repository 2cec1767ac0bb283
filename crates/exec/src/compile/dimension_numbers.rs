//! The labels of a contraction as those of a matrix product: rows, columns, the sum, and repetitions.

use chainrule_graph::ops::Contract;
use chainrule_graph::ops::contract::Label;

use super::view::View;

/// A view whose axes have labels.
pub(super) struct Labelled(pub View, pub Vec<Label>);

impl Labelled {
    /// The stride of a label; 0 where it is not there.
    pub fn stride(&self, label: Label) -> usize {
        stride_of(&self.0, &self.1, label)
    }

    fn size(&self) -> usize {
        self.0.shape.size()
    }
}

/// The labels of a contraction by the part they play; those of one element play none. (A name from XLA.)
pub(super) struct DimensionNumbers {
    pub batch: Vec<Label>,
    pub m: Vec<Label>,
    pub n: Vec<Label>,
    pub k: Vec<Label>,
}

impl DimensionNumbers {
    pub fn of(contract: &Contract, sizes: &[usize]) -> DimensionNumbers {
        let pick = |labels: &[Label], in_lhs: bool, in_rhs: bool, in_out: bool| -> Vec<Label> {
            let plays = |label: &Label| {
                sizes[*label as usize] != 1
                    && contract.lhs.contains(label) == in_lhs
                    && contract.rhs.contains(label) == in_rhs
                    && contract.out.contains(label) == in_out
            };
            labels.iter().copied().filter(plays).collect()
        };
        DimensionNumbers {
            batch: pick(&contract.out, true, true, true),
            m: pick(&contract.out, true, false, true),
            n: pick(&contract.out, false, true, true),
            k: pick(&contract.lhs, true, true, false),
        }
    }

    /// Sorts labels that are no single run as they lie in memory: what is summed over in the larger operand; rows and columns in
    /// the one that has them, if they are free to be stored in any order.
    pub fn sort_along_memory(&mut self, sizes: &[usize], [lhs, rhs]: [&Labelled; 2], free: [bool; 2]) {
        let is_run =
            |labels: &[Label], operand: &Labelled| merged(labels, sizes, |label| operand.stride(label)).is_some();
        let larger = if lhs.size() >= rhs.size() { lhs } else { rhs };
        if !is_run(&self.k, lhs) || !is_run(&self.k, rhs) {
            self.k = along_memory(&self.k, |label| larger.stride(label));
        }
        for ((labels, operand), is_free) in [(&mut self.m, lhs), (&mut self.n, rhs)].into_iter().zip(free) {
            if is_free && !is_run(labels, operand) {
                *labels = along_memory(labels, |label| operand.stride(label));
            }
        }
    }

    /// Repeats over all but the last label of rows or columns that are no single run.
    pub fn split(&mut self, sizes: &[usize], stride: impl Fn(Label) -> usize + Copy) {
        for labels in [&mut self.m, &mut self.n] {
            while labels.len() > 1 && merged(labels, sizes, stride).is_none() {
                self.batch.push(labels.remove(0));
            }
        }
    }
}

/// Labels as they lie in memory, the outermost first.
pub(super) fn along_memory(labels: &[Label], stride: impl Fn(Label) -> usize) -> Vec<Label> {
    let mut sorted = labels.to_vec();
    sorted.sort_by_key(|&label| std::cmp::Reverse(stride(label)));
    sorted
}

/// The stride of a label in an operand; 0 where it is not there.
pub(super) fn stride_of(view: &View, labels: &[Label], label: Label) -> usize {
    labels.iter().position(|&l| l == label).map_or(0, |axis| view.strides[axis])
}

/// Several labels as one run of (elements, stride), if one stride runs through them all.
pub(super) fn merged(labels: &[Label], sizes: &[usize], stride: impl Fn(Label) -> usize) -> Option<(usize, usize)> {
    let mut run: Option<(usize, usize)> = None;
    for &label in labels.iter().rev() {
        let (n, step) = (sizes[label as usize], stride(label));
        run = Some(match run {
            None => (n, step),
            Some((count, inner)) if step == count * inner => (count * n, inner),
            Some(_) => return None,
        });
    }
    Some(run.unwrap_or((1, 0)))
}
