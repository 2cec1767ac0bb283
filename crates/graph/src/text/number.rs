//! How a number is written: as short as it can be and still parse to the same bits.

/// The number as text. What is not finite stands in quotes, as no names are predefined; NaN with unusual bits
/// carries them.
pub(super) fn written(number: f64) -> String {
    if number.is_nan() {
        let bits = number.to_bits();
        return if bits == f64::NAN.to_bits() { "\"nan\"".into() } else { format!("\"nan {bits}\"") };
    }
    if number.is_infinite() {
        return format!("\"{number}\"");
    }
    // Digits for whole numbers of a usual size, an exponent beyond.
    let text = format!("{number:?}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

/// The number that is not finite of which this is the text, without its quotes.
pub(super) fn not_finite(text: &str) -> Option<f64> {
    match text {
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "nan" => Some(f64::NAN),
        _ => {
            let bits = text.strip_prefix("nan ")?.parse().ok()?;
            Some(f64::from_bits(bits)).filter(|number| number.is_nan())
        }
    }
}
