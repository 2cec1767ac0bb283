//! Lines, whole or dashed. Dashes are cut here: those of the library begin anew at every point when it draws a PNG, so
//! that a line through many points would be whole.

use kuva::plot::{LinePlot, LineStyle};
use kuva::render::plots::Plot;

use super::Stroke;

/// A line through points, in the legend if it has a label; `scale` says how long a unit of x and one of y are in the picture, about.
pub fn line(points: &[(f64, f64)], stroke: Stroke, width: f64, label: &str, scale: (f64, f64)) -> Vec<Plot> {
    let Stroke { color, dashes } = stroke;
    // The ends of a line are round and lie beyond it: half its width at each.
    let between_ends = |(index, length): (usize, &f64)| if index % 2 == 0 { length - width } else { length + width };
    let dashes: Vec<f64> = dashes.iter().enumerate().map(between_ends).collect();
    let pattern = dashes.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let pieces = if dashes.is_empty() { vec![points.to_vec()] } else { cut(points, &dashes, scale) };
    let plot = |(index, piece): (usize, Vec<(f64, f64)>)| {
        let line = LinePlot::new().with_data(piece).with_color(color).with_stroke_width(width);
        Plot::Line(match index {
            // The legend shows the first, with its pattern, which begins with a dash as long as this one.
            _ if label.is_empty() => line,
            0 if !dashes.is_empty() => line.with_line_style(LineStyle::Custom(pattern.clone())).with_legend(label),
            0 => line.with_legend(label),
            _ => line,
        })
    };
    pieces.into_iter().enumerate().map(plot).collect()
}

/// The dashes of a line.
fn cut(points: &[(f64, f64)], dashes: &[f64], scale: (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut lengths = dashes.iter().copied().cycle();
    let (mut left, mut is_dash) = (lengths.next().unwrap_or(f64::INFINITY), true);
    let mut piece: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    for pair in points.windows(2) {
        let ((mut x, mut y), (to_x, to_y)) = (pair[0], pair[1]);
        loop {
            let length = ((to_x - x) * scale.0).hypot((to_y - y) * scale.1);
            if length <= left {
                left -= length;
                break;
            }
            (x, y) = (x + (to_x - x) * left / length, y + (to_y - y) * left / length);
            if is_dash {
                piece.push((x, y));
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![(x, y)];
            }
            (left, is_dash) = (lengths.next().unwrap_or(f64::INFINITY), !is_dash);
        }
        if is_dash {
            piece.push((to_x, to_y));
        }
    }
    pieces.extend((piece.len() > 1).then_some(piece));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_round_corners() {
        let points = [(0.0, 0.0), (3.0, 0.0), (3.0, 2.0), (3.0, 4.0)];
        let pieces = cut(&points, &[4.0, 1.0], (1.0, 1.0));
        assert_eq!(pieces, [vec![(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)], vec![(3.0, 2.0), (3.0, 4.0)]]);
        let halves = cut(&[(0.0, 0.0), (1.0, 1.0)], &[5.0, 5.0], (0.0, 10.0));
        assert_eq!(halves, [vec![(0.0, 0.0), (0.5, 0.5)]]);
        assert!(cut(&[], &[1.0, 1.0], (1.0, 1.0)).is_empty());
    }
}
