//! What a caller reads: the elements of a value that lies in memory with strides, at the precision that it asks for.

use chainrule_kernels::Float;

/// Copies elements in row-major order. `from` begins with the first; the others follow by (elements, stride) of each axis,
/// outermost first. The innermost axis is copied in one loop, and so is all of a contiguous value.
#[inline(always)]
pub(super) fn read_strided<T: Float, U: Float>(from: &[T], runs: &[(usize, usize)], to: &mut [U]) {
    let Some((&(length, stride), outer)) = runs.split_last() else {
        if let ([from, ..], [to]) = (from, to) {
            *to = converted(*from);
        }
        return;
    };
    for (row, to) in to.chunks_exact_mut(length.max(1)).enumerate() {
        let from = &from[row_offset(row, outer)..];
        match stride {
            0 => to.fill(converted(from[0])),
            1 => to.iter_mut().zip(from).for_each(|(to, &from)| *to = converted(from)),
            _ => to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, &from)| *to = converted(from)),
        }
    }
}

/// Copies contiguous elements.
pub(super) fn write<T: Float, U: Float>(from: &[T], to: &mut [U]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = converted(from));
}

/// Whether all elements that [`read_strided`] would copy are finite.
pub(super) fn is_finite<T: Float>(from: &[T], runs: &[(usize, usize)]) -> bool {
    let is_finite = |x: &T| x.to_f64().is_finite();
    let Some((&(length, stride), outer)) = runs.split_last() else { return from.first().is_none_or(is_finite) };
    let rows = if length == 0 { 0 } else { outer.iter().map(|run| run.0).product() };
    (0..rows).all(|row| {
        let from = &from[row_offset(row, outer)..];
        match stride {
            0 => is_finite(&from[0]),
            1 => from[..length].iter().all(is_finite),
            _ => from.iter().step_by(stride).take(length).all(is_finite),
        }
    })
}

/// Where a row begins, by (rows, stride) of each axis that it is counted along, outermost first.
#[inline(always)]
fn row_offset(row: usize, axes: &[(usize, usize)]) -> usize {
    let (mut rest, mut offset) = (row, 0);
    for &(n, stride) in axes.iter().rev() {
        offset += rest % n * stride;
        rest /= n;
    }
    offset
}

#[inline(always)]
fn converted<T: Float, U: Float>(x: T) -> U {
    U::from_f64(x.to_f64())
}
