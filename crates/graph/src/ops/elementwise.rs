//! Elementwise ops: each element of the result from the elements at the same index of equally shaped inputs.
//!
//! NumPy's broadcasting is not here: the operators on [`Var`] insert broadcast nodes first.

use std::f64::consts::{LN_2, LN_10, PI};

use super::rules::{Contributions, batch_lifted};
use super::signature::{Algebra, Cost, Notation, Operands, Signature};
use super::{Backward, Batched, Exponent, Op, Rules, ShapeError, TensorType};
use crate::builder::{Builder, Operand, Var};
use crate::node::Kind;

/// The ops, each with its signature; of one with an attribute, an example.
macro_rules! ops {
    ($($(#[$doc:meta])+ $op:ident $(($attribute:ty, $example:expr))? => $signature:expr,)+) => {
        /// An op on each element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Elementwise {
            $($(#[$doc])+ $op $(($attribute))?,)+
        }

        impl Elementwise {
            /// Every op; of one with an attribute, an example.
            pub const ALL: &[Elementwise] = &[$($op $(($example))?),+];

            /// What the op says of itself.
            pub const fn signature(self) -> Signature {
                match self {
                    $($op { .. } => $signature,)+
                }
            }
        }
    };
}

ops! {
    /// −x
    Neg => Signature::exact("neg", Numbers(1)).notation(Notation::Negation).algebra(Algebra::Negation),
    /// eˣ
    Exp => Signature::function("exp"),
    /// eˣ − 1
    Expm1 => Signature::function("expm1"),
    /// ln x
    Log => Signature::function("log").singular(),
    /// ln (1 + x)
    Log1p => Signature::function("log1p").singular(),
    /// The logarithm of x to base 2
    Log2 => Signature::function("log2").cost(Cost::Library).singular(),
    /// The logarithm of x to base 10
    Log10 => Signature::function("log10").cost(Cost::Library).singular(),
    /// ln |Γ(x)|
    Lgamma => Signature::function("lgamma").cost(Cost::Library).singular(),
    /// The (n + 1)-th derivative of ln Γ(x): for n = 0 the digamma function
    Polygamma(u32, 1) => Signature::function("polygamma").notation(Notation::Order).cost(Cost::Library).singular(),
    /// √x
    Sqrt => Signature::arithmetic("sqrt", Reals(1)).cost(Cost::Division).singular(),
    /// 1/√x
    Rsqrt => Signature::function("rsqrt").cost(Cost::Division).singular(),
    /// sin x
    Sin => Signature::function("sin").cost(Cost::Library),
    /// cos x
    Cos => Signature::function("cos").cost(Cost::Library),
    /// The angle in (−π/2, π/2) whose tangent is x
    Atan => Signature::function("atan").cost(Cost::Library),
    /// tanh x
    Tanh => Signature::function("tanh"),
    /// 1/(1 + e⁻ˣ)
    Sigmoid => Signature::function("sigmoid"),
    /// ln (1 + eˣ)
    Softplus => Signature::function("softplus"),
    /// 2/√π ∫₀ˣ e^(−t²) dt
    Erf => Signature::function("erf"),
    /// |x|
    Abs => Signature::exact("abs", Numbers(1)),
    /// −1, 0 or 1
    Sign => Signature::decision("sign", Numbers(1)),
    /// The greatest whole number that is not above x
    Floor => Signature::exact("floor", Numbers(1)).cost(Cost::Library),
    /// The nearest whole number, of two the even one
    Round => Signature::exact("round", Numbers(1)).cost(Cost::Library),
    /// xⁿ for a constant n
    Power(Exponent, Exponent(3.0)) => Signature::function("power").notation(Notation::Exponent).cost(Cost::Library).singular(),
    /// A whole number or a truth value (0, 1) as a real
    ToReal => Signature::exact("to_real", Operands::Discrete),
    /// x, with derivative 0
    StopGradient => Signature::exact("stop_gradient", Reals(1)),
    /// a + b
    Add => Signature::arithmetic("add", Numbers(2)).infix("+").algebra(Algebra::Sum),
    /// a − b
    Sub => Signature::arithmetic("sub", Numbers(2)).infix("-").algebra(Algebra::Difference),
    /// a · b
    Mul => Signature::arithmetic("mul", Numbers(2)).infix("*").algebra(Algebra::Product),
    /// a / b
    Div => Signature::arithmetic("div", Reals(2)).infix("/").cost(Cost::Division).algebra(Algebra::Quotient).singular(),
    /// a · b, 0 where a is 0, whatever b: a cotangent times a slope
    StrongMul => Signature::arithmetic("strong_mul", Reals(2)).algebra(Algebra::StrongProduct),
    /// a / b, 0 where a is 0, whatever b
    StrongDiv => Signature::arithmetic("strong_div", Reals(2)).cost(Cost::Division).algebra(Algebra::StrongQuotient).singular(),
    /// aᵇ
    Pow => Signature::function("pow").operands(Reals(2)).infix("^").cost(Cost::Library).singular(),
    /// The greater of a and b; the first if they are equal
    Max => Signature::exact("max", Numbers(2)).notation(Notation::Shared).algebra(Algebra::Greater),
    /// The lesser of a and b; the first if they are equal
    Min => Signature::exact("min", Numbers(2)).notation(Notation::Shared).algebra(Algebra::Lesser),
    /// a < b
    Less => Signature::decision("less", Operands::Comparable).infix("<"),
    /// a ≤ b
    LessEqual => Signature::decision("less_equal", Operands::Comparable).infix("<="),
    /// a = b
    Equal => Signature::decision("equal", Operands::Comparable).infix("=="),
    /// a ≠ b
    NotEqual => Signature::decision("not_equal", Operands::Comparable).infix("!="),
    /// a where the condition holds, else b
    Where => Signature::exact("where", Operands::Selection).algebra(Algebra::Choice),
}

use Elementwise::*;
use Operands::{Numbers, Reals};

/// Methods that build elementwise nodes. Operators and comparisons are in the builder.
impl<'g> Var<'g> {
    /// eˣ
    #[track_caller]
    pub fn exp(self) -> Var<'g> {
        self.elementwise(Exp)
    }

    /// eˣ − 1, exact for small x
    #[track_caller]
    pub fn expm1(self) -> Var<'g> {
        self.elementwise(Expm1)
    }

    /// ln x
    #[track_caller]
    pub fn log(self) -> Var<'g> {
        self.elementwise(Log)
    }

    /// ln (1 + x), exact for small x
    #[track_caller]
    pub fn log1p(self) -> Var<'g> {
        self.elementwise(Log1p)
    }

    /// The logarithm to base 2.
    #[track_caller]
    pub fn log2(self) -> Var<'g> {
        self.elementwise(Log2)
    }

    /// The logarithm to base 10.
    #[track_caller]
    pub fn log10(self) -> Var<'g> {
        self.elementwise(Log10)
    }

    /// ln |Γ(x)|, the logarithm of the gamma function.
    #[track_caller]
    pub fn lgamma(self) -> Var<'g> {
        self.elementwise(Lgamma)
    }

    /// The derivative of ln Γ(x).
    #[track_caller]
    pub fn digamma(self) -> Var<'g> {
        self.polygamma(0)
    }

    /// The (n + 1)-th derivative of ln Γ(x).
    #[track_caller]
    pub fn polygamma(self, n: u32) -> Var<'g> {
        self.elementwise(Polygamma(n))
    }

    /// √x
    #[track_caller]
    pub fn sqrt(self) -> Var<'g> {
        self.elementwise(Sqrt)
    }

    /// 1/√x
    #[track_caller]
    pub fn rsqrt(self) -> Var<'g> {
        self.elementwise(Rsqrt)
    }

    /// sin x
    #[track_caller]
    pub fn sin(self) -> Var<'g> {
        self.elementwise(Sin)
    }

    /// cos x
    #[track_caller]
    pub fn cos(self) -> Var<'g> {
        self.elementwise(Cos)
    }

    /// The angle in (−π/2, π/2), in radians, whose tangent is the value, element by element.
    #[track_caller]
    pub fn atan(self) -> Var<'g> {
        self.elementwise(Atan)
    }

    /// tanh x
    #[track_caller]
    pub fn tanh(self) -> Var<'g> {
        self.elementwise(Tanh)
    }

    /// 1/(1 + e⁻ˣ)
    #[track_caller]
    pub fn sigmoid(self) -> Var<'g> {
        self.elementwise(Sigmoid)
    }

    /// ln (1 + eˣ), without overflow
    #[track_caller]
    pub fn softplus(self) -> Var<'g> {
        self.elementwise(Softplus)
    }

    /// The error function.
    #[track_caller]
    pub fn erf(self) -> Var<'g> {
        self.elementwise(Erf)
    }

    /// |x|, with derivative 0 at 0
    #[track_caller]
    pub fn abs(self) -> Var<'g> {
        self.elementwise(Abs)
    }

    /// −1, 0 or 1
    #[track_caller]
    pub fn sign(self) -> Var<'g> {
        self.elementwise(Sign)
    }

    /// The greatest whole number that is not above x, with derivative 0.
    #[track_caller]
    pub fn floor(self) -> Var<'g> {
        self.elementwise(Floor)
    }

    /// The nearest whole number, of two equally near the even one; with derivative 0.
    #[track_caller]
    pub fn round(self) -> Var<'g> {
        self.elementwise(Round)
    }

    /// xⁿ for a constant n.
    #[track_caller]
    pub fn power(self, n: f64) -> Var<'g> {
        self.elementwise(Power(Exponent(n)))
    }

    /// a · b, but 0 where a is 0, whatever b: also where it is infinite or NaN. So the rules multiply a cotangent by a
    /// slope, and what does not enter the function adds nothing to its gradient (a *strong zero*). Where a constant
    /// makes sure that there is no danger it is built as a product.
    #[track_caller]
    pub fn strong_mul(self, b: impl Into<Operand<'g>>) -> Var<'g> {
        let b = b.into();
        let is_finite = match b {
            Operand::Literal(number) => number.is_finite(),
            Operand::Var(b) => b.constant_number().is_some_and(f64::is_finite),
        };
        let op = if is_finite || self.constant_number().is_some_and(|a| a != 0.0) { Mul } else { StrongMul };
        self.builder.elementwise(op, &[self.into(), b])
    }

    /// a / b, but 0 where a is 0, whatever b; built as a quotient where a constant makes sure that there is no danger.
    #[track_caller]
    pub fn strong_div(self, b: impl Into<Operand<'g>>) -> Var<'g> {
        let b = b.into();
        let divides = |number: f64| number.is_finite() && number != 0.0;
        let is_safe = match b {
            Operand::Literal(number) => divides(number),
            Operand::Var(b) => b.constant_number().is_some_and(divides),
        };
        let op = if is_safe || self.constant_number().is_some_and(|a| a != 0.0) { Div } else { StrongDiv };
        self.builder.elementwise(op, &[self.into(), b])
    }

    /// aᵇ, both variable: of a negative a it is a number only where b is whole, and then has no derivative by b.
    #[track_caller]
    pub fn pow(self, b: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Pow, &[self.into(), b.into()])
    }

    /// The elementwise greater of two; a tie goes to `self`.
    #[track_caller]
    pub fn max(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Max, &[self.into(), other.into()])
    }

    /// The elementwise lesser of two; a tie goes to `self`.
    #[track_caller]
    pub fn min(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Min, &[self.into(), other.into()])
    }

    /// `a` where `self`, a condition, holds, else `b`.
    #[track_caller]
    pub fn select(self, a: impl Into<Operand<'g>>, b: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Where, &[self.into(), a.into(), b.into()])
    }

    /// A whole number or a truth value (0, 1) as a real; a real as it is.
    #[track_caller]
    pub fn to_real(self) -> Var<'g> {
        if self.kind() == Kind::Real { self } else { self.builder.push(ToReal, &[self]) }
    }

    /// The value, held fixed: its derivative is 0.
    #[track_caller]
    pub fn stop_gradient(self) -> Var<'g> {
        self.elementwise(StopGradient)
    }

    #[track_caller]
    fn elementwise(self, op: Elementwise) -> Var<'g> {
        self.builder.elementwise(op, &[self.into()])
    }
}

impl Elementwise {
    /// What tells the op from all others: its name, unless an op along an axis has the same.
    pub fn label(self) -> &'static str {
        match self {
            Max => "max of two",
            Min => "min of two",
            op => op.signature().name,
        }
    }

    /// What an element costs, in additions.
    pub fn cost(self) -> usize {
        match self {
            Power(Exponent(2.0)) => Cost::Arithmetic.additions(),
            op => op.signature().cost.additions(),
        }
    }
}

impl From<Elementwise> for Op {
    fn from(op: Elementwise) -> Op {
        Op::Elementwise(op)
    }
}

impl Rules for Elementwise {
    fn name(&self) -> &str {
        self.signature().name
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        self.signature().operands.infer(inputs).map(|result| vec![result])
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        node.each(|input, y, dy| self.contribution(input, node.x, y, dy))
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        batch_lifted(builder, inputs, size, *self, || (*self).into())
    }
}

impl Elementwise {
    /// ∂J/∂x\[input\] from the inputs x, the output y and dy = ∂J/∂y.
    fn contribution<'g>(self, input: usize, x: &[Var<'g>], y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        Some(match self {
            // y = −x        ∂J/∂x = −∂J/∂y
            Neg => -dy,
            // y = eˣ        ∂J/∂x = ∂J/∂y ⊙ y
            Exp => dy.strong_mul(y),
            // y = eˣ − 1    ∂J/∂x = ∂J/∂y ⊙ eˣ      not y + 1, which loses all digits far below 0
            Expm1 => dy.strong_mul(x[0].exp()),
            // y = ln x      ∂J/∂x = ∂J/∂y / x
            Log => dy.strong_div(x[0]),
            // y = ln(1+x)   ∂J/∂x = ∂J/∂y / (1 + x)
            Log1p => dy.strong_div(1.0 + x[0]),
            // y = log₂ x    ∂J/∂x = ∂J/∂y / (x ln 2)
            Log2 => dy.strong_div(LN_2 * x[0]),
            // y = log₁₀ x   ∂J/∂x = ∂J/∂y / (x ln 10)
            Log10 => dy.strong_div(LN_10 * x[0]),
            // y = ln Γ(x)   ∂J/∂x = ∂J/∂y ⊙ ψ(x)
            Lgamma => dy.strong_mul(x[0].digamma()),
            // y = ψ⁽ⁿ⁾(x)   ∂J/∂x = ∂J/∂y ⊙ ψ⁽ⁿ⁺¹⁾(x)
            Polygamma(n) => dy.strong_mul(x[0].polygamma(n.saturating_add(1))),
            // y = √x        ∂J/∂x = ∂J/∂y / (2y)
            Sqrt => dy.strong_div(2.0 * y),
            // y = 1/√x      ∂J/∂x = −½ ∂J/∂y ⊙ y / x
            Rsqrt => dy.strong_mul(-0.5 * y / x[0]),
            // y = sin x     ∂J/∂x = ∂J/∂y ⊙ cos x
            Sin => dy.strong_mul(x[0].cos()),
            // y = cos x     ∂J/∂x = −∂J/∂y ⊙ sin x
            Cos => -dy.strong_mul(x[0].sin()),
            // y = arctan x  ∂J/∂x = ∂J/∂y / (1 + x²)
            Atan => dy.strong_div(1.0 + x[0] * x[0]),
            // y = tanh x    ∂J/∂x = ∂J/∂y ⊙ (1 − y²)      uses the output, so no tanh is computed again
            Tanh => dy.strong_mul(1.0 - y * y),
            // y = σ(x)      ∂J/∂x = ∂J/∂y ⊙ σ(x) σ(−x)    not y (1 − y), which loses all digits as y nears 1
            Sigmoid => dy.strong_mul(y * (-x[0]).sigmoid()),
            // y = ln(1+eˣ)  ∂J/∂x = ∂J/∂y ⊙ σ(x)
            Softplus => dy.strong_mul(x[0].sigmoid()),
            // y = erf x     ∂J/∂x = ∂J/∂y ⊙ 2/√π e^(−x²)
            Erf => dy.strong_mul(2.0 / PI.sqrt() * (-(x[0] * x[0])).exp()),
            // y = |x|       ∂J/∂x = ∂J/∂y ⊙ sign x        0 at the kink
            Abs => dy.strong_mul(x[0].sign()),
            // y = xⁿ        ∂J/∂x = ∂J/∂y ⊙ n xⁿ⁻¹        by cases, so that x = 0 is right for n = 0, 1, 2
            Power(Exponent(0.0)) => return None,
            Power(Exponent(1.0)) => dy,
            Power(Exponent(2.0)) => dy.strong_mul(2.0 * x[0]),
            Power(Exponent(n)) => dy.strong_mul(n * x[0].power(n - 1.0)),
            // y = a + b     ∂J/∂a = ∂J/∂b = ∂J/∂y
            Add => dy,
            // y = a − b     ∂J/∂a = ∂J/∂y,  ∂J/∂b = −∂J/∂y
            Sub if input == 0 => dy,
            Sub => -dy,
            // y = a b       ∂J/∂a = ∂J/∂y ⊙ b,  ∂J/∂b = ∂J/∂y ⊙ a
            Mul => dy.strong_mul(x[1 - input]),
            // y = a b, 0 where a = 0: by a as if it were not 0, since a is a cotangent, in which the product is linear
            StrongMul => dy.strong_mul(x[1 - input]),
            // y = a / b     ∂J/∂a = ∂J/∂y / b,  ∂J/∂b = −∂J/∂y ⊙ y / b
            Div | StrongDiv if input == 0 => dy.strong_div(x[1]),
            Div => -dy.strong_mul(y / x[1]),
            StrongDiv => -dy.strong_mul(y.strong_div(x[1])),
            // y = aᵇ        ∂J/∂a = ∂J/∂y ⊙ b aᵇ⁻¹        0 where a = b = 0; there alone, since ∂/∂b (b aᵇ⁻¹) = 1/a at b = 0
            Pow if input == 0 => {
                let (a, b) = (x[0], x[1]);
                let both_zero = a.abs().max(b.abs()).equal(0.0);
                dy.strong_mul(both_zero.select(0.0, b * a.pow(both_zero.select(1.0, b - 1.0))))
            }
            //               ∂J/∂b = ∂J/∂y ⊙ y ln a          0 where a = 0
            Pow => dy.strong_mul(y * x[0].equal(0.0).select(1.0, x[0]).log()),
            // y = max(a,b)  ∂J/∂y goes to the greater, wholly to the first if they are equal
            Max => x[1].less_equal(x[0]).route(input, dy),
            // y = min(a,b)  ∂J/∂y goes to the lesser, wholly to the first if they are equal
            Min => x[0].less_equal(x[1]).route(input, dy),
            // y = c ? a : b ∂J/∂y goes to the branch taken
            Where if input == 0 => return None,
            Where => x[0].route(input - 1, dy),
            // Steps, and what is no real number, have derivative 0.
            Sign | Floor | Round | ToReal | StopGradient | Less | LessEqual | Equal | NotEqual => return None,
        })
    }
}

impl<'g> Var<'g> {
    /// `dy` where `self` holds (for the first operand), or where it does not (for the second), else 0.
    fn route(self, operand: usize, dy: Var<'g>) -> Var<'g> {
        if operand == 0 { self.select(dy, 0.0) } else { self.select(0.0, dy) }
    }
}
