//! The model cannot bend often enough: a hidden layer has too few units for the task.
//!
//! Story: "how many hidden units should I use?": two ReLU units give at most two bends. Source: Cybenko 1989; Goodfellow,
//! Bengio and Courville 2016, section 6.4.1.
//!
//! Evidence: a hidden layer narrower than what a good small model needs, which does clearly better.

use chainrule_graph::{NodeId, Op};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::structure::is_contraction;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// A layer of more units is not narrow.
const NARROW: usize = 8;
/// What it is widened to.
const WIDE: [usize; 2] = [32, 8];

/// A run of whose fall more than this share, in percent, is in its last fifth has not come to what its units can do.
const STILL_FALLING: f64 = 15.0;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if super::too_little_training::falling(evidence).is_some_and(|share| share > STILL_FALLING) {
        return Vec::new();
    }
    let function = evidence.function();
    let graph = &function.graph;
    let is_hidden = |id: &NodeId| {
        let shape = graph.shape(*id);
        evidence.structure.is_learned(*id)
            && evidence.structure.for_prediction[id.index()]
            && shape.rank() == 1
            && (1..=NARROW).contains(&shape.size())
            && feeds_product(evidence, *id)
            && !super::dead_relu::behind(function, *id).is_empty()
    };
    let hidden: Vec<NodeId> = graph.ids().filter(is_hidden).collect();
    let Some(narrowest) = hidden.iter().copied().min_by_key(|&id| graph.shape(id).size()) else { return Vec::new() };
    let units = graph.shape(narrowest).size();
    let named = evidence.named(narrowest);
    let said = format!("`{named}` has {units} unit{}", if units == 1 { "" } else { "s" });
    // A code that a model gives back its input from is narrow on purpose.
    let is_code =
        evidence.task.as_ref().is_some_and(|task| function.inputs.iter().any(|&id| function.name(id) == task.target));
    let specificity = if is_code { Specificity::Purpose } else { Specificity::Capacity };
    let mut suspicion = Suspicion::new(Cause::TooFewUnits, specificity, said).at_node(named);
    for wide in WIDE.into_iter().filter(|&wide| wide > units) {
        suspicion
            .remedies
            .extend(widened(evidence, narrowest, wide).map(|replacements| vec![Change::Model(replacements)]));
    }
    vec![suspicion]
}

/// Whether a product with parameters reads the node.
fn feeds_product(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    let mut at = vec![id];
    while let Some(id) = at.pop() {
        for &reader in &evidence.structure.readers[id.index()] {
            match graph.node(reader).op {
                Op::Contract(_) => return true,
                Op::Shape(_) => at.push(reader),
                _ => {}
            }
        }
    }
    false
}

/// The layer with more units: the `let` of its size, the number in each declaration along it, or the argument of the call that
/// makes it.
pub(super) fn widened(evidence: &Evidence<'_, '_>, layer: NodeId, wide: usize) -> Option<Vec<Replacement>> {
    let function = evidence.function();
    let graph = &function.graph;
    let units = graph.shape(layer).size();
    let source = &evidence.case.source;
    // The layer is along the first axis of what makes it, and along the last of what reads it.
    let mut along: Vec<(NodeId, usize)> =
        super::dead_relu::behind(function, layer).into_iter().map(|id| (id, 0)).collect();
    for reader in graph.ids().filter(|&id| is_contraction(graph, id)) {
        let inputs = &graph.node(reader).inputs;
        if inputs.iter().any(|&input| super::output_range::through_shapes(graph, input).node == layer) {
            let of = inputs.iter().map(|input| input.node);
            let parameters = of.filter(|&id| function.parameters.iter().any(|parameter| parameter.node == id));
            along.extend(parameters.map(|id| (id, graph.shape(id).rank().saturating_sub(1))));
        }
    }
    let mut replacements: Vec<Replacement> = Vec::new();
    for (parameter, along) in along {
        let declared = crate::case::span_of(function, parameter)?;
        let line = edits::line_start(source, declared.start);
        let text = source.get(line..)?.lines().next()?;
        let Some((open, close)) = text.find('[').zip(text.find(']')).filter(|_| text.trim_start().starts_with("param"))
        else {
            // A layer: `dense(x, 2)`
            if along == 0 {
                let at = edits::positional(source, declared.start..declared.end, 1)?;
                source.get(at.clone())?.parse::<usize>().ok().filter(|&number| number == units)?;
                replacements.push(Replacement { at, text: wide.to_string() });
            }
            continue;
        };
        let mut at = line + open + 1;
        for (axis, size) in text[open + 1..close].split(',').enumerate() {
            let trimmed = size.trim();
            let start = at + size.find(trimmed).unwrap_or(0);
            at += size.len() + 1;
            if axis != along || graph.shape(parameter).get(axis) != Some(&units) {
                continue;
            }
            match trimmed.parse::<usize>() {
                Ok(number) if number == units => {
                    replacements.push(Replacement { at: start..start + trimmed.len(), text: wide.to_string() });
                }
                _ => replacements.extend(let_of(source, trimmed, wide)),
            }
        }
    }
    replacements.sort_by_key(|replacement| replacement.at.start);
    replacements.dedup();
    (!replacements.is_empty()).then_some(replacements)
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
