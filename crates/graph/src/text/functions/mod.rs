//! The functions that a text may call: their names, what their parameters take, and what each stands for. The parser reads
//! calls by this, the lowering builds them, and the printer knows which names are taken.

mod foreign;
mod parameters;
mod table;

use std::sync::LazyLock;

pub(super) use self::foreign::{here, without_dot};
pub(super) use self::parameters::{Parameters, complete, parameter_of};
use super::near::near_within;
use crate::builder::Var;
use crate::ops::{Elementwise, Reduction};

/// Every function, in the order in which messages name them. Those with the name of an op build it; the others are made of
/// several ops.
static FUNCTIONS: LazyLock<Vec<Callable>> = LazyLock::new(|| table::rows().collect());

/// A function that a text may call.
#[derive(Debug)]
pub(super) struct Callable {
    pub name: &'static str,
    pub parameters: Vec<CallParameter>,
    pub builds: Builds,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallParameter {
    pub name: &'static str,
    pub takes: Takes,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// One argument.
    One,
    /// One argument that is a class or an index.
    Index,
    /// One argument or none.
    Perhaps,
    /// One argument or none, by keyword alone.
    Keyword,
    /// All the arguments that have no keyword, one at least.
    Many,
    /// Everything else: arguments of a function that is called, at least one.
    Rest,
}

/// A method of one value.
pub(super) type Method = for<'g> fn(Var<'g>) -> Var<'g>;

/// What a call builds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Builds {
    /// An elementwise op on operands brought to one kind and one shape.
    Elementwise(Elementwise),
    /// An op along axes, or where two values are given the elementwise op of that name.
    Reduction(Reduction, Option<Elementwise>),
    /// A method of one value.
    Method(Method),
    /// What else is made of ops.
    Composed(Composed),
    /// What the lowering has code of its own for.
    Builtin(Builtin),
    /// What makes parameters of its own.
    Layer(LayerKind),
    /// A size of a value, which is a number.
    Size,
    /// A function, called several times, each time on the result of the last.
    Repeat,
    /// A function, which is a step of a loop.
    Scan,
}

/// A function that the lowering has code of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    Power,
    Polygamma,
    /// The ops `log` and `log1p` themselves, where a stable form would be built.
    PlainLog,
    PlainLog1p,
    Mean,
    Dot,
    Outer,
    Contract,
    Transpose,
    Reshape,
    Broadcast,
    Slice,
    Pad,
    Reverse,
    Concat,
    Stack,
    Windows,
    Fold,
    Gather,
    ScatterAdd,
    Iota,
    Constant,
    Affine,
    VectorScalarAffine,
    SquaredL2Distance,
    L2NormPenalty,
    Nll,
    /// A loop as it is printed.
    InTraining,
    BatchMean,
    BatchSize,
    /// Random numbers as they are printed, and what they depend on.
    Random,
    RandomKey,
    RandomExample,
    Custom,
}

/// A function that is made of ops, besides the methods of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Composed {
    Clip,
    Elu,
    LeakyRelu,
    Norm,
    Prod,
    Variance,
    Std,
    LogSoftmax,
    Normalize,
    OneHot,
    Sort,
    Zeros,
    Ones,
    Uniform,
    Normal,
    Bernoulli,
    CrossEntropy,
    BinaryCrossEntropy,
    Huber,
    Hinge,
    KlDivergence,
    Ctc,
    Convolution,
    ConvolutionTranspose,
    MaxPool,
    MeanPool,
    Attention,
}

/// A layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LayerKind {
    Dense,
    Embedding,
    LayerNorm,
    RmsNorm,
    GroupNorm,
    BatchNorm,
    Dropout,
    Position,
    Conv,
    ConvTranspose,
    SelfAttention,
    TransformerBlock,
    Rnn,
    Lstm,
    Gru,
}

impl Callable {
    /// The function of that name.
    pub fn find(name: &str) -> Option<&'static Callable> {
        all().find(|function| function.name == name)
    }

    /// Whether it calls a function that it is given, and passes the other arguments on to that.
    pub fn passes_on(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.takes == Takes::Rest)
    }
}

/// Every function.
pub(super) fn all() -> impl Iterator<Item = &'static Callable> {
    FUNCTIONS.iter()
}

/// What was probably meant by the unknown name of a function: what a name from elsewhere is here, else a name spelt like it.
/// Short names are near to too many others, which mean something else. `others` are the names that a text may call besides.
pub(super) fn meant<'a>(name: &str, others: impl Iterator<Item = &'a str>) -> Option<String> {
    let known = all().map(|function| function.name).chain(others);
    let allowed = 1 + name.chars().count() / 6;
    here(name)
        .map(str::to_string)
        .or_else(|| near_within(name, known, allowed).map(|near| format!("did you mean `{near}`?")))
}
