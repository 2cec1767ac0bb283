//! The drawing of a graph as a picture of dots.

use chainrule::draw::{Drawing, Frame, Mark, Point, head, path};
use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

use super::Picture;

/// Between the drawing and the edge of the picture.
const PAGE: f64 = 8.0;
const SIZE: u32 = 11;

/// The drawing, on a light page.
pub fn graph(drawing: &Drawing) -> Picture {
    let size = drawing.size();
    let mut scene = Scene::new(size.x + 2.0 * PAGE, size.y + 2.0 * PAGE);
    scene.font_family = Some("DejaVu Sans, sans-serif".into());
    for mark in drawing.marks() {
        add(&mut scene, mark);
    }
    Picture(scene)
}

fn add(scene: &mut Scene, mark: Mark<'_>) {
    match mark {
        Mark::Frame { frame, title, title_x } => {
            scene.add(rectangle(frame, "#f4f5f7", "#9aa5b1", 1.0));
            scene.add(words(title_x, frame.corner.y + 13.0, title, TextAnchor::Start, false, "#5f6b76"));
        }
        Mark::Line { way, part } => {
            let colour = part.colours(false).border;
            let moved = curve(way);
            for (d, fill) in [(path(&moved), None), (head(&moved), Some(colour.into()))] {
                scene.add(Primitive::Path(Box::new(PathData {
                    d,
                    fill,
                    stroke: colour.into(),
                    stroke_width: 1.2,
                    opacity: None,
                    stroke_dasharray: None,
                })));
            }
        }
        Mark::Box { frame, name, text, part, is_end, is_folded: _, is_reference } => {
            let colours = part.colours(false);
            let border = match (is_end, is_reference) {
                (true, _) => 2.4,
                (false, true) => 0.5,
                (false, false) => 1.0,
            };
            scene.add(rectangle(frame, colours.filling, colours.border, border));
            let middle = frame.corner.x + frame.width / 2.0;
            let mut below = frame.corner.y + 15.5;
            for (content, bold) in [(name, true), (text, false)].into_iter().filter(|(content, _)| !content.is_empty())
            {
                scene.add(words(middle, below, content, TextAnchor::Middle, bold, colours.words));
                below += 15.0;
            }
        }
    }
}

/// The points of a way, with so many between two of them that it looks round: the backend draws straight lines.
fn curve(way: &[Point]) -> Vec<Point> {
    const PIECES: usize = 12;
    let on_page = |x: f64, y: f64| Point { x: x + PAGE, y: y + PAGE };
    let mut points: Vec<Point> = way.first().map(|first| on_page(first.x, first.y)).into_iter().collect();
    for pair in way.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        points.extend((1..=PIECES).map(|piece| {
            // The cubic with both middle points half-way down.
            let t = piece as f64 / PIECES as f64;
            let (u, half) = (1.0 - t, (from.y + to.y) / 2.0);
            let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
            let y = weights[0] * from.y + (weights[1] + weights[2]) * half + weights[3] * to.y;
            on_page((weights[0] + weights[1]) * from.x + (weights[2] + weights[3]) * to.x, y)
        }));
    }
    points
}

fn rectangle(frame: Frame, fill: &str, stroke: &str, width: f64) -> Primitive {
    Primitive::Rect {
        x: frame.corner.x + PAGE,
        y: frame.corner.y + PAGE,
        width: frame.width,
        height: frame.height,
        fill: fill.into(),
        stroke: Some(stroke.into()),
        stroke_width: Some(width),
        opacity: None,
    }
}

fn words(x: f64, y: f64, content: &str, anchor: TextAnchor, bold: bool, colour: &str) -> Primitive {
    Primitive::Text {
        x: x + PAGE,
        y: y + PAGE,
        content: content.into(),
        size: SIZE,
        anchor,
        rotate: None,
        bold,
        color: Some(Color::from(colour)),
    }
}
