//! What is laid out: boxes of known sizes, in groups that may be nested, with lines between them.

/// Boxes, the groups around them, and the lines between them.
#[derive(Clone, Debug, Default)]
pub struct Diagram {
    /// The boxes.
    pub boxes: Vec<DiagramBox>,
    /// The groups, each after the one that it is in.
    pub groups: Vec<DiagramGroup>,
    /// The lines.
    pub lines: Vec<DiagramLine>,
}

/// A box, which holds no other.
#[derive(Clone, Debug)]
pub struct DiagramBox {
    /// The index of the group that it is in; none is the whole drawing.
    pub group: Option<usize>,
    /// Its size, in pixels.
    pub width: f64,
    /// Its size, in pixels.
    pub height: f64,
    /// Whether its lines may come in from left to right in any order, as of a sum; else they keep that of the diagram.
    pub any_order: bool,
}

/// A frame around boxes and other groups.
#[derive(Clone, Debug)]
pub struct DiagramGroup {
    /// The index of the group that it is in.
    pub parent: Option<usize>,
    /// The least width, in pixels, for its title.
    pub width: f64,
}

/// A line from a box to one that reads it.
#[derive(Clone, Debug)]
pub struct DiagramLine {
    /// The box that it begins at.
    pub from: usize,
    /// The box that it ends at.
    pub to: usize,
    /// What it carries: lines of one value share their way.
    pub value: usize,
}

/// Where all of a diagram stands, in pixels, from the upper left corner.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    /// The size of the whole.
    pub size: Point,
    /// For each box, its upper left corner.
    pub boxes: Vec<Point>,
    /// For each group, its frame.
    pub groups: Vec<Frame>,
    /// For each group, how far to the right its title begins: where no line goes through it.
    pub titles: Vec<f64>,
    /// For each line, the way that it takes.
    pub lines: Vec<Vec<Point>>,
}

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Frame {
    /// The upper left corner.
    pub corner: Point,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}
