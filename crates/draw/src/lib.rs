//! Drawings of graphs: layered from top to bottom, scopes as frames, as SVG. Nothing here runs a graph.
//!
//! [`Drawing`] says which boxes there are and what is written in them, [`place`] where they stand.
#![forbid(unsafe_code)]

mod diagram;
mod drawing;
mod folding;
mod label;
mod layout;
mod letters;
mod mark;
mod omitted;
mod outline;
mod parts;
mod sketch;
mod svg;

pub use diagram::{Diagram, DiagramBox, DiagramGroup, DiagramLine, Frame, Placed, Point};
pub use drawing::Drawing;
pub use layout::place;
pub use mark::Mark;
pub use parts::{Colours, Part};
pub use svg::{head, path};
