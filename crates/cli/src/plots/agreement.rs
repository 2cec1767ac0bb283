//! What was predicted against what is.

use kuva::plot::ScatterPlot;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::line::line;
use super::{BLUE, DASHED, Picture, Stroke};

const SIZE: f64 = 560.0;
/// Of more points than these, so many are drawn, from all over the data.
const MOST: usize = 5000;

/// A point for each number, to the right by what it is, upwards by what was predicted; on the dashed line both are the same.
/// Numbers that are not finite are left out.
pub fn agreement(title: &str, actual: &[f64], predicted: &[f64]) -> Picture {
    let finite = |(x, y): (&f64, &f64)| (x.is_finite() && y.is_finite()).then_some((*x, *y));
    let all: Vec<(f64, f64)> = actual.iter().zip(predicted).filter_map(finite).collect();
    let ends = all.iter().flat_map(|(x, y)| [*x, *y]);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let (low, high) = if low < high { (low, high) } else { (low.min(0.0) - 1.0, high.max(0.0) + 1.0) };
    let points = all.iter().step_by(all.len().div_ceil(MOST).max(1)).copied();
    let scatter = ScatterPlot::new().with_data(points).with_color(BLUE).with_size(2.5).with_marker_opacity(0.6);
    let same = Stroke { color: "black", dashes: DASHED };
    let scale = 0.75 * SIZE / (high - low);
    let mut plots = line(&[(low, low), (high, high)], same, 1.5, "", (scale, scale));
    plots.push(Plot::Scatter(scatter));
    let layout = Layout::auto_from_plots(&plots)
        .with_width(SIZE)
        .with_height(SIZE)
        .with_title(title)
        .with_x_label("actual")
        .with_y_label("predicted");
    Picture(render_multiple(plots, layout))
}
