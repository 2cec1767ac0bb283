//! Connectionist temporal classification: the probability of labels that lie anywhere in a sequence, in their order.
//! Source: Graves et al., Connectionist Temporal Classification, ICML 2006, section 4.1.

use super::{Builder, Var};
use crate::node::Kind;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What stands in place of ln 0: exp of it is 0 in either precision, and sums of it stay finite, so that no derivative is
/// 0 · ∞.
const IMPOSSIBLE: f64 = -1e30;
/// What stands in `labels` after the last of them.
const ABSENT: f64 = -1.0;

impl Builder {
    /// −ln of the probability that the steps of `logits` `[T, K]` spell `labels` `[L]`, whole numbers, −1 after the last:
    /// the sum over all ways to give each step a label or the `blank` such that the labels remain when first repeated ones
    /// are merged and then blanks are left out. It is not divided by the number of labels.
    ///
    /// Labels that take more than T steps (equal neighbours have a blank between them) are an error when the function is
    /// computed.
    #[track_caller]
    pub fn ctc<'g>(&'g self, logits: Var<'g>, labels: Var<'g>, blank: usize) -> Var<'g> {
        if logits.failed() || labels.failed() {
            return self.poisoned();
        }
        if let Some((message, help)) = wrong(logits, labels, blank) {
            return self.fail(message, Some(help.into()));
        }
        self.composed("ctc", &[logits, labels], |_| self.alignments(logits.to_real(), labels, blank))
    }

    /// The sum over all alignments, by the forward algorithm: the states are the labels with a blank before, between and
    /// after them, 2L + 1 in all, and `alpha[s]` is ln of the probability of all ways to be in state s after a step.
    #[track_caller]
    fn alignments<'g>(&'g self, logits: Var<'g>, labels: Var<'g>, blank: usize) -> Var<'g> {
        let (steps, count) = (logits.shape()[0], labels.shape()[0]);
        let states = 2 * count + 1;
        let Labels { symbols, present } = self.labels(labels);
        let blanks = self.whole(blank).broadcast_to([count]);
        let of_state = blanks.stack(&[symbols], 1).reshape([2 * count]).concat(&[self.whole(blank).reshape([1])], 0);
        let emitted = logits.log_softmax(1).gather(of_state, 1);
        let skipped = self.skips(symbols);
        let none = |length: usize| self.constant(IMPOSSIBLE).broadcast_to([length]);
        let start = self.constant(0.0).reshape([1]).concat(&[none(states - 1)], 0);
        let alphas = self.scan(&[start], &[emitted], |alpha, emitted| {
            let alpha = alpha[0];
            // From the state itself, from the one before, and past a blank between labels that differ.
            let moved = |by: usize| none(by).concat(&[alpha.slice(&[0], &[states - by])], 0);
            let mut ways = vec![alpha];
            if count > 0 {
                ways.extend([moved(1), moved(2) + skipped]);
            }
            vec![ways[0].stack(&ways[1..], 0).logsumexp(0) + emitted[0]]
        });
        // All is spelt after the last label or the blank behind it, which are states 2n − 1 and 2n.
        let n = self.checked_count(symbols, present, steps);
        let ends = none(1).concat(&[alphas[0].last()], 0);
        let end = |state: Var<'g>| ends.gather(state, 0);
        let last = n + n;
        -end(last).stack(&[end(last + self.whole(1))], 0).logsumexp(0)
    }

    /// The labels, and which of them are there.
    #[track_caller]
    fn labels<'g>(&'g self, labels: Var<'g>) -> Labels<'g> {
        let present = labels.not_equal(ABSENT);
        Labels { symbols: present.select(labels, 0.0), present }
    }

    /// What is added to ln of the probability to come into a state from the one before the last: nothing into a label that
    /// differs from the one before it.
    #[track_caller]
    fn skips<'g>(&'g self, symbols: Var<'g>) -> Var<'g> {
        let count = symbols.shape()[0];
        let into_blanks = self.constant(IMPOSSIBLE).broadcast_to([count]);
        let into_labels = match count {
            0 => into_blanks,
            _ => {
                let (before, after) = neighbours(symbols);
                let first = self.constant(IMPOSSIBLE).reshape([1]);
                first.concat(&[before.not_equal(after).select(0.0, IMPOSSIBLE)], 0)
            }
        };
        let end = self.constant(IMPOSSIBLE).reshape([1]);
        into_blanks.stack(&[into_labels], 1).reshape([2 * count]).concat(&[end], 0)
    }

    /// How many labels there are: as an index that is outside of its axis where they take more steps than there are.
    #[track_caller]
    fn checked_count<'g>(&'g self, symbols: Var<'g>, present: Var<'g>, steps: usize) -> Var<'g> {
        let count = symbols.shape()[0];
        // Up to the first that is absent
        let there = present.select(self.whole(1), self.whole(0)).concat(&[self.whole(0).reshape([1])], 0);
        let n = there.argmin(0);
        if count == 0 {
            return n;
        }
        let (before, after) = neighbours(symbols);
        let is_label = (self.iota(count - 1) + self.whole(1)).less(n);
        let repeated = is_label.select(before.equal(after).select(self.whole(1), self.whole(0)), self.whole(0)).sum();
        let needed = (n + repeated).named("steps_needed");
        self.iota(steps + 1).gather(needed, 0).named("steps_taken") - repeated
    }

    fn whole(&self, number: usize) -> Var<'_> {
        self.constant_of(Tensor::scalar(number as f64), Kind::Int)
    }
}

/// Labels as they are computed with.
struct Labels<'g> {
    /// The labels `[L]`, and 0 where there is none.
    symbols: Var<'g>,
    /// Whether there is one, `[L]`.
    present: Var<'g>,
}

/// Elements of a vector, and those after them.
#[track_caller]
fn neighbours(x: Var<'_>) -> (Var<'_>, Var<'_>) {
    let n = x.shape()[0];
    (x.slice(&[0], &[n - 1]), x.slice(&[1], &[n]))
}

fn wrong(logits: Var<'_>, labels: Var<'_>, blank: usize) -> Option<(String, &'static str)> {
    let (logits_shape, labels_shape): (Shape, Shape) = (logits.shape(), labels.shape());
    let [steps, classes] = logits_shape[..] else {
        let message = format!("ctc takes logits of two axes, not {}", logits.describe());
        return Some((message, "the first axis is that of the steps, the last has one logit for each class"));
    };
    if labels.kind() != Kind::Int || labels_shape.rank() != 1 {
        let message =
            format!("ctc takes labels of one axis, whole numbers, not {} of kind {}", labels.describe(), labels.kind());
        return Some((message, "declare them as `outcome labels [5] int`, and write -1 after the last"));
    }
    if steps == 0 {
        return Some((
            format!("ctc takes one step or more, not {}", logits.describe()),
            "the first axis is that of the steps",
        ));
    }
    (blank >= classes).then(|| {
        let message = format!("ctc: the blank is class {blank}, and the logits are of {classes} classes");
        (message, "classes are numbered from 0")
    })
}
