//! The table of functions: a row each, with its parameters.

use super::{Builds, Builtin, CallParameter, Callable, Takes};
use crate::ops::Rules;
use crate::ops::elementwise::Elementwise::{self, *};

/// The elementwise ops that are called by their names, and the names of their operands.
static ELEMENTWISE: &[(Elementwise, &[&str])] = &[
    (Exp, &["x"]),
    (Expm1, &["x"]),
    (Log, &["x"]),
    (Log1p, &["x"]),
    (Sqrt, &["x"]),
    (Rsqrt, &["x"]),
    (Sin, &["x"]),
    (Cos, &["x"]),
    (Tanh, &["x"]),
    (Sigmoid, &["x"]),
    (Softplus, &["x"]),
    (Erf, &["x"]),
    (Abs, &["x"]),
    (Sign, &["x"]),
    (Neg, &["x"]),
    (ToReal, &["x"]),
    (StopGradient, &["x"]),
    (Add, &["a", "b"]),
    (Sub, &["a", "b"]),
    (Mul, &["a", "b"]),
    (Div, &["a", "b"]),
    (Pow, &["a", "b"]),
    (Less, &["a", "b"]),
    (LessEqual, &["a", "b"]),
    (Equal, &["a", "b"]),
    (NotEqual, &["a", "b"]),
    (Where, &["condition", "a", "b"]),
];

const fn one(name: &'static str) -> CallParameter {
    CallParameter { name, takes: Takes::One }
}

const fn indices(name: &'static str) -> CallParameter {
    CallParameter { name, takes: Takes::Index }
}

const fn perhaps(name: &'static str) -> CallParameter {
    CallParameter { name, takes: Takes::Perhaps }
}

const fn keyword(name: &'static str) -> CallParameter {
    CallParameter { name, takes: Takes::Keyword }
}

const fn many(name: &'static str) -> CallParameter {
    CallParameter { name, takes: Takes::Many }
}

const X: &[CallParameter] = &[one("x")];
const AB: &[CallParameter] = &[one("a"), one("b")];
const ALONG_AXIS: &[CallParameter] = &[one("x"), perhaps("axis")];
const JOINED: &[CallParameter] = &[many("a"), keyword("axis")];
const EXTREME: &[CallParameter] = &[one("a"), perhaps("b"), keyword("axis")];

/// The other functions.
static BUILTINS: &[(&str, Builtin, &[CallParameter])] = &[
    ("relu", Builtin::Relu, X),
    ("reciprocal", Builtin::Reciprocal, X),
    ("power", Builtin::Power, &[one("x"), one("n")]),
    ("plain_log", Builtin::PlainLog, X),
    ("max", Builtin::Max, EXTREME),
    ("min", Builtin::Min, EXTREME),
    ("sum", Builtin::Sum, ALONG_AXIS),
    ("mean", Builtin::Mean, ALONG_AXIS),
    ("logsumexp", Builtin::LogSumExp, ALONG_AXIS),
    ("softmax", Builtin::Softmax, ALONG_AXIS),
    ("argmax", Builtin::ArgMax, ALONG_AXIS),
    ("argmin", Builtin::ArgMin, ALONG_AXIS),
    ("dot", Builtin::Dot, AB),
    ("outer", Builtin::Outer, AB),
    ("contract", Builtin::Contract, &[one("a"), one("b"), one("equation"), perhaps("rhs"), perhaps("out")]),
    ("transpose", Builtin::Transpose, &[one("x"), perhaps("axes")]),
    ("reshape", Builtin::Reshape, &[one("x"), one("shape")]),
    ("broadcast", Builtin::Broadcast, &[one("x"), one("shape"), perhaps("axes")]),
    ("slice", Builtin::Slice, &[one("x"), one("start"), one("stop")]),
    ("pad", Builtin::Pad, &[one("x"), one("low"), one("high")]),
    ("reverse", Builtin::Reverse, &[one("x"), perhaps("axes")]),
    ("concat", Builtin::Concat, JOINED),
    ("stack", Builtin::Stack, JOINED),
    ("gather", Builtin::Gather, &[one("x"), indices("indices"), perhaps("axis"), keyword("batch")]),
    ("scatter_add", Builtin::ScatterAdd, &[indices("indices"), one("u"), one("size"), keyword("batch")]),
    ("iota", Builtin::Iota, &[one("length")]),
    ("constant", Builtin::Constant, &[one("value"), perhaps("shape"), keyword("kind")]),
    ("affine", Builtin::Affine, &[one("W"), one("x"), one("b")]),
    ("vector_scalar_affine", Builtin::VectorScalarAffine, &[one("x"), one("w"), one("b")]),
    ("squared_l2_distance", Builtin::SquaredL2Distance, AB),
    ("l2_norm_penalty", Builtin::L2NormPenalty, &[one("lambda"), one("w")]),
    ("nll", Builtin::Nll, &[one("p"), indices("y")]),
    ("custom", Builtin::Custom, &[one("name"), many("x"), keyword("input"), keyword("loops")]),
];

/// Every row.
pub(super) fn rows() -> impl Iterator<Item = Callable> {
    let elementwise = ELEMENTWISE.iter().map(|(op, operands)| Callable {
        name: op.name(),
        parameters: operands.iter().copied().map(one).collect(),
        builds: Builds::Elementwise(*op),
    });
    let builtins = BUILTINS.iter().map(|&(name, builtin, parameters)| Callable {
        name,
        parameters: parameters.to_vec(),
        builds: Builds::Builtin(builtin),
    });
    elementwise.chain(builtins)
}
