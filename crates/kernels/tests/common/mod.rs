//! Made-up values and a generous comparison.

use chainrule_kernels::Float;
use chainrule_kernels::philox::{NodeDraws, unit53};

/// `n` values between −1 and 1, fixed by `stream`.
pub fn values<T: Float>(stream: u64, n: usize) -> Vec<T> {
    let draws = NodeDraws::new(17, stream, 0);
    (0..n as u64)
        .map(|i| {
            let [a, b, ..] = draws.block(0, i);
            T::from_f64(2.0 * unit53(u64::from(a) << 32 | u64::from(b)) - 1.0)
        })
        .collect()
}

/// Asserts that y is within `terms` roundings of values of size `scale` of what is right.
#[track_caller]
pub fn assert_close<T: Float>(y: &[T], right: &[f64], terms: usize, scale: f64, what: &str) {
    assert_eq!(y.len(), right.len(), "{what}");
    let epsilon = if size_of::<T>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let bound = (terms as f64 + 4.0) * scale * epsilon;
    for (i, (y, right)) in y.iter().zip(right).enumerate() {
        let y = y.to_f64();
        let close = (y - right).abs() <= bound || y == *right || y.is_nan() && right.is_nan();
        assert!(close, "{what} {}: element {i} is {y}, not {right} (± {bound:e})", std::any::type_name::<T>());
    }
}

pub fn to_f64<T: Float>(x: &[T]) -> Vec<f64> {
    x.iter().map(|x| x.to_f64()).collect()
}
