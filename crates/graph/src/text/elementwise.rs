//! What an elementwise op builds in a text. The lowering builds by it; the printer asks it what a text would build.

use crate::builder::{Builder, Operand, Var};
use crate::node::Kind;
use crate::ops::elementwise::Elementwise::{self, *};

/// An elementwise op on operands, which are brought to one kind and one shape.
pub(super) fn elementwise<'g>(builder: &'g Builder, op: Elementwise, operands: Vec<Operand<'g>>) -> Var<'g> {
    let mut operands = operands.into_iter();
    let mut next = || operands.next().unwrap_or(Operand::Literal(0.0)); // the parser counts the arguments
    let variable = |operand| match operand {
        Operand::Var(var) => var,
        Operand::Literal(number) => builder.constant(number),
    };
    match op {
        Log => variable(next()).log(),
        ToReal => variable(next()).to_real(),
        Exp | Expm1 | Log1p | Sqrt | Rsqrt | Sin | Cos | Tanh | Sigmoid | Softplus | Erf | Power(_) | StopGradient => {
            builder.push(op.into(), &[variable(next()).to_real()])
        }
        Neg | Abs | Sign => builder.elementwise(op, [next()]),
        Div | Pow => builder.real_elementwise(op, [next(), next()]),
        Less | LessEqual => match (next(), next()) {
            // Of two truth values, false is the lesser.
            (Operand::Var(a), Operand::Var(b))
                if a.kind() == Kind::Bool && b.kind() == Kind::Bool && a.shape() == b.shape() =>
            {
                builder.push(op.into(), &[a, b])
            }
            (a, b) => builder.elementwise(op, [a, b]),
        },
        Add | Sub | Mul | Max | Min | Equal | NotEqual => builder.elementwise(op, [next(), next()]),
        Where => builder.elementwise(op, [next(), next(), next()]),
    }
}
