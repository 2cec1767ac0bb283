//! The functions that are made of ops: which method of the builder each is.

use super::arguments::CallArguments;
use super::windows;
use crate::builder::{Attention, CrossEntropy, Var};
use crate::node::Kind;
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::Composed;

/// What a function builds of its arguments.
pub(super) fn composed<'g>(function: Composed, a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    Ok(match function {
        Composed::Clip => a.var("x")?.clip(a.operand("low")?, a.operand("high")?),
        Composed::Elu => a.var("x")?.elu(a.operand_or("alpha", 1.0)?),
        Composed::LeakyRelu => a.var("x")?.leaky_relu(a.operand_or("slope", 0.01)?),
        Composed::Norm => over_axes(&a, Var::norm_axes)?,
        Composed::Prod => over_axes(&a, Var::prod_axes)?,
        Composed::Variance => over_axes(&a, Var::variance_axes)?,
        Composed::Std => over_axes(&a, Var::std_axes)?,
        Composed::LogSoftmax => {
            let x = a.var("x")?;
            x.log_softmax(a.axis_or("axis", x, |rank| rank - 1)?)
        }
        Composed::Normalize => {
            let x = a.var("x")?;
            let axes = match a.axes("axis", x)? {
                Some(axes) => axes,
                None => vec![a.axis_or("axis", x, |rank| rank - 1)?],
            };
            x.normalize(&axes, a.number_or("epsilon", 1e-5)?)
        }
        Composed::OneHot => {
            let k = a.need("k")?.whole("`k`")?;
            a.index("i", None)?.one_hot(k)
        }
        Composed::Sort => {
            let x = a.var("x")?;
            x.sort(a.axis_or("axis", x, |rank| rank - 1)?)
        }
        Composed::Zeros => a.builder.zeros(a.need("shape")?.shape()?),
        Composed::Ones => a.builder.ones(a.need("shape")?.shape()?),
        Composed::Uniform => a.builder.uniform(a.need("shape")?.shape()?),
        Composed::Normal => a.builder.normal(a.need("shape")?.shape()?),
        Composed::Bernoulli => a.builder.bernoulli(a.operand("p")?, a.need("shape")?.shape()?),
        Composed::CrossEntropy => cross_entropy(&a)?,
        Composed::BinaryCrossEntropy => a.builder.binary_cross_entropy(a.var("logit")?, a.operand("y")?),
        Composed::Huber => a.builder.huber(a.var("p")?, a.operand("y")?, a.number_or("width", 1.0)?),
        Composed::Hinge => a.builder.hinge(a.var("score")?, a.operand("y")?),
        Composed::Convolution => a.var("x")?.convolution(a.var("W")?, &windows::convolution(&a)?),
        Composed::ConvolutionTranspose => a.var("x")?.convolution_transpose(a.var("W")?, &windows::convolution(&a)?),
        Composed::MaxPool => a.var("x")?.max_pool(&windows::pool(&a)?),
        Composed::MeanPool => a.var("x")?.mean_pool(&windows::pool(&a)?),
        Composed::Attention => attention(&a)?,
        Composed::Ctc => {
            let labels = a.need("labels")?.clone().var(a.builder, Kind::Int)?;
            a.builder.ctc(a.var("logits")?, labels, a.whole_or("blank", 0)?)
        }
        Composed::KlDivergence => a.builder.kl_divergence(a.var("p")?, a.var("q")?),
    })
}

/// Over the axes that the call names, or over all.
fn over_axes<'g>(
    a: &CallArguments<'_, 'g>,
    build: impl FnOnce(Var<'g>, &[usize]) -> Var<'g>,
) -> Result<Var<'g>, Diagnostic> {
    let x = a.var("x")?;
    let axes = a.axes("axis", x)?.unwrap_or_else(|| (0..x.rank()).collect());
    Ok(build(x, &axes))
}

fn cross_entropy<'g>(a: &CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let logits = a.var("logits")?;
    let ignore = match a.get("ignore") {
        None => None,
        Some(argument) => match argument.number("`ignore`")? {
            number if number.fract() == 0.0 && number.abs() < 1e15 => Some(number as i64),
            number => return Err(argument.wrong(format!("`ignore` is the number of a class, not {number}"))),
        },
    };
    let y = match ignore {
        None => a.index("y", logits.shape().last().copied())?,
        // What is ignored need be no index.
        Some(_) => a.need("y")?.clone().var(a.builder, Kind::Int)?,
    };
    let weights = a.get("weights").map(|weights| weights.clone().var(a.builder, Kind::Real)).transpose()?;
    let options = CrossEntropy { smoothing: a.number_or("smoothing", 0.0)?, weights, ignore };
    Ok(a.builder.cross_entropy(logits, y, options))
}

fn attention<'g>(a: &CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let mask = a.get("mask").map(|mask| mask.clone().var(a.builder, Kind::Bool)).transpose()?;
    let options = Attention { causal: a.truth_or("causal", false)?, mask };
    Ok(a.builder.attention(a.var("q")?, a.var("k")?, a.var("v")?, options))
}
