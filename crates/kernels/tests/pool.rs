//! The best of windows, and the gradient of it, against loops that say the same element by element, at every level.

use chainrule_kernels::pool::{Best, Entry, Extreme, Overlap, Places, best_of_windows, gradient_of_best};
use chainrule_kernels::{Float, Level, dispatch};

fn to_f64<T: Float>(x: &[T]) -> Vec<f64> {
    x.iter().map(|x| x.to_f64()).collect()
}

/// Windows along axes of (windows, how far apart, how far apart their elements lie).
struct Case {
    axes: Vec<(usize, usize, usize)>,
    entries: Vec<usize>,
}

impl Case {
    /// Where each window, and its element, lies.
    fn windows(&self) -> Vec<(usize, usize)> {
        self.axes.iter().fold(vec![(0, 0)], |places, &(n, from, element)| {
            places.iter().flat_map(|place| (0..n).map(move |i| (place.0 + i * from, place.1 + i * element))).collect()
        })
    }

    /// The index of the best of a window: the first NaN, else the first of the extremes.
    fn winner<T: Float>(&self, x: &[T], start: usize, extreme: Extreme) -> usize {
        let window: Vec<f64> = self.entries.iter().map(|entry| x[start + entry].to_f64()).collect();
        let right = match extreme {
            Extreme::Greatest => window.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Extreme::Smallest => window.iter().copied().fold(f64::INFINITY, f64::min),
        };
        let nan = window.iter().position(|x| x.is_nan());
        nan.or_else(|| window.iter().position(|&x| x == right)).unwrap()
    }

    fn check<T: Float>(&self, x: &[T], overlap: Overlap) {
        let windows = self.windows();
        let elements: Vec<T> = (0..=windows.iter().map(|window| window.1).max().unwrap())
            .map(|i| T::from_f64((i * 31 % 17) as f64 - 8.0))
            .collect();
        let axes: Vec<(usize, usize)> = self.axes.iter().map(|&(n, from, _)| (n, from)).collect();
        let places: Vec<Places> =
            self.axes.iter().map(|&(n, from, element)| Places { n, from, element, to: from }).collect();
        let entries: Vec<Entry> = self.entries.iter().map(|&entry| Entry { from: entry, to: entry }).collect();
        for (level, extreme) in Level::available()
            .into_iter()
            .flat_map(|level| [Extreme::Greatest, Extreme::Smallest].map(|extreme| (level, extreme)))
        {
            let winners: Vec<usize> = windows.iter().map(|window| self.winner(x, window.0, extreme)).collect();
            let of = |best| {
                let mut y = vec![T::NAN; windows.len()];
                dispatch!(level, simd => best_of_windows(simd, x, &axes, &self.entries, (extreme, best), &mut y));
                to_f64(&y)
            };
            let elements_at = windows.iter().zip(&winners).map(|(window, winner)| x[window.0 + self.entries[*winner]]);
            let right = to_f64(&elements_at.collect::<Vec<T>>());
            let what = format!("{:?} {:?} {level} {extreme:?}", self.axes, self.entries);
            assert_eq!(format!("{:?}", of(Best::Element)), format!("{right:?}"), "{what}");
            assert_eq!(of(Best::Index), winners.iter().map(|&winner| winner as f64).collect::<Vec<f64>>(), "{what}");

            let mut right = vec![0.0; x.len()];
            for (window, winner) in windows.iter().zip(&winners) {
                right[window.0 + self.entries[*winner]] += elements[window.1].to_f64();
            }
            let mut y = vec![T::ZERO; x.len()];
            let how = (extreme, overlap);
            dispatch!(level, simd => gradient_of_best(simd, [x, &elements], &places, &entries, how, &mut y));
            assert_eq!(to_f64(&y), right, "{what}: the gradient");
        }
    }
}

/// Few numbers, so that there are ties, and some that are none.
fn numbers<T: Float>(n: usize) -> Vec<T> {
    let number = |i: usize| match i * 7919 % 113 {
        0 => T::NAN,
        1 => T::INFINITY,
        2 => T::NEG_INFINITY,
        other => T::from_f64((other % 5) as f64 - 2.0),
    };
    (0..n).map(number).collect()
}

#[test]
fn the_best_of_a_window_is_the_first_nan_or_the_first_of_equals() {
    // Windows of 2 × 3 over 5 × 9 with so many channels last, 2 down and 3 to the right apart.
    for channels in [1, 2, 4, 7, 16, 23, 64] {
        let axes = vec![
            (3, 45 * channels, 6 * channels),
            (2, 18 * channels, 3 * channels),
            (3, 3 * channels, channels),
            (channels, 1, 1),
        ];
        let entries = [0, 1, 2, 9, 10, 11].map(|entry| entry * channels).to_vec();
        let case = Case { axes, entries };
        case.check(&numbers::<f32>(3 * 45 * channels), Overlap::Apart);
        case.check(&numbers::<f64>(3 * 45 * channels), Overlap::Apart);
    }
}

#[test]
fn neighbours_may_be_apart_and_their_elements_elsewhere() {
    // Windows of 2 × 2, 2 apart, over 6 × 2n; the elements lie by columns.
    for n in [1, 5, 16, 19, 32, 40] {
        let case = Case { axes: vec![(3, 4 * n, 1), (n, 2, 3)], entries: vec![0, 1, 2 * n, 2 * n + 1] };
        case.check(&numbers::<f32>(12 * n), Overlap::Apart);
        case.check(&numbers::<f64>(12 * n), Overlap::Apart);
    }
}

#[test]
fn what_belongs_to_windows_that_overlap_is_a_sum() {
    // Windows of 3, 2 apart, beside one another and along memory
    for n in [1, 4, 17, 33] {
        Case { axes: vec![(2, 2 * n + 1, n), (n, 2, 1)], entries: vec![0, 1, 2] }
            .check(&numbers::<f64>(4 * n + 2), Overlap::Shared);
        Case { axes: vec![(4, 2 * n, n), (n, 1, 1)], entries: vec![0, n, 2 * n] }
            .check(&numbers::<f32>(9 * n), Overlap::Shared);
    }
}

#[test]
fn a_window_of_infinities_has_a_first() {
    Case { axes: vec![(2, 2, 1)], entries: vec![0, 1] }.check(&[f32::NEG_INFINITY; 4], Overlap::Apart);
    Case { axes: vec![], entries: vec![0, 1, 2] }.check(&[f64::INFINITY; 3], Overlap::Apart);
}
