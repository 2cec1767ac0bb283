//! What an elementwise op builds in a text. The lowering builds by it; the printer asks it what a text would build.

use crate::builder::{Builder, Operand, Var};
use crate::ops::Elementwise;

/// An elementwise op on operands, which are brought to one kind and one shape.
pub(super) fn elementwise<'g>(builder: &'g Builder, op: Elementwise, operands: &[Operand<'g>]) -> Var<'g> {
    match (op, operands) {
        (Elementwise::ToReal, [Operand::Var(x)]) => x.to_real(),
        _ => builder.elementwise(op, operands),
    }
}
