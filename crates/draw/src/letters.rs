//! How wide a text is, without a font at hand.

/// The widths of the characters from space to tilde in DejaVu Sans, one of the widest fonts that drawings are shown in, in
/// hundredths of the size.
#[rustfmt::skip]
const WIDTHS: [u8; 95] = [
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, // space to /
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53, // 0 to ?
    100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, // @ to O
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, // P to _
    50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, // ` to o
    63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84, // p to ~
];
/// What is not among them, such as − and ×.
const OTHER: f64 = 0.84;
/// How much wider bold letters are.
const BOLD: f64 = 1.12;
/// The size of letters, in pixels.
const SIZE: f64 = 11.0;

/// The width of a text, in pixels.
pub(crate) fn width(text: &str, is_bold: bool) -> f64 {
    let of = |letter: char| match (letter as usize).checked_sub(0x20).and_then(|index| WIDTHS.get(index)) {
        Some(&hundredths) => f64::from(hundredths) / 100.0,
        None => OTHER,
    };
    text.chars().map(of).sum::<f64>() * SIZE * if is_bold { BOLD } else { 1.0 }
}
