//! The nodes of the course framework, as builders: each opens a scope, so that it shows as one node that can be opened.

use super::{Builder, Operand, Var};
use crate::node::Kind;
use crate::ops::Elementwise;

impl Builder {
    /// w·x + b for vectors w and x of one length and a scalar b.
    #[track_caller]
    pub fn vector_scalar_affine<'g>(&'g self, x: Var<'g>, w: Var<'g>, b: Var<'g>) -> Var<'g> {
        if !b.failed() && b.rank() != 0 {
            return self.fail(
                format!("vector_scalar_affine takes a scalar as its third, not {}", b.describe()),
                Some("use affine(W, x, b) for a vector of results".into()),
            );
        }
        self.composed("vector_scalar_affine", &[x, w, b], |_| w.dot(x) + b)
    }

    /// Wx + b for W `[m, d]`, x `[d]` and b `[m]`.
    #[track_caller]
    pub fn affine<'g>(&'g self, w: Var<'g>, x: Var<'g>, b: Var<'g>) -> Var<'g> {
        if ![w, x, b].iter().any(|var| var.failed()) && w.rank() == 2 && b.shape()[..] != w.shape()[..1] {
            return self.fail(
                format!("affine: {} takes {} results, b is {}", w.describe(), w.shape()[0], b.describe()),
                Some(format!("b would be [{}]", w.shape()[0])),
            );
        }
        self.composed("affine", &[w, x, b], |_| w.matvec(x) + b)
    }

    /// ‖a − b‖², the sum of the squared differences of two values of one shape.
    #[track_caller]
    pub fn squared_l2_distance<'g>(&'g self, a: Var<'g>, b: Var<'g>) -> Var<'g> {
        if !a.failed() && !b.failed() && a.shape() != b.shape() {
            return self.fail(
                format!("squared_l2_distance takes equal shapes, not {} and {}", a.describe(), b.describe()),
                None,
            );
        }
        self.composed("squared_l2_distance", &[a, b], |_| {
            let squares = (a - b).power(2.0);
            if squares.rank() == 0 { squares } else { squares.sum() }
        })
    }

    /// λ‖w‖² for a scalar λ and w of any shape. A number λ must be at least 0; of a node the value is not looked at.
    #[track_caller]
    pub fn l2_norm_penalty<'g>(&'g self, lambda: impl Into<Operand<'g>>, w: Var<'g>) -> Var<'g> {
        let lambda = lambda.into();
        if let Operand::Literal(value) = lambda
            && !(value >= 0.0 && value.is_finite())
        {
            return self.fail(format!("l2_norm_penalty takes a finite weight of at least 0, not {value}"), None);
        }
        if let Operand::Var(var) = lambda
            && var.rank() != 0
        {
            return self.fail(format!("l2_norm_penalty takes a scalar weight, not {}", var.describe()), None);
        }
        let weight = if let Operand::Var(var) = lambda { var } else { w };
        self.composed("l2_norm_penalty", &[weight, w], |builder| {
            let squares = w.power(2.0);
            let norm = if squares.rank() == 0 { squares } else { squares.sum() };
            builder.elementwise(Elementwise::Mul, &[lambda, norm.into()])
        })
    }

    /// −log p_y, the negative log-likelihood of class y `[]` under the probabilities p `[K]`.
    /// Of a softmax it is logsumexp(logits) − logits_y, which never takes the log of an underflowed 0.
    #[track_caller]
    pub fn nll<'g>(&'g self, p: Var<'g>, y: Var<'g>) -> Var<'g> {
        if p.failed() || y.failed() {
            return self.poisoned();
        }
        if p.rank() != 1 || y.rank() != 0 {
            return self.fail(
                format!("nll takes a vector of probabilities and a class, not {} and {}", p.describe(), y.describe()),
                Some("p has shape [K] and y has shape []".into()),
            );
        }
        if y.kind() != Kind::Int {
            return self.fail(
                format!("nll takes a whole number as the class, not {} of kind {}", y.describe(), y.kind()),
                Some("declare it as `outcome y [] int`".into()),
            );
        }
        self.composed("nll", &[p, y], |_| match p.softmax_logits() {
            Some((logits, axis)) => logits.logsumexp(axis) - logits.gather(y, 0),
            None => -p.gather(y, 0).log(),
        })
    }
}
