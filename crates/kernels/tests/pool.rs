//! The best of windows, and what is added at their indices, against loops that say the same element by element.

use chainrule_kernels::pool::{Best, Places, add_at_indices, best_of_windows};

/// Windows of 2 × 3 over 5 × 9 with 4 channels last, 2 down and 3 to the right apart; of few numbers, so that there are ties.
#[test]
fn the_greatest_of_a_window_is_the_first_of_equals() {
    let x: Vec<f32> = (0..3 * 180).map(|i| (i * 7919 % 11 % 5) as f32 - 2.0).collect();
    let (axes, entries) = ([(3, 180), (2, 72), (3, 12), (4, 1)], [0, 4, 8, 36, 40, 44]);
    for greatest in [true, false] {
        let beats = |a: f32, b: f32| if greatest { a > b } else { a < b };
        let (mut best, mut index) = (vec![f32::NAN; 72], vec![f32::NAN; 72]);
        best_of_windows(&x, &axes, &entries, Best::Element, beats, &mut best);
        best_of_windows(&x, &axes, &entries, Best::Index, beats, &mut index);
        for place in 0..72 {
            let start = place / 24 * 180 + place / 12 % 2 * 72 + place / 4 % 3 * 12 + place % 4;
            let window = entries.map(|entry| x[start + entry]);
            let right = window.into_iter().reduce(if greatest { f32::max } else { f32::min }).unwrap();
            assert_eq!(best[place], right);
            assert_eq!(index[place] as usize, window.iter().position(|&x| x == right).unwrap());
        }
    }
}

#[test]
fn the_first_nan_of_a_window_wins() {
    let x = [1.0, f64::NAN, 2.0, f64::NAN, 5.0, 4.0, 3.0, f64::NEG_INFINITY];
    let (mut best, mut index) = ([0.0; 2], [0.0; 2]);
    let of = |best, y: &mut [f64]| best_of_windows(&x, &[(2, 4)], &[0, 1, 2, 3], best, |a, b| a > b, y);
    of(Best::Element, &mut best);
    of(Best::Index, &mut index);
    assert!(best[0].is_nan() && best[1] == 5.0);
    assert_eq!(index, [1.0, 0.0]);
}

#[test]
fn a_window_of_infinities_has_a_first() {
    let mut y = [7.0f32; 2];
    best_of_windows(&[f32::NEG_INFINITY; 4], &[(2, 2)], &[0, 1], Best::Index, |a, b| a > b, &mut y);
    assert_eq!(y, [0.0; 2]);
}

/// Windows of 3, 2 apart, which overlap; the elements lie in another order than the indices.
#[test]
fn what_is_added_at_indices_is_a_sum() {
    let (indices, elements) = ([0.0, 2.0, 0.0, 1.0, 2.0, 0.0], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    let axes = [Places { n: 2, index: 3, element: 1, to: 7 }, Places { n: 3, index: 1, element: 2, to: 2 }];
    let mut y = [0.0f64; 14];
    add_at_indices(&indices, &elements, &axes, &[0, 1, 2], &mut y);
    // 1 at 0, 4 at 2 + 2, 16 at 4; then 2 at 7 + 1, 8 at 7 + 2 + 2, 32 at 7 + 4
    assert_eq!(y, [1.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 40.0, 0.0, 0.0]);
}
