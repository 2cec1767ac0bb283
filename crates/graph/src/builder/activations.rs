//! Activation functions that are made of ops, each in a scope of its own.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::{Operand, Var};
use crate::ops::Elementwise;

impl<'g> Var<'g> {
    /// The greater of 0 and x. A tie of max goes to its first operand, here the constant: relu′(0) = 0.
    #[track_caller]
    pub fn relu(self) -> Var<'g> {
        self.builder.composed("relu", &[self], |builder| {
            builder.elementwise(Elementwise::Max, &[Operand::Literal(0.0), self.into()])
        })
    }

    /// x where x > 0, else `slope` · x; at 0 the derivative is `slope`.
    #[track_caller]
    pub fn leaky_relu(self, slope: impl Into<Operand<'g>>) -> Var<'g> {
        let slope = slope.into();
        self.builder.composed("leaky_relu", &[self], |builder| {
            self.greater(0.0).select(self, builder.elementwise(Elementwise::Mul, &[slope, self.into()]))
        })
    }

    /// x where x > 0, else `alpha` · (eˣ − 1); at 0 the derivative is `alpha`.
    #[track_caller]
    pub fn elu(self, alpha: impl Into<Operand<'g>>) -> Var<'g> {
        let alpha = alpha.into();
        self.builder.composed("elu", &[self], |_| self.exponential_unit(alpha))
    }

    /// `elu` with the alpha and the factor that keep mean 0 and variance 1 through many layers
    /// (Klambauer and others, Self-Normalizing Neural Networks, 2017).
    #[track_caller]
    pub fn selu(self) -> Var<'g> {
        const ALPHA: f64 = 1.673_263_242_354_377_2;
        const FACTOR: f64 = 1.050_700_987_355_480_5;
        self.builder.composed("selu", &[self], |_| FACTOR * self.exponential_unit(ALPHA.into()))
    }

    /// The exponential is taken of nothing above 0, where it would overflow.
    #[track_caller]
    fn exponential_unit(self, alpha: Operand<'g>) -> Var<'g> {
        let below = self.min(0.0).expm1();
        self.greater(0.0).select(self, self.builder.elementwise(Elementwise::Mul, &[alpha, below.into()]))
    }

    /// x Φ(x), Φ the distribution function of the standard normal distribution.
    #[track_caller]
    pub fn gelu(self) -> Var<'g> {
        self.builder.composed("gelu", &[self], |_| 0.5 * self * (1.0 + (FRAC_1_SQRT_2 * self).erf()))
    }

    /// The approximation of [`gelu`](Var::gelu) by tanh: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).
    #[track_caller]
    pub fn gelu_tanh(self) -> Var<'g> {
        self.builder.composed("gelu_tanh", &[self], |_| {
            let inner = (2.0 / PI).sqrt() * (self + 0.044715 * self.power(3.0));
            0.5 * self * (1.0 + inner.tanh())
        })
    }

    /// x σ(x)
    #[track_caller]
    pub fn silu(self) -> Var<'g> {
        self.builder.composed("silu", &[self], |_| self * self.sigmoid())
    }

    /// x tanh(ln(1 + eˣ))
    #[track_caller]
    pub fn mish(self) -> Var<'g> {
        self.builder.composed("mish", &[self], |_| self * self.softplus().tanh())
    }

    /// x/6 + ½, held between 0 and 1.
    #[track_caller]
    pub fn hard_sigmoid(self) -> Var<'g> {
        self.builder.composed("hard_sigmoid", &[self], |_| self.ramp())
    }

    /// x times [`hard_sigmoid`](Var::hard_sigmoid) of x.
    #[track_caller]
    pub fn hard_swish(self) -> Var<'g> {
        self.builder.composed("hard_swish", &[self], |_| self * self.ramp())
    }

    #[track_caller]
    fn ramp(self) -> Var<'g> {
        (self / 6.0 + 0.5).max(0.0).min(1.0)
    }
}
