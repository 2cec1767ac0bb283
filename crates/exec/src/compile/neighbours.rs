//! Products over windows whose rows, or terms, are neighbours in memory: vectors hold these, where the columns are few or examples
//! lie innermost.

use chainrule_graph::ops::contract::Label;
use chainrule_graph::{NodeId, Shape};
use chainrule_kernels::term_windows::Terms;

use super::buffer::BufferId;
use super::dimension_numbers::Labelled;
use super::innermost::fill;
use super::plan::{KernelKind, RowProduct, TermProduct};
use super::plan_builder::PlanBuilder;
use super::view::View;
use crate::program::window_code::{RowLayout, TermLayout};

/// No more places than these are listed.
const MOST_PLACES: usize = 1 << 14;

/// Windows, a matrix, and their labels: those of rows, of terms as they lie in the windows, of columns, and of both and the result.
pub(super) struct Operands<'a> {
    pub windows: &'a Labelled,
    pub matrix: &'a Labelled,
    pub rows: Vec<Label>,
    pub terms: Vec<Label>,
    pub columns: Vec<Label>,
    pub batch: Vec<Label>,
    pub sizes: &'a [usize],
}

impl Operands<'_> {
    pub fn size(&self, labels: &[Label]) -> usize {
        labels.iter().map(|&label| self.sizes[label as usize]).product()
    }

    /// An operand's axes of these labels, in their order.
    pub fn ordered(&self, operand: &Labelled, labels: &[Label]) -> View {
        View {
            shape: labels.iter().map(|&label| self.sizes[label as usize]).collect(),
            strides: labels.iter().map(|&label| operand.stride(label)).collect(),
            ..operand.0
        }
    }

    /// The result, whole, under these labels.
    pub fn stored(&self, out: BufferId, order: Vec<Label>) -> Labelled {
        let shape: Shape = order.iter().map(|&label| self.sizes[label as usize]).collect();
        Labelled(View::whole(out, &shape), order)
    }

    /// Adds the product, if rows or terms are neighbours; returns the result, under its labels as they are stored.
    pub fn product(&self, plan: &mut PlanBuilder, id: NodeId, out: BufferId) -> Option<Labelled> {
        self.row_product(plan, id, out).or_else(|| self.term_product(plan, id, out))
    }

    /// Whether a run of neighbours that begins with this label is long enough, and either no window moves along it, as along
    /// examples, or the columns are too few to be neighbours instead.
    fn are_worth(&self, plan: &PlanBuilder, run: usize, innermost: Label, others: &[Label]) -> bool {
        let n = self.sizes[innermost as usize];
        let moves = others.iter().any(|&other| self.windows.stride(other) < n);
        fill(run, plan.lanes) && (!moves || !fill(self.size(&self.columns), plan.lanes))
    }

    fn row_product(&self, plan: &mut PlanBuilder, id: NodeId, out: BufferId) -> Option<Labelled> {
        let mut rows = self.ordered(self.windows, &self.rows).runs();
        let (run, 1) = rows.pop()? else { return None };
        let is_worth = self.are_worth(plan, run, *self.rows.last()?, &self.terms);
        if !is_worth || self.size(&self.terms) > MOST_PLACES {
            return None;
        }
        let matrix = self.ordered(self.matrix, &[&self.batch[..], &self.terms, &self.columns].concat());
        let known = plan.known_copies(&matrix).find(View::is_contiguous);
        let matrix = known.unwrap_or_else(|| plan.made_contiguous(id, matrix));
        let layout = RowLayout {
            batches: self.ordered(self.windows, &self.batch).runs(),
            rows,
            run,
            terms: places(&self.ordered(self.windows, &self.terms)),
            clips: Vec::new(),
            columns: self.size(&self.columns),
        };
        let windows = self.windows.0.clone();
        plan.add(id, KernelKind::RowProduct(RowProduct { windows, matrix, layout, out }));
        Some(self.stored(out, [&self.batch[..], &self.columns, &self.rows].concat()))
    }

    fn term_product(&self, plan: &mut PlanBuilder, id: NodeId, out: BufferId) -> Option<Labelled> {
        let mut terms = self.merged_terms();
        let Terms { n: run, x: 1, w: 1 } = terms.pop()? else { return None };
        let is_worth = self.are_worth(plan, run, *self.terms.last()?, &self.rows);
        if !is_worth || self.size(&self.rows).max(self.size(&self.columns)) > MOST_PLACES {
            return None;
        }
        let strides = |&label: &Label| [self.windows.stride(label), self.matrix.stride(label)];
        let layout = TermLayout {
            batches: self.batch.iter().map(|label| (self.sizes[*label as usize], strides(label))).collect(),
            terms,
            run,
            rows: places(&self.ordered(self.windows, &self.rows)),
            columns: places(&self.ordered(self.matrix, &self.columns)),
        };
        let (windows, matrix) = (self.windows.0.clone(), self.matrix.0.clone());
        plan.add(id, KernelKind::TermProduct(TermProduct { windows, matrix, layout, out }));
        Some(self.stored(out, [&self.batch[..], &self.rows, &self.columns].concat()))
    }

    /// The axes of terms, neighbours merged where one stride runs through both in the windows and in the matrix.
    fn merged_terms(&self) -> Vec<Terms> {
        let mut merged: Vec<Terms> = Vec::new();
        for &label in &self.terms {
            let (n, x, w) = (self.sizes[label as usize], self.windows.stride(label), self.matrix.stride(label));
            match merged.last_mut() {
                Some(outer) if outer.x == n * x && outer.w == n * w => *outer = Terms { n: outer.n * n, x, w },
                _ => merged.push(Terms { n, x, w }),
            }
        }
        merged
    }
}

/// Where each element of a view lies behind its first, in its order.
fn places(view: &View) -> Vec<usize> {
    let axes = view.shape.iter().zip(&view.strides);
    sums(axes.map(|(&n, &stride)| (0..n).map(|i| i * stride).collect()))
}

/// The sums of a number of each list, the last going fastest.
pub(super) fn sums(lists: impl Iterator<Item = Vec<usize>>) -> Vec<usize> {
    lists.fold(vec![0], |sums, list| {
        let with_each = |sum: &usize| list.iter().map(|number| sum + number).collect::<Vec<usize>>();
        sums.iter().flat_map(with_each).collect()
    })
}
