//! The table of functions: a row each, with its parameters.

use super::{Builds, Builtin, CallParameter, Callable, Composed, LayerKind, Method, Takes};
use crate::ops::signature::Notation;
use crate::ops::{Elementwise, Reduction};

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

const fn rest(name: &'static str) -> CallParameter {
    CallParameter { name, takes: Takes::Rest }
}

const X: &[CallParameter] = &[one("x")];
const AB: &[CallParameter] = &[one("a"), one("b")];
const SHAPE: &[CallParameter] = &[one("shape")];
const CROSS_ENTROPY: &[CallParameter] =
    &[one("logits"), indices("y"), keyword("smoothing"), keyword("weights"), keyword("ignore")];
const RECURRENT: &[CallParameter] = &[one("xs"), one("n"), keyword("name")];
const CONVOLUTION: &[CallParameter] =
    &[one("x"), one("W"), perhaps("stride"), perhaps("padding"), perhaps("dilation"), perhaps("groups")];
const CONVOLUTION_TRANSPOSE: &[CallParameter] = &[
    one("x"),
    one("W"),
    perhaps("stride"),
    perhaps("padding"),
    perhaps("extra"),
    perhaps("dilation"),
    perhaps("groups"),
];
const MEAN_POOL: &[CallParameter] =
    &[one("x"), one("size"), perhaps("stride"), perhaps("padding"), keyword("count_padding")];
const ALONG_AXIS: &[CallParameter] = &[one("x"), perhaps("axis")];
const JOINED: &[CallParameter] = &[many("a"), keyword("axis")];
const ALONG_AXIS_OR_OF_TWO: &[CallParameter] = &[one("a"), perhaps("b"), keyword("axis")];

/// The methods of one value.
static METHODS: &[(&str, Method)] = &[
    ("relu", |x| x.relu()),
    ("flatten", |x| x.flatten()),
    ("last", |x| x.last()),
    ("first", |x| x.first()),
    ("reciprocal", |x| x.reciprocal()),
    ("digamma", |x| x.digamma()),
    ("tan", |x| x.tan()),
    ("sinh", |x| x.sinh()),
    ("cosh", |x| x.cosh()),
    ("selu", |x| x.selu()),
    ("gelu", |x| x.gelu()),
    ("gelu_tanh", |x| x.gelu_tanh()),
    ("silu", |x| x.silu()),
    ("mish", |x| x.mish()),
    ("hard_sigmoid", |x| x.hard_sigmoid()),
    ("hard_swish", |x| x.hard_swish()),
];

/// What else is made of ops.
static COMPOSED: &[(&str, Composed, &[CallParameter])] = &[
    ("clip", Composed::Clip, &[one("x"), one("low"), one("high")]),
    ("elu", Composed::Elu, &[one("x"), perhaps("alpha")]),
    ("leaky_relu", Composed::LeakyRelu, &[one("x"), perhaps("slope")]),
    ("norm", Composed::Norm, ALONG_AXIS),
    ("prod", Composed::Prod, ALONG_AXIS),
    ("var", Composed::Variance, ALONG_AXIS),
    ("std", Composed::Std, ALONG_AXIS),
    ("log_softmax", Composed::LogSoftmax, ALONG_AXIS),
    ("normalize", Composed::Normalize, &[one("x"), perhaps("axis"), perhaps("epsilon")]),
    ("one_hot", Composed::OneHot, &[indices("i"), one("k")]),
    ("sort", Composed::Sort, ALONG_AXIS),
    ("zeros", Composed::Zeros, SHAPE),
    ("ones", Composed::Ones, SHAPE),
    ("uniform", Composed::Uniform, SHAPE),
    ("normal", Composed::Normal, SHAPE),
    ("bernoulli", Composed::Bernoulli, &[one("p"), one("shape")]),
    ("cross_entropy", Composed::CrossEntropy, CROSS_ENTROPY),
    ("binary_cross_entropy", Composed::BinaryCrossEntropy, &[one("logit"), one("y")]),
    ("huber", Composed::Huber, &[one("p"), one("y"), perhaps("width")]),
    ("hinge", Composed::Hinge, &[one("score"), one("y")]),
    ("kl_divergence", Composed::KlDivergence, &[one("p"), one("q")]),
    ("ctc", Composed::Ctc, &[one("logits"), indices("labels"), perhaps("blank")]),
    ("convolution", Composed::Convolution, CONVOLUTION),
    ("convolution_transpose", Composed::ConvolutionTranspose, CONVOLUTION_TRANSPOSE),
    ("max_pool", Composed::MaxPool, &[one("x"), one("size"), perhaps("stride"), perhaps("padding")]),
    ("mean_pool", Composed::MeanPool, MEAN_POOL),
    ("attention", Composed::Attention, &[one("q"), one("k"), one("v"), keyword("causal"), keyword("mask")]),
];

const CONV: &[CallParameter] = &[
    one("x"),
    one("channels"),
    one("size"),
    perhaps("stride"),
    perhaps("padding"),
    perhaps("dilation"),
    perhaps("groups"),
    perhaps("bias"),
    perhaps("init"),
    keyword("name"),
];
const CONV_TRANSPOSE: &[CallParameter] = &[
    one("x"),
    one("channels"),
    one("size"),
    perhaps("stride"),
    perhaps("padding"),
    perhaps("extra"),
    perhaps("dilation"),
    perhaps("groups"),
    perhaps("bias"),
    perhaps("init"),
    keyword("name"),
];

/// What makes parameters of its own.
static LAYERS: &[(&str, LayerKind, &[CallParameter])] = &[
    ("dense", LayerKind::Dense, &[one("x"), one("n"), perhaps("bias"), perhaps("init"), keyword("name")]),
    ("embedding", LayerKind::Embedding, &[indices("i"), one("vocabulary"), one("n"), keyword("name")]),
    ("layer_norm", LayerKind::LayerNorm, &[one("x"), perhaps("epsilon"), keyword("name")]),
    ("rms_norm", LayerKind::RmsNorm, &[one("x"), perhaps("epsilon"), keyword("name")]),
    ("batch_norm", LayerKind::BatchNorm, &[one("x"), perhaps("momentum"), perhaps("epsilon"), keyword("name")]),
    ("group_norm", LayerKind::GroupNorm, &[one("x"), one("groups"), perhaps("epsilon"), keyword("name")]),
    ("dropout", LayerKind::Dropout, &[one("x"), one("rate"), keyword("name")]),
    ("position", LayerKind::Position, &[one("x"), keyword("name")]),
    ("conv", LayerKind::Conv, CONV),
    ("conv_transpose", LayerKind::ConvTranspose, CONV_TRANSPOSE),
    ("self_attention", LayerKind::SelfAttention, &[one("x"), one("heads"), perhaps("causal"), keyword("name")]),
    (
        "transformer_block",
        LayerKind::TransformerBlock,
        &[one("x"), one("heads"), perhaps("width"), perhaps("causal"), keyword("name")],
    ),
    ("rnn", LayerKind::Rnn, RECURRENT),
    ("lstm", LayerKind::Lstm, RECURRENT),
    ("gru", LayerKind::Gru, RECURRENT),
];

/// The other functions.
static BUILTINS: &[(&str, Builtin, &[CallParameter])] = &[
    ("power", Builtin::Power, &[one("x"), one("n")]),
    ("polygamma", Builtin::Polygamma, &[one("n"), one("x")]),
    ("plain_log", Builtin::PlainLog, X),
    ("plain_log1p", Builtin::PlainLog1p, X),
    ("mean", Builtin::Mean, ALONG_AXIS),
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
    ("windows", Builtin::Windows, &[one("x"), one("size"), perhaps("stride"), perhaps("dilation"), keyword("axes")]),
    ("fold", Builtin::Fold, &[one("w"), one("shape"), perhaps("stride"), perhaps("dilation"), keyword("axes")]),
    ("gather", Builtin::Gather, &[one("x"), indices("indices"), perhaps("axis"), keyword("batch")]),
    ("scatter_add", Builtin::ScatterAdd, &[indices("indices"), one("u"), one("size"), keyword("batch")]),
    ("iota", Builtin::Iota, &[one("length")]),
    ("constant", Builtin::Constant, &[one("value"), perhaps("shape"), keyword("kind")]),
    ("affine", Builtin::Affine, &[one("W"), one("x"), one("b")]),
    ("vector_scalar_affine", Builtin::VectorScalarAffine, &[one("x"), one("w"), one("b")]),
    ("squared_l2_distance", Builtin::SquaredL2Distance, AB),
    ("l2_norm_penalty", Builtin::L2NormPenalty, &[one("lambda"), one("w")]),
    ("nll", Builtin::Nll, &[one("p"), indices("y")]),
    ("in_training", Builtin::InTraining, AB),
    ("batch_mean", Builtin::BatchMean, X),
    ("batch_size", Builtin::BatchSize, &[keyword("at_least")]),
    ("random", Builtin::Random, &[one("shape"), one("stream"), many("at")]),
    ("random_key", Builtin::RandomKey, &[]),
    ("random_example", Builtin::RandomExample, &[perhaps("shape")]),
    ("custom", Builtin::Custom, &[one("name"), many("x"), keyword("pass"), keyword("loops")]),
];

/// Every row.
pub(super) fn rows() -> impl Iterator<Item = Callable> {
    let called =
        |op: &&Elementwise| !matches!(op.signature().notation, Notation::Exponent | Notation::Order | Notation::Shared);
    let elementwise = Elementwise::ALL.iter().filter(called).map(|op| Callable {
        name: op.signature().name,
        parameters: op.signature().operands.names().iter().copied().map(one).collect(),
        builds: Builds::Elementwise(*op),
    });
    let builtins = BUILTINS.iter().map(|&(name, builtin, parameters)| Callable {
        name,
        parameters: parameters.to_vec(),
        builds: Builds::Builtin(builtin),
    });
    let methods =
        METHODS.iter().map(|&(name, method)| Callable { name, parameters: X.to_vec(), builds: Builds::Method(method) });
    let composed = COMPOSED.iter().map(|&(name, composed, parameters)| Callable {
        name,
        parameters: parameters.to_vec(),
        builds: Builds::Composed(composed),
    });
    let reductions = Reduction::ALL.iter().map(|op| {
        let name = op.signature().name;
        let of_two = Elementwise::ALL.iter().find(|of_two| of_two.signature().name == name).copied();
        let parameters = if of_two.is_some() { ALONG_AXIS_OR_OF_TWO } else { ALONG_AXIS }.to_vec();
        Callable { name, parameters, builds: Builds::Reduction(*op, of_two) }
    });
    let layers = LAYERS.iter().map(|&(name, layer, parameters)| Callable {
        name,
        parameters: parameters.to_vec(),
        builds: Builds::Layer(layer),
    });
    let size = Callable { name: "size", parameters: vec![one("x"), one("axis")], builds: Builds::Size };
    let repeat = Callable { name: "repeat", parameters: vec![one("f"), one("n"), rest("x")], builds: Builds::Repeat };
    let scan = vec![one("f"), one("start"), rest("xs")];
    let scan = Callable { name: "scan", parameters: scan, builds: Builds::Scan };
    let calls = [size, repeat, scan];
    elementwise.chain(methods).chain(reductions).chain(composed).chain(builtins).chain(layers).chain(calls)
}
