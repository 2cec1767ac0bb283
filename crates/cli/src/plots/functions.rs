//! The data of a regression on a number, the target, and what models make of it.

use kuva::plot::{LegendPosition, ScatterPlot};
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::line::line;
use super::{Picture, SOLID, Stroke};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 520.0;

/// A function of x by its values.
pub struct Prediction {
    /// What the legend calls it.
    pub label: String,
    /// Its line.
    pub stroke: Stroke,
    /// (x, f(x)), by ascending x.
    pub points: Vec<(f64, f64)>,
}

/// Points to train on and to validate on, the target, and predictions of it, on 0 ≤ x ≤ 1.
pub fn functions(
    title: &str,
    training: &[(f64, f64)],
    validation: &[(f64, f64)],
    target: &[(f64, f64)],
    predictions: Vec<Prediction>,
) -> Picture {
    let points = |points: &[(f64, f64)], color: &str, size: f64, label: &str| {
        let plot = ScatterPlot::new().with_data(points.iter().copied()).with_color(color).with_size(size);
        Plot::Scatter(plot.with_legend(label))
    };
    let black = Stroke { color: "black", dashes: SOLID };
    let heights = || training.iter().chain(validation).map(|point| point.1);
    let (low, high) = (heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max));
    // Most of the picture is between the axes.
    let scale = (0.7 * WIDTH, 0.8 * HEIGHT / (high - low).max(f64::MIN_POSITIVE));
    let mut plots =
        vec![points(validation, "#c8c8c8", 1.5, "validation"), points(training, "#444444", 2.5, "training")];
    plots.extend(line(target, black, 2.5, "target", scale));
    plots.extend(predictions.iter().flat_map(|p| line(&p.points, p.stroke, 1.5, &p.label, scale)));
    let layout = Layout::auto_from_plots(&plots)
        .with_width(WIDTH)
        .with_height(HEIGHT)
        .with_title(title)
        .with_x_label("x")
        .with_y_label("y")
        .with_x_axis_min(0.0)
        .with_x_axis_max(1.0)
        .with_legend_position(LegendPosition::OutsideRightTop);
    Picture(render_multiple(plots, layout))
}
