//! The objective compares each place of a sequence with the outcome of another one: what was shifted already is shifted again.
//!
//! Story: `cross_entropy(logits[0:t-1], y[1:t])`, as models are written that get their inputs alone, beside outcomes that are the
//! next tokens already. Source: the documentation of Hugging Face's causal language models, which shift labels themselves, and
//! the issues of those who did it before.
//!
//! Evidence: the predictions are worse than the shares of the classes, and far better for outcomes some places on.

use chainrule_graph::Tensor;

use super::steps;
use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::measure::Measured;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// By how many places outcomes are moved.
const SHIFTS: [isize; 4] = [1, -1, 2, -2];
/// What must be known of moved outcomes beyond their shares. A run that learned nothing knows nothing of any.
const LESS: f64 = 0.05;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let is_lost = |own: &Measured| own.is_by_likelihood() && own.is_no_better_than_a_constant();
    let own = evidence.run.measured.filter(is_lost)?;
    let target = evidence.task.as_ref()?.target.clone();
    let of = |by: isize| Some((by, moved(evidence, &target, by)?));
    let (by, there) = SHIFTS.into_iter().filter_map(of).min_by(|a, b| a.1.unexplained.total_cmp(&b.1.unexplained))?;
    if there.unexplained > 1.0 - LESS {
        return None;
    }
    let places = if by.abs() == 1 { "place" } else { "places" };
    let said = format!(
        "the predictions leave {:.0} % of the surprise of `{target}`, where 100 % is to guess by its shares, and {:.0} % of `{target}` {} \
         {places} {}: the objective compares them with another place than their own",
        100.0 * own.unexplained,
        100.0 * there.unexplained,
        by.abs(),
        if by > 0 { "on" } else { "back" },
    );
    let objective = evidence.function().objective?;
    let suspicion =
        Suspicion::new(Cause::LossMismatch, Specificity::Structure, said).at_node(evidence.named(objective));
    let whole: Vec<Replacement> = steps::all_but(evidence, by.unsigned_abs())
        .into_iter()
        .map(|taken| Replacement { at: taken.at, text: taken.sequence })
        .collect();
    let suspicion = if whole.is_empty() { suspicion } else { suspicion.mended_by([Change::Model(whole)]) };
    Some(suspicion.shown_by(there.into()))
}

/// How good the predictions are for the outcomes so many places on.
fn moved(evidence: &Evidence<'_, '_>, target: &str, by: isize) -> Option<Measured> {
    let run = &evidence.run;
    let predictions = run.predictions(&run.end, &run.training)?;
    let outcomes = evidence.rows().values(target).ok()?;
    let (rows, length) = match predictions.shape()[..] {
        [rows, length, ..] => (rows, length),
        _ => return None,
    };
    let kept = length.checked_sub(by.unsigned_abs())?;
    if kept < 2 || outcomes.len() != rows * length {
        return None;
    }
    let (from, to) = ((-by).max(0) as usize, by.max(0) as usize);
    let width = predictions.data().len() / (rows * length);
    let of_places = predictions.data().chunks(length * width);
    let predicted = of_places.flat_map(|row| row[from * width..(from + kept) * width].to_vec()).collect();
    let wanted: Vec<f64> = outcomes.chunks(length).flat_map(|row| row[to..to + kept].to_vec()).collect();
    let shape: Vec<usize> = [rows, kept].into_iter().chain(predictions.shape()[2..].iter().copied()).collect();
    Some(evidence.task.as_ref()?.measure(&Tensor::new(shape, predicted).ok()?, &wanted))
}
