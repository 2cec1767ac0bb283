//! What a drawing is made of.

use crate::diagram::{Frame, Point};
use crate::parts::Part;

/// A part of a drawing, in pixels.
#[derive(Clone, Copy, Debug)]
pub enum Mark<'a> {
    /// The frame of a scope.
    Frame {
        /// Where it is.
        frame: Frame,
        /// Its title.
        title: &'a str,
        /// How far to the right the title begins.
        title_x: f64,
    },
    /// A line from a box to a reader, with a head at its end.
    Line {
        /// The points that it goes by; see [`path`](crate::path).
        way: &'a [Point],
        /// What the reader is for.
        part: Part,
    },
    /// A node, or a folded scope.
    Box {
        /// Where it is.
        frame: Frame,
        /// The first line, in bold; may be empty.
        name: &'a str,
        /// The other line; may be empty.
        text: &'a str,
        /// What it is for.
        part: Part,
        /// Whether it is the prediction or the objective.
        is_end: bool,
        /// Whether it stands for a scope.
        is_folded: bool,
        /// Whether it stands for the box of that name in another part of the drawing.
        is_reference: bool,
    },
}
