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
        let (mut rest, mut offset) = (row, 0);
        for &(n, stride) in outer.iter().rev() {
            offset += rest % n * stride;
            rest /= n;
        }
        let from = &from[offset..];
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
    let count: usize = runs.iter().map(|run| run.0).product();
    (0..count).all(|index| {
        let (mut rest, mut offset) = (index, 0);
        for &(n, stride) in runs.iter().rev() {
            offset += rest % n * stride;
            rest /= n;
        }
        from[offset].to_f64().is_finite()
    })
}

#[inline(always)]
fn converted<T: Float, U: Float>(x: T) -> U {
    U::from_f64(x.to_f64())
}
