//! Learning curves: what was measured after each epoch.

use std::sync::Arc;

use kuva::TickFormat;
use kuva::plot::{LegendPosition, LinePlot, ScatterPlot};
use kuva::render::figure::Figure;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::{BLUE, ORANGE, Picture};
use crate::format;

const TRAINING: &str = BLUE;
const VALIDATION: &str = ORANGE;

/// Up to so many epochs each has its tick; there are none between.
const FEW: f64 = 10.0;

/// The library's logarithmic axis takes what lies below this for it.
const LEAST: f64 = 1e-10;
/// Up to so many powers of ten it labels twice and five times each, too.
const FEW_DECADES: f64 = 3.0;
/// It labels every power of ten; of more, the labels lie over one another.
const DECADES: f64 = 8.0;
/// How many steps an axis of exponents has, about.
const STEPS: f64 = 6.0;

/// Values that differ by less than this share of them look alike in labels of six digits.
const ALIKE: f64 = 1e-4;

/// A quantity after each epoch, on the training rows and perhaps on rows to validate on: pairs (epoch, value).
pub struct LearningCurves {
    /// The title; none if empty.
    pub title: String,
    /// What is measured.
    pub quantity: String,
    /// Whether it is a share, which is shown from 0 to 1.
    pub is_share: bool,
    /// On the training rows.
    pub training: Vec<(f64, f64)>,
    /// On the validation rows; none if empty.
    pub validation: Vec<(f64, f64)>,
}

/// How much of a title fits over the picture, in widths of its widest letters and in characters.
const TITLE: (f64, usize) = (32.0, 48);

/// The curves of one quantity.
pub fn learning_curves(mut curves: LearningCurves) -> Picture {
    curves.title = title_that_fits(&curves.title);
    let (plots, layout) = panel(curves);
    let layout = layout.with_width(720.0).with_height(440.0).with_legend_position(LegendPosition::OutsideRightTop);
    Picture(render_multiple(plots, layout))
}

/// Several curves, two panels in a row.
pub fn learning_curves_of_all(title: &str, all: Vec<LearningCurves>) -> Picture {
    let rows = all.len().div_ceil(2);
    let (plots, layouts) = all.into_iter().map(panel).unzip();
    let figure = Figure::new(rows, 2).with_title(title_that_fits(title)).with_plots(plots).with_layouts(layouts);
    Picture(figure.with_cell_size(440.0, 320.0).with_shared_legend_bottom().render())
}

/// A title as it is, or shortened in the middle.
fn title_that_fits(title: &str) -> String {
    let width = |c: char| match c {
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 1.0,
        c if c.is_ascii_uppercase() => 0.8,
        c if c.is_ascii() => 0.65,
        _ => 1.0,
    };
    let (widest, longest) = TITLE;
    let mut lengths = (1..=longest).rev().map(|length| format::shortened(title, length));
    lengths.find(|title| title.chars().map(width).sum::<f64>() <= widest).unwrap_or_default()
}

/// The axis of a quantity.
#[derive(Clone, Copy)]
enum ValueAxis {
    Linear,
    /// Of shares.
    Share,
    /// Of values that are all about this.
    Constant(f64),
    /// From one value to another.
    Logarithmic {
        from: f64,
        to: f64,
    },
    /// The exponents of ten on a linear axis, from one to another by a step.
    Exponents {
        from: f64,
        to: f64,
        step: f64,
    },
}

impl ValueAxis {
    /// A logarithmic one where the values span more than a power of ten.
    fn of(values: impl Iterator<Item = f64>) -> ValueAxis {
        let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
        if !(low > 0.0 && low <= high) {
            return ValueAxis::Linear;
        }
        if high - low < ALIKE * high {
            return ValueAxis::Constant(high);
        }
        if high / 10.0 <= low {
            return ValueAxis::Linear;
        }
        let (from, to) = (low.log10().floor(), high.log10().ceil());
        if low >= LEAST && to - from <= DECADES {
            let multiples: &[f64] =
                if to - from <= FEW_DECADES { &[1.0, 2.0, 5.0, 10.0] } else { &[1.0, 2.0, 3.0, 5.0, 10.0] };
            let (from, to) = (10f64.powf(from), 10f64.powf(to - 1.0));
            let below = multiples.iter().map(|m| m * from).filter(|&end| end <= low).fold(from, f64::max);
            let above = multiples.iter().map(|m| m * to).filter(|&end| end >= high).fold(10.0 * to, f64::min);
            return ValueAxis::Logarithmic { from: below, to: above };
        }
        let step = ((to - from) / STEPS).ceil();
        ValueAxis::Exponents { from: (from / step).floor() * step, to: (to / step).ceil() * step, step }
    }

    /// Where on it a value lies.
    fn position(self, value: f64) -> f64 {
        if let ValueAxis::Exponents { .. } = self { value.log10() } else { value }
    }

    fn lay_out(self, layout: Layout, quantity: String) -> Layout {
        let logarithmic = format!("{quantity}, logarithmic");
        let numbers = TickFormat::Custom(Arc::new(format::number));
        match self {
            ValueAxis::Linear => layout.with_y_label(quantity).with_y_tick_format(numbers),
            ValueAxis::Constant(value) => {
                let layout = layout.with_y_axis_min(0.9 * value).with_y_axis_max(1.1 * value);
                layout.with_y_tick_step(0.05 * value).with_y_label(quantity).with_y_tick_format(numbers)
            }
            ValueAxis::Share => {
                let layout = layout.with_y_axis_min(0.0).with_y_axis_max(1.0).with_y_tick_step(0.2);
                layout.with_y_label(quantity).with_y_tick_format(numbers)
            }
            ValueAxis::Logarithmic { from, to } => layout
                .with_log_y()
                .with_y_axis_min(from)
                .with_y_axis_max(to)
                .with_y_label(logarithmic)
                .with_y_tick_format(numbers),
            ValueAxis::Exponents { from, to, step } => {
                let layout = layout.with_y_axis_min(from).with_y_axis_max(to).with_y_tick_step(step);
                let power = TickFormat::Custom(Arc::new(|exponent: f64| format!("1e{exponent:.0}")));
                layout.with_y_label(logarithmic).with_y_tick_format(power)
            }
        }
    }
}

/// Values that are not finite are left out, and so is a curve that has no others.
fn panel(curves: LearningCurves) -> (Vec<Plot>, Layout) {
    let LearningCurves { title, quantity, is_share, mut training, mut validation } = curves;
    let last = training.iter().map(|(epoch, _)| *epoch).fold(0.0, f64::max);
    for points in [&mut training, &mut validation] {
        points.retain(|(_, value)| value.is_finite());
    }
    let values = training.iter().chain(&validation).map(|(_, value)| *value);
    let axis = if is_share { ValueAxis::Share } else { ValueAxis::of(values) };
    let sets = [("training", TRAINING, training), ("validation", VALIDATION, validation)];
    let present = sets.into_iter().filter(|(_, _, points)| !points.is_empty());
    let positioned =
        |points: Vec<(f64, f64)>| points.into_iter().map(|(epoch, value)| (epoch, axis.position(value))).collect();
    let plots: Vec<Plot> = present.map(|(label, color, points)| plot(label, color, positioned(points))).collect();
    let mut layout = axis.lay_out(Layout::auto_from_plots(&plots).with_x_label("epoch"), quantity);
    if !title.is_empty() {
        layout = layout.with_title(title);
    }
    if last <= FEW {
        layout = layout.with_x_axis_min(0.0).with_x_axis_max(last.max(1.0)).with_x_tick_step(1.0);
    }
    (plots, layout)
}

/// A line; a single point is a dot.
fn plot(label: &str, color: &str, points: Vec<(f64, f64)>) -> Plot {
    if points.len() < 2 {
        return Plot::Scatter(ScatterPlot::new().with_data(points).with_color(color).with_legend(label));
    }
    Plot::Line(LinePlot::new().with_data(points).with_color(color).with_stroke_width(1.5).with_legend(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(values: &[f64]) -> String {
        drawn("title", values, &[])
    }

    fn drawn(title: &str, training: &[f64], validation: &[f64]) -> String {
        let points =
            |values: &[f64]| values.iter().enumerate().map(|(epoch, &value)| (epoch as f64 + 1.0, value)).collect();
        let (title, quantity) = (title.into(), "objective".into());
        let curves = LearningCurves {
            title,
            quantity,
            is_share: false,
            training: points(training),
            validation: points(validation),
        };
        let mut picture = learning_curves(curves);
        String::from_utf8(picture.bytes("a.svg".as_ref()).expect("it is drawn")).expect("it is text")
    }

    fn labels(svg: &str) -> Vec<&str> {
        let texts = svg.split("<text").skip(1).filter_map(|text| text.split('>').nth(1)?.split('<').next());
        texts.map(str::trim).collect()
    }

    #[test]
    fn an_axis_reaches_every_value() {
        let powers = |values: &[f64]| {
            let svg = svg(values);
            let powers: Vec<String> =
                labels(&svg).iter().filter(|text| text.starts_with("1e")).map(|text| text.to_string()).collect();
            powers
        };
        assert_eq!(powers(&[1.0, 1e-10, 3e-21]), ["1e-24", "1e-20", "1e-16", "1e-12", "1e-8", "1e-4", "1e0"]);
        assert_eq!(powers(&[1e-19, 1e-22]), ["1e-22", "1e-21", "1e-20", "1e-19"]);
        assert!((4..10).contains(&powers(&[5e-324, f64::MAX]).len()));
    }

    #[test]
    fn a_logarithmic_axis_ends_near_the_values() {
        let svg = svg(&[31.0, 0.6]);
        let numbers: Vec<f64> = labels(&svg).into_iter().filter_map(|text| text.parse().ok()).collect();
        for (end, is_there) in [(0.5, true), (50.0, true), (0.2, false), (0.1, false), (100.0, false)] {
            assert_eq!(numbers.contains(&end), is_there, "{end}: {numbers:?}");
        }
        let share = LearningCurves {
            title: String::new(),
            quantity: "accuracy".into(),
            is_share: true,
            training: vec![(0.0, 0.04), (1.0, 0.97)],
            validation: Vec::new(),
        };
        let svg = learning_curves(share).bytes("a.svg".as_ref()).expect("it is drawn");
        let svg = String::from_utf8(svg).expect("it is text");
        assert!(!svg.contains("logarithmic") && labels(&svg).contains(&"0.8"), "{:?}", labels(&svg));
    }

    #[test]
    fn labels_of_nearly_constant_values_differ() {
        for value in [1.0, 1e6, 1e16, 1e-300] {
            let svg = svg(&[value, value * (1.0 - 1e-9), value * (1.0 - 2e-9)]);
            let labels: Vec<&str> = labels(&svg).into_iter().filter(|text| text.parse::<f64>().is_ok()).collect();
            let y: Vec<&&str> = labels
                .iter()
                .filter(|text| text.parse::<f64>().is_ok_and(|y| (y / value - 1.0).abs() < 0.11))
                .collect();
            assert!(y.len() >= 3 && y.windows(2).all(|pair| pair[0] != pair[1]), "{value}: {labels:?}");
        }
    }

    #[test]
    fn a_wide_title_is_shortened() {
        for (part, most) in [("model", 46), ("W", 34), ("界", 34), ("i", 50)] {
            let svg = drawn(&part.repeat(100), &[1.0, 0.5], &[]);
            let title = labels(&svg).into_iter().find(|text| text.contains('…')).expect("it is shortened");
            assert!((most - 5..=most).contains(&title.chars().count()), "{title}");
        }
        assert!(labels(&drawn("Learning curves of a model", &[1.0, 0.5], &[])).contains(&"Learning curves of a model"));
    }

    #[test]
    fn the_legend_names_what_is_drawn() {
        let infinite = f64::INFINITY;
        for (validation, shown) in [(&[][..], false), (&[infinite, f64::NAN], false), (&[infinite, 1.0], true)] {
            let svg = drawn("title", &[1.0, 0.5], validation);
            assert_eq!(labels(&svg).contains(&"validation"), shown, "{validation:?}");
        }
    }
}
