//! Small pictures of what speaks for a cause, and of what its remedy gave.

use chainrule::doctor::{Course, Exhibit, Quantity, Shown};

use crate::format;
use crate::plots::characters::{Scale, bars, curve, line};

/// How many spaces stand before a line.
const INDENT: usize = 5;

/// What speaks for a cause, as a picture.
pub fn of_exhibit(exhibit: &Exhibit) -> String {
    let (lines, how) = match &exhibit.shown {
        Shown::Sizes(sizes) => {
            let scale = Scale::of_bars(sizes.iter().map(|(_, size)| *size));
            (bars(sizes, few_digits), if scale.is_logarithmic() { ", in powers of ten" } else { "" })
        }
        Shown::Sequence(values) => {
            let scale = Scale::of_values(values.iter().copied());
            (vec![line(values, scale)], "")
        }
    };
    text(&format!("{}{how}:", exhibit.title), &lines)
}

/// How the run went as it is, and how with the remedy; `of` is what a prediction is of.
pub fn of_course(course: &Course, of: &str) -> String {
    let Course { quantity, held_out, failed, before, after } = course;
    let end = before.iter().chain(after).map(|&(epoch, _)| epoch).max().unwrap_or(0);
    // Where training fails, numbers are beyond all measure.
    let compared: &[(usize, f64)] = if *failed { &[] } else { before };
    let values = || compared.iter().chain(after).map(|&(_, value)| value);
    let scale = Scale::of_curves(values());
    let line = |name: &str, points: &[(usize, f64)], end_of_it: &str| {
        // Of a run that failed at once there is no curve.
        let curve = if points.len() > 1 { curve(points, end, scale) } else { String::new() };
        format!("{name:6} {curve} {end_of_it}").trim_end().to_string()
    };
    let lines = [line("before", before, if *failed { "training fails" } else { "" }), line("after", after, "")];
    let (what, shown): (_, fn(f64) -> String) = match quantity {
        Quantity::Error => (format!("{of} wrong"), format::percent),
        Quantity::Unexplained => ("variance unexplained".into(), format::percent),
        Quantity::Objective => ("objective".into(), few_digits),
    };
    let rows = if *held_out { " on rows that were held out" } else { "" };
    let highest = shown(values().fold(f64::NEG_INFINITY, f64::max));
    let how = if scale.is_logarithmic() { ", in powers of ten" } else { "" };
    text(&format!("{what}{rows}, from epoch 0 to {end}, at most {highest}{how}:"), &lines)
}

fn text(title: &str, lines: &[String]) -> String {
    let title = format::wrapped(title, 80 - INDENT);
    let lines = title.lines().chain(lines.iter().map(String::as_str));
    lines.map(|line| format!("{:INDENT$}{line}\n", "")).collect()
}

/// A number to three digits, which is as much as a bar shows.
fn few_digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    format::number(rounded)
}
