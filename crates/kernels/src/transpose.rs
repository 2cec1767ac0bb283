//! A copy that swaps rows and columns.

/// A block of this many rows and columns is read and written while it is in the nearest cache.
const BLOCK: usize = 16;

/// `y[j, i] = x[i, j]` for x of `rows` rows and `cols` columns, block by block.
///
/// # Panics
/// If x or y has fewer than `rows · cols` elements.
pub fn transpose<T: Copy>(x: &[T], rows: usize, cols: usize, y: &mut [T]) {
    let (x, y) = (&x[..rows * cols], &mut y[..rows * cols]);
    for i0 in (0..rows).step_by(BLOCK) {
        let i1 = rows.min(i0 + BLOCK);
        for j0 in (0..cols).step_by(BLOCK) {
            for j in j0..cols.min(j0 + BLOCK) {
                let column = x[i0 * cols + j..].iter().step_by(cols);
                for (y, &x) in y[j * rows + i0..j * rows + i1].iter_mut().zip(column) {
                    *y = x;
                }
            }
        }
    }
}
