//! Changes in the words of the command line.

use chainrule::doctor::{Change, DataChange, Examining, Scaling, Setting};
use chainrule::learn::Schedule;

use crate::format;

/// What is being done, as the progress line says it.
pub fn being_done(examining: Examining<'_>) -> String {
    match examining {
        Examining::Measuring => "training, and looking at every node".into(),
        Examining::Trying(suspicion) => {
            let place = suspicion.node.as_deref().or(suspicion.column.as_deref()).or(suspicion.setting);
            format!("trying: {}{}", suspicion.cause, place.map(|place| format!(" ({place})")).unwrap_or_default())
        }
    }
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
