//! The vector functions against correctly rounded ones, at every level.
//!
//! `CHAINRULE_ALL_F32=1 cargo test --release -p chainrule-kernels --test math` tries all 2³² numbers
//! of f32 (minutes) instead of a dense sample.

mod oracle;

use chainrule_kernels::Level;
use oracle::{FUNCTIONS, Function};
use rayon::prelude::*;

/// How far a result may be from the exact one, in units in the last place.
const BOUND_F32: f64 = 2.0;
const BOUND_F64: f64 = 4.0;

/// How far off y is, in units of the last place of the exact value in f32.
fn error_f32(y: f32, exact: f64) -> f64 {
    let rounded = exact as f32;
    if rounded.is_nan() || rounded.is_infinite() || y.is_nan() || y.is_infinite() {
        return if y == rounded || y.is_nan() && rounded.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if rounded == 0.0 && exact == 0.0 {
        return if y.to_bits() == rounded.to_bits() { 0.0 } else { f64::INFINITY };
    }
    let exponent = ((exact.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(-126);
    (f64::from(y) - exact).abs() / 2f64.powi(exponent - 23)
}

/// The same for f64, where the exact value is known only rounded: an upper bound, half a unit wide.
fn error_f64(y: f64, rounded: f64) -> f64 {
    if y == rounded || y.is_nan() && rounded.is_nan() {
        let same_zero = rounded != 0.0 || y.to_bits() == rounded.to_bits();
        return if same_zero { 0.5 } else { f64::INFINITY };
    }
    if !y.is_finite() || !rounded.is_finite() || y.is_sign_negative() != rounded.is_sign_negative() {
        return f64::INFINITY;
    }
    y.to_bits().abs_diff(rounded.to_bits()) as f64 + 0.5
}

/// The largest error of a function over some inputs, and where, for each level.
fn worst_f32(f: &Function, mut inputs: impl Iterator<Item = f32>) -> Vec<(Level, (f64, f32))> {
    let mut worst: Vec<_> = Level::available().into_iter().map(|l| (l, (0.0, 0.0))).collect();
    let (mut x, mut y) = (vec![], vec![]);
    loop {
        x.clear();
        x.extend(inputs.by_ref().take(4096));
        if x.is_empty() {
            return worst;
        }
        let exact: Vec<f64> = x.iter().map(|&x| (f.near_or_exact())(f64::from(x))).collect();
        y.resize(x.len(), 0.0);
        for (level, worst) in &mut worst {
            (f.in_f32)(*level, &x, &mut y);
            for ((&x, &y), &exact) in x.iter().zip(&y).zip(&exact) {
                let error = error_f32(y, exact);
                if error > worst.0 {
                    *worst = (error, x);
                }
            }
        }
    }
}

fn check_f32(inputs: impl Iterator<Item = f32> + Clone) {
    let mut report = Report::new(BOUND_F32);
    for f in FUNCTIONS {
        for (level, (error, x)) in worst_f32(f, inputs.clone()) {
            report.add(f, level, error, &format!("{x:e} ({:#x})", x.to_bits()));
        }
    }
    report.finish();
}

fn check_f64(inputs: &[f64]) {
    let mut report = Report::new(BOUND_F64);
    for f in FUNCTIONS {
        let exact: Vec<f64> = inputs.iter().map(|&x| (f.exact)(x)).collect();
        for level in Level::available() {
            let mut y = vec![0.0; inputs.len()];
            (f.in_f64)(level, inputs, &mut y);
            let mut worst = (0.0, 0.0);
            for ((&x, &y), &exact) in inputs.iter().zip(&y).zip(&exact) {
                let error = error_f64(y, exact);
                if error > worst.0 {
                    worst = (error, x);
                }
            }
            report.add(f, level, worst.0, &format!("{:e} ({:#x})", worst.1, worst.1.to_bits()));
        }
    }
    report.finish();
}

struct Report {
    bound: f64,
    failures: Vec<String>,
}

impl Report {
    fn new(bound: f64) -> Self {
        Self { bound, failures: vec![] }
    }

    fn add(&mut self, f: &Function, level: Level, error: f64, argument: &str) {
        let line = format!("{:9} {level:9} {error:.3} ulp at {argument}", f.name);
        println!("{line}");
        if error > self.bound {
            self.failures.push(line);
        }
    }

    fn finish(self) {
        assert!(self.failures.is_empty(), "{:#?}", self.failures);
    }
}

#[test]
fn f32_within_two_ulp() {
    let step = if std::env::var_os("CHAINRULE_ALL_F32").is_some() { 1 } else { 8191 };
    let inputs = |chunk: u32| (chunk << 24..=chunk << 24 | 0x00ff_ffff).step_by(step).map(f32::from_bits);
    let mut report = Report::new(BOUND_F32);
    for f in FUNCTIONS {
        let chunks: Vec<_> = (0..256).into_par_iter().map(|chunk| worst_f32(f, inputs(chunk))).collect();
        for (i, level) in Level::available().into_iter().enumerate() {
            let worst = chunks.iter().map(|levels| levels[i].1).max_by(|a, b| a.0.total_cmp(&b.0));
            let (error, x) = worst.expect("there are 256 chunks");
            report.add(f, level, error, &format!("{x:e} ({:#x})", x.to_bits()));
        }
    }
    report.finish();
}

/// Numbers where something changes: the ends of ranges, both sides of each switch in the code,
/// zeros, subnormals, infinities, NaN, and the neighbours of each.
fn edges() -> Vec<f64> {
    let mut edges = vec![f64::NAN];
    let points = [
        0.0,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::MAX,
        f64::INFINITY,
        f64::from(f32::MAX),
        f64::from(f32::MIN_POSITIVE),
        f64::from(f32::from_bits(1)),
        1e-300,
        f64::EPSILON / 4.0,
        f64::EPSILON,
        f64::from(f32::EPSILON) / 4.0,
        0.25,
        std::f64::consts::LN_2 / 2.0,
        0.5,
        std::f64::consts::FRAC_1_SQRT_2,
        std::f64::consts::LN_2,
        1.0,
        // The worst of all f32 for a sigmoid that ignores what its denominator rounds off.
        4.157_294,
        1.5 * std::f64::consts::LN_2,
        std::f64::consts::SQRT_2,
        2.0,
        2.0 * std::f64::consts::SQRT_2,
        3.95,
        5.95,
        10.0,
        16.0,
        20.0,
        36.7,
        40.0,
        88.722_839,
        89.0,
        103.972_08,
        104.0,
        708.396_418_532_264_1,
        709.782_712_893_384,
        710.0,
        745.133_219_101_941_1,
        746.0,
        9_007_199_254_740_992.0,
        1e300,
    ];
    for point in points {
        let bits = point.to_bits() as i64;
        for step in -3..=3 {
            // Below zero steps wrap to NaN, which is as good.
            let x = f64::from_bits((bits + step) as u64);
            edges.extend([x, -x]);
        }
    }
    edges
}

#[test]
fn f32_at_the_edges() {
    let mut inputs: Vec<f32> = vec![];
    for x in edges() {
        let bits = (x as f32).to_bits();
        inputs.extend((-2..=2).map(|step| f32::from_bits(bits.wrapping_add_signed(step))));
    }
    check_f32(inputs.iter().copied());
}

#[test]
fn f64_at_the_edges() {
    let inputs = edges();
    check_f64(&inputs);
}

/// All exponents, and more densely the range where the functions bend.
#[test]
fn f64_within_four_ulp() {
    let draws = chainrule_kernels::philox::NodeDraws::new(0, 0, 0);
    let count = if cfg!(debug_assertions) { 10_000 } else { 100_000 };
    let mut inputs = vec![];
    for i in 0..count {
        let [a, b, c, d] = draws.block(0, i);
        inputs.push(f64::from_bits(u64::from(a) << 32 | u64::from(b)));
        let unit = (f64::from(c) + f64::from(d) / 2f64.powi(32)) / 2f64.powi(31) - 1.0;
        inputs.extend([1.0, 8.0, 50.0, 800.0].map(|scale| scale * unit));
        inputs.extend([1e-3, 1e-8].map(|scale| scale * unit));
        inputs.extend([1.0 + unit, 1.0 + unit * 1e-3, 1.0 + unit * 1e-9, -1.0 + unit * 1e-9]);
    }
    check_f64(&inputs);
}

/// Where each method is at its worst, thickly sampled around: the name says what is hard there.
#[test]
fn f64_at_hard_arguments() {
    use std::f64::consts::{FRAC_1_SQRT_2, LN_2, SQRT_2};
    let mut inputs = vec![];
    // exp, expm1, tanh (at half), sigmoid, softplus: the remainder is largest, and changes its sign.
    for n in -1076..=1025 {
        let tie = (f64::from(n) + 0.5) * LN_2;
        for x in [tie, tie / 2.0] {
            inputs.extend((-4..=4).map(|i| x * (1.0 + f64::from(i) * f64::EPSILON)));
        }
    }
    let points = [
        ("ln x cancels", 1.0),
        ("ln x changes its power of two", FRAC_1_SQRT_2),
        ("ln x changes its power of two", SQRT_2),
        ("ln(1 + x) changes its power of two", FRAC_1_SQRT_2 - 1.0),
        ("ln(1 + x) changes its power of two", SQRT_2 - 1.0),
        ("e^x - 1 leaves n = 0", LN_2 / 2.0),
        ("e^x - 1 leaves n = 0", -LN_2 / 2.0),
        ("tanh leaves n = 0", LN_2 / 4.0),
        ("tanh is steep and not yet linear", 0.12),
        ("erf changes its formula, at ±1", 1.0),
        ("erf's logarithm is least accurate", 2.0),
        ("sigmoid and softplus of little", -37.0),
        ("subnormal exponentials", -720.0),
        ("the argument of ln(1 + x) loses its last digits", -1.0 + 1e-9),
    ];
    for (_, point) in points {
        for scale in [1e-16, 1e-13, 1e-9, 1e-6, 1e-3] {
            inputs.extend((-100..=100).map(|i| point * (1.0 + f64::from(i) * scale)));
        }
    }
    let mirrored: Vec<f64> = inputs.iter().map(|x| -x).collect();
    inputs.extend(mirrored);
    check_f64(&inputs);
}

/// A number gets the same bits in a full vector, in a last incomplete one, and alone.
#[test]
fn bits_do_not_depend_on_the_lane() {
    let x: Vec<f64> = (0..67).map(|i| 0.37 * f64::from(i) - 11.3).collect();
    let narrow: Vec<f32> = x.iter().map(|&x| x as f32).collect();
    for level in Level::available() {
        for f in FUNCTIONS {
            let mut whole = vec![0.0; x.len()];
            let mut whole_narrow = vec![0.0; x.len()];
            (f.in_f64)(level, &x, &mut whole);
            (f.in_f32)(level, &narrow, &mut whole_narrow);
            for start in 0..x.len() {
                for n in [1, 2, 3, 5, 10, 17, 33] {
                    let end = (start + n).min(x.len());
                    let mut y = vec![0.0; end - start];
                    (f.in_f64)(level, &x[start..end], &mut y);
                    assert_eq!(bits(&y), bits(&whole[start..end]), "{} {level}", f.name);
                    let mut y = vec![0.0; end - start];
                    (f.in_f32)(level, &narrow[start..end], &mut y);
                    assert_eq!(bits_narrow(&y), bits_narrow(&whole_narrow[start..end]));
                }
            }
        }
    }
}

/// All NaNs are one.
fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect()
}

fn bits_narrow(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| if x.is_nan() { 1 } else { x.to_bits() }).collect()
}

#[test]
fn the_quick_oracle_is_near_the_exact_one() {
    let between = (-2000..2000).map(|i| f64::from(i) * 0.0531);
    for f in FUNCTIONS {
        for x in edges().into_iter().chain(between.clone()) {
            let (near, exact) = (f.near_or_exact()(x), (f.exact)(x));
            assert!(error_f64(near, exact) <= 4.5, "{} {x:e}: {near:e}, {exact:e}", f.name);
        }
    }
}

#[test]
fn the_oracle_in_double_double_is_right() {
    // ln 2 and 1/2 at 0; values from 60-digit arithmetic elsewhere.
    let cases = [
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", 1.0, 0.731_058_578_630_004_9),
        ("sigmoid", -1.0, 0.268_941_421_369_995_1),
        ("softplus", 0.0, std::f64::consts::LN_2),
        ("softplus", 1.0, 1.313_261_687_518_222_8),
        ("softplus", -1.0, 0.313_261_687_518_222_8),
    ];
    for (name, x, y) in cases {
        let f = FUNCTIONS.iter().find(|f| f.name == name).expect("in the table");
        assert_eq!((f.exact)(x), y, "{name} {x}");
    }
}
