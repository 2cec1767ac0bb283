//! The list of ops, written once: a new one does not compile until it stands here, and then needs a row.

use chainrule_graph::Op;
use chainrule_graph::ops::custom::{Custom, Part};
use chainrule_graph::ops::{Elementwise, Index, Reduce, ShapeOp, Source};

macro_rules! ops {
    ($($op:pat => $label:literal,)+) => {
        /// What [`op_label`] says of each op there is.
        pub const OPS: &[&str] = &[$($label),+];

        /// An op without its attributes, one of [`OPS`].
        pub fn op_label(op: &Op) -> &'static str {
            match op {
                $($op => $label,)+
            }
        }
    };
}

ops! {
    Op::Source(Source::Input { .. }) => "input",
    Op::Source(Source::Constant(_)) => "constant",
    Op::Source(Source::Iota { .. }) => "iota",
    Op::Elementwise(Elementwise::Neg) => "neg",
    Op::Elementwise(Elementwise::Exp) => "exp",
    Op::Elementwise(Elementwise::Expm1) => "expm1",
    Op::Elementwise(Elementwise::Log) => "log",
    Op::Elementwise(Elementwise::Log1p) => "log1p",
    Op::Elementwise(Elementwise::Sqrt) => "sqrt",
    Op::Elementwise(Elementwise::Rsqrt) => "rsqrt",
    Op::Elementwise(Elementwise::Sin) => "sin",
    Op::Elementwise(Elementwise::Cos) => "cos",
    Op::Elementwise(Elementwise::Tanh) => "tanh",
    Op::Elementwise(Elementwise::Sigmoid) => "sigmoid",
    Op::Elementwise(Elementwise::Softplus) => "softplus",
    Op::Elementwise(Elementwise::Erf) => "erf",
    Op::Elementwise(Elementwise::Abs) => "abs",
    Op::Elementwise(Elementwise::Sign) => "sign",
    Op::Elementwise(Elementwise::Power(_)) => "power",
    Op::Elementwise(Elementwise::ToReal) => "to_real",
    Op::Elementwise(Elementwise::StopGradient) => "stop_gradient",
    Op::Elementwise(Elementwise::Add) => "add",
    Op::Elementwise(Elementwise::Sub) => "sub",
    Op::Elementwise(Elementwise::Mul) => "mul",
    Op::Elementwise(Elementwise::Div) => "div",
    Op::Elementwise(Elementwise::Pow) => "pow",
    Op::Elementwise(Elementwise::Max) => "max of two",
    Op::Elementwise(Elementwise::Min) => "min of two",
    Op::Elementwise(Elementwise::Less) => "less",
    Op::Elementwise(Elementwise::LessEqual) => "less_equal",
    Op::Elementwise(Elementwise::Equal) => "equal",
    Op::Elementwise(Elementwise::NotEqual) => "not_equal",
    Op::Elementwise(Elementwise::Where) => "where",
    Op::Contract(_) => "contract",
    Op::Reduce(Reduce::Sum { .. }) => "sum",
    Op::Reduce(Reduce::Max { .. }) => "max",
    Op::Reduce(Reduce::Min { .. }) => "min",
    Op::Reduce(Reduce::ArgMax { .. }) => "argmax",
    Op::Reduce(Reduce::ArgMin { .. }) => "argmin",
    Op::Reduce(Reduce::LogSumExp { .. }) => "logsumexp",
    Op::Reduce(Reduce::Softmax { .. }) => "softmax",
    Op::Shape(ShapeOp::Reshape { .. }) => "reshape",
    Op::Shape(ShapeOp::Transpose { .. }) => "transpose",
    Op::Shape(ShapeOp::Broadcast { .. }) => "broadcast",
    Op::Shape(ShapeOp::Slice { .. }) => "slice",
    Op::Shape(ShapeOp::Pad { .. }) => "pad",
    Op::Shape(ShapeOp::Concat { .. }) => "concat",
    Op::Shape(ShapeOp::Reverse { .. }) => "reverse",
    Op::Index(Index::Gather { .. }) => "gather",
    Op::Index(Index::ScatterAdd { .. }) => "scatter_add",
    Op::Custom(Custom { part: Part::Forward, .. }) => "custom",
    Op::Custom(Custom { part: Part::Backward { .. }, .. }) => "custom backward",
}
