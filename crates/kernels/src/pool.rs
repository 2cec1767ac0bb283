//! The greatest or the smallest element of each window, or its index, and its adjoint: what is added where such an index points.

use crate::float::Float;

/// So many windows are compared together.
const WIDTH: usize = 16;

/// What is asked of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// The element that none beats; NaN wins.
    Element,
    /// The index of the first such element, or NaN, as a float.
    Index,
}

/// An axis along which windows lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The number of windows.
    pub n: usize,
    /// From the index within a window to that of the next.
    pub index: usize,
    /// From the element of a window to that of the next.
    pub element: usize,
    /// From a window to the next, where they lie.
    pub to: usize,
}

/// The best of each window, one after the other. The windows lie along axes of (windows, how far apart), the last innermost;
/// the entries of each lie so far behind its first place.
#[inline(always)]
pub fn best_of_windows<T: Float>(
    x: &[T],
    axes: &[(usize, usize)],
    entries: &[usize],
    best: Best,
    beats: impl Fn(T, T) -> bool + Copy,
    y: &mut [T],
) {
    let (outer, (n, stride)) = axes.split_last().map_or((axes, (1, 0)), |(inner, outer)| (outer, *inner));
    for (run, y) in y.chunks_exact_mut(n.max(1)).enumerate() {
        let (mut rest, mut start) = (run, 0);
        for &(n, stride) in outer.iter().rev() {
            start += rest % n * stride;
            rest /= n;
        }
        if stride == 1 {
            for (chunk, y) in y.chunks_mut(WIDTH).enumerate() {
                neighbours(&x[start + chunk * WIDTH..], entries, best, beats, y);
            }
        } else {
            for (j, y) in y.iter_mut().enumerate() {
                *y = one(&x[start + j * stride..], entries, best, beats);
            }
        }
    }
}

/// Whether the next element of a window is better than the best so far.
#[inline(always)]
fn wins<T: Float>(next: T, so_far: T, beats: impl Fn(T, T) -> bool) -> bool {
    beats(next, so_far) | (next.is_nan() & !so_far.is_nan())
}

/// The best of a window.
#[inline(always)]
fn one<T: Float>(x: &[T], entries: &[usize], best: Best, beats: impl Fn(T, T) -> bool + Copy) -> T {
    let (mut element, mut index) = (x[entries[0]], 0);
    for (i, &entry) in entries.iter().enumerate().skip(1) {
        let wins = wins(x[entry], element, beats);
        element = if wins { x[entry] } else { element };
        index = if wins { i } else { index };
    }
    if best == Best::Element { element } else { T::from_f64(index as f64) }
}

/// The first elements; zeros where there are fewer.
#[inline(always)]
fn few<T: Float>(x: &[T]) -> [T; WIDTH] {
    x.first_chunk::<WIDTH>().copied().unwrap_or_else(
        #[inline(always)]
        || {
            let mut few = [T::ZERO; WIDTH];
            few.iter_mut().zip(x).for_each(|(few, x)| *few = *x);
            few
        },
    )
}

/// The best of each of a few windows whose elements are neighbours.
#[inline(always)]
fn neighbours<T: Float>(x: &[T], entries: &[usize], best: Best, beats: impl Fn(T, T) -> bool + Copy, y: &mut [T]) {
    let (mut elements, mut indices) = (few(&x[entries[0]..]), [T::ZERO; WIDTH]);
    for (index, &entry) in entries.iter().enumerate().skip(1) {
        let (number, next) = (T::from_f64(index as f64), few(&x[entry..]));
        for j in 0..WIDTH {
            let wins = wins(next[j], elements[j], beats);
            elements[j] = if wins { next[j] } else { elements[j] };
            indices[j] = if wins { number } else { indices[j] };
        }
    }
    let found = if best == Best::Element { elements } else { indices };
    y.copy_from_slice(&found[..y.len()]);
}

/// `y[place + entries[index]] += element` for each window, in the order of the axes, the last innermost. An index that no entry
/// has adds nothing.
pub fn add_at_indices<T: Float>(indices: &[T], elements: &[T], axes: &[Places], entries: &[usize], y: &mut [T]) {
    let one = Places { n: 1, index: 0, element: 0, to: 0 };
    let (outer, inner) = axes.split_last().map_or((axes, one), |(inner, outer)| (outer, *inner));
    let count: usize = outer.iter().map(|axis| axis.n).product();
    for run in 0..count {
        let (mut rest, mut index, mut element, mut to) = (run, 0, 0, 0);
        for axis in outer.iter().rev() {
            let i = rest % axis.n;
            index += i * axis.index;
            element += i * axis.element;
            to += i * axis.to;
            rest /= axis.n;
        }
        for i in 0..inner.n {
            let chosen = indices[index + i * inner.index].to_f64() as usize;
            if let Some(entry) = entries.get(chosen) {
                y[to + i * inner.to + entry] += elements[element + i * inner.element];
            }
        }
    }
}
