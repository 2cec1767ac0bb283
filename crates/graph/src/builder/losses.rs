//! Losses that are made of ops, each in a scope of its own.

use super::{Builder, Operand, Var};
use crate::node::Kind;
use crate::ops::Elementwise;

/// What a cross entropy may be told besides its logits and classes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrossEntropy<'g> {
    /// How much of the probability of the class is spread evenly over all classes, from 0 to 1.
    pub smoothing: f64,
    /// The weight of each class `[k]`, by which the term of an example of that class is multiplied.
    pub weights: Option<Var<'g>>,
    /// The number that stands in place of a class where an example is left out.
    pub ignore: Option<i64>,
}

impl Builder {
    /// −log softmax(logits) at the class, for logits `[…, k]` and classes `[…]`: the mean over all examples, of one example
    /// its term. Examples that are left out do not count; where all are, the value is 0.
    #[track_caller]
    pub fn cross_entropy<'g>(&'g self, logits: Var<'g>, y: Var<'g>, options: CrossEntropy<'g>) -> Var<'g> {
        let CrossEntropy { smoothing, weights, ignore } = options;
        if logits.failed() || y.failed() || weights.is_some_and(Var::failed) {
            return self.poisoned();
        }
        if let Some(wrong) = self.wrong_cross_entropy(logits, y, options) {
            return wrong;
        }
        let operands: Vec<Var<'g>> = [logits, y].into_iter().chain(weights).collect();
        self.composed("cross_entropy", &operands, |_| {
            let (logits, axis) = (logits.to_real(), logits.rank() - 1);
            let kept = ignore.map(|ignored| y.not_equal(ignored as f64));
            let class = kept.map_or(y, |kept| kept.select(y, 0.0));
            let total = logits.logsumexp(axis);
            let mut term = total - logits.gather_batched(class, axis);
            if smoothing > 0.0 {
                let even = total - logits.sum_axes(&[axis]) / logits.shape()[axis] as f64;
                term = (1.0 - smoothing) * term + smoothing * even;
            }
            if let Some(weights) = weights {
                term = term * weights.gather(class, 0);
            }
            match kept {
                None if axis == 0 => term,
                None => term.mean(),
                Some(kept) => {
                    let sum = kept.select(term, 0.0).sum();
                    if axis == 0 { sum } else { sum / kept.to_real().sum().max(1.0) }
                }
            }
        })
    }

    #[track_caller]
    fn wrong_cross_entropy<'g>(
        &'g self,
        logits: Var<'g>,
        y: Var<'g>,
        CrossEntropy { smoothing, weights, .. }: CrossEntropy<'g>,
    ) -> Option<Var<'g>> {
        let shape = logits.shape();
        let (Some(&k), leading) = (shape.last(), &shape[..shape.rank().saturating_sub(1)]) else {
            let message = format!("cross_entropy takes logits of one axis or more, not {}", logits.describe());
            return Some(self.fail(message, Some("the last axis has one logit for each class".into())));
        };
        let (message, help) = if y.kind() != Kind::Int {
            let found = format!("not {} of kind {}", y.describe(), y.kind());
            (
                format!("cross_entropy takes whole numbers as classes, {found}"),
                "declare it as `outcome y [] int`".into(),
            )
        } else if y.shape()[..] != *leading {
            let mut help = "the classes have the shape of the logits without its last axis".to_string();
            if y.rank() == 0 {
                help += "; of one class the logits are a vector: `flatten` what the last layer takes";
            }
            let (logits, y) = (logits.describe(), y.describe());
            (format!("cross_entropy: the logits {logits} and the classes {y} do not fit"), help)
        } else if let Some(weights) = weights.filter(|weights| weights.shape()[..] != [k]) {
            let found = format!("not {}", weights.describe());
            (format!("cross_entropy takes a weight for each of {k} classes, {found}"), format!("their shape is [{k}]"))
        } else if !(0.0..=1.0).contains(&smoothing) {
            (format!("cross_entropy: a smoothing of {smoothing}"), "it is a share, from 0 to 1".into())
        } else {
            return None;
        };
        Some(self.fail(message, Some(help)))
    }

    /// −y log σ(z) − (1 − y) log(1 − σ(z)), element by element, for logits z and probabilities y of class 1. Both terms are
    /// positive, so nothing cancels, however sure the logit is.
    #[track_caller]
    pub fn binary_cross_entropy<'g>(&'g self, logit: Var<'g>, y: impl Into<Operand<'g>>) -> Var<'g> {
        let y = y.into();
        self.composed("binary_cross_entropy", &[logit], |builder| {
            let other = builder.elementwise(Elementwise::Sub, &[1.0.into(), y]);
            let one = builder.elementwise(Elementwise::Mul, &[y, (-logit).softplus().into()]);
            one + other * logit.softplus()
        })
    }

    /// Element by element, with the error e = p − y: e²/2 where |e| is at most `width`, `width` (|e| − `width`/2) beyond.
    #[track_caller]
    pub fn huber<'g>(&'g self, p: Var<'g>, y: impl Into<Operand<'g>>, width: f64) -> Var<'g> {
        if !(width > 0.0 && width.is_finite()) {
            return self.fail(format!("huber takes a finite width above 0, not {width}"), None);
        }
        let y = y.into();
        self.composed("huber", &[p], |_| {
            let error = (p.to_real() - y).abs();
            let near = error.min(width);
            near * (error - 0.5 * near)
        })
    }

    /// max(0, 1 − (2y − 1) · score), element by element, for y 0 or 1.
    #[track_caller]
    pub fn hinge<'g>(&'g self, score: Var<'g>, y: impl Into<Operand<'g>>) -> Var<'g> {
        let y = y.into();
        self.composed("hinge", &[score], |builder| {
            let sign = builder.elementwise(Elementwise::Mul, &[2.0.into(), y]).to_real() - 1.0;
            builder.elementwise(Elementwise::Max, &[0.0.into(), (1.0 - sign * score).into()])
        })
    }

    /// Σ p log(p/q) over the last axis; a term is 0 where p is.
    #[track_caller]
    pub fn kl_divergence<'g>(&'g self, p: Var<'g>, q: Var<'g>) -> Var<'g> {
        let fits = p.failed() || q.failed() || p.shape() == q.shape() && p.rank() > 0;
        if !fits {
            return self.fail(
                format!("kl_divergence takes two of one shape, not {} and {}", p.describe(), q.describe()),
                Some("their last axis is that of the classes".into()),
            );
        }
        self.composed("kl_divergence", &[p, q], |_| {
            let (p, q) = (p.to_real(), q.to_real());
            let nothing = p.equal(0.0);
            // The log of a softmax is built on its logits, and is finite; another probability may be 0 where p is.
            let log = |x: Var<'g>| match x.softmax_logits() {
                Some(_) => x.log(),
                None => nothing.select(1.0, x).log(),
            };
            nothing.select(0.0, p * (log(p) - log(q))).sum_axes(&[p.rank() - 1])
        })
    }
}
