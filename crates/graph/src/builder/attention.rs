//! Attention: means of values, weighted by how well keys answer to queries.

use super::{Builder, Var};
use crate::node::Kind;
use crate::shape::Shape;

/// What an attention may be told besides its queries, keys and values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attention<'g> {
    /// Whether a query looks at no later keys than its own; then there are as many keys as queries.
    pub causal: bool,
    /// Where a query may look: truth values that stretch to `[…, T, S]`.
    pub mask: Option<Var<'g>>,
}

impl Builder {
    /// Of queries q `[…, T, d]`, keys k `[…, S, d]` and values v `[…, S, e]`: `[…, T, e]`, the mean of the values weighted by
    /// softmax(q kᵀ/√d). A query that may look nowhere gets 0, and its gradient is 0. A value where no query looks has the
    /// weight 0; one that is not finite makes NaN still.
    #[track_caller]
    pub fn attention<'g>(&'g self, q: Var<'g>, k: Var<'g>, v: Var<'g>, options: Attention<'g>) -> Var<'g> {
        if [Some(q), Some(k), Some(v), options.mask].into_iter().flatten().any(Var::failed) {
            return self.poisoned();
        }
        if let Some((message, help)) = wrong(q, k, v, options) {
            return self.fail(format!("attention {message}"), Some(help.into()));
        }
        let (queries, keys) = (q.shape(), k.shape());
        let leading = queries.rank() - 2;
        let [t, s, d] = [queries[leading], keys[leading], queries[leading + 1]];
        let operands: Vec<Var<'g>> = [q, k, v].into_iter().chain(options.mask).collect();
        self.composed("attention", &operands, |builder| {
            // Besides d, e, s and t
            let letters = &"abcfghij"[..leading];
            let scores = q.contract(k, &format!("{letters}td,{letters}sd->{letters}ts")) / (d as f64).sqrt();
            let shape = scores.shape();
            let earlier = options.causal.then(|| builder.iota(t).reshape([t, 1]).greater_equal(builder.iota(s)));
            let weights = match options.mask.map(|mask| mask.broadcast_to(shape.clone())) {
                None => {
                    earlier.map_or(scores, |earlier| earlier.select(scores, f64::NEG_INFINITY)).softmax(leading + 1)
                }
                Some(mask) => {
                    let both = |earlier: Var<'g>| (earlier.to_real() * mask.to_real()).greater(0.0);
                    let allowed = earlier.map_or(mask, both);
                    let somewhere = allowed.to_real().max_axis(leading + 1).expand(leading + 1, s).greater(0.0);
                    // Where a query looks nowhere, all its scores are 0: a softmax of −∞ alone would be NaN, and its slopes.
                    let blocked = somewhere.select(f64::NEG_INFINITY, 0.0);
                    let weights = allowed.select(scores, blocked).softmax(leading + 1);
                    allowed.select(weights, 0.0)
                }
            };
            weights.contract(v, &format!("{letters}ts,{letters}se->{letters}te"))
        })
    }
}

/// What does not fit together, and what would.
fn wrong(q: Var<'_>, k: Var<'_>, v: Var<'_>, options: Attention<'_>) -> Option<(String, &'static str)> {
    const SHAPES: &str = "the queries are [.., T, d], the keys [.., S, d], the values [.., S, e]";
    let [queries, keys, values] = [q, k, v].map(Var::shape);
    let found = || {
        format!("takes queries, keys and values that fit, not {}, {} and {}", q.describe(), k.describe(), v.describe())
    };
    let rank = queries.rank();
    if !(2..=10).contains(&rank) || keys.rank() != rank || values.rank() != rank {
        return Some((found(), SHAPES));
    }
    let leading = rank - 2;
    let alike = queries[..leading] == keys[..leading] && queries[..leading] == values[..leading];
    if !alike || queries[rank - 1] != keys[rank - 1] || keys[leading] != values[leading] {
        return Some((found(), SHAPES));
    }
    if let Some(odd) = [q, k, v].into_iter().find(|var| var.kind() != Kind::Real) {
        return Some((format!("takes real numbers, not {} of kind {}", odd.describe(), odd.kind()), SHAPES));
    }
    if queries[rank - 1] == 0 || keys[leading] == 0 {
        return Some((format!("needs something to look at, not keys {}", k.describe()), SHAPES));
    }
    if options.causal && queries[leading] != keys[leading] {
        let message =
            format!("that is causal takes as many keys as queries, not {} and {}", keys[leading], queries[leading]);
        return Some((message, "leave out `causal`, or give a mask"));
    }
    let mask = options.mask?;
    let scores: Shape = queries[..=leading].iter().copied().chain([keys[leading]]).collect();
    let fits = mask.shape().broadcast(&scores).as_ref() == Some(&scores);
    (mask.kind() != Kind::Bool || !fits).then(|| {
        let message = format!(
            "takes a mask of truth values that stretches to {scores}, not {} of kind {}",
            mask.describe(),
            mask.kind()
        );
        (message, "a comparison gives truth values, as in `mask=seen > 0`")
    })
}
