//! What stands in the rows of a group, and what links it.

/// A box, an inner group, a port, or a bend of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub width: f64,
    pub height: f64,
    pub place: Place,
    /// Whether it is a group, whose lines go on within.
    pub is_group: bool,
    /// Where the group around would like a port to be.
    pub wanted: Option<f64>,
}

/// Where an element may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In any row.
    Free,
    /// On the upper edge.
    Top,
    /// On the lower edge.
    Bottom,
}

impl Element {
    pub fn boxed(width: f64, height: f64) -> Element {
        Element { width, height, place: Place::Free, is_group: false, wanted: None }
    }

    pub fn group(width: f64, height: f64) -> Element {
        Element { is_group: true, ..Element::boxed(width, height) }
    }

    pub fn port(at_top: bool, wanted: Option<f64>) -> Element {
        let place = if at_top { Place::Top } else { Place::Bottom };
        Element { place, wanted, ..Element::boxed(0.0, 0.0) }
    }
}

/// A line from the lower edge of one element to the upper edge of another, each at so far from its left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub value: usize,
    pub from: usize,
    pub from_x: f64,
    pub to: usize,
    pub to_x: f64,
}
