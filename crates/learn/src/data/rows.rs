//! The elements of one field, row by row, in 32 or 64 bits.

use std::borrow::Cow;

use chainrule_exec::run::SharedRows;

/// How many elements there are.
pub(crate) fn length(rows: &SharedRows) -> usize {
    match rows {
        SharedRows::F32(elements) => elements.len(),
        SharedRows::F64(elements) => elements.len(),
    }
}

/// All elements in f64, copied only if they are not.
pub(crate) fn in_f64(rows: &SharedRows) -> Cow<'_, [f64]> {
    match rows {
        SharedRows::F32(elements) => elements.iter().map(|&element| f64::from(element)).collect(),
        SharedRows::F64(elements) => Cow::from(&elements[..]),
    }
}

/// Whether an element, of `size` in each row, is the same in all rows.
#[cfg(feature = "training")]
pub(crate) fn is_constant(rows: &SharedRows, size: usize, element: usize) -> bool {
    fn in_all<T: PartialEq>(elements: &[T], size: usize, element: usize) -> bool {
        let mut column = elements.iter().skip(element).step_by(size);
        let first = column.next();
        column.all(|other| Some(other) == first)
    }
    match rows {
        SharedRows::F32(elements) => in_all(elements, size, element),
        SharedRows::F64(elements) => in_all(elements, size, element),
    }
}

/// The rows of these indices, `size` elements each, in that order and in the precision that they have.
pub(crate) fn picked(rows: &SharedRows, size: usize, indices: &[usize]) -> SharedRows {
    match rows {
        SharedRows::F32(elements) => each(elements, size, indices).collect::<Vec<f32>>().into(),
        SharedRows::F64(elements) => each(elements, size, indices).collect::<Vec<f64>>().into(),
    }
}

/// The same in f64.
pub(crate) fn picked_in_f64(rows: &SharedRows, size: usize, indices: &[usize]) -> Vec<f64> {
    match rows {
        SharedRows::F32(elements) => each(elements, size, indices).map(f64::from).collect(),
        SharedRows::F64(elements) => each(elements, size, indices).collect(),
    }
}

fn each<T: Copy>(elements: &[T], size: usize, indices: &[usize]) -> impl Iterator<Item = T> {
    indices.iter().flat_map(move |row| &elements[row * size..(row + 1) * size]).copied()
}
