//! What the doctor says: whether the run is in order, and if not, the findings.

use std::ops::Range;

use crate::budget::Shortened;
use crate::cause::Cause;
use crate::change::{Change, Replacement, replaced};
use crate::measure::Measured;
use crate::picture::{Course, Exhibit};

/// What the doctor says of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    /// How it stands.
    pub verdict: Verdict,
    /// How good it is, on the rows that it was trained on, if that can be said.
    pub measured: Option<Measured>,
    /// How good it is on rows that were held out from training, if some were.
    pub held_out: Option<Measured>,
    /// What a small model reaches on rows that it was not trained on.
    pub attainable: Option<Measured>,
    /// Why it does not do better, most important first.
    pub findings: Vec<Finding>,
    /// What of the run was left out, so that trials are quick.
    pub shortened: Shortened,
    /// How many changes were tried.
    pub trials: usize,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does as well as it could, as far as can be seen: there is no finding.
    Good,
    /// It could do better: a finding says how, or a small model does.
    CouldDoBetter,
    /// It does no better than the best constant, nor does a small model: perhaps the inputs do not tell the outcome.
    NoBetterThanAConstant,
    /// It can't be said: it was ended early to be quick, and was getting better still, or nothing is known to compare it with.
    Unknown,
}

impl Diagnosis {
    /// Whether predictions are of the places of sequences, and not of rows.
    pub fn is_of_places(&self) -> bool {
        let of_sequences = |measured: Option<Measured>| measured.is_some_and(|it| it.is_by_likelihood());
        of_sequences(self.measured) || of_sequences(self.attainable)
    }

    /// Whether the run does as well as it could: then there is no finding.
    pub fn healthy(&self) -> bool {
        self.verdict == Verdict::Good
    }
}

/// Why a run does not do better, with what was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The cause.
    pub cause: Cause,
    /// The node that is guilty, as a person finds it.
    pub node: Option<String>,
    /// The setting.
    pub setting: Option<&'static str>,
    /// The column.
    pub column: Option<String>,
    /// The bytes of the model's text where that node stands.
    pub place: Option<Range<usize>>,
    /// How sure it is, from 0 to 1: the share of what was left unexplained that the remedy explains.
    pub certainty: f64,
    /// What speaks for it, in figures.
    pub evidence: String,
    /// What a picture shows of it.
    pub exhibit: Option<Exhibit>,
    /// What mends it.
    pub remedy: Remedy,
    /// The figures as it is.
    pub before: Figures,
    /// The figures with the remedy.
    pub after: Figures,
    /// How the run went as it is, and how with the remedy.
    pub course: Option<Course>,
}

/// What mends a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// The changes that were tried.
    pub changes: Vec<Change>,
    /// The lines of the model that change, as they are and as they would be.
    pub lines: Vec<LineChange>,
}

/// A line of the model that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// Its number, from 1.
    pub number: usize,
    /// What it is.
    pub before: String,
    /// The bytes of it that change; none where something is put in.
    pub marks: Vec<Range<usize>>,
    /// What it would be, perhaps several lines.
    pub after: String,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// The objective at the end, if training got there.
    pub objective: Option<f64>,
    /// What is left unexplained on the rows that it was trained on.
    pub unexplained: Option<f64>,
    /// The share of rows that are taken for another class.
    pub error: Option<f64>,
    /// What is left unexplained on the rows that were held out.
    pub held_out: Option<f64>,
}

impl From<Measured> for Figures {
    fn from(measured: Measured) -> Figures {
        Figures { unexplained: Some(measured.unexplained), error: measured.error, ..Figures::default() }
    }
}

impl Remedy {
    /// The changes to a model of this text.
    pub(crate) fn of(source: &str, changes: &[Change]) -> Remedy {
        let replacements = changes.iter().flat_map(|change| match change {
            Change::Model(replacements) => replacements.clone(),
            Change::Setting(_) | Change::Data(_) => Vec::new(),
        });
        Remedy { changes: changes.to_vec(), lines: lines(source, &replacements.collect::<Vec<_>>()) }
    }
}

/// The lines that the replacements change.
fn lines(source: &str, replacements: &[Replacement]) -> Vec<LineChange> {
    let mut start = 0;
    let mut lines = Vec::new();
    for (index, line) in source.split_inclusive('\n').enumerate() {
        let end = start + line.len();
        let here: Vec<Replacement> = replacements
            .iter()
            .filter(|replacement| (start..end).contains(&replacement.at.start))
            .map(|Replacement { at, text }| Replacement {
                at: at.start - start..at.end.min(end) - start,
                text: text.clone(),
            })
            .collect();
        if !here.is_empty() {
            let (before, after) = (line.trim_end().to_string(), replaced(line, &here).trim_end().to_string());
            if before != after {
                let length = before.len();
                let marks =
                    here.iter().map(|replacement| replacement.at.start.min(length)..replacement.at.end.min(length));
                let marks = marks.filter(|mark| !mark.is_empty()).collect();
                lines.push(LineChange { number: index + 1, before, marks, after });
            }
        }
        start = end;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_shows_the_lines_that_change() {
        let source = "a = tanh(x)\nb = relu(a)\n";
        let at = source.find("relu(a)").unwrap_or(0);
        let remedy = Remedy::of(source, &[Change::replace(at..at + 7, "a")]);
        let marks = std::iter::once(4..11).collect();
        let change = LineChange { number: 2, before: "b = relu(a)".into(), marks, after: "b = a".into() };
        assert_eq!(remedy.lines, [change]);
    }
}
