//! Steps of a sequence that are taken from all of them: `last(hs)`, `first(hs)`, `hs[0]`.

use std::ops::Range;

use chainrule_graph::ops::ShapeOp;
use chainrule_graph::{NodeId, Op, Value};

use super::edits;
use crate::evidence::Evidence;

/// Steps that are taken from a sequence.
pub(super) struct Taken {
    /// The node that takes them.
    pub id: NodeId,
    /// What they are taken from.
    pub of: Value,
    /// Where that is written.
    pub at: Range<usize>,
    /// How that is written, as `hs` of `last(hs)`.
    pub sequence: String,
    /// The axis along which they are taken.
    pub axis: usize,
    /// The first that is taken.
    pub first: usize,
    /// How many are taken.
    pub count: usize,
    /// How many there are.
    pub all: usize,
}

/// All steps that the prediction reads of sequences, of which there are at least so many.
pub(super) fn taken(evidence: &Evidence<'_, '_>, least: usize) -> Vec<Taken> {
    let structure = &evidence.structure;
    let is_read = |id: NodeId| structure.for_prediction[id.index()] && structure.of_inputs[id.index()];
    all(evidence).filter(|taken| is_read(taken.id) && taken.all >= least).collect()
}

/// All but so many steps, which the objective reads of sequences.
pub(super) fn all_but(evidence: &Evidence<'_, '_>, left_out: usize) -> Vec<Taken> {
    let structure = &evidence.structure;
    let is_compared = |id: NodeId| structure.for_objective[id.index()] && !structure.for_prediction[id.index()];
    all(evidence)
        .filter(|taken| is_compared(taken.id) && taken.axis == 0 && taken.count + left_out == taken.all)
        .collect()
}

fn all(evidence: &Evidence<'_, '_>) -> impl Iterator<Item = Taken> {
    let graph = &evidence.function().graph;
    graph.ids().filter_map(|id| {
        let node = graph.node(id);
        let Op::Shape(ShapeOp::Slice { start, stop }) = &node.op else { return None };
        let of = *node.inputs.first()?;
        let shape = graph.shape(of);
        let axis = (0..shape.rank()).find(|&axis| stop[axis] - start[axis] < shape[axis])?;
        let (first, count, all) = (start[axis], stop[axis] - start[axis], shape[axis]);
        let at = edits::written(evidence.function(), id)?;
        let sequence = sequence_of(evidence.case.source.get(at.clone())?)?.to_string();
        Some(Taken { id, of, at, sequence, axis, first, count, all })
    })
}

/// What steps are taken from: `hs` of `last(hs)`, `first(hs)`, `hs[0]`, `hs[0:n-1]`.
fn sequence_of(text: &str) -> Option<&str> {
    if let Some((_, argument)) = edits::argument(text).filter(|(name, _)| ["first", "last"].contains(name)) {
        return Some(argument);
    }
    let (sequence, steps) = text.strip_suffix(']')?.rsplit_once('[')?;
    let is_range = |c: char| c.is_alphanumeric() || ['_', ':', ',', ' ', '+', '-'].contains(&c);
    let is_steps = steps.parse::<usize>().is_ok() || steps.contains(':') && steps.chars().all(is_range);
    (is_steps && !sequence.trim().is_empty()).then_some(sequence.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_taken_from_what_is_written_before_them() {
        assert_eq!(sequence_of("last(gru(x, 8))"), Some("gru(x, 8)"));
        assert_eq!(sequence_of("first(hs)"), Some("hs"));
        assert_eq!(sequence_of("hs[0]"), Some("hs"));
        assert_eq!(sequence_of("rnn(x[0:3], 8)[0:2]"), Some("rnn(x[0:3], 8)"));
        assert_eq!(sequence_of("logits[0:t-1]"), Some("logits"));
        assert_eq!(sequence_of("prediction[y]"), None);
        assert_eq!(sequence_of("lstm(x, 32)"), None);
    }
}
