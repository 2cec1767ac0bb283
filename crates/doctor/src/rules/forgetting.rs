//! A loop forgets: what it read first does not reach the end, by a `stop_gradient` of its state, a factor that shrinks the state
//! at each step, or since so many steps follow, as those of padding.
//!
//! Story: "my RNN only remembers the last few steps", with sequences padded to one length at their end. Source: Hochreiter 1991;
//! Bengio, Simard and Frasconi 1994, "Learning long-term dependencies with gradient descent is difficult".
//!
//! Evidence: the derivative of the objective by the inputs of the first steps beside that by those of the last.

use chainrule_graph::{Op, Shape};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// The share of the steps that are the first, and the last.
const PART: usize = 4;
/// Of a layer that lets the gradient through, as in the rule of vanishing gradients.
const SHRINKS: f64 = 0.05;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).unwrap_or_default()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Vec<Suspicion>> {
    let function = evidence.function();
    let source = &evidence.case.source;
    let looped = function.graph.ids().find(|id| matches!(function.graph.node(*id).op, Op::Scan(_)))?;
    let is_sequence = |shape: &Shape| shape.rank() >= 1 && shape[0] >= 2 * PART;
    let shrinking = |id: &chainrule_graph::NodeId| {
        let shape = function.graph.shape(*id);
        let (first, last) = ends(evidence.end.cotangent(*id)?.data(), shape[0], shape.size())?;
        (first < SHRINKS * last).then_some((*id, first, last))
    };
    let inputs = function.inputs.iter().filter(|id| is_sequence(function.graph.shape(**id)));
    let (input, first, last) = inputs.filter_map(shrinking).next()?;
    let said = format!(
        "the derivative of the objective by `{}` is {first:.1e} in the first quarter of the steps, and {last:.1e} in \
         the last (root mean square)",
        function.name(input)
    );
    let node = evidence.named(looped);
    let suspicion = |cause: Cause, specificity: Specificity, said: String| {
        Suspicion::new(cause, specificity, said).at_node(node.clone())
    };
    let mean = || mean_of_all(source);
    let mut suspicions = Vec::new();
    if let Some(change) = stops_left_out(source) {
        let said = format!("{said}: a `stop_gradient` in the loop lets none through from step to step");
        let suspicion = suspicion(Cause::GradientBlocked, Specificity::Structure, said);
        suspicions.push(alone_or_with(suspicion, change, mean()));
    }
    if let Some(change) = factors_left_out(source) {
        let said = format!("{said}: a factor makes the state smaller at each step");
        let suspicion = suspicion(Cause::VanishingGradient, Specificity::Structure, said);
        suspicions.push(alone_or_with(suspicion, change, mean()));
    }
    if let Some(change) = mean() {
        let said = format!("{said}: the state behind the last step has forgotten the first ones");
        suspicions.push(suspicion(Cause::VanishingGradient, Specificity::Capacity, said).mended_by([change]));
    }
    Some(suspicions)
}

/// Mended by a change, or by that and another.
fn alone_or_with(suspicion: Suspicion, change: Change, another: Option<Change>) -> Suspicion {
    let suspicion = suspicion.mended_by([change.clone()]);
    match another {
        Some(another) => suspicion.mended_by([change, another]),
        None => suspicion,
    }
}

/// The root mean square over the first steps, and over the last.
fn ends(cotangent: &[f64], length: usize, size: usize) -> Option<(f64, f64)> {
    let part = size / length * (length / PART);
    let mean_square = |from: usize| {
        let rows = cotangent.chunks(size.max(1)).flat_map(|row| row.get(from..from + part).unwrap_or_default());
        let sum: f64 = rows.map(|x| x * x).sum();
        (sum * size as f64 / (part.max(1) * cotangent.len().max(1)) as f64).sqrt()
    };
    let (first, last) = (mean_square(0), mean_square(size.checked_sub(part)?));
    (first.is_finite() && last > 0.0).then_some((first, last))
}

/// `stop_gradient(h)` as `h`.
fn stops_left_out(source: &str) -> Option<Change> {
    const CALL: &str = "stop_gradient(";
    let replacements: Vec<Replacement> = source
        .match_indices(CALL)
        .filter_map(|(at, _)| {
            let inner = at + CALL.len();
            let (_, whole) = edits::enclosing_call(source, &(inner..inner))?;
            let text = format!("({})", source.get(inner..whole.end - 1)?);
            Some(Replacement { at: whole, text })
        })
        .collect();
    (!replacements.is_empty()).then_some(Change::Model(replacements))
}

/// `0.3 * h` as `h`, where `h` is the state of the body of a loop.
fn factors_left_out(source: &str) -> Option<Change> {
    let mut replacements = Vec::new();
    for (at, _) in source.match_indices("scan(") {
        let body: String = source.get(at + 5..)?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let Some(start) = source.find(&format!("def {body}(")) else { continue };
        let end = source.get(start..)?.find('}').map_or(source.len(), |end| start + end);
        let head = start + "def (".len() + body.len();
        let state: String = source.get(head..)?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let product = format!(" * {state}");
        for (times, _) in source.get(start..end)?.match_indices(&product) {
            let times = start + times;
            let follows = source.get(times + product.len()..)?.chars().next();
            let before = source.get(start..times)?;
            let number = before.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |last| last + 1);
            let is_factor = before[number..].parse::<f64>().is_ok_and(|factor| factor < 1.0);
            if is_factor && !follows.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                let at = start + number..times + product.len();
                replacements.push(Replacement { at, text: state.clone() });
            }
        }
    }
    (!replacements.is_empty()).then_some(Change::Model(replacements))
}

/// `last(hs)`, the state behind the last step, as the mean over all steps.
fn mean_of_all(source: &str) -> Option<Change> {
    const CALL: &str = "last(";
    let replacements: Vec<Replacement> = source
        .match_indices(CALL)
        .filter_map(|(at, _)| {
            let inner = at + CALL.len();
            let (name, whole) = edits::enclosing_call(source, &(inner..inner))?;
            let text = format!("mean({}, axis=0)", source.get(inner..whole.end - 1)?);
            (name == "last").then_some(Replacement { at: whole, text })
        })
        .collect();
    (!replacements.is_empty()).then_some(Change::Model(replacements))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::replaced;

    #[test]
    fn loops_are_written_so_that_they_keep_what_they_read() {
        let source = "def cell(h, v) {\n  return tanh(v + W @ (0.3 * h) + stop_gradient(h))\n}\nhs = scan(cell, 0, x)\ny = last(hs)";
        let with = |change: Option<Change>| match change {
            Some(Change::Model(replacements)) => replaced(source, &replacements),
            other => format!("{other:?}"),
        };
        assert!(with(stops_left_out(source)).contains("+ (h))"));
        assert!(with(factors_left_out(source)).contains("W @ (h)"));
        assert!(with(mean_of_all(source)).ends_with("y = mean(hs, axis=0)"));
    }

    #[test]
    fn the_first_steps_and_the_last() {
        // Two rows of eight steps of one element.
        let row = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0];
        assert_eq!(ends(&[row, row].concat(), 8, 8), Some((0.0, 2.0)));
    }
}
