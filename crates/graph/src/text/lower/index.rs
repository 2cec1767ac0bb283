//! `x[i]`, `W[i, :]`, `x[a:b]`: what an index builds.

use super::arguments::indices;
use super::evaluated::{A_NUMBER, Evaluated, Spanned};
use crate::builder::{Builder, Var};
use crate::node::{Kind, Span};
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::IndexItem;
use crate::text::whole::{not_whole, whole};

/// The indexed value, the first of `values`, at some items. First the block that numbers and ranges cut out, without the
/// axes at which a number stands; then the gathers by computed indices, one axis after the other.
pub(super) fn index<'g>(
    builder: &'g Builder,
    items: &[IndexItem],
    values: Vec<Spanned<'g>>,
    span: Span,
) -> Result<Var<'g>, Diagnostic> {
    let mut values = values.into_iter();
    let mut next = || values.next().ok_or_else(|| Diagnostic::new("an index is missing", span)); // the parser counts them
    let x = next()?.var(builder, Kind::Real)?;
    let shape = x.shape();
    if items.len() > shape.rank() {
        let count = items.len();
        let takes = match shape.rank() {
            0 => "a scalar has no elements".into(),
            1 => "a vector takes one index".into(),
            rank => format!("it takes {rank} indices at most"),
        };
        let indices = if count == 1 { "index" } else { "indices" };
        return Err(Diagnostic::new(format!("{count} {indices} for {x:?}"), span).help(takes));
    }
    let (mut start, mut stop) = (vec![0; shape.rank()], shape.to_vec());
    let mut dropped = Vec::new();
    let mut cut = false;
    let mut gathers: Vec<(usize, Spanned<'g>)> = Vec::new();
    for (axis, item) in items.iter().enumerate() {
        match *item {
            IndexItem::Index => {
                let value = next()?;
                if let Evaluated::Number(_) = value.value {
                    let index = fixed_index(&value, axis, x, shape[axis].saturating_sub(1))?;
                    if index >= shape[axis] {
                        return Err(value
                            .wrong(format!("there is no index {index} in {x:?}"))
                            .help("its axis is empty"));
                    }
                    (start[axis], stop[axis], cut) = (index, index + 1, true);
                    dropped.push(axis);
                } else {
                    gathers.push((axis, value));
                }
            }
            IndexItem::Range { start: has_start, stop: has_stop } => {
                if has_start {
                    (start[axis], cut) = (fixed_index(&next()?, axis, x, shape[axis])?, true);
                }
                if has_stop {
                    let end = next()?;
                    (stop[axis], cut) = (fixed_index(&end, axis, x, shape[axis])?, true);
                    if start[axis] > stop[axis] {
                        let (first, end_before) = (start[axis], stop[axis]);
                        return Err(end
                            .wrong(format!("the range {first}:{end_before} ends before it starts"))
                            .help(format!("write {end_before}:{first}; reverse(…) reverses the order")));
                    }
                }
            }
        }
    }
    let mut block = if cut { x.slice(&start, &stop) } else { x };
    if !dropped.is_empty() {
        block = block.reshape(block.shape().without(&dropped));
    }
    // Each gather replaces its axis by the axes of its indices, which moves the axes behind it.
    let mut added = 0;
    for (passed, (axis, value)) in gathers.into_iter().enumerate() {
        let axis = axis + added - passed - dropped.iter().filter(|&&gone| gone < axis).count();
        let indices = indices(builder, &value, block.shape().get(axis).copied())?;
        if indices.rank() > 0 && added > 0 {
            return Err(value
                .wrong("only one of the indices can be an array")
                .help("index one axis after the other: `W[i][:, j]`"));
        }
        added += indices.rank();
        block = block.gather(indices, axis);
    }
    Ok(block)
}

/// A number as an index along an axis, at most `last`.
fn fixed_index(value: &Spanned<'_>, axis: usize, x: Var<'_>, last: usize) -> Result<usize, Diagnostic> {
    let number = match value.value {
        Evaluated::Number(number) => number,
        _ => return Err(value.wrong("the ends of a range are fixed numbers").help(A_NUMBER)),
    };
    if number < 0.0 {
        return Err(value.wrong(format!("a negative index, {number}")).help("indices count from 0"));
    }
    match whole(number) {
        Some(index) if index <= last => Ok(index),
        Some(index) => {
            let size = x.shape()[axis];
            let (what, right) = if last == size {
                (index.to_string(), format!("the ends of a range lie between 0 and {size}"))
            } else {
                (format!("index {index}"), "indices count from 0".into())
            };
            let mistake = value.wrong(format!("{what} lies outside {x:?}"));
            Err(mistake.help(format!("axis {axis} has size {size}, and {right}")))
        }
        None => Err(not_whole("an index", number, value.span)),
    }
}
