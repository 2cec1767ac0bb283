//! The functions of windows: their arguments are numbers, or a list with one for each axis along which windows slide.

use super::arguments::CallArguments;
use super::evaluated::{Evaluated, Spanned};
use crate::builder::{Convolution, Padding, Pool, Var};
use crate::ops::WindowDimensions;
use crate::text::diagnostic::Diagnostic;

/// `windows(x, size, stride=1, dilation=1)`, over the last axes, as many as there are sizes, or over those that are named.
pub(super) fn windows<'g>(a: &CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let (x, sizes) = (a.var("x")?, a.need("size")?.wholes("`size`")?);
    Ok(x.windows(dimensions(a, sizes, x.rank())?))
}

/// `fold(w, shape, stride=1, dilation=1)`: the shape is that of the result, or the lengths of the axes alone along which
/// the windows slide. There are as many window axes as w has more axes than the result.
pub(super) fn fold<'g>(a: &CallArguments<'_, 'g>) -> Result<Var<'g>, Diagnostic> {
    let (w, shape) = (a.var("w")?, a.need("shape")?);
    let mut lengths = shape.wholes("`shape`")?;
    let rank = w.rank();
    if rank < 2 * lengths.len() && rank >= lengths.len() {
        let count = rank - lengths.len();
        let leading = lengths.len().saturating_sub(count);
        if lengths[..leading] != w.shape()[..leading] {
            return Err(shape.wrong(format!(
                "windows {w:?} are folded to a shape that begins with {}, not {}",
                crate::shape::Shape::from(&w.shape()[..leading]),
                crate::shape::Shape::from(&lengths[..])
            )));
        }
        lengths.drain(..leading);
    }
    let Some(rank) = rank.checked_sub(lengths.len()).filter(|rank| *rank >= lengths.len()) else {
        return Err(shape.wrong(format!("{w:?} has too few axes to be windows over {} axes", lengths.len())));
    };
    let sizes = w.shape()[rank..].to_vec();
    Ok(w.fold(dimensions(a, sizes, rank)?, &lengths))
}

/// Windows of these sizes over a value of so many axes.
fn dimensions(a: &CallArguments<'_, '_>, sizes: Vec<usize>, rank: usize) -> Result<WindowDimensions, Diagnostic> {
    let count = sizes.len();
    let axes = match a.get("axes") {
        Some(axes) => axes.wholes("`axes`")?,
        None if count <= rank => (rank - count..rank).collect(),
        None => {
            let size = a.need("size")?;
            return Err(size.wrong(format!("windows over {count} axes do not fit a value of {rank} axes")));
        }
    };
    let each = |parameter: &str| -> Result<Vec<usize>, Diagnostic> {
        a.per_axis_or(parameter, 1)?
            .each(parameter, count)
            .map_err(|problem| Diagnostic::new(problem, a.get(parameter).map_or(a.span, |argument| argument.span)))
    };
    Ok(WindowDimensions { axes, strides: each("stride")?, dilations: each("dilation")?, sizes })
}

/// The settings of a convolution, or of a transposed one.
pub(super) fn convolution(a: &CallArguments<'_, '_>) -> Result<Convolution, Diagnostic> {
    Ok(Convolution::default()
        .stride(a.per_axis_or("stride", 1)?)
        .padding(padding(a)?)
        .dilation(a.per_axis_or("dilation", 1)?)
        .extra(a.per_axis_or("extra", 0)?)
        .groups(a.whole_or("groups", 1)?))
}

/// The settings of a pool.
pub(super) fn pool(a: &CallArguments<'_, '_>) -> Result<Pool, Diagnostic> {
    let pool = Pool::new(a.per_axis_or("size", 1)?).padding(a.per_axis_or("padding", 0)?);
    let pool = pool.count_padding(a.truth_or("count_padding", false)?);
    Ok(match a.get("stride") {
        Some(_) => pool.stride(a.per_axis_or("stride", 1)?),
        None => pool,
    })
}

/// The padding of a convolution: a number, a list, or "same".
pub(super) fn padding(a: &CallArguments<'_, '_>) -> Result<Padding, Diagnostic> {
    Ok(match a.get("padding") {
        Some(Spanned { value: Evaluated::Text(text), .. }) if text == "same" => Padding::Same,
        Some(argument @ Spanned { value: Evaluated::Text(_), .. }) => {
            return Err(argument
                .wrong("a padding is a number, a list of one for each axis, or \"same\"")
                .help("no padding is 0"));
        }
        _ => a.per_axis_or("padding", 0)?.into(),
    })
}
