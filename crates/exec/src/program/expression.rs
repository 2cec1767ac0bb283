//! Elementwise ops as expressions of a listing.

use std::fmt;

use chainrule_graph::Op;
use chainrule_graph::ops::Elementwise;

/// The ops that stand between their operands.
const SIGNS: [(Elementwise, &str); 4] =
    [(Elementwise::Add, "+"), (Elementwise::Sub, "-"), (Elementwise::Mul, "·"), (Elementwise::Div, "/")];

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
        let [a, b, _] = operands;
        if let Some((_, sign)) = SIGNS.iter().find(|(other, _)| *other == op) {
            return Expression::compound(format!("{a} {sign} {b}"));
        }
        if op == Elementwise::Neg {
            return Expression::compound(format!("-{a}"));
        }
        if let Elementwise::Power(exponent) = op {
            return Expression::name(format!("{a}^{}", exponent.0));
        }
        let taken: Vec<&str> = operands.iter().map(|operand| operand.text.as_str()).take(arity(op)).collect();
        Expression::name(format!("{}({})", Op::Elementwise(op).name(), taken.join(", ")))
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

/// How many operands an op takes.
fn arity(op: Elementwise) -> usize {
    use Elementwise::*;
    match op {
        Where => 3,
        Add | Sub | Mul | Div | Pow | Max | Min | Less | LessEqual | Equal | NotEqual => 2,
        Neg | Exp | Expm1 | Log | Log1p | Sqrt | Rsqrt | Sin | Cos | Tanh | Sigmoid | Softplus | Erf | Abs | Sign
        | Power(_) | ToReal | StopGradient => 1,
    }
}
