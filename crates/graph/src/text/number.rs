//! How a number is written: as short as it can be and still parse to the same bits.

/// The number as text. Not-a-number with unusual bits carries them.
pub(super) fn written(number: f64) -> String {
    if number.is_nan() {
        let bits = number.to_bits();
        return if bits == f64::NAN.to_bits() { "nan".into() } else { format!("nan({bits})") };
    }
    // Digits for whole numbers of a usual size, an exponent beyond.
    let text = format!("{number:?}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}
