//! A layer with more units, as an edit of the model's text.

use std::ops::Range;

use chainrule_graph::NodeId;

use super::edits;
use crate::case::span_of;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::structure::{is_contraction, through_shapes};

/// The layer with more units: the `let` of its size, the number in each declaration along it, or the argument of the call that
/// makes it.
pub(super) fn of(evidence: &Evidence<'_, '_>, layer: NodeId, wide: usize) -> Option<Change> {
    let function = evidence.function();
    let graph = &function.graph;
    let units = graph.shape(layer).last().copied()?;
    let source = &evidence.case.source;
    // The layer is along the first axis of what makes it, and along the last of what reads it.
    let mut along: Vec<(NodeId, usize)> =
        evidence.structure.parameters_behind(function, layer).into_iter().map(|id| (id, 0)).collect();
    for reader in graph.ids().filter(|&id| is_contraction(graph, id)) {
        let inputs = &graph.node(reader).inputs;
        if inputs.iter().any(|&input| through_shapes(graph, input).node == layer) {
            let of = inputs.iter().map(|input| input.node);
            let parameters = of.filter(|&id| function.parameters.iter().any(|parameter| parameter.node == id));
            along.extend(parameters.map(|id| (id, graph.shape(id).rank().saturating_sub(1))));
        }
    }
    let mut replacements: Vec<Replacement> = Vec::new();
    for (parameter, axis) in along {
        let declared = span_of(function, parameter)?;
        let line = edits::line_start(source, declared.start);
        let text = source.get(line..)?.lines().next()?;
        let is_declared = text.trim_start().starts_with("param");
        if !is_declared && axis > 0 {
            continue; // A layer takes its inputs as they come.
        }
        if graph.shape(parameter).get(axis) != Some(&units) {
            continue;
        }
        let at = match is_declared {
            true => size_of(text, axis).map(|at| line + at.start..line + at.end)?,
            // `dense(x, 2)`; what has no size of its own, as `batch_norm(x)`, is as wide as what it takes.
            false => match edits::positional(source, declared.start..declared.end, 1) {
                Some(at) => at,
                None => continue,
            },
        };
        let written = source.get(at.clone())?;
        match written.parse::<usize>() {
            Ok(number) if number == units => replacements.push(Replacement { at, text: wide.to_string() }),
            _ => replacements.push(let_of(source, written, wide)?),
        }
    }
    replacements.sort_by_key(|replacement| replacement.at.start);
    replacements.dedup();
    (!replacements.is_empty()).then_some(Change::Model(replacements))
}

/// The number of a `let`.
fn let_of(source: &str, name: &str, wide: usize) -> Option<Replacement> {
    let mut at = 0;
    for line in source.split_inclusive('\n') {
        let words = line.split('#').next().unwrap_or(line);
        let is_it = words
            .trim_start()
            .strip_prefix("let")
            .is_some_and(|rest| rest.split('=').next().is_some_and(|before| before.trim() == name));
        if is_it {
            let number = words.find('=')? + 1;
            let text = words[number..].trim_end();
            let start = at + number + text.len() - text.trim_start().len();
            return Some(Replacement { at: start..at + number + text.len(), text: wide.to_string() });
        }
        at += line.len();
    }
    None
}

/// Where the size of an axis stands in a declaration: the 2 of `param W [2, d]`.
fn size_of(declaration: &str, axis: usize) -> Option<Range<usize>> {
    let (open, close) = (declaration.find('[')? + 1, declaration.find(']')?);
    let mut start = open;
    let mut sizes = declaration.get(open..close)?.split(',').map(|size| {
        let first = start + size.len() - size.trim_start().len();
        start += size.len() + 1;
        first..first + size.trim().len()
    });
    sizes.nth(axis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_an_axis() {
        let declaration = "param W [2,  d] ~ he";
        let written = |axis| size_of(declaration, axis).and_then(|at| declaration.get(at));
        assert_eq!([written(0), written(1), written(2)], [Some("2"), Some("d"), None]);
    }

    #[test]
    fn the_number_of_a_let() {
        let source = "let m = 2 # units\nlet mm = 3\n";
        assert_eq!(let_of(source, "m", 32), Some(Replacement { at: 8..9, text: "32".into() }));
        assert_eq!(let_of(source, "n", 32), None);
    }
}
