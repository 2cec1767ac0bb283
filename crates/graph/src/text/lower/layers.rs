//! The layers: which settings of the builder's each argument is.

use super::arguments::CallArguments;
use super::evaluated::{Evaluated, Spanned};
use super::windows::padding;
use crate::builder::Var;
use crate::builder::layers::{
    BatchNorm, Conv, Dense, Dropout, Embedding, GroupNorm, Gru, LayerNorm, Lstm, Position, RmsNorm, Rnn, SelfAttention,
    TransformerBlock,
};
use crate::initializer::Initializer;
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::LayerKind;

/// What a layer builds of its arguments.
pub(super) fn layer<'g>(layer: LayerKind, a: &CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let name = name(a)?;
    let epsilon = || a.number_or("epsilon", 1e-5);
    Ok(match layer {
        LayerKind::Dense => {
            let dense = Dense::new(a.need("n")?.whole("`n`")?).bias(a.truth_or("bias", true)?).name(name);
            let start = a.get("init").map(initializer).transpose()?;
            start.into_iter().fold(dense, Dense::initializer).apply(a.var("x")?)
        }
        LayerKind::Embedding => {
            let vocabulary = a.need("vocabulary")?.whole("`vocabulary`")?;
            let embedding = Embedding::new(vocabulary, a.need("n")?.whole("`n`")?).name(name);
            embedding.apply(a.index("i", Some(vocabulary))?)
        }
        LayerKind::LayerNorm => LayerNorm::default().epsilon(epsilon()?).name(name).apply(a.var("x")?),
        LayerKind::RmsNorm => RmsNorm::default().epsilon(epsilon()?).name(name).apply(a.var("x")?),
        LayerKind::BatchNorm => {
            let norm = BatchNorm::default().momentum(a.number_or("momentum", 0.1)?).epsilon(epsilon()?);
            norm.name(name).apply(a.var("x")?)
        }
        LayerKind::GroupNorm => {
            let groups = a.need("groups")?.whole("`groups`")?;
            GroupNorm::new(groups).epsilon(epsilon()?).name(name).apply(a.var("x")?)
        }
        LayerKind::Conv | LayerKind::ConvTranspose => conv(layer, a)?.name(name).apply(a.var("x")?),
        LayerKind::SelfAttention => {
            let attention = SelfAttention::new(a.need("heads")?.whole("`heads`")?);
            attention.causal(a.truth_or("causal", false)?).name(name).apply(a.var("x")?)
        }
        LayerKind::TransformerBlock => {
            let block = TransformerBlock::new(a.need("heads")?.whole("`heads`")?).width(a.whole_or("width", 4)?);
            block.causal(a.truth_or("causal", false)?).name(name).apply(a.var("x")?)
        }
        LayerKind::Dropout => Dropout::new(a.need("rate")?.number("`rate`")?).name(name).apply(a.var("x")?),
        LayerKind::Position => Position::default().name(name).apply(a.var("x")?),
        LayerKind::Rnn => Rnn::new(a.need("n")?.whole("`n`")?).name(name).apply(a.var("xs")?),
        LayerKind::Lstm => Lstm::new(a.need("n")?.whole("`n`")?).name(name).apply(a.var("xs")?),
        LayerKind::Gru => Gru::new(a.need("n")?.whole("`n`")?).name(name).apply(a.var("xs")?),
    })
}

/// The settings of a convolution with weights of its own.
fn conv(layer: LayerKind, a: &CallArguments<'_, '_>) -> Result<Conv, Diagnostic> {
    let (channels, size) = (a.need("channels")?.whole("`channels`")?, a.per_axis_or("size", 1)?);
    let conv = match layer {
        LayerKind::ConvTranspose => Conv::transposed(channels, size).extra(a.per_axis_or("extra", 0)?),
        _ => Conv::new(channels, size),
    };
    let conv = conv
        .stride(a.per_axis_or("stride", 1)?)
        .padding(padding(a)?)
        .dilation(a.per_axis_or("dilation", 1)?)
        .groups(a.whole_or("groups", 1)?)
        .bias(a.truth_or("bias", true)?);
    let start = a.get("init").map(initializer).transpose()?;
    Ok(start.into_iter().fold(conv, Conv::initializer))
}

/// What the scope of a layer is called.
fn name<'a>(a: &'a CallArguments<'_, '_>) -> Result<&'a str, Diagnostic> {
    let Some(argument) = a.get("name") else { return Ok(a.callable.name) };
    match argument.text("`name`")? {
        name if name.is_empty() || name.contains('/') => Err(argument
            .wrong("the name of a layer is not empty, and without `/`")
            .help("the names around it come before it by themselves")),
        name => Ok(name),
    }
}

/// How weights start: `"he"`, `"normal(0, 0.02)"`, or a number.
fn initializer(argument: &Spanned<'_>) -> Result<Initializer, Diagnostic> {
    const FORMS: &str =
        "write \"glorot\", \"he\", \"normal(0, 0.1)\", \"uniform(-1, 1)\", \"orthogonal(1)\" or a number";
    let text = match &argument.value {
        Evaluated::Number(number) => return Ok(Initializer::Constant(*number)),
        _ => argument.text("`init`")?,
    };
    let wrong = || argument.wrong(format!("\"{text}\" is not how weights can start")).help(FORMS);
    let (word, numbers) = match text.split_once('(') {
        None => (text.trim(), None),
        Some((word, rest)) => (word.trim(), Some(rest.trim_end().strip_suffix(')').ok_or_else(wrong)?)),
    };
    let numbers: Vec<f64> = match numbers {
        None => Vec::new(),
        Some(numbers) => {
            let number = |number: &str| number.trim().parse().map_err(|_| wrong());
            numbers.split(',').map(number).collect::<Result<_, _>>()?
        }
    };
    let count = |x: f64| crate::text::whole::whole(x).filter(|&count| count > 0).ok_or_else(wrong);
    Ok(match (word, &numbers[..]) {
        ("glorot", []) => Initializer::Glorot,
        ("glorot", &[inputs, outputs]) => Initializer::GlorotOf { inputs: count(inputs)?, outputs: count(outputs)? },
        ("he", []) => Initializer::He,
        ("he", &[inputs]) => Initializer::HeOf { inputs: count(inputs)? },
        ("normal", &[mean, std]) => Initializer::Normal { mean, std },
        ("uniform", &[low, high]) => Initializer::Uniform { low, high },
        ("orthogonal", &[gain]) => Initializer::Orthogonal { gain },
        _ => return Err(wrong()),
    })
}
