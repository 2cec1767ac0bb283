//! The data of a regression on a number, the target, and what models make of it.

use kuva::plot::{LegendPosition, LinePlot, ScatterPlot};
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::Picture;

/// A function of x by its values.
pub struct Prediction {
    /// What the legend calls it.
    pub label: String,
    /// A colour as SVG names it.
    pub color: &'static str,
    /// (x, f(x)), by ascending x.
    pub points: Vec<(f64, f64)>,
}

/// Points to train on and points held out, the target, and predictions of it.
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
    let line = |points: Vec<(f64, f64)>, color: &str, width: f64, label: &str| {
        let line = LinePlot::new().with_data(points).with_color(color).with_stroke_width(width);
        Plot::Line(line.with_legend(label))
    };
    let mut plots = vec![points(validation, "#c8c8c8", 1.5, "held out"), line(target.to_vec(), "black", 2.5, "target")];
    plots.extend(predictions.into_iter().map(|p| line(p.points, p.color, 1.5, &p.label)));
    plots.insert(1, points(training, "#444444", 2.5, "training"));
    let layout = Layout::auto_from_plots(&plots)
        .with_width(900.0)
        .with_height(520.0)
        .with_title(title)
        .with_x_label("x")
        .with_y_label("y")
        .with_legend_position(LegendPosition::OutsideRightTop);
    Picture(render_multiple(plots, layout))
}
