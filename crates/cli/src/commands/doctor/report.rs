//! What the doctor says, for people and as JSON.

use chainrule::doctor::{Cause, Diagnosis, Figures, Finding, Measured};

use super::explanation::explanation;
use super::{pictures, place, verdict, wording};
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
    let measured = |measured: Option<Measured>| {
        let unexplained = |it: Measured| Object::default().with("unexplained", json::number(it.unexplained));
        measured.map(|it| unexplained(it).with_some("error", it.error.map(json::number)))
    };
    Object::default()
        .with("healthy", diagnosis.healthy())
        .with_some("measured", measured(diagnosis.measured))
        .with_some("held_out", measured(diagnosis.held_out))
        .with_some("attainable", measured(diagnosis.attainable))
        .with("findings", json::array(findings))
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

/// The answer for people; `words` are those of the command.
pub fn text(diagnosis: &Diagnosis, file: &ModelFile, words: &[String]) -> String {
    let mut text = verdict::text(diagnosis, file.name());
    let mut explained = Vec::new();
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        let is_new = !explained.contains(&finding.cause);
        explained.push(finding.cause);
        let of = if diagnosis.is_of_places() { "places" } else { "rows" };
        text += &format!("\n{}. {}", index + 1, said(finding, is_new, of, file, words));
    }
    text
}

/// How many spaces stand before the lines of a finding.
const INDENT: usize = 3;

/// What is said of a finding; `of` is what a prediction is of: a row, or a place of a sequence.
fn said(finding: &Finding, is_new: bool, of: &str, file: &ModelFile, words: &[String]) -> String {
    let heading = format::wrapped_at(&format!("{} ({})", finding.cause.meaning(), finding.cause), INDENT);
    let mut text = heading.trim_start().to_string();
    if is_new {
        text += &format::wrapped_at(explanation(finding.cause), INDENT);
    }
    text += &place::text(finding, file.source(), words);
    text += &format::wrapped_at(&format!("Seen: {}", finding.evidence), INDENT);
    text += &finding.exhibit.as_ref().map(pictures::of_exhibit).unwrap_or_default();
    text += &place::changes(finding);
    text += &tried(finding, of);
    text + &finding.course.as_ref().map(|course| pictures::of_course(course, of)).unwrap_or_default()
}

/// What the remedy gave; or, where nothing mends it, what it is compared with.
fn tried(finding: &Finding, of: &str) -> String {
    let (before, unit) = shown(finding, &finding.before, of);
    let (after, same) = shown(finding, &finding.after, of);
    // Of the same kind, the second figure needs no unit.
    let after = if unit == same { after } else { after + &same };
    let before = before + &unit;
    let on = match finding.cause {
        Cause::ClassImbalance => ", each class counted alike",
        // Learning by heart shows only on other rows.
        Cause::Overfitting => ", on rows that were not trained on",
        _ => "",
    };
    let said = match (finding.remedy.changes.is_empty(), finding.cause) {
        (false, _) => format!("Tried{on}: {before} as it is, {after} with the change"),
        (true, Cause::ConstantColumn) => return String::new(),
        (true, Cause::Leak) => format!("Measured: {before} as it is, {after} by a small model without that column"),
        (true, _) => format!("Measured: {before} as it is, {after} by a small model that is known to be good"),
    };
    format::wrapped_at(&said, INDENT)
}

/// A figure, and what it is of.
fn shown(finding: &Finding, figures: &Figures, of: &str) -> (String, String) {
    // Of a rare class the share of all rows says nothing.
    let error = figures.error.filter(|_| finding.cause != Cause::ClassImbalance);
    match (error, figures.unexplained, figures.objective) {
        (Some(error), ..) => (format::percent(error), format!(" of the {of} wrong")),
        (_, Some(left), _) => (format::percent(left), " unexplained".into()),
        (_, _, Some(objective)) => (format::number(objective), " for an objective".into()),
        _ => (String::new(), "training fails".into()),
    }
}
