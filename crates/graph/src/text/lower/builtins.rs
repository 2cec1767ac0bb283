//! The functions that need code of their own: what each builds of its arguments.

use std::sync::Arc;

use super::arguments::{CallArguments, indices};
use super::evaluated::{Evaluated, Spanned};
use super::windows;
use crate::builder::Var;
use crate::node::Kind;
use crate::ops::contract::Label;
use crate::ops::custom::Pass;
use crate::ops::random::STREAMS;
use crate::ops::signature::DefaultAxes;
use crate::ops::{Contract, Custom, Elementwise, Op, Random, Reduction, ShapeOp, Source};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::text::diagnostic::Diagnostic;
use crate::text::elementwise::elementwise;
use crate::text::functions::Builtin;

/// What a function builds of its arguments.
pub(super) fn builtin<'g>(function: Builtin, a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    Ok(match function {
        Builtin::Power => {
            let (x, n) = (a.var("x")?, a.need("n")?.number("the exponent")?);
            a.builder.verbatim(|_| x.power(n))
        }
        Builtin::Polygamma => {
            let order = a.need("n")?;
            let n = u32::try_from(order.whole("`n`")?).map_err(|_| order.wrong("this order is too large"))?;
            a.var("x")?.polygamma(n)
        }
        Builtin::PlainLog => a.builder.push(Elementwise::Log, &[a.var("x")?.to_real()]),
        Builtin::PlainLog1p => a.builder.push(Elementwise::Log1p, &[a.var("x")?.to_real()]),
        Builtin::Mean => {
            let x = a.var("x")?;
            a.axes("axis", x)?.map_or_else(|| x.mean(), |axes| x.mean_axes(&axes))
        }
        Builtin::Dot => a.var("a")?.dot(a.var("b")?),
        Builtin::Outer => a.var("a")?.outer(a.var("b")?),
        Builtin::Contract => contract(a)?,
        Builtin::Transpose => {
            let x = a.var("x")?;
            match a.get("axes") {
                Some(axes) => a.push(ShapeOp::Transpose { axes: axes.wholes("`axes`")? }, x),
                None => x.transpose(),
            }
        }
        Builtin::Reshape => a.push(ShapeOp::Reshape { shape: a.need("shape")?.shape()? }, a.var("x")?),
        Builtin::Broadcast => {
            let (x, shape) = (a.var("x")?, a.need("shape")?.shape()?);
            match a.get("axes") {
                Some(axes) => a.push(ShapeOp::Broadcast { shape, axes: axes.wholes("`axes`")? }, x),
                None => x.broadcast_to(shape),
            }
        }
        Builtin::Slice => a.var("x")?.slice(&a.need("start")?.wholes("`start`")?, &a.need("stop")?.wholes("`stop`")?),
        Builtin::Pad => a.var("x")?.pad(&a.need("low")?.wholes("`low`")?, &a.need("high")?.wholes("`high`")?),
        Builtin::Reverse => {
            let x = a.var("x")?;
            x.reverse(&a.axes("axes", x)?.unwrap_or_else(|| (0..x.rank()).collect()))
        }
        Builtin::Concat => concat(a)?,
        Builtin::Stack => {
            let (values, axis) = (a.all("a")?, a.whole_or("axis", 0)?);
            values[0].stack(&values[1..], axis)
        }
        Builtin::Windows => windows::windows(&a)?,
        Builtin::Fold => windows::fold(&a)?,
        Builtin::Gather => gather(a)?,
        Builtin::ScatterAdd => {
            let size = a.need("size")?.whole("`size`")?;
            let indices = a.index("indices", Some(size))?;
            a.var("u")?.scatter_add_batched(indices, size, a.whole_or("batch", 0)?)
        }
        Builtin::Iota => a.builder.iota(a.need("length")?.whole("`length`")?),
        Builtin::Constant => constant(a)?,
        Builtin::Affine => a.builder.affine(a.var("W")?, a.var("x")?, a.var("b")?),
        Builtin::VectorScalarAffine => a.builder.vector_scalar_affine(a.var("x")?, a.var("w")?, a.var("b")?),
        Builtin::SquaredL2Distance => a.builder.squared_l2_distance(a.var("a")?, a.var("b")?),
        Builtin::L2NormPenalty => {
            let lambda = a.need("lambda")?.clone().operand(a.builder)?;
            a.builder.l2_norm_penalty(lambda, a.var("w")?)
        }
        Builtin::Nll => {
            let p = a.var("p")?;
            a.builder.nll(p, a.index("y", p.shape().last().copied())?)
        }
        Builtin::InTraining => a.var("a")?.in_training(a.var("b")?),
        Builtin::BatchMean => a.var("x")?.batch_mean(),
        Builtin::BatchSize => a.builder.batch_size_of_at_least(a.whole_or("at_least", 1)?),
        Builtin::Random => random(&a)?,
        Builtin::RandomKey => a.builder.random_key(),
        Builtin::RandomExample => match a.get("shape") {
            None => a.builder.random_example(),
            Some(shape) => a.builder.push(Source::RandomExample { shape: shape.shape()? }, &[]),
        },
        Builtin::Custom => custom(a)?,
    })
}

/// An op along axes of one value, or the elementwise op of the same name of two.
pub(super) fn reduction<'g>(
    op: Reduction,
    of_two: Option<Elementwise>,
    a: CallArguments<'_, 'g>,
) -> Result<Var<'g>, Diagnostic> {
    let first = a.callable.parameters[0].name;
    match (of_two.filter(|_| a.get("b").is_some()), a.get("axis")) {
        (None, _) => {
            let x = a.var(first)?;
            match op.signature().default_axes {
                DefaultAxes::All => Ok(x.reduce(op, a.axes("axis", x)?)),
                DefaultAxes::First => Ok(x.along(op, a.axis_or("axis", x, |_| 0)?)),
                DefaultAxes::Last => Ok(x.along(op, a.axis_or("axis", x, |rank| rank - 1)?)),
            }
        }
        (Some(_), Some(axis)) => Err(axis
            .wrong(format!("{} of two values takes no axis", a.callable.name))
            .help("it takes two values, or one value and an axis")),
        (Some(of_two), None) => Ok(elementwise(a.builder, of_two, &a.operands()?)),
    }
}

/// By an equation, or by the labels of both operands and the result.
fn contract<'g>(a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let (lhs, rhs, equation) = (a.var("a")?, a.var("b")?, a.need("equation")?);
    if a.get("rhs").is_none() {
        return Ok(lhs.contract(rhs, equation.text("the equation")?));
    }
    let labels = |parameter: &str| -> Result<Vec<Label>, Diagnostic> {
        let argument = a.need(parameter)?;
        let label = |n: usize| Label::try_from(n).map_err(|_| argument.wrong(format!("{n} is too large a label")));
        argument.wholes("the labels")?.into_iter().map(label).collect()
    };
    let op = Contract { lhs: labels("equation")?, rhs: labels("rhs")?, out: labels("out")? };
    Ok(a.builder.push(Op::Contract(op), &[lhs.to_real(), rhs.to_real()]))
}

/// Scalars among the values are vectors of one element.
fn concat<'g>(a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let axis = a.whole_or("axis", 0)?;
    let vector = |value: Var<'g>| if value.rank() == 0 && axis == 0 { value.reshape([1]) } else { value };
    let values: Vec<Var<'g>> = a.all("a")?.into_iter().map(vector).collect();
    Ok(values[0].concat(&values[1..], axis))
}

fn gather<'g>(a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let x = a.var("x")?;
    let Some(batch) = a.get("batch") else {
        let axis = match a.axes("axis", x)?.as_deref() {
            None => 0,
            Some([axis]) => *axis,
            Some(_) => return Err(a.need("axis")?.wrong("gather takes one axis")),
        };
        return Ok(x.gather(a.index("indices", x.shape().get(axis).copied())?, axis));
    };
    if let Some(axis) = a.get("axis") {
        return Err(axis.wrong("gather takes either an axis or a number of batch axes"));
    }
    let batch = batch.whole("`batch`")?;
    Ok(x.gather_batched(a.index("indices", x.shape().get(batch).copied())?, batch))
}

/// A constant of any shape and kind: one number for every element, or the elements in row-major order.
fn constant<'g>(a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    /// 128 MiB of values: more is taken for a mistake.
    const LARGEST: usize = 1 << 24;
    let kind = match a.get("kind") {
        None => Kind::Real,
        Some(Spanned { value: Evaluated::Kind(kind), .. }) => *kind,
        Some(other) => {
            return Err(other.wrong("a kind must be real, int or bool, without quotes").help("as in `kind=int`"));
        }
    };
    let given = a.need("value")?;
    let value = given.value.as_number().map_or_else(|| given.value.clone(), Evaluated::Number).at(given.span);
    if value.node().is_some() {
        return Err(value.wrong("a constant must be made of numbers"));
    }
    let Some(shape) = a.get("shape") else { return value.var(a.builder, kind) };
    let (written, shape): (&Spanned<'g>, Shape) = (shape, shape.shape()?);
    if shape.size() > LARGEST {
        return Err(written.wrong(format!("a constant of shape {shape} would be too large")).help(format!(
            "it has at most {LARGEST} elements; `broadcast(…)` copies a value without storing the copies"
        )));
    }
    let tensor = match &value.value {
        Evaluated::Number(number) => Tensor::filled(shape, *number),
        Evaluated::Array(array) => {
            let count = array.data().len();
            let size = shape.size();
            array
                .clone()
                .reshaped(shape)
                .map_err(|_| written.wrong(format!("this shape has {size} elements, but there are {count} numbers")))?
        }
        _ => return Err(value.wrong("a constant must be made of numbers")),
    };
    Evaluated::Array(tensor).at(value.span).var(a.builder, kind)
}

/// Random numbers of a stream, by a key, an example, and steps of loops.
fn random<'g>(a: &CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let (shape, written) = (a.need("shape")?.shape()?, a.need("stream")?);
    let number = written.number("the stream")?;
    if number.fract() != 0.0 || !(0.0..STREAMS as f64).contains(&number) {
        return Err(written.wrong(format!("a stream is a whole number from 0 below {STREAMS}")));
    }
    let stream = number as u64;
    let at = a.all_of("at").map(|argument| indices(a.builder, argument, None)).collect::<Result<Vec<_>, _>>()?;
    Ok(a.builder.push(Random { stream, shape }, &at))
}

/// A custom node by its name, which may be that of an op; its backward, and its loops over batch axes.
fn custom<'g>(a: CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let name = a.need("name")?;
    let node = a.registry.get(name.text("the name of a custom node")?);
    let node = Arc::clone(node.ok_or_else(|| name.wrong("there is no custom node of this name"))?);
    let inputs: Vec<Var<'g>> = a.all("x")?.into_iter().map(Var::to_real).collect();
    let pass = match a.get("pass") {
        None => Pass::Forward,
        Some(pass) if pass.text("the pass")? == "backward" => Pass::Backward,
        Some(pass) => return Err(pass.wrong("the pass is \"backward\"; without it, it is the forward one")),
    };
    let loops = match a.get("loops") {
        None => Vec::new(),
        Some(Spanned { value: Evaluated::Array(array), .. }) if array.shape().rank() == 2 => {
            let inputs = array.shape()[1].max(1);
            array.data().chunks(inputs).map(|split| split.iter().map(|&x| x != 0.0).collect()).collect()
        }
        Some(other) => {
            return Err(
                other.wrong("`loops` must be a list of lists: for each loop, 1 for an input that is split, else 0")
            );
        }
    };
    Ok(a.builder.push(Custom { node, pass, loops }, &inputs))
}
