//! The outcome's mean or deviation is far from what the model gives at the start, and the steps do not get there, or overshoot.
//!
//! Story: "my regression network predicts the same value everywhere: prices in the hundred thousands", as in many questions.
//! Source: Bishop 2006, section 5.5; LeCun, Bottou, Orr and Müller 1998, section 4.5, on targets in the range of the units.
//!
//! Evidence: mean and deviation of the outcome beside those of the prediction before the first step.

use super::{Rule, Specificity, Suspicion};
use crate::case::Scaling;
use crate::cause::Cause;
use crate::change::{Change, Setting};
use crate::evidence::Evidence;
use crate::statistics::moments;
use crate::task::TaskKind;
use chainrule_graph::Kind;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// Parameters start within some units of 0. A mean beyond this is far from what they give.
const FAR: f64 = 10.0;
/// A deviation above this is large, and one below its inverse small.
const WIDE: f64 = 10.0;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let task = evidence.task.as_ref().filter(|task| task.kind == TaskKind::Numbers)?;
    let function = evidence.function();
    let is_outcome = function.outcomes.iter().any(|&id| function.name(id) == task.target);
    let outcomes = evidence.run.training.values(&task.target).ok()?;
    let (mean, deviation) = moments(&outcomes);
    let is_far = mean.abs() > FAR || deviation > WIDE || deviation < 1.0 / WIDE && mean.abs() < 1.0;
    if !is_outcome || !is_far || deviation == 0.0 {
        return None;
    }
    let given = evidence.start.value(function.prediction?)?.data();
    let (given_mean, given_deviation) = moments(given);
    let said = format!(
        "`{}` has mean {mean:.4} and deviation {deviation:.4}, the prediction before the first step {given_mean:.4} and \
         {given_deviation:.4}",
        task.target
    );
    let inputs = evidence.inputs().filter(|field| field.kind == Kind::Real).map(|field| field.name.clone());
    let mut names: Vec<String> = match &evidence.case.scaling {
        Scaling::None => Vec::new(),
        Scaling::Inputs => inputs.collect(),
        Scaling::Named(names) => names.clone(),
    };
    names.push(task.target.clone());
    names.dedup();
    let field = evidence.rows().fields().iter().find(|field| field.name == task.target)?;
    let column = field.element_names().into_iter().next()?;
    Some(
        Suspicion::new(Cause::TargetNotScaled, Specificity::Data, said)
            .at_node(task.target.clone())
            .at_column(column)
            .mended_by([Change::Setting(Setting::Scaling(Scaling::Named(names)))]),
    )
}
