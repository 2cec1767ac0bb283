//! A confusion matrix: how often each class was taken for each.

use std::sync::Arc;

use kuva::plot::{ColorMap, Heatmap};
use kuva::render::annotations::TextAnnotation;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;

use super::Picture;

/// How far below the middle of its cell, in heights of the picture's axes, the point lies that a number is drawn above.
const BELOW: f64 = 0.022;

/// Of more classes than these the numbers would not be readable.
const MOST: usize = 20;

/// Counts by the true class, a row each from the top, and the predicted class, a column each, called `classes`.
pub fn confusion_matrix(title: &str, classes: &[String], counts: &[Vec<usize>]) -> Picture {
    // Where there are many, only some are named.
    let apart = classes.len().div_ceil(MOST);
    let named = |(at, class): (usize, &String)| if at % apart == 0 { class.clone() } else { String::new() };
    let classes: Vec<String> = classes.iter().enumerate().map(named).collect();
    // The picture counts rows from below.
    let rows = counts.iter().rev().map(|row| row.iter().map(|&count| count as f64).collect::<Vec<f64>>());
    let heatmap = Heatmap::new().with_data(rows).with_color_map(ColorMap::Custom(Arc::new(shade)));
    let plots = vec![Plot::Heatmap(heatmap)];
    let mut layout = Layout::auto_from_plots(&plots)
        .with_width(620.0)
        .with_height(560.0)
        .with_title(title)
        .with_x_label("predicted class")
        .with_y_label("true class")
        .with_x_categories(classes.clone())
        .with_y_categories(classes.into_iter().rev().collect());
    let below = BELOW * counts.len() as f64;
    for (truth, row) in counts.iter().enumerate().filter(|_| counts.len() <= MOST) {
        for (predicted, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (x, y) = (predicted as f64 + 1.0, (counts.len() - truth) as f64 - below);
            layout = layout.with_annotation(TextAnnotation::new(count.to_string(), x, y));
        }
    }
    Picture(render_multiple(plots, layout))
}

/// White for none, a blue that black numbers stand out from for the most; the root lets a single mistake be seen.
fn shade(share: f64) -> String {
    let share = share.clamp(0.0, 1.0).sqrt();
    let channel = |most: f64| (255.0 + share * (most - 255.0)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", channel(110.0), channel(165.0), channel(220.0))
}
