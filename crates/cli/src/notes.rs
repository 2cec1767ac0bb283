//! What a reader of a model should know of how it was built: formulas that became their stable form, operands that stretch
//! each other.

use chainrule::Note;

use crate::format;
use crate::names::NodeNames;

/// A line for each.
pub fn notes(names: &NodeNames<'_>) -> Vec<String> {
    let graph = names.graph();
    let line = |node: chainrule::Value| match graph.node(node).origin.written() {
        chainrule::Origin::Text(span) => format!("line {}: ", span.line),
        _ => String::new(),
    };
    let of = |note: Note| match note {
        Note::Rewritten { node, rewritten } => {
            let (written, built) = (rewritten.written, rewritten.built);
            Some((node, format!("{written} is computed as {built}, which neither overflows nor loses its digits")))
        }
        Note::Stretched { node, operands: [a, b] } => {
            let operand = |value| format!("`{}` {}", format::name(&names.of(value)), graph.shape(value));
            let (a, b, shape) = (operand(a), operand(b), graph.shape(node));
            Some((
                node,
                format!(
                    "{a} and {b} stretch each other to {shape}, so each element of one meets every one of the other; \
                         if that is not meant, `reshape` one of them to the other's shape"
                ),
            ))
        }
        Note::SecondSoftmax { node, softmax } => Some((
            node,
            format!(
                "`{}` is a softmax already, and another is taken of it, as by a loss that takes logits; if that is not \
                 meant, give it what stands before the first",
                format::name(&names.of(softmax))
            ),
        )),
        Note::SoftmaxOfOne { node } => Some((
            node,
            format!(
                "the softmax `{}` {} goes along an axis of one element, so it is 1 whatever it is of; `axis=` says another",
                format::name(&names.of(node)),
                graph.shape(node)
            ),
        )),
        _ => None,
    };
    let mut lines: Vec<String> = Vec::new();
    for (node, text) in graph.notes().into_iter().filter_map(of) {
        let note = format!("note: {}{text}", line(node));
        if !lines.contains(&note) {
            lines.push(note);
        }
    }
    lines
}
