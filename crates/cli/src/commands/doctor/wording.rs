//! Changes in the words of the command line.

use chainrule::doctor::{Change, DataChange, Scaling, Setting, Suspicion};
use chainrule::learn::Schedule;

use crate::format;

/// What is done first, as the progress line says it.
pub const MEASURING: &str = "training, and looking at every node";

/// What is being tried, as the progress line says it.
pub fn tried(suspicion: &Suspicion) -> String {
    let place = suspicion.node.as_deref().or(suspicion.column.as_deref()).or(suspicion.setting);
    let place = place.map(|place| format!(" ({})", format::name(place))).unwrap_or_default();
    format!("{}{place}?", suspicion.cause.meaning())
}

/// A change, as one makes it; none for a change of the model, which shows its lines.
pub fn change(change: &Change) -> Option<String> {
    match change {
        Change::Model(_) => None,
        Change::Setting(setting) => Some(option(setting)),
        Change::Data(change) => Some(data(change)),
    }
}

fn option(setting: &Setting) -> String {
    let number = format::number;
    match setting {
        Setting::Rate(rate) => format!("--rate {}", number(*rate)),
        Setting::Epochs(epochs) => format!("--epochs {epochs}"),
        Setting::Steps(steps) => format!("--steps {steps}"),
        Setting::Batch(batch) => format!("--batch {batch}"),
        Setting::Shuffle => "--shuffle".into(),
        Setting::Scaling(Scaling::None) => "no --standardize".into(),
        Setting::Scaling(Scaling::Inputs) => "--standardize".into(),
        Setting::Scaling(Scaling::Named(names)) => format!("--standardize={}", names.join(",")),
        Setting::Optimizer(optimizer) => format!("--optimizer {}", optimizer.name()),
        Setting::Momentum(momentum) => format!("--momentum {}", number(*momentum)),
        Setting::Epsilon(epsilon) => format!("--epsilon {}", number(*epsilon)),
        Setting::WeightDecay(decay) => format!("--weight-decay {}", number(*decay)),
        Setting::ClipNorm(Some(limit)) => format!("--clip-norm {}", number(*limit)),
        Setting::ClipNorm(None) => "no --clip-norm".into(),
        Setting::Schedule(Schedule::Constant) => "--schedule constant".into(),
        Setting::Schedule(_) => "another --schedule".into(),
        Setting::Patience(patience) => format!("--patience {patience}"),
    }
}

fn data(change: &DataChange) -> String {
    match change {
        DataChange::OutcomeMoved { outcome, by } => {
            let (rows, way) = (by.unsigned_abs(), if *by < 0 { "up" } else { "down" });
            format!("the column of `{outcome}` moved {way} by {rows} row{}", if rows == 1 { "" } else { "s" })
        }
        DataChange::RowsLeftOut(rows) => match rows.len() {
            1 => "that row left out".into(),
            rows => format!("those {rows} rows left out"),
        },
        DataChange::ColumnLeftOut { input, .. } => format!("that column of `{input}` left out"),
    }
}

#[cfg(test)]
mod tests {
    use chainrule::doctor::{Cause, Judge, Specificity};

    use super::*;

    #[test]
    fn what_is_tried_is_a_question_with_a_place() {
        let suspicion = Suspicion {
            placebo: None,
            cause: Cause::StepTooLarge,
            specificity: Specificity::Setting,
            node: None,
            setting: Some("rate"),
            column: None,
            evidence: String::new(),
            remedies: Vec::new(),
            judged_by: Judge::Training,
            much: 0.5,
            shown: None,
        };
        assert_eq!(tried(&suspicion), "the steps overshoot (rate)?");
        assert_eq!(tried(&Suspicion { node: Some("w".into()), ..suspicion }), "the steps overshoot (w)?");
    }
}
