//! `x[i]`, `W[i, :]`, `x[a:b]`: what an index builds.

use super::arguments::indices;
use super::evaluated::{A_NUMBER, Evaluated, Spanned};
use crate::builder::{Builder, Var};
use crate::node::{Kind, Span};
use crate::shape::Shape;
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
    let missing = || Diagnostic::new("an index is missing", span); // the parser counts them
    let x = values.next().ok_or_else(missing)?.var(builder, Kind::Real)?;
    if items.len() > x.rank() {
        return Err(too_many(items.len(), x, span));
    }
    let mut selection = Selection::all(x);
    for (axis, item) in items.iter().enumerate() {
        match *item {
            IndexItem::Index => selection.index(axis, values.next().ok_or_else(missing)?)?,
            IndexItem::Range { start, stop } => {
                if start {
                    selection.start_at(axis, &values.next().ok_or_else(missing)?)?;
                }
                if stop {
                    selection.stop_at(axis, &values.next().ok_or_else(missing)?)?;
                }
            }
        }
    }
    selection.build(builder)
}

fn too_many(count: usize, x: Var<'_>, span: Span) -> Diagnostic {
    let takes = match x.rank() {
        0 => "a scalar has no elements".into(),
        1 => "a vector takes one index".into(),
        rank => format!("it takes {rank} indices at most"),
    };
    let indices = if count == 1 { "index" } else { "indices" };
    Diagnostic::new(format!("{count} {indices} for {x:?}"), span).help(takes)
}

/// What an index selects of a value.
struct Selection<'g> {
    x: Var<'g>,
    shape: Shape,
    /// The block that numbers and ranges cut out, and whether any of them stands there.
    start: Vec<usize>,
    stop: Vec<usize>,
    cuts: bool,
    /// The axes at which a number stands.
    dropped: Vec<usize>,
    /// The computed indices, and the axis of each.
    gathers: Vec<(usize, Spanned<'g>)>,
}

impl<'g> Selection<'g> {
    fn all(x: Var<'g>) -> Selection<'g> {
        let shape = x.shape();
        let (start, stop) = (vec![0; shape.rank()], shape.to_vec());
        Selection { x, shape, start, stop, cuts: false, dropped: Vec::new(), gathers: Vec::new() }
    }

    /// One index along an axis.
    fn index(&mut self, axis: usize, value: Spanned<'g>) -> Result<(), Diagnostic> {
        let Evaluated::Number(_) = value.value else {
            self.gathers.push((axis, value));
            return Ok(());
        };
        let size = self.shape[axis];
        let index = fixed_index(&value, axis, self.x, size.saturating_sub(1))?;
        if index >= size {
            return Err(value.wrong(format!("there is no index {index} in {:?}", self.x)).help("its axis is empty"));
        }
        (self.start[axis], self.stop[axis], self.cuts) = (index, index + 1, true);
        self.dropped.push(axis);
        Ok(())
    }

    /// The start of a range along an axis.
    fn start_at(&mut self, axis: usize, value: &Spanned<'g>) -> Result<(), Diagnostic> {
        (self.start[axis], self.cuts) = (fixed_index(value, axis, self.x, self.shape[axis])?, true);
        Ok(())
    }

    /// The end of a range along an axis, after its start.
    fn stop_at(&mut self, axis: usize, value: &Spanned<'g>) -> Result<(), Diagnostic> {
        (self.stop[axis], self.cuts) = (fixed_index(value, axis, self.x, self.shape[axis])?, true);
        let (start, stop) = (self.start[axis], self.stop[axis]);
        if start > stop {
            return Err(value
                .wrong(format!("the range {start}:{stop} ends before it starts"))
                .help(format!("write {stop}:{start}; reverse(…) reverses the order")));
        }
        Ok(())
    }

    fn build(self, builder: &'g Builder) -> Result<Var<'g>, Diagnostic> {
        let mut block = if self.cuts { self.x.slice(&self.start, &self.stop) } else { self.x };
        if !self.dropped.is_empty() {
            block = block.reshape(block.shape().without(&self.dropped));
        }
        // Each gather replaces its axis by the axes of its indices, which moves the axes behind it.
        let mut added = 0;
        for (passed, (axis, value)) in self.gathers.into_iter().enumerate() {
            let axis = axis + added - passed - self.dropped.iter().filter(|&&dropped| dropped < axis).count();
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
