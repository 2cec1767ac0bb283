//! The training rows are learnt by heart, and others suffer: more parameters than the rows can tell, trained for long.
//!
//! Story: "training loss falls, validation loss rises". Source: Prechelt 1998, "Early stopping, but when?"; Goodfellow, Bengio
//! and Courville 2016, section 5.2.
//!
//! Evidence: what is left unexplained on the rows that were trained on and on others.

use super::{Judge, Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, Setting};
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// By how much more must be left on other rows.
const GAP: f64 = 0.15;
const TIMES: f64 = 1.5;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let (on_trained, on_others) = evidence.validated()?;
    let (trained, others) = (on_trained.unexplained, on_others.unexplained);
    if others < TIMES * trained + GAP {
        return None;
    }
    // Others may be beyond every model.
    let reachable = evidence.attainable().map_or(0.0, |attainable| attainable.unexplained.min(1.0));
    if others < reachable + GAP {
        return None;
    }
    let parameters: usize = evidence.run.end.iter().map(|(_, value)| value.data().len()).sum();
    let said = format!(
        "{:.0} % is left unexplained on the {} rows that were trained on, {:.0} % on others; there are {parameters} parameters",
        100.0 * trained,
        evidence.held_out.first()?.case.training.rows(),
        100.0 * others
    );
    let suspicion = |setting: Setting, settings: Vec<Setting>| {
        let mut suspicion = Suspicion::new(Cause::Overfitting, Specificity::Setting, said.clone())
            .at_setting(setting.name())
            .judged_by(Judge::HeldOut);
        suspicion.remedies.extend(settings.into_iter().map(|setting| vec![Change::Setting(setting)]));
        // Held-out rows are few, and a look at them chooses the best epoch.
        Suspicion { much: 0.5, ..suspicion }
    };
    let decays = [0.01, 0.1, 1.0, 0.001].map(Setting::WeightDecay).to_vec();
    let patience = Setting::Patience((evidence.case.settings.epochs / 20).max(2));
    let mut both = suspicion(patience.clone(), vec![patience]);
    both.remedies.extend(suspicion(Setting::WeightDecay(0.0), decays).remedies);
    Some(both)
}
