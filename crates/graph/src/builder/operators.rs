//! Operators and comparisons of handles, with NumPy's broadcasting and literals.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Builder, Var};
use crate::node::{Kind, Value};
use crate::ops::signature::Operands;
use crate::ops::{Elementwise, Op};
use crate::tensor::Tensor;

/// A node, or a number that takes the kind its context needs.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'g> {
    /// A node.
    Var(Var<'g>),
    /// A number.
    Literal(f64),
}

impl<'g> From<Var<'g>> for Operand<'g> {
    fn from(var: Var<'g>) -> Operand<'g> {
        Operand::Var(var)
    }
}

impl From<f64> for Operand<'_> {
    fn from(value: f64) -> Self {
        Operand::Literal(value)
    }
}

// So that a number may be written without its point: `2 * x + 1`.
impl From<i32> for Operand<'_> {
    fn from(value: i32) -> Self {
        Operand::Literal(value.into())
    }
}

impl From<f64> for Tensor {
    fn from(value: f64) -> Tensor {
        Tensor::scalar(value)
    }
}

impl<'g> Operand<'g> {
    fn var(self) -> Option<Var<'g>> {
        match self {
            Operand::Var(var) => Some(var),
            Operand::Literal(_) => None,
        }
    }

    fn kind(self) -> Option<Kind> {
        match self {
            Operand::Var(var) => Some(var.kind()),
            Operand::Literal(value) if value.fract() != 0.0 => Some(Kind::Real),
            Operand::Literal(_) => None,
        }
    }
}

impl Builder {
    /// An elementwise op on operands brought to the kind that it takes, and to one shape. A literal takes the kind of the
    /// others; the condition of `where` keeps its own.
    #[track_caller]
    pub(crate) fn elementwise<'g>(&'g self, op: Elementwise, operands: &[Operand<'g>]) -> Var<'g> {
        let local = operands.iter().map(|&operand| match operand {
            Operand::Var(var) => self.captured(var).into(),
            Operand::Literal(_) => operand,
        });
        let operands = &local.collect::<Vec<Operand<'g>>>()[..];
        if let Some(stable) = self.stable(op, operands) {
            return stable;
        }
        let class = op.signature().operands;
        if class == Operands::Selection
            && let Operand::Var(condition) = operands[0]
            && !condition.failed()
            && condition.kind() != Kind::Bool
        {
            return self.no_condition(condition);
        }
        let (fixed, free) = operands.split_at(if class == Operands::Selection { 1 } else { 0 });
        let kind = match class {
            Operands::Reals(_) => Some(Kind::Real),
            Operands::Numbers(_) => Some(common_kind(free, false)),
            Operands::Comparable | Operands::Selection => Some(common_kind(free, true)),
            Operands::Discrete => None,
        };
        let own: Vec<Var<'g>> = operands.iter().filter_map(|operand| operand.var()).collect();
        self.on(&own, |_| {
            let fixed = fixed.iter().map(|&operand| self.operand(operand, None));
            let vars: Vec<Var<'g>> = fixed.chain(free.iter().map(|&operand| self.operand(operand, kind))).collect();
            let vars = self.broadcast_together(op, vars);
            self.push(op, &vars)
        })
    }

    /// What stands in place of a condition is a number.
    #[track_caller]
    fn no_condition<'g>(&'g self, found: Var<'g>) -> Var<'g> {
        let of_conditions = found.node().is_some_and(|node| {
            let is_condition = |&input: &Value| self.var(input).op() == Some(Elementwise::ToReal.into());
            matches!(node.op, Op::Elementwise(Elementwise::Mul | Elementwise::Add))
                && node.inputs.iter().all(is_condition)
        });
        let help = match found.op() {
            Some(Op::Elementwise(Elementwise::Mul)) if of_conditions => {
                "where both of two conditions hold their product is above 0: `where((x > 0) * (x < 2) > 0, a, b)`"
            }
            Some(Op::Elementwise(Elementwise::Add)) if of_conditions => {
                "where either of two conditions holds their sum is above 0: `where((x < 0) + (x > 2) > 0, a, b)`"
            }
            _ => "compare it with a number, as in `where(x != 0, a, b)`",
        };
        let message =
            format!("where takes a condition, such as x > 0, not {} of kind {}", found.describe_name(), found.kind());
        self.fail(message, Some(help.into()))
    }

    /// The node of an operand, made real if the context is. A literal becomes a constant of the kind asked for.
    #[track_caller]
    fn operand<'g>(&'g self, operand: Operand<'g>, kind: Option<Kind>) -> Var<'g> {
        match operand {
            Operand::Var(var) if kind == Some(Kind::Real) => var.to_real(),
            Operand::Var(var) => var,
            Operand::Literal(value) => self.constant_of(Tensor::scalar(value), kind.unwrap_or(Kind::Real)),
        }
    }

    /// Values made real if any of them is.
    #[track_caller]
    pub(crate) fn same_kind<'g>(&'g self, vars: Vec<Var<'g>>) -> Vec<Var<'g>> {
        let one_kind = vars.windows(2).all(|pair| pair[0].kind() == pair[1].kind());
        if one_kind { vars } else { vars.into_iter().map(Var::to_real).collect() }
    }
}

/// The kind that operands are brought to. Truth values stay such where they may, and no literal is beside them.
fn common_kind(operands: &[Operand<'_>], of_truth_values: bool) -> Kind {
    let kinds = operands.iter().filter_map(|operand| operand.kind());
    let common = kinds.reduce(|a, b| if a == b { a } else { Kind::Real }).unwrap_or(Kind::Real);
    let has_literal = operands.iter().any(|operand| operand.kind().is_none());
    if common == Kind::Bool && (!of_truth_values || has_literal) { Kind::Real } else { common }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $op:ident) => {
        impl<'g, R: Into<Operand<'g>>> $trait<R> for Var<'g> {
            type Output = Var<'g>;

            #[track_caller]
            fn $method(self, other: R) -> Var<'g> {
                self.builder.elementwise(Elementwise::$op, &[self.into(), other.into()])
            }
        }

        operator!($trait, $method, $op, f64);
        operator!($trait, $method, $op, i32);
    };
    ($trait:ident, $method:ident, $op:ident, $number:ty) => {
        impl<'g> $trait<Var<'g>> for $number {
            type Output = Var<'g>;

            #[track_caller]
            fn $method(self, other: Var<'g>) -> Var<'g> {
                other.builder.elementwise(Elementwise::$op, &[self.into(), other.into()])
            }
        }
    };
}

operator!(Add, add, Add);
operator!(Sub, sub, Sub);
operator!(Mul, mul, Mul);
operator!(Div, div, Div);

impl<'g> Neg for Var<'g> {
    type Output = Var<'g>;

    #[track_caller]
    fn neg(self) -> Var<'g> {
        self.builder.elementwise(Elementwise::Neg, &[self.into()])
    }
}

/// What Rust has no operator for, or one with another result.
impl<'g> Var<'g> {
    /// 1/x
    #[track_caller]
    pub fn reciprocal(self) -> Var<'g> {
        self.power(-1.0)
    }

    /// Where `self` < `other`.
    #[track_caller]
    pub fn less(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Elementwise::Less, &[self.into(), other.into()])
    }

    /// Where `self` ≤ `other`.
    #[track_caller]
    pub fn less_equal(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Elementwise::LessEqual, &[self.into(), other.into()])
    }

    /// Where `self` > `other`.
    #[track_caller]
    pub fn greater(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Elementwise::Less, &[other.into(), self.into()])
    }

    /// Where `self` ≥ `other`.
    #[track_caller]
    pub fn greater_equal(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Elementwise::LessEqual, &[other.into(), self.into()])
    }

    /// Where the two are equal.
    #[track_caller]
    pub fn equal(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Elementwise::Equal, &[self.into(), other.into()])
    }

    /// Where the two differ.
    #[track_caller]
    pub fn not_equal(self, other: impl Into<Operand<'g>>) -> Var<'g> {
        self.builder.elementwise(Elementwise::NotEqual, &[self.into(), other.into()])
    }
}
