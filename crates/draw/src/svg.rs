//! A drawing as SVG, for a light or a dark page.

use std::fmt::Write;

use crate::diagram::Point;
use crate::mark::Mark;
use crate::parts::Part;

/// Between the drawing and the edge of its page.
const PAGE: f64 = 8.0;

const FONTS: &str = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/// The drawing as the text of an SVG file.
pub(crate) fn svg<'a>(size: Point, marks: impl Iterator<Item = Mark<'a>>) -> String {
    let (width, height) = ((size.x + 2.0 * PAGE).ceil(), (size.y + 2.0 * PAGE).ceil());
    let page = format!("x=\"-{PAGE}\" y=\"-{PAGE}\" width=\"{width}\" height=\"{height}\"");
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"-{PAGE} -{PAGE} {width} {height}\" font-family=\"{FONTS}\" font-size=\"11\" text-anchor=\"middle\">\n\
         {}<rect class=\"page\" {page} fill=\"#ffffff\"/>\n",
        style()
    );
    for mark in marks {
        text += &svg_of(mark);
        text.push('\n');
    }
    text + "</svg>\n"
}

fn svg_of(mark: Mark<'_>) -> String {
    match mark {
        Mark::Frame { frame, title, title_x } => {
            let Point { x, y } = frame.corner;
            format!(
                "<g class=\"group\"><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"6\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"start\">{}</text></g>",
                frame.width,
                frame.height,
                title_x,
                y + 13.0,
                escaped(title)
            )
        }
        Mark::Line { way, part } => {
            let class = class(part);
            format!(
                "<path class=\"line {class}\" d=\"{}\"/><path class=\"head {class}\" d=\"{}\"/>",
                path(way),
                head(way)
            )
        }
        Mark::Box { frame, name, text, part, is_end, is_folded, is_reference } => {
            let Point { x, y } = frame.corner;
            let more = if is_end {
                " end"
            } else if is_folded {
                " folded"
            } else if is_reference {
                " reference"
            } else {
                ""
            };
            let mut inside = String::new();
            let mut below = y + 15.5;
            for (words, weight) in [(name, " font-weight=\"600\""), (text, "")] {
                if !words.is_empty() {
                    let middle = x + frame.width / 2.0;
                    inside += &format!("<text x=\"{middle:.1}\" y=\"{below:.1}\"{weight}>{}</text>", escaped(words));
                    below += 15.0;
                }
            }
            format!(
                "<g class=\"box {}{more}\"><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"4\"/>\
                 {inside}</g>",
                class(part),
                frame.width,
                frame.height
            )
        }
    }
}

fn class(part: Part) -> &'static str {
    Part::ALL.iter().find(|(other, _)| *other == part).map_or("forward", |(_, name)| name)
}

/// Colours by class, and others where the page is dark.
fn style() -> String {
    let mut text = String::from("<style>\n.line{fill:none;stroke-width:1.2;opacity:.75}\n.head{opacity:.9}\n");
    text += ".group rect{fill:#7f8c99;fill-opacity:.07;stroke:#9aa5b1}\n.group text{fill:#5f6b76}\n";
    text += ".box rect{stroke-width:1}\n.end rect{stroke-width:2.4}\n.folded rect{stroke-dasharray:4 2}\n\
             .reference rect{fill-opacity:.4;stroke-dasharray:1.5 2.5}\n";
    for dark in [false, true] {
        if dark {
            text += "@media (prefers-color-scheme: dark){\n.page{fill:#14181d}\n.group rect{stroke:#4b5661}\n.group text{fill:#a9b4bf}\n";
        }
        for (part, name) in Part::ALL {
            let colours = part.colours(dark);
            let (border, filling, words) = (colours.border, colours.filling, colours.words);
            text += &format!(".{name}.line{{stroke:{border}}}\n.{name}.head{{fill:{border}}}\n");
            text += &format!(".{name} rect{{fill:{filling};stroke:{border}}}\n.{name} text{{fill:{words}}}\n");
        }
    }
    text + "}\n</style>\n"
}

/// A way as the data of an SVG path: straight downwards, and between two points that stand beside each other a curve that
/// begins and ends downwards.
pub fn path(way: &[Point]) -> String {
    let Some(first) = way.first() else { return String::new() };
    let mut text = format!("M{:.1} {:.1}", first.x, first.y);
    for pair in way.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let middle = (from.y + to.y) / 2.0;
        let step = if (from.x - to.x).abs() < 0.05 {
            write!(text, "L{:.1} {:.1}", to.x, to.y)
        } else {
            write!(text, "C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}", from.x, to.x, to.x, to.y)
        };
        step.expect("a String takes every text");
    }
    text
}

/// The head at the end of a way, as the data of an SVG path.
pub fn head(way: &[Point]) -> String {
    let Some(Point { x, y }) = way.last() else { return String::new() };
    format!("M{:.1} {:.1}L{x:.1} {y:.1}L{:.1} {:.1}Z", x - 3.0, y - 5.5, x + 3.0, y - 5.5)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
