//! Which levels there are, and that a forced one is the one that runs.

use chainrule_kernels::float::{lanes, mul_add};
use chainrule_kernels::{Level, Simd, dispatch};

#[test]
fn levels_go_from_portable_to_best_and_have_names() {
    let levels = Level::available();
    assert_eq!(levels.first(), Some(&Level::portable()));
    assert_eq!(levels.last(), Some(&Level::best()));
    for level in levels {
        assert_eq!(level.to_string().parse(), Ok(level));
    }
    let error = "avx3".parse::<Level>().expect_err("there is no such level");
    assert!(error.to_string().starts_with("this machine has no SIMD level `avx3`; it has portable"), "{error}");
}

fn widths<S: Simd>(_: S) -> (usize, usize) {
    (lanes::<S, f32>(), lanes::<S, f64>())
}

#[test]
fn a_forced_level_has_its_width_and_rounding() {
    for level in Level::available() {
        let width = match level.name() {
            "avx2" => (8, 4),
            "avx512" => (16, 8),
            _ => (4, 2),
        };
        let found = dispatch!(level, simd => widths(simd));
        assert_eq!(found, width, "{level}");
        // (1 + ε)(1 − ε) − 1 is −ε² if rounded once, 0 if twice.
        let (x, y) = (1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
        let rest = dispatch!(level, simd => mul_add(simd, x, y, -1.0));
        assert_eq!(rest != 0.0, level.is_fused(), "{level}");
    }
}
