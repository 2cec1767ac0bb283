//! Operators on handles, with NumPy's broadcasting and literals.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Builder, Var};
use crate::node::Kind;
use crate::ops::Elementwise;
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

impl From<f64> for Tensor {
    fn from(value: f64) -> Tensor {
        Tensor::scalar(value)
    }
}

impl<'g> Operand<'g> {
    fn kind(self) -> Option<Kind> {
        match self {
            Operand::Var(var) => Some(var.kind()),
            Operand::Literal(value) if value.fract() != 0.0 => Some(Kind::Real),
            Operand::Literal(_) => None,
        }
    }
}

impl Builder {
    /// An elementwise node on operands brought to one kind and one shape. The condition of `where` keeps its kind.
    #[track_caller]
    pub(crate) fn elementwise<'g, const N: usize>(&'g self, op: Elementwise, operands: [Operand<'g>; N]) -> Var<'g> {
        let (fixed, free) = operands.split_at(if op == Elementwise::Where { 1 } else { 0 });
        let kinds = free.iter().filter_map(|operand| operand.kind());
        let common = kinds.reduce(|a, b| if a == b { a } else { Kind::Real }).unwrap_or(Kind::Real);
        let arithmetic = !matches!(op, Elementwise::Where | Elementwise::Equal | Elementwise::NotEqual);
        let kind = if common == Kind::Bool && (arithmetic || free.iter().any(|operand| operand.kind().is_none())) {
            Kind::Real
        } else {
            common
        };
        self.aligned(op, fixed, free, kind)
    }

    /// An elementwise node on operands made real.
    #[track_caller]
    pub(crate) fn real_elementwise<'g>(&'g self, op: Elementwise, operands: [Operand<'g>; 2]) -> Var<'g> {
        self.aligned(op, &[], &operands, Kind::Real)
    }

    #[track_caller]
    fn aligned<'g>(&'g self, op: Elementwise, fixed: &[Operand<'g>], free: &[Operand<'g>], kind: Kind) -> Var<'g> {
        let fixed = fixed.iter().map(|&operand| self.operand(operand, None));
        let vars: Vec<Var<'g>> = fixed.chain(free.iter().map(|&operand| self.operand(operand, Some(kind)))).collect();
        let vars = self.broadcast_together(op, vars);
        self.push(op.into(), &vars)
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

macro_rules! operator {
    ($trait:ident, $method:ident, $build:ident, $op:ident) => {
        impl<'g, R: Into<Operand<'g>>> $trait<R> for Var<'g> {
            type Output = Var<'g>;

            #[track_caller]
            fn $method(self, other: R) -> Var<'g> {
                self.builder.$build(Elementwise::$op, [self.into(), other.into()])
            }
        }

        impl<'g> $trait<Var<'g>> for f64 {
            type Output = Var<'g>;

            #[track_caller]
            fn $method(self, other: Var<'g>) -> Var<'g> {
                other.builder.$build(Elementwise::$op, [self.into(), other.into()])
            }
        }
    };
}

operator!(Add, add, elementwise, Add);
operator!(Sub, sub, elementwise, Sub);
operator!(Mul, mul, elementwise, Mul);
operator!(Div, div, real_elementwise, Div);

impl<'g> Neg for Var<'g> {
    type Output = Var<'g>;

    #[track_caller]
    fn neg(self) -> Var<'g> {
        self.builder.elementwise(Elementwise::Neg, [self.into()])
    }
}
