//! Steps overshoot: the rate, or the rate with its momentum, is too large for the curvature of the objective.
//!
//! Story: "my parabola network predicts a constant", a rate of 0.1 where 0.01 learns. Source: LeCun, Bottou, Orr and Müller
//! 1998, section 4.6: gradient descent diverges above 2/λ of the greatest curvature λ; with momentum μ the steps add up to
//! rate/(1 − μ).
//!
//! Evidence: how the objective goes; units that were alive before the first step and are dead at the end.

use chainrule_graph::Op;
use chainrule_learn::Optimizer;

use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, Setting};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// What momentum usually is.
const USUAL_MOMENTUM: f64 = 0.9;

/// Of whose fall more than this share is in its last fifth, a run that falls all the way has not overshot.
const STILL_FALLING: f64 = 0.15;

/// Whether the objective falls from each report to the next, and at the end about as fast as before.
fn falls_steadily(evidence: &Evidence<'_, '_>) -> bool {
    let history = &evidence.run.history;
    let falls = history.windows(2).all(|pair| pair[1].train.objective < pair[0].train.objective);
    evidence.run.failure.is_none() && falls && evidence.falling().is_some_and(|share| share > STILL_FALLING)
}

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if falls_steadily(evidence) {
        return Vec::new();
    }
    let rate = evidence.case.settings.rate;
    let said = match (&evidence.run.failure, evidence.run.objectives()) {
        (Some(failure), _) => failure.to_string(),
        (None, Some((start, end))) => format!("with rate {rate} the objective goes from {start:.4} to {end:.4}"),
        (None, None) => format!("the rate is {rate}"),
    };
    let mut suspicions = Vec::new();
    if let Optimizer::Momentum { momentum } | Optimizer::Nesterov { momentum } = evidence.case.settings.optimizer
        && momentum > USUAL_MOMENTUM
    {
        let times = 1.0 / (1.0 - momentum);
        let said = format!("with momentum {momentum} the steps add up to {times:.0} times the rate; {said}");
        let change = Change::Setting(Setting::Momentum(USUAL_MOMENTUM));
        let suspicion = Suspicion::new(Cause::StepTooLarge, Specificity::Setting, said);
        suspicions.push(suspicion.at_setting("momentum").mended_by([change]));
    }
    let mut suspicion = Suspicion::new(Cause::StepTooLarge, Specificity::Setting, said).at_setting("rate");
    for smaller in [0.1, 0.01, 1e-3, 1e-4] {
        suspicion.remedies.push(vec![Change::Setting(Setting::Rate(rate * smaller))]);
    }
    // A recurrence explodes in single steps, which a limit of the norm keeps short (Pascanu, Mikolov and Bengio 2013).
    let is_recurrent = evidence.function().graph.nodes().iter().any(|node| matches!(node.op, Op::Scan(_)));
    if is_recurrent && evidence.case.settings.clip_norm.is_none() {
        let said = format!("{}; the model has a loop, whose gradient can grow from step to step", suspicion.evidence);
        let change = Change::Setting(Setting::ClipNorm(Some(1.0)));
        let clipped = Suspicion::new(Cause::StepTooLarge, Specificity::Setting, said);
        suspicions.push(clipped.at_setting("clip_norm").mended_by([change]));
    }
    suspicions.push(suspicion);
    suspicions
}
