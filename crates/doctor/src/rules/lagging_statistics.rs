//! The running mean and variance of a batch norm lag behind: training normalizes by each batch, prediction by what is hardly
//! more than where they started.
//!
//! Story: "batch norm: training accuracy is high, evaluation is random", on PyTorch's forum, where momentum is 1 less what Keras
//! calls so. Source: Ioffe and Szegedy 2015, section 3.1.
//!
//! Evidence: of a running value that starts s and moves by the share m of its distance in each of n steps, (1 − m)ⁿ of s is left.

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// What may be left of the start at the end of training.
const LEFT: f64 = 0.05;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    const CALL: &str = "batch_norm(";
    let steps = evidence.case.settings.length(evidence.rows().rows()).all();
    let left = |momentum: f64| (1.0 - momentum).powf(steps);
    let source = &evidence.case.source;
    let (mut left_out, mut slowest) = (Vec::new(), f64::INFINITY);
    for (start, _) in source.match_indices(CALL) {
        let Some((_, call)) = edits::enclosing_call(source, &(start + CALL.len()..start + CALL.len())) else {
            continue;
        };
        let Some(text) = source.get(call.clone()) else { continue };
        let Some(stretch) = edits::keyword(text, "momentum") else { continue };
        let written = text.get(stretch.clone()).and_then(|said| said.split('=').nth(1)).map(str::trim);
        let Some(momentum) = written.and_then(|number| number.parse::<f64>().ok()) else { continue };
        if left(momentum) > LEFT {
            slowest = slowest.min(momentum);
            left_out
                .push(Replacement { at: call.start + stretch.start..call.start + stretch.end, text: String::new() });
        }
    }
    if left_out.is_empty() {
        return None;
    }
    let said = format!(
        "the running mean and variance move by {slowest} of the way in each step; after {steps} steps {:.0} % of where they \
         started is left in what predictions are normalized by",
        100.0 * left(slowest)
    );
    let suspicion = Suspicion::new(Cause::TooLittleTraining, Specificity::Structure, said).at_node("batch_norm");
    Some(suspicion.mended_by([Change::Model(left_out)]))
}
