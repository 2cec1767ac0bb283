//! `x[i]`, `W[i, :]`, `x[a:b]`: what an index builds.

use super::arguments::indices;
use super::value::{A_NUMBER, Placed, Value};
use crate::builder::{Builder, Var};
use crate::node::{Kind, Span};
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::Item;
use crate::text::whole::{not_whole, whole};

/// The indexed value, the first of `values`, at some items. First the block that numbers and ranges cut out, without the
/// axes at which a number stands; then the picks by computed indices, one axis after the other.
pub(super) fn index<'g>(
    builder: &'g Builder,
    items: &[Item],
    values: Vec<Placed<'g>>,
    span: Span,
) -> Result<Var<'g>, Diagnostic> {
    let mut values = values.into_iter();
    let mut next = || values.next().ok_or_else(|| Diagnostic::new("an index is missing", span)); // the parser counts them
    let x = next()?.var(builder, Kind::Real)?;
    let shape = x.shape();
    if items.len() > shape.rank() {
        let count = items.len();
        let takes = match shape.rank() {
            0 => "a scalar has no entries".into(),
            1 => "a vector takes one index".into(),
            rank => format!("it takes {rank} indices at most"),
        };
        let indices = if count == 1 { "index" } else { "indices" };
        return Err(Diagnostic::new(format!("{count} {indices} for {x:?}"), span).help(takes));
    }
    let (mut start, mut stop) = (vec![0; shape.rank()], shape.to_vec());
    let mut dropped = Vec::new();
    let mut cut = false;
    let mut picks: Vec<(usize, Placed<'g>)> = Vec::new();
    for (axis, item) in items.iter().enumerate() {
        match *item {
            Item::At => {
                let at = next()?;
                if let Value::Number(_) = at.value {
                    let index = place(&at, axis, x, shape[axis].saturating_sub(1))?;
                    if index >= shape[axis] {
                        return Err(at.wrong(format!("there is no index {index} in {x:?}")).help("its axis is empty"));
                    }
                    (start[axis], stop[axis], cut) = (index, index + 1, true);
                    dropped.push(axis);
                } else {
                    picks.push((axis, at));
                }
            }
            Item::Range { start: has_start, stop: has_stop } => {
                if has_start {
                    (start[axis], cut) = (place(&next()?, axis, x, shape[axis])?, true);
                }
                if has_stop {
                    let end = next()?;
                    (stop[axis], cut) = (place(&end, axis, x, shape[axis])?, true);
                    if start[axis] > stop[axis] {
                        let (first, end_before) = (start[axis], stop[axis]);
                        return Err(end.wrong(format!("the range {first}:{end_before} runs backwards")).help(format!(
                            "a range does not end before its start: {end_before}:{first}; reverse(…) turns it round"
                        )));
                    }
                }
            }
        }
    }
    let mut part = if cut { x.slice(&start, &stop) } else { x };
    if !dropped.is_empty() {
        part = part.reshape(part.shape().without(&dropped));
    }
    // Each pick puts the axes of its indices in the place of its own, which moves those behind it.
    let mut added = 0;
    for (passed, (axis, at)) in picks.into_iter().enumerate() {
        let axis = axis + added - passed - dropped.iter().filter(|&&gone| gone < axis).count();
        let indices = indices(builder, &at, part.shape().get(axis).copied())?;
        if indices.rank() > 0 && added > 0 {
            return Err(at
                .wrong("only one of the indices can be an array")
                .help("pick along one axis after the other: `W[i][:, j]`"));
        }
        added += indices.rank();
        part = part.gather(indices, axis);
    }
    Ok(part)
}

/// A number as a place along an axis, at most `last`.
fn place(at: &Placed<'_>, axis: usize, x: Var<'_>, last: usize) -> Result<usize, Diagnostic> {
    let number = match at.value {
        Value::Number(number) => number,
        _ => return Err(at.wrong("the ends of a range are fixed numbers").help(A_NUMBER)),
    };
    if number < 0.0 {
        return Err(at.wrong(format!("a negative index, {number}")).help("indices count from 0"));
    }
    match whole(number) {
        Some(index) if index <= last => Ok(index),
        Some(index) => {
            let size = x.shape()[axis];
            let (what, right) = if last == size {
                (index.to_string(), format!("a range lies between 0 and {size}"))
            } else {
                (format!("index {index}"), "indices count from 0".into())
            };
            let mistake = at.wrong(format!("{what} lies outside {x:?}"));
            Err(mistake.help(format!("axis {axis} has {size} entries, and {right}")))
        }
        None => Err(not_whole("an index", number, at.span)),
    }
}
