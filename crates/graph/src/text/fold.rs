//! What an operator makes of two fixed numbers.

use super::syntax::Operator;

/// The number that an operator makes of two numbers, if that is finite; else it becomes a node that can be looked at.
pub(super) fn fold(operator: Operator, a: f64, b: f64) -> Option<f64> {
    let result = match operator {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mul => a * b,
        Operator::Div => a / b,
        Operator::Power => a.powf(b),
        Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual
        | Operator::Equal
        | Operator::NotEqual
        | Operator::MatMul => return None,
    };
    result.is_finite().then_some(result)
}
