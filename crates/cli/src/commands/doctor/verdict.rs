//! Whether the run is in order, and by what that is measured.

use chainrule::doctor::{Diagnosis, Measured, Verdict};

use crate::format;

/// The first lines of the answer.
pub fn text(diagnosis: &Diagnosis, name: &str) -> String {
    const INDENT: usize = 2;
    let mut text = format::wrapped_at(&format!("{name} {}", verdict(diagnosis)), 0);
    let mut say = |line: String| text += &format::wrapped_at(&line, INDENT);
    if let Some(measured) = &diagnosis.measured {
        say(explained(measured));
    }
    let small = "a small model that is known to be good";
    let kept = match (&diagnosis.held_out, &diagnosis.attainable) {
        (Some(held_out), Some(best)) => Some(format!("it {}, and {small} {}", left(held_out), left(best))),
        (Some(held_out), None) => Some(format!("it {}", left(held_out))),
        (None, Some(best)) => Some(format!("{small} {}", left(best))),
        (None, None) => None,
    };
    if let Some(kept) = kept {
        say(format!("On rows kept from training {kept}."));
    }
    let rows = diagnosis.shortened.rows.map(|rows| format!("{rows} of its rows, drawn at random"));
    let steps = diagnosis.shortened.steps.map(|steps| format!("the first {steps} steps of training"));
    let parts: Vec<String> = rows.into_iter().chain(steps).collect();
    if !parts.is_empty() {
        say(format!("To be quick, only {} were looked at (--seconds allows more time).", parts.join(" and ")));
    }
    text
}

/// How the run stands.
fn verdict(diagnosis: &Diagnosis) -> &'static str {
    match diagnosis.verdict {
        Verdict::Good => "learns as well as it could, as far as can be seen",
        Verdict::CouldDoBetter if diagnosis.findings.is_empty() => match diagnosis.measured {
            Some(measured) if measured.unexplained.is_finite() => {
                "does less well than a small model, and nothing that was tried helps; perhaps it is so on purpose"
            }
            _ => "fails, and nothing that was tried helps",
        },
        Verdict::CouldDoBetter => "could do better",
        Verdict::NoBetterThanAConstant => {
            "does no better than the best constant, and nothing that was tried helps; perhaps the inputs do not tell the \
             outcome"
        }
        Verdict::Unknown if diagnosis.shortened.steps.is_some() => {
            "was still getting better when it was ended to be quick; nothing was found so far"
        }
        Verdict::Unknown => {
            "has predictions that are compared with nothing, so how good they are is not known; nothing was found"
        }
    }
}

/// What predictions leave to be wished for, as `takes 3 % of them for another class`.
fn left(measured: &Measured) -> String {
    match measured.error {
        _ if measured.is_by_likelihood() => format!("leaves {} of the surprise", format::percent(measured.unexplained)),
        Some(error) => format!("takes {} of them for another class", format::percent(error)),
        None => format!("leaves {} unexplained", format::percent(measured.unexplained)),
    }
}

/// What a run leaves to be wished for, with a word on how to read the figure.
fn explained(measured: &Measured) -> String {
    const RARE_MISSED: f64 = 0.1;
    let left = format::percent(measured.unexplained);
    match measured.error {
        _ if measured.unexplained.is_infinite() => {
            "Its training fails: numbers become infinite, or no numbers at all (NaN).".into()
        }
        Some(error) if measured.is_by_likelihood() => format!(
            "It takes {} of the places of the sequences that it is trained on for another class. Of the surprise (the negative \
             log-likelihood) that remains if each class is guessed by its share, {left} is left.",
            format::percent(error),
        ),
        // Where a rare class is missed, the share of all rows says little.
        Some(error) if measured.unexplained > 2.0 * error + RARE_MISSED => format!(
            "It takes {} of the rows that it is trained on for another class. With every class counted alike, however few rows it has, {left} is left \
             unexplained; to name always the same class leaves 100 %.",
            format::percent(error),
        ),
        Some(error) => {
            format!("It takes {} of the rows that it is trained on for another class.", format::percent(error))
        }
        None => format!(
            "It leaves {left} of the outcome's variance unexplained on the rows that it is trained on; to answer always with the mean leaves 100 %, and 0 % is \
             perfect."
        ),
    }
}
