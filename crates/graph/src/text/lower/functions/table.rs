//! Every function: its parameters, and what it builds.

use std::sync::Arc;

use super::{Arguments, Build, Callable, Parameter, Takes};
use crate::builder::Var;
use crate::node::Kind;
use crate::ops::contract::Label;
use crate::ops::custom::Part;
use crate::ops::elementwise::Elementwise::{self, *};
use crate::ops::{Contract, Custom, Op, ShapeOp};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::text::diagnostic::Diagnostic;
use crate::text::lower::elementwise::entrywise;
use crate::text::lower::value::{Placed, Value};

const fn parameter(name: &'static str, takes: Takes) -> Parameter {
    Parameter { name, takes }
}

const fn entrywise_of(name: &'static str, op: Elementwise, parameters: &'static [Parameter]) -> Callable {
    Callable { name, parameters, build: Build::Entrywise(op) }
}

const fn by(
    name: &'static str,
    parameters: &'static [Parameter],
    build: for<'a, 'g> fn(Arguments<'a, 'g>) -> Result<Var<'g>, Diagnostic>,
) -> Callable {
    Callable { name, parameters, build: Build::By(build) }
}

const X: &[Parameter] = &[parameter("x", Takes::One)];
const AB: &[Parameter] = &[parameter("a", Takes::One), parameter("b", Takes::One)];
const ALONG: &[Parameter] = &[parameter("x", Takes::One), parameter("axis", Takes::Perhaps)];
const PARTS: &[Parameter] = &[parameter("a", Takes::Many), parameter("axis", Takes::Keyword)];
const EXTREME: &[Parameter] =
    &[parameter("a", Takes::One), parameter("b", Takes::Perhaps), parameter("axis", Takes::Keyword)];

/// Every function. Those with the name of an op build it; the others are made of several ops.
pub(super) static FUNCTIONS: &[Callable] = &[
    entrywise_of("exp", Exp, X),
    entrywise_of("expm1", Expm1, X),
    entrywise_of("log", Log, X),
    entrywise_of("log1p", Log1p, X),
    entrywise_of("sqrt", Sqrt, X),
    entrywise_of("rsqrt", Rsqrt, X),
    entrywise_of("sin", Sin, X),
    entrywise_of("cos", Cos, X),
    entrywise_of("tanh", Tanh, X),
    entrywise_of("sigmoid", Sigmoid, X),
    entrywise_of("softplus", Softplus, X),
    entrywise_of("erf", Erf, X),
    entrywise_of("abs", Abs, X),
    entrywise_of("sign", Sign, X),
    entrywise_of("neg", Neg, X),
    entrywise_of("to_real", ToReal, X),
    entrywise_of("stop_gradient", StopGradient, X),
    entrywise_of("add", Add, AB),
    entrywise_of("sub", Sub, AB),
    entrywise_of("mul", Mul, AB),
    entrywise_of("div", Div, AB),
    entrywise_of("pow", Pow, AB),
    entrywise_of("less", Less, AB),
    entrywise_of("less_equal", LessEqual, AB),
    entrywise_of("equal", Equal, AB),
    entrywise_of("not_equal", NotEqual, AB),
    entrywise_of(
        "where",
        Where,
        &[parameter("condition", Takes::One), parameter("a", Takes::One), parameter("b", Takes::One)],
    ),
    by("relu", X, |a| Ok(a.var("x")?.relu())),
    by("reciprocal", X, |a| Ok(a.var("x")?.reciprocal())),
    by("power", &[parameter("x", Takes::One), parameter("n", Takes::One)], |a| {
        Ok(a.var("x")?.power(a.need("n")?.number("the exponent")?))
    }),
    // The log of a softmax is built from its logits; this is the op itself.
    by("plain_log", X, |a| Ok(a.builder.push(Log.into(), &[a.var("x")?.to_real()]))),
    by("max", EXTREME, |a| extreme(a, Max, Var::max_axis)),
    by("min", EXTREME, |a| extreme(a, Min, Var::min_axis)),
    by("sum", ALONG, |a| {
        let x = a.var("x")?;
        Ok(a.axes("axis", x)?.map_or_else(|| x.sum(), |axes| x.sum_axes(&axes)))
    }),
    by("mean", ALONG, |a| {
        let x = a.var("x")?;
        Ok(a.axes("axis", x)?.map_or_else(|| x.mean(), |axes| x.mean_axes(&axes)))
    }),
    by("logsumexp", ALONG, |a| {
        let x = a.var("x")?;
        Ok(reduced(x, a.axes("axis", x)?, Var::logsumexp))
    }),
    by("softmax", ALONG, |a| {
        let x = a.var("x")?;
        Ok(x.softmax(a.axis_or_last("axis", x)?))
    }),
    by("argmax", ALONG, |a| {
        let x = a.var("x")?;
        Ok(x.argmax(a.axis_or_last("axis", x)?))
    }),
    by("argmin", ALONG, |a| {
        let x = a.var("x")?;
        Ok(x.argmin(a.axis_or_last("axis", x)?))
    }),
    by("dot", AB, |a| Ok(a.var("a")?.dot(a.var("b")?))),
    by("outer", AB, |a| Ok(a.var("a")?.outer(a.var("b")?))),
    by(
        "contract",
        &[
            parameter("a", Takes::One),
            parameter("b", Takes::One),
            parameter("equation", Takes::One),
            parameter("rhs", Takes::Perhaps),
            parameter("out", Takes::Perhaps),
        ],
        contract,
    ),
    by("transpose", &[parameter("x", Takes::One), parameter("axes", Takes::Perhaps)], |a| {
        let x = a.var("x")?;
        Ok(match a.get("axes") {
            Some(axes) => a.push(ShapeOp::Transpose { axes: axes.wholes("`axes`")? }, x),
            None => x.transpose(),
        })
    }),
    by("reshape", &[parameter("x", Takes::One), parameter("shape", Takes::One)], |a| {
        Ok(a.push(ShapeOp::Reshape { shape: a.need("shape")?.shape()? }, a.var("x")?))
    }),
    by(
        "broadcast",
        &[parameter("x", Takes::One), parameter("shape", Takes::One), parameter("axes", Takes::Perhaps)],
        |a| {
            let (x, shape) = (a.var("x")?, a.need("shape")?.shape()?);
            Ok(match a.get("axes") {
                Some(axes) => a.push(ShapeOp::Broadcast { shape, axes: axes.wholes("`axes`")? }, x),
                None => x.broadcast_to(shape),
            })
        },
    ),
    by("slice", &[parameter("x", Takes::One), parameter("start", Takes::One), parameter("stop", Takes::One)], |a| {
        Ok(a.var("x")?.slice(&a.need("start")?.wholes("`start`")?, &a.need("stop")?.wholes("`stop`")?))
    }),
    by("pad", &[parameter("x", Takes::One), parameter("low", Takes::One), parameter("high", Takes::One)], |a| {
        Ok(a.var("x")?.pad(&a.need("low")?.wholes("`low`")?, &a.need("high")?.wholes("`high`")?))
    }),
    by("reverse", &[parameter("x", Takes::One), parameter("axes", Takes::Perhaps)], |a| {
        let x = a.var("x")?;
        Ok(x.reverse(&a.axes("axes", x)?.unwrap_or_else(|| (0..x.rank()).collect())))
    }),
    by("concat", PARTS, concat),
    by("stack", PARTS, |a| {
        let (parts, axis) = (a.all("a")?, a.whole_or("axis", 0)?);
        Ok(parts[0].stack(&parts[1..], axis))
    }),
    by(
        "gather",
        &[
            parameter("x", Takes::One),
            parameter("indices", Takes::Index),
            parameter("axis", Takes::Perhaps),
            parameter("batch", Takes::Keyword),
        ],
        gather,
    ),
    by(
        "scatter_add",
        &[
            parameter("indices", Takes::Index),
            parameter("u", Takes::One),
            parameter("size", Takes::One),
            parameter("batch", Takes::Keyword),
        ],
        |a| {
            let size = a.need("size")?.whole("`size`")?;
            let indices = a.index("indices", Some(size))?;
            Ok(a.var("u")?.scatter_add_batched(indices, size, a.whole_or("batch", 0)?))
        },
    ),
    by("iota", &[parameter("length", Takes::One)], |a| Ok(a.builder.iota(a.need("length")?.whole("`length`")?))),
    by(
        "constant",
        &[parameter("value", Takes::One), parameter("shape", Takes::Perhaps), parameter("kind", Takes::Keyword)],
        constant,
    ),
    by("affine", &[parameter("W", Takes::One), parameter("x", Takes::One), parameter("b", Takes::One)], |a| {
        Ok(a.builder.affine(a.var("W")?, a.var("x")?, a.var("b")?))
    }),
    by(
        "vector_scalar_affine",
        &[parameter("x", Takes::One), parameter("w", Takes::One), parameter("b", Takes::One)],
        |a| Ok(a.builder.vector_scalar_affine(a.var("x")?, a.var("w")?, a.var("b")?)),
    ),
    by("squared_l2_distance", AB, |a| Ok(a.builder.squared_l2_distance(a.var("a")?, a.var("b")?))),
    by("l2_norm_penalty", &[parameter("lambda", Takes::One), parameter("w", Takes::One)], |a| {
        let lambda = a.need("lambda")?.clone().operand(a.builder)?;
        Ok(a.builder.l2_norm_penalty(lambda, a.var("w")?))
    }),
    by("nll", &[parameter("p", Takes::One), parameter("y", Takes::Index)], |a| {
        let p = a.var("p")?;
        Ok(a.builder.nll(p, a.index("y", p.shape().last().copied())?))
    }),
    by(
        "custom",
        &[
            parameter("name", Takes::One),
            parameter("x", Takes::Many),
            parameter("input", Takes::Keyword),
            parameter("loops", Takes::Keyword),
        ],
        custom,
    ),
];

fn extreme<'g>(
    a: Arguments<'_, 'g>,
    op: Elementwise,
    along: fn(Var<'g>, usize) -> Var<'g>,
) -> Result<Var<'g>, Diagnostic> {
    if a.get("b").is_none() {
        let x = a.var("a")?;
        return Ok(reduced(x, a.axes("axis", x)?, along));
    }
    if let Some(axis) = a.get("axis") {
        return Err(axis
            .wrong(format!("{} of two values has no axis", a.callable.name))
            .help("it takes two values, or one and an axis"));
    }
    let builder = a.builder;
    entrywise(builder, op, a.values.into_iter().map(|(_, value)| value).collect())
}

/// A reduction over some axes, or over all. Over several it runs along one that they are merged into.
fn reduced<'g>(x: Var<'g>, axes: Option<Vec<usize>>, along: fn(Var<'g>, usize) -> Var<'g>) -> Var<'g> {
    match axes.unwrap_or_else(|| (0..x.rank()).collect()).as_slice() {
        [] => x,
        [axis] => along(x, *axis),
        axes => {
            let merged = x.merge_axes(axes);
            along(merged, merged.rank() - 1)
        }
    }
}

/// By an equation, or by the labels of both operands and the result.
fn contract<'g>(a: Arguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
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

/// Scalars among the parts are vectors of one.
fn concat<'g>(a: Arguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let axis = a.whole_or("axis", 0)?;
    let vector = |part: Var<'g>| if part.rank() == 0 && axis == 0 { part.reshape([1]) } else { part };
    let parts: Vec<Var<'g>> = a.all("a")?.into_iter().map(vector).collect();
    Ok(parts[0].concat(&parts[1..], axis))
}

fn gather<'g>(a: Arguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let x = a.var("x")?;
    let Some(batch) = a.get("batch") else {
        let axis = match a.axes("axis", x)?.as_deref() {
            None => 0,
            Some([axis]) => *axis,
            Some(_) => return Err(a.need("axis")?.wrong("gather picks along one axis")),
        };
        return Ok(x.gather(a.index("indices", x.shape().get(axis).copied())?, axis));
    };
    if let Some(axis) = a.get("axis") {
        return Err(axis.wrong("gather takes an axis or a number of batch axes, not both"));
    }
    let batch = batch.whole("`batch`")?;
    Ok(x.gather_batched(a.index("indices", x.shape().get(batch).copied())?, batch))
}

/// A constant of any shape and kind: one number for every entry, or the entries in row-major order.
fn constant<'g>(a: Arguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    /// 128 MiB of numbers: more is taken for a mistake.
    const LARGEST: usize = 1 << 24;
    let kind = match a.get("kind") {
        None => Kind::Real,
        Some(Placed { value: Value::Kind(kind), .. }) => *kind,
        Some(other) => return Err(other.wrong("a kind is real, int or bool, without quotes").help("as in `kind=int`")),
    };
    let given = a.need("value")?;
    let value = given.value.as_number().map_or_else(|| given.value.clone(), Value::Number).at(given.span);
    if value.node().is_some() {
        return Err(value.wrong("a constant is made of numbers"));
    }
    let Some(shape) = a.get("shape") else { return value.var(a.builder, kind) };
    let (place, shape): (&Placed<'g>, Shape) = (shape, shape.shape()?);
    if shape.size() > LARGEST {
        return Err(place
            .wrong(format!("a constant of shape {shape} would be too large"))
            .help(format!("it has at most {LARGEST} entries; `broadcast(…)` makes copies that take no room here")));
    }
    let tensor = match &value.value {
        Value::Number(number) => Tensor::filled(shape, *number),
        Value::Array(array) => {
            let count = array.data().len();
            let size = shape.size();
            array
                .clone()
                .reshaped(shape)
                .ok_or_else(|| place.wrong(format!("this shape has {size} entries, and {count} are given")))?
        }
        _ => return Err(value.wrong("a constant is made of numbers")),
    };
    Value::Array(tensor).at(value.span).var(a.builder, kind)
}

/// A custom node by its name, which may be that of an op; its backward, and its loops over batch axes.
fn custom<'g>(a: Arguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let name = a.need("name")?;
    let node = a.registry.get(name.text("the name of a custom node")?);
    let node = Arc::clone(node.ok_or_else(|| name.wrong("there is no custom node of that name here"))?);
    let inputs: Vec<Var<'g>> = a.all("x")?.into_iter().map(Var::to_real).collect();
    let part = match a.get("input") {
        Some(input) => Part::Backward { input: input.whole("`input`")? },
        None => Part::Forward,
    };
    let loops = match a.get("loops") {
        None => Vec::new(),
        Some(Placed { value: Value::Array(array), .. }) if array.shape().rank() == 2 => {
            let inputs = array.shape()[1].max(1);
            array.data().chunks(inputs).map(|split| split.iter().map(|&x| x != 0.0).collect()).collect()
        }
        Some(other) => return Err(other.wrong("loops are a list for each: of the inputs, 1 if it is split, else 0")),
    };
    Ok(a.builder.push(Op::Custom(Custom { node, part, loops }), &inputs))
}
