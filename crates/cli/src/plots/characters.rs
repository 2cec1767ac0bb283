//! Small pictures made of characters, for a terminal: bars beside each other, and a line of bars for a curve.

use crate::format;

/// Eighths of a character, from the left and from below.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How many characters a bar has at most, and values in a line.
const WIDTH: usize = 40;
/// How many characters a curve has at most: about as many as there are points.
const CURVE: usize = 26;
/// How many characters of a name are shown.
const NAME: usize = 20;
/// Where the greatest is more times the least than this, powers of ten are equally far apart.
const FAR_APART: f64 = 100.0;

/// How numbers become lengths.
#[derive(Clone, Copy)]
pub enum Scale {
    /// Straight, from one number to another.
    Linear(f64, f64),
    /// By their logarithms to the base ten, from one to another.
    Logarithmic(f64, f64),
}

impl Scale {
    /// For the lengths of bars, which begin at 0, or a power of ten below the least that is not 0.
    pub fn of_bars(values: impl Iterator<Item = f64>) -> Scale {
        match extremes(values.filter(|&value| value > 0.0)) {
            Some((low, high)) if high > FAR_APART * low => Scale::Logarithmic(low.log10() - 0.5, high.log10()),
            Some((_, high)) => Scale::Linear(0.0, high),
            None => Scale::Linear(0.0, 1.0),
        }
    }

    /// For curves that are nowhere below 0.
    pub fn of_curves(values: impl Iterator<Item = f64>) -> Scale {
        match extremes(values) {
            Some((low, high)) if low > 0.0 && high > FAR_APART * low.max(1.0) => {
                Scale::Logarithmic(low.log10(), high.log10())
            }
            Some((low, high)) => Scale::Linear(low.min(0.0), high),
            None => Scale::Linear(0.0, 1.0),
        }
    }

    /// For values from the least to the greatest.
    pub fn of_values(values: impl Iterator<Item = f64>) -> Scale {
        let (low, high) = extremes(values).unwrap_or((0.0, 1.0));
        Scale::Linear(low, high)
    }

    /// Whether powers of ten are equally far apart.
    pub fn is_logarithmic(self) -> bool {
        matches!(self, Scale::Logarithmic(..))
    }

    /// Where a number lies, from 0 to 1.
    fn place(self, value: f64) -> f64 {
        let (at, low, high) = match self {
            Scale::Linear(low, high) => (value, low, high),
            Scale::Logarithmic(low, high) => (value.log10(), low, high),
        };
        if high > low { ((at - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
    }
}

fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter(|value| value.is_finite()).fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// A line for each: its name, a bar, and the number.
pub fn bars(sizes: &[(String, f64)], shown: impl Fn(f64) -> String) -> Vec<String> {
    let scale = Scale::of_bars(sizes.iter().map(|(_, size)| *size));
    let names: Vec<String> = sizes.iter().map(|(name, _)| format::shortened(name, NAME)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(name, (_, size)): (String, &(String, f64))| {
        let bar = if *size > 0.0 { bar(scale.place(*size)) } else { String::new() };
        format!("{name:width$} {bar} {}", shown(*size))
    };
    names.into_iter().zip(sizes).map(line).collect()
}

/// A bar of a share of the width.
fn bar(share: f64) -> String {
    let eighths = ((share * (WIDTH * 8) as f64).round() as usize).max(1);
    let rest = match eighths % 8 {
        0 => String::new(),
        more => EIGHTHS[more - 1].to_string(),
    };
    "█".repeat(eighths / 8) + &rest
}

/// Values from left to right, each as a height. Of more than fit, that of several which is farthest from their mean is shown.
pub fn line(values: &[f64], scale: Scale) -> String {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let farthest = |values: &[f64]| {
        let far = |value: &f64| (value - mean).abs();
        values.iter().copied().max_by(|a, b| far(a).total_cmp(&far(b)))
    };
    let columns = values.len().min(WIDTH);
    let part = |column: usize| column * values.len() / columns.max(1)..(column + 1) * values.len() / columns.max(1);
    (0..columns).filter_map(|column| farthest(&values[part(column)])).map(|value| height(scale.place(value))).collect()
}

/// A curve through points, of which the last place that can be is `end`.
pub fn curve(points: &[(usize, f64)], end: usize, scale: Scale) -> String {
    let Some(&(last, _)) = points.last() else { return String::new() };
    let columns = (CURVE * last).div_ceil(end.max(1)).clamp(1, CURVE);
    let at = |column: usize| {
        let place = if columns == 1 { last } else { column * last / (columns - 1) };
        let passed = points.iter().rev().find(|(epoch, _)| *epoch <= place);
        passed.map(|(_, value)| height(scale.place(*value)))
    };
    (0..columns).filter_map(at).collect()
}

fn height(share: f64) -> char {
    HEIGHTS[((share * 7.0).round() as usize).min(7)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_numbers_are_large() {
        let sizes = [("a".to_string(), 4.0), ("bc".into(), 1.0), ("d".into(), 0.0)];
        let full = "█".repeat(40);
        let quarter = "█".repeat(10);
        let expected = [format!("a  {full} 4"), format!("bc {quarter} 1"), "d   0".into()];
        assert_eq!(bars(&sizes, format::number), expected);
    }

    #[test]
    fn far_apart_powers_of_ten_are_equally_long() {
        let sizes = [1e-6, 1e-3, 1.0].map(|size| (String::new(), size));
        let lengths: Vec<usize> =
            bars(&sizes, |_| String::new()).iter().map(|bar| bar.trim().chars().count()).collect();
        assert_eq!(lengths[2], 40);
        assert!(lengths[0] > 0 && (lengths[2] - lengths[1]).abs_diff(lengths[1] - lengths[0]) <= 1, "{lengths:?}");
    }

    #[test]
    fn curves_rise_and_fall() {
        let scale = Scale::of_curves([8.0, 1.0].into_iter());
        assert_eq!(curve(&[(0, 8.0), (1, 4.0), (2, 1.0)], 2, scale).chars().next(), Some('█'));
        assert_eq!(curve(&[(0, 8.0), (10, 1.0)], 100, scale), "██▂");
        assert_eq!(curve(&[], 3, scale), "");
        let steps: Vec<f64> = (0..8).map(f64::from).collect();
        assert_eq!(line(&steps, Scale::of_values(steps.iter().copied())), "▁▂▃▄▅▆▇█");
        let mut spike = vec![0.0; 400];
        spike[200] = -9.0;
        assert_eq!(line(&spike, Scale::of_values(spike.iter().copied())).matches('▁').count(), 1);
    }
}
