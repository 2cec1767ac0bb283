//! The functions of windows: their arguments are numbers, or a list with one for each axis along which windows slide.

use super::arguments::CallArguments;
use super::evaluated::{Evaluated, Spanned};
use crate::builder::Var;
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
    let of_each =
        |parameter: &str| a.get(parameter).map_or(Ok(vec![1; count]), |given| of_each(given, parameter, count));
    Ok(WindowDimensions { axes, strides: of_each("stride")?, dilations: of_each("dilation")?, sizes })
}

/// A number for each of `count` axes, or a list with an entry for each.
fn of_each(argument: &Spanned<'_>, parameter: &str, count: usize) -> Result<Vec<usize>, Diagnostic> {
    let what = format!("`{parameter}`");
    match argument.value {
        Evaluated::Array(_) => argument.wholes(&what),
        _ => Ok(vec![argument.whole(&what)?; count]),
    }
}
