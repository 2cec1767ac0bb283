//! Elementwise ops on values.

use super::value::Placed;
use crate::builder::{Builder, Operand, Var};
use crate::node::Kind;
use crate::ops::elementwise::Elementwise::{self, *};
use crate::text::diagnostic::Diagnostic;

/// An elementwise op on operands, which are brought to one kind and one shape.
pub(in crate::text) fn entrywise<'g>(
    builder: &'g Builder,
    op: Elementwise,
    operands: Vec<Placed<'g>>,
) -> Result<Var<'g>, Diagnostic> {
    let mut given = operands.into_iter().map(|operand| operand.operand(builder));
    let mut next = || given.next().unwrap_or(Ok(0.0.into())); // the parser counts the arguments
    let variable = |operand| match operand {
        Operand::Var(var) => var,
        Operand::Literal(number) => builder.constant(number),
    };
    Ok(match op {
        Log => variable(next()?).log(),
        ToReal => variable(next()?).to_real(),
        Exp | Expm1 | Log1p | Sqrt | Rsqrt | Sin | Cos | Tanh | Sigmoid | Softplus | Erf | Power(_) | StopGradient => {
            builder.push(op.into(), &[variable(next()?).to_real()])
        }
        Neg | Abs | Sign => builder.elementwise(op, [next()?]),
        Div | Pow => builder.real_elementwise(op, [next()?, next()?]),
        Less | LessEqual => match (next()?, next()?) {
            // Of two truth values, false is the lesser.
            (Operand::Var(a), Operand::Var(b))
                if a.kind() == Kind::Bool && b.kind() == Kind::Bool && a.shape() == b.shape() =>
            {
                builder.push(op.into(), &[a, b])
            }
            (a, b) => builder.elementwise(op, [a, b]),
        },
        Add | Sub | Mul | Max | Min | Equal | NotEqual => builder.elementwise(op, [next()?, next()?]),
        Where => builder.elementwise(op, [next()?, next()?, next()?]),
    })
}
