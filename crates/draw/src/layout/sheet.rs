//! One group: its boxes, inner groups and ports in rows, and the ways of the lines between them.

use super::element::{Element, Link, Place};
use super::order::order;
use super::position::{Rows, columns};
use super::rows::{Layers, Segment, layered};
use crate::diagram::Point;

/// Between a title and what is beside it.
const INDENT: f64 = 8.0;

/// What is arranged within one group.
pub(super) struct Sheet {
    pub elements: Vec<Element>,
    pub links: Vec<Link>,
    pub least_width: f64,
    /// The height of the title above all.
    pub title: f64,
    pub margin: f64,
}

/// Where the elements and lines of one group are, from its upper left corner.
#[derive(Clone, Debug, Default)]
pub(super) struct Arranged {
    pub width: f64,
    pub height: f64,
    pub corners: Vec<Point>,
    pub ways: Vec<Vec<Point>>,
    /// Where the title begins.
    pub title_x: f64,
    /// How many times lines cross.
    pub crossings: usize,
}

/// Where the title of a group begins, by how much all else goes to the right for it, and the width of the frame.
struct Title {
    begin: f64,
    aside: f64,
    width: f64,
}

impl Sheet {
    pub fn arrange(&self) -> Arranged {
        let mut layers = layered(&self.elements, &self.links);
        let crossings = order(&mut layers);
        let mut x = columns(&layers, self.margin);
        let rows = Rows::new(&layers, &x, self.title, self.margin);
        let right = layers.elements.iter().zip(&x).map(|(element, x)| x + element.width).fold(0.0, f64::max);
        let Title { begin: title_x, aside, width } = self.title(&x, (right + self.margin).max(self.least_width));
        x.iter_mut().for_each(|x| *x += aside);
        let corner = |element: usize| Point { x: x[element], y: rows.top(&layers, element) };
        let ways = layers.chains.iter().map(|chain| {
            let mut way = Vec::new();
            for &segment in chain {
                self.follow(&layers.segments[segment], &layers, &x, &rows, &mut way);
            }
            way
        });
        let straight = |link: &Link| {
            let (from, to) = (corner(link.from), corner(link.to));
            let below = from.y + self.elements[link.from].height;
            vec![Point { x: from.x + link.from_x, y: below }, Point { x: to.x + link.to_x, y: to.y }]
        };
        let ways = ways.zip(&self.links).map(|(way, link)| if way.is_empty() { straight(link) } else { way }).collect();
        Arranged {
            width,
            height: rows.height,
            corners: (0..self.elements.len()).map(corner).collect(),
            ways,
            title_x,
            crossings,
        }
    }

    /// Where no line that comes in from above goes through the title, so that the frame is as narrow as may be: between two lines,
    /// or left or right of all.
    fn title(&self, x: &[f64], width: f64) -> Title {
        let length = self.least_width - 2.0 * INDENT;
        let is_port = |(element, _): &(&Element, &f64)| element.place == Place::Top;
        let mut ports: Vec<f64> = self.elements.iter().zip(x).filter(is_port).map(|(_, &x)| x).collect();
        ports.sort_by(f64::total_cmp);
        let mut begin = INDENT;
        for &port in &ports {
            if begin + length <= port {
                return Title { begin, aside: 0.0, width };
            }
            begin = begin.max(port + INDENT);
        }
        let right = Title { begin, aside: 0.0, width: width.max(begin + length + INDENT) };
        // All else is moved aside.
        let aside = ports.first().map_or(0.0, |&first| INDENT + length - first).max(0.0);
        let left = Title { begin: INDENT, aside, width: width + aside };
        if left.width < right.width { left } else { right }
    }

    /// Straight down to the end of the upper row, across the gap, and straight down to the lower element.
    fn follow(&self, segment: &Segment, layers: &Layers, x: &[f64], rows: &Rows, way: &mut Vec<Point>) {
        let (from, to) = (segment.upper, segment.lower);
        let (upper, lower) = (layers.row[from], layers.row[to]);
        let [from_x, to_x] = [x[from] + segment.upper_x, x[to] + segment.lower_x];
        let below = rows.top(layers, from) + layers.elements[from].height;
        way.push(Point { x: from_x, y: below });
        way.push(Point { x: from_x, y: rows.end[upper] });
        way.push(Point { x: to_x, y: rows.begin[lower] });
        way.push(Point { x: to_x, y: rows.top(layers, to) });
    }
}
