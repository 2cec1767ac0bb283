//! What the doctor says, for people and as JSON.

use chainrule::doctor::{Cause, Diagnosis, Figures, Finding, Measured};

use super::wording;
use crate::format;
use crate::json::{self, Object};
use crate::model_file::ModelFile;

/// The answer as a line of JSON.
pub fn json(diagnosis: &Diagnosis) -> Object {
    let findings = diagnosis.findings.iter().map(|finding| {
        Object::default()
            .with("cause", json::text(finding.cause.key()))
            .with("node", optional(finding.node.as_deref()))
            .with("setting", optional(finding.setting))
            .with("column", optional(finding.column.as_deref()))
            .with("certainty", json::number(finding.certainty))
            .with("evidence", json::text(&finding.evidence))
            .with("remedy", json::text(&remedy(finding)))
            .with("before", figures(&finding.before))
            .with("after", figures(&finding.after))
    });
    Object::default().with("healthy", diagnosis.healthy).with("findings", json::array(findings))
}

fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".into(), json::text)
}

fn figures(figures: &Figures) -> Object {
    let number = |figure: Option<f64>| figure.map(json::number);
    Object::default()
        .with_some("objective", number(figures.objective))
        .with_some("unexplained", number(figures.unexplained))
        .with_some("error", number(figures.error))
        .with_some("held_out", number(figures.held_out))
}

/// The remedy in a line: the options, and the lines of the model as they would be.
fn remedy(finding: &Finding) -> String {
    let lines = finding.remedy.lines.iter().map(|line| format!("line {}: {}", line.number, line.after.trim()));
    let changes = finding.remedy.changes.iter().filter_map(wording::change);
    lines.chain(changes).collect::<Vec<_>>().join("; ")
}

/// The answer for people.
pub fn text(diagnosis: &Diagnosis, file: &ModelFile) -> String {
    let verdict = match (diagnosis.findings.is_empty(), diagnosis.healthy) {
        (true, true) => "learns as well as it could, as far as can be seen",
        (true, false) => "could do better, but nothing that was tried helps",
        (false, _) => "could do better",
    };
    let mut text = format!("{} {verdict}\n", file.name());
    let mut say = |line: String| text += &wrapped(&line, 2);
    if let Some(measured) = &diagnosis.measured {
        say(format!("It {}.", explained(measured)));
    }
    if let Some(best) = &diagnosis.attainable {
        say(format!("A small model that is known to be good {}, on rows that it was not trained on.", explained(best)));
    }
    match (diagnosis.shortened.rows, diagnosis.shortened.steps) {
        (None, None) => {}
        (Some(rows), None) => say(format!("To be quick, {rows} rows were looked at.")),
        (None, Some(steps)) => say(format!("To be quick, the first {steps} steps were looked at.")),
        (Some(rows), Some(steps)) => {
            say(format!("To be quick, {rows} rows and the first {steps} steps were looked at."))
        }
    }
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        text += &format!("\n{}. {}", index + 1, said(finding));
    }
    text
}

fn said(finding: &Finding) -> String {
    let heading = wrapped(&format!("{} ({})", finding.cause.meaning(), finding.cause), 3);
    let mut text = heading.trim_start().to_string();
    let place = [("node", finding.node.as_deref()), ("option", finding.setting), ("column", finding.column.as_deref())];
    let named: Vec<String> = place.iter().filter_map(|(what, name)| Some(format!("{what} {}", (*name)?))).collect();
    text += &wrapped(&format!("Where: {}", named.join(", ")), 3);
    text += &wrapped(&format!("Seen: {}", finding.evidence), 3);
    for line in &finding.remedy.lines {
        text += &format!("   Change line {}:\n   - {}\n", line.number, line.before);
        for after in line.after.lines() {
            text += &format!("   + {after}\n");
        }
    }
    let changes: Vec<String> = finding.remedy.changes.iter().filter_map(wording::change).collect();
    if !changes.is_empty() {
        text += &wrapped(&format!("Change: {}", changes.join(", ")), 3);
    }
    // Of a rare class the share of all rows says nothing.
    let counts_classes = finding.cause == Cause::ClassImbalance;
    let shown = |figures: &Figures| match figures.unexplained.filter(|_| counts_classes) {
        Some(left) => format!("{} unexplained, each class counted alike", percent(left)),
        None => shown(figures),
    };
    let figures = format!("{}, then {}", shown(&finding.before), shown(&finding.after));
    let what = if finding.remedy.changes.is_empty() { "Measured: as it is" } else { "Tried: as it is" };
    text + &wrapped(&format!("{what} {figures}"), 3)
}

/// The words in lines that fit into 80 columns, behind so many spaces.
fn wrapped(text: &str, indent: usize) -> String {
    const COLUMNS: usize = 80;
    let lines = format::wrapped(text, COLUMNS - indent);
    lines.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}

fn explained(measured: &Measured) -> String {
    const RARE_MISSED: f64 = 0.1;
    match measured.error {
        _ if measured.unexplained.is_infinite() => "leaves the finite numbers".into(),
        // Where a rare class is missed, the share of all rows says little.
        Some(error) if measured.unexplained > 2.0 * error + RARE_MISSED => format!(
            "takes {} of the rows for another class, and leaves {} unexplained, each class counted alike",
            percent(error),
            percent(measured.unexplained)
        ),
        Some(error) => format!("takes {} of the rows for another class", percent(error)),
        None => format!("leaves {} of the outcome's variance unexplained", percent(measured.unexplained)),
    }
}

fn shown(figures: &Figures) -> String {
    match (figures.error, figures.unexplained, figures.objective) {
        (Some(error), ..) => format!("{} of the rows wrong", percent(error)),
        (_, Some(left), _) => format!("{} unexplained", percent(left)),
        (_, _, Some(objective)) => format!("objective {}", format::number(objective)),
        _ => "training fails".into(),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
