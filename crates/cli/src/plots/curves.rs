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

/// A quantity after each epoch, on the training rows and perhaps on rows to validate on: pairs (epoch, value).
pub struct LearningCurves {
    /// The title; none if empty.
    pub title: String,
    /// What is measured.
    pub quantity: String,
    /// On the training rows.
    pub training: Vec<(f64, f64)>,
    /// On the validation rows; none if empty.
    pub validation: Vec<(f64, f64)>,
}

/// The curves of one quantity.
pub fn learning_curves(curves: LearningCurves) -> Picture {
    let (plots, layout) = panel(curves);
    let layout = layout.with_width(720.0).with_height(440.0).with_legend_position(LegendPosition::OutsideRightTop);
    Picture(render_multiple(plots, layout))
}

/// Several curves, two panels in a row.
pub fn learning_curves_of_all(title: &str, all: Vec<LearningCurves>) -> Picture {
    let rows = all.len().div_ceil(2);
    let (plots, layouts) = all.into_iter().map(panel).unzip();
    let figure = Figure::new(rows, 2).with_title(title).with_plots(plots).with_layouts(layouts);
    Picture(figure.with_cell_size(440.0, 320.0).with_shared_legend_bottom().render())
}

/// A logarithmic axis, which says so, where the values span more than a power of ten.
fn panel(curves: LearningCurves) -> (Vec<Plot>, Layout) {
    let LearningCurves { title, quantity, training, validation } = curves;
    let values = training.iter().chain(&validation).map(|(_, value)| *value).filter(|value| value.is_finite());
    let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
    let last = training.iter().map(|(epoch, _)| *epoch).fold(0.0, f64::max);
    let sets = [("training", TRAINING, training), ("validation", VALIDATION, validation)];
    let present = sets.into_iter().filter(|(_, _, points)| !points.is_empty());
    let is_wide = low > 0.0 && high > 10.0 * low;
    let plots: Vec<Plot> = present.map(|(label, color, points)| plot(label, color, points)).collect();
    let mut layout = Layout::auto_from_plots(&plots)
        .with_x_label("epoch")
        .with_y_label(if is_wide { format!("{quantity}, logarithmic") } else { quantity })
        .with_y_tick_format(TickFormat::Custom(Arc::new(format::number)));
    if !title.is_empty() {
        layout = layout.with_title(title);
    }
    if last <= FEW {
        layout = layout.with_x_axis_min(0.0).with_x_axis_max(last + 1.0).with_x_tick_step(1.0);
    }
    (plots, if is_wide { layout.with_log_y() } else { layout })
}

/// A line; a single point is a dot. Values that are not finite are left out.
fn plot(label: &str, color: &str, points: Vec<(f64, f64)>) -> Plot {
    let points: Vec<(f64, f64)> = points.into_iter().filter(|(_, value)| value.is_finite()).collect();
    if points.len() < 2 {
        return Plot::Scatter(ScatterPlot::new().with_data(points).with_color(color).with_legend(label));
    }
    Plot::Line(LinePlot::new().with_data(points).with_color(color).with_stroke_width(1.5).with_legend(label))
}
