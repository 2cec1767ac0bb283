//! Arithmetic on unevaluated sums of two f64, about 106 bits (Dekker 1971), for the oracle only.

use std::ops::{Add, Div, Mul, Sub};

#[derive(Clone, Copy, Debug)]
pub struct DoubleDouble {
    high: f64,
    low: f64,
}

impl DoubleDouble {
    pub const ONE: Self = Self { high: 1.0, low: 0.0 };

    pub fn to_f64(self) -> f64 {
        self.high + self.low
    }

    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let virtual_b = high - a;
        Self { high, low: (a - (high - virtual_b)) + (b - virtual_b) }
    }

    fn scale(self, k: f64) -> Self {
        Self { high: self.high * k, low: self.low * k }
    }

    /// eˣ for |x| up to about 700, to about 100 bits: Taylor's series at x/2ᵏ − n ln 2 / 2ᵏ, squared.
    pub fn exp(x: f64) -> Self {
        if x < -700.0 {
            return Self::from(0.0);
        }
        const LN_2: DoubleDouble = DoubleDouble { high: core::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };
        let n = (x / LN_2.high).round();
        let r = (Self::from(x) - LN_2 * Self::from(n)).scale(1.0 / 256.0);
        let mut term = Self::ONE;
        let mut sum = Self::from(0.0);
        for i in 1..=14 {
            term = term * r / Self::from(f64::from(i));
            sum = sum + term;
        }
        // (1 + s)² − 1 = 2 s + s²
        for _ in 0..8 {
            sum = sum.scale(2.0) + sum * sum;
        }
        (Self::ONE + sum).scale(2f64.powi(n as i32))
    }
}

impl From<f64> for DoubleDouble {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = Self::sum(self.high, other.high);
        let low = Self::sum(self.low, other.low);
        let middle = Self::sum(high.high, high.low + low.high);
        Self::sum(middle.high, middle.low + low.low)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + other.scale(-1.0)
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        let error = self.high.mul_add(other.high, -high);
        Self::sum(high, error + (self.high * other.low + self.low * other.high))
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * Self::from(first);
        let second = rest.high / other.high;
        let rest = rest - other * Self::from(second);
        Self::sum(first, second) + Self::from(rest.high / other.high)
    }
}
