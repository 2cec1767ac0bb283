//! A function that is drawn.

use chainrule_graph::Function;

use crate::diagram::{Diagram, DiagramBox, DiagramGroup, DiagramLine, Frame, Placed, Point};
use crate::layout::place;
use crate::letters::width;
use crate::mark::Mark;
use crate::outline::Outline;
use crate::svg::svg;

/// A function that is drawn: a box for each node, a frame for each scope, a line from each value to its readers.
///
/// Numbers that a node reads are written in its box, and values that are only stretched are seen through. Forward, derivative and
/// update have colours of their own; a training step has a frame for each. Where more than 150 boxes would show, inner scopes are
/// folded, those that are alike into one.
///
/// ```
/// use chainrule_graph::Builder;
///
/// let builder = Builder::new();
/// let x = builder.input("x", [3]);
/// builder.objective(x.tanh().sum());
/// let function = builder.finish()?;
/// let svg = chainrule_draw::Drawing::new(&function).svg();
/// assert!(svg.contains("tanh [3]"));
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Debug)]
pub struct Drawing {
    outline: Outline,
    placed: Placed,
}

impl Drawing {
    /// Draws a function.
    pub fn new(function: &Function) -> Drawing {
        let outline = Outline::of(function);
        let boxes = outline.boxes.iter().map(|shown| {
            let (width, height) = shown.label.size();
            DiagramBox { group: shown.group, width, height, any_order: shown.label.any_order }
        });
        let title = |title: &str| width(title, false) + 20.0;
        let diagram = Diagram {
            boxes: boxes.collect(),
            groups: outline
                .groups
                .iter()
                .map(|group| DiagramGroup { parent: group.parent, width: title(&group.title) })
                .collect(),
            lines: outline
                .lines
                .iter()
                .map(|line| DiagramLine { from: line.from, to: line.to, value: line.value })
                .collect(),
        };
        let placed = place(&diagram);
        Drawing { outline, placed }
    }

    /// The size of the whole, in pixels.
    pub fn size(&self) -> Point {
        self.placed.size
    }

    /// What is to be drawn, what lies behind first: frames, lines, boxes.
    pub fn marks(&self) -> impl Iterator<Item = Mark<'_>> {
        let Drawing { outline, placed } = self;
        let frames = outline.groups.iter().zip(&placed.groups).zip(&placed.titles);
        let frames = frames.map(|((group, &frame), &title_x)| Mark::Frame { frame, title: &group.title, title_x });
        let lines = outline.lines.iter().zip(&placed.lines).filter(|(line, _)| !line.is_hidden);
        let lines = lines.map(|(line, way)| Mark::Line { way, part: line.part });
        let boxes = outline.boxes.iter().zip(&placed.boxes).map(|(shown, corner)| {
            let (width, height) = shown.label.size();
            Mark::Box {
                frame: Frame { corner: *corner, width, height },
                name: &shown.label.name,
                text: &shown.label.text,
                part: shown.part,
                is_end: shown.label.is_end,
                is_folded: shown.label.folded.is_some(),
                is_reference: shown.label.is_reference,
            }
        });
        frames.chain(lines).chain(boxes)
    }

    /// The text of an SVG file, for light and dark pages.
    pub fn svg(&self) -> String {
        svg(self.size(), self.marks())
    }
}
