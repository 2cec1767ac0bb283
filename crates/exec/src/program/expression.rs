//! Elementwise ops as expressions of a listing.

use std::fmt;

use chainrule_graph::ops::Elementwise;
use chainrule_graph::ops::signature::Notation;

/// An expression, and whether it needs parentheses as an operand. Shows with them.
#[derive(Clone)]
pub(super) struct Expression {
    pub text: String,
    is_compound: bool,
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_compound { write!(f, "({})", self.text) } else { f.write_str(&self.text) }
    }
}

impl Expression {
    /// A name, or a call, which needs no parentheses.
    pub fn name(text: String) -> Expression {
        Expression { text, is_compound: false }
    }

    fn compound(text: String) -> Expression {
        Expression { text, is_compound: true }
    }

    /// An op of as many of these operands as it takes.
    pub fn of(op: Elementwise, operands: &[Expression; 3]) -> Expression {
        let (signature, [a, b, _]) = (op.signature(), operands);
        match (signature.notation, op) {
            (Notation::Infix(symbol), _) => Expression::compound(format!("{a} {} {b}", symbol.replace('*', "·"))),
            (Notation::Negation, _) => Expression::compound(format!("-{a}")),
            (_, Elementwise::Power(exponent)) => Expression::name(format!("{a}^{}", exponent.0)),
            (_, Elementwise::Polygamma(order)) => Expression::name(format!("polygamma({order}, {})", a.text)),
            (Notation::Call | Notation::Shared | Notation::Exponent | Notation::Order, _) => {
                let taken: Vec<&str> =
                    operands.iter().map(|operand| operand.text.as_str()).take(signature.arity()).collect();
                Expression::name(format!("{}({})", signature.name, taken.join(", ")))
            }
        }
    }

    /// `a · b + c`
    pub fn multiply_add([a, b, c]: &[Expression; 3]) -> Expression {
        Expression::compound(format!("{a} · {b} + {}", c.text))
    }

    /// `c - a · b`
    pub fn negative_multiply_add([a, b, c]: &[Expression; 3]) -> Expression {
        Expression::compound(format!("{} - {a} · {b}", c.text))
    }
}
