//! What a precision's arithmetic does to a result.

/// The arithmetic of a precision, as far as its errors go.
#[derive(Clone, Copy, Debug)]
pub struct Rounding {
    /// u: half the distance between 1 and the next number. A result y of + − · / √ is off by at most u|y|.
    pub unit_roundoff: f64,
    /// The greatest finite number.
    pub greatest: f64,
    /// The least number above 0, the error of a result that is too small for u|y|.
    pub least: f64,
    /// By how many units in the last place (each 2u|y| at most) a function such as exp may be off.
    pub function_ulps: f64,
    /// The nearest number of the precision.
    pub nearest: fn(f64) -> f64,
}

impl Rounding {
    /// Arithmetic in f64, with functions within 4 units in the last place.
    pub const F64: Rounding = Rounding {
        unit_roundoff: f64::EPSILON / 2.0,
        greatest: f64::MAX,
        least: 5e-324,
        function_ulps: 4.0,
        nearest: |x| x,
    };

    /// Arithmetic in f32, with functions within 2 units in the last place.
    pub const F32: Rounding = Rounding {
        unit_roundoff: f32::EPSILON as f64 / 2.0,
        greatest: f32::MAX as f64,
        least: 1.401298464324817e-45,
        function_ulps: 2.0,
        nearest: |x| f64::from(x as f32),
    };

    /// The error of a given number in this precision.
    pub(super) fn of_conversion(&self, x: f64) -> f64 {
        let converted = (self.nearest)(x);
        if x == converted || x.is_nan() { 0.0 } else { (x - converted).abs() }
    }

    /// The error of one function call, relative to the result.
    pub(super) fn of_function(&self) -> f64 {
        2.0 * self.function_ulps * self.unit_roundoff
    }

    /// The bound of a result y whose inputs' errors come to `propagated`, after an op with error `relative` of its own.
    pub(super) fn rounded(&self, y: f64, propagated: f64, relative: f64) -> f64 {
        propagated + relative * (y.abs() + propagated) + (relative / self.unit_roundoff).ceil() * self.least
    }
}
