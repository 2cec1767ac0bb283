//! The objective falls as the predictions get worse: its sign is wrong, so training makes large what should be small.
//!
//! Story: "my loss is negative and goes to minus infinity": a log-likelihood without its minus.
//!
//! Evidence: from start to end the objective falls, and what is left unexplained rises.

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::statistics::correlation;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// Below this correlation of objective and error the objective goes against the error.
const AGAINST: f64 = -0.1;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().chain(rewarded(evidence)).collect()
}

/// A penalty that is taken off instead of added: large parameters are rewarded.
fn rewarded(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let source = &evidence.case.source;
    super::over_regularised::terms(evidence, function.objective?).into_iter().find_map(|term| {
        let at = edits::written(function, term)?;
        let before = source.get(..at.start)?.trim_end();
        let minus = before.strip_suffix('-')?.len();
        let text = source.get(at)?;
        let said = format!("`{text}` is taken off the objective, which so falls without end as parameters grow");
        let suspicion = Suspicion::new(Cause::WrongSign, Specificity::Structure, said).at_node("objective");
        Some(suspicion.mended_by([Change::replace(minus..minus + 1, "+")]))
    })
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let run = &evidence.run;
    let (before, after) = (run.measured_at_start?.unexplained, evidence.unexplained());
    let objectives = run.objectives()?;
    let falls_and_worsens = objectives.1 < objectives.0 && after >= before.min(1.0);
    if !falls_and_worsens && run.failure.is_none() || relation(evidence)? > AGAINST {
        return None;
    }
    let at = edits::written(function, function.objective?)?;
    let text = evidence.case.source.get(at.clone())?;
    let said = match run.failure {
        Some(_) => {
            format!("training leaves the finite numbers, the objective being {:.4} before the first step", objectives.0)
        }
        None => format!(
            "the objective falls from {:.4} to {:.4}, while what is left unexplained goes from {before:.2} to {after:.2}",
            objectives.0, objectives.1
        ),
    };
    let turned = match text.trim().strip_prefix('-') {
        Some(rest) if is_one_term(rest) => rest.trim().to_string(),
        _ => format!("-({text})"),
    };
    // What got worse gets better: however far the run gets, that shows the sign.
    let suspicion = Suspicion::new(Cause::WrongSign, Specificity::Structure, said).at_node("objective");
    let of_the_opposite = text.contains("(-").then(|| Change::replace(at.clone(), text.replacen("(-", "(", 1)));
    let turned = Change::replace(at.clone(), turned);
    Some(Suspicion { much: 0.1, ..suspicion }.mended_by_each(of_the_opposite.into_iter().chain([turned])))
}

/// The correlation, over rows and random parameters, of the ranks of the objective and of the error of the prediction; none if that
/// can't be said.
fn relation(evidence: &Evidence<'_, '_>) -> Option<f64> {
    let function = evidence.function();
    let (prediction, objective) = (function.prediction?, function.objective?);
    let mut correlations = Vec::new();
    for drawn in &evidence.drawn {
        let objectives = drawn.value(objective)?.data();
        let errors = evidence.errors(drawn.value(prediction)?)?;
        if objectives.len() == errors.len() && objectives.iter().all(|value| value.is_finite()) {
            correlations.push(correlation(&ranks(objectives), &ranks(&errors)));
        }
    }
    let count = correlations.len();
    (count > 0).then(|| correlations.iter().sum::<f64>() / count as f64)
}

/// The place of each number in ascending order; equal ones share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = first as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&index| ranks[index] = rank);
        first += equal.len();
    }
    ranks
}

/// Whether a text has no sum or difference outside brackets.
fn is_one_term(text: &str) -> bool {
    let mut depth = 0i32;
    text.trim().chars().all(|c| {
        depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        depth > 0 || !matches!(c, '+' | '-')
    })
}
