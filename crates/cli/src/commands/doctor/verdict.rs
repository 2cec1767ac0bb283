//! Whether the run is in order, and by what that is measured.

use chainrule::doctor::{Diagnosis, Measured};

use crate::format;

/// The first lines of the answer.
pub fn text(diagnosis: &Diagnosis, name: &str) -> String {
    const INDENT: usize = 2;
    let verdict = match (diagnosis.findings.is_empty(), diagnosis.healthy) {
        (true, true) => "learns as well as it could, as far as can be seen",
        (true, false) => "could do better, but nothing that was tried helps",
        (false, _) => "could do better",
    };
    let mut text = format!("{name} {verdict}\n");
    let mut say = |line: String| text += &format::wrapped_at(&line, INDENT);
    if let Some(measured) = &diagnosis.measured {
        say(explained(measured));
    }
    if let Some(best) = &diagnosis.attainable {
        let best = match best.error {
            Some(error) => format!("takes {} of the rows for another class", format::percent(error)),
            None => format!("leaves {} unexplained", format::percent(best.unexplained)),
        };
        say(format!("A small model that is known to be good {best}, on rows that it was not trained on."));
    }
    let rows = diagnosis.shortened.rows.map(|rows| format!("{rows} of its rows, drawn at random"));
    let steps = diagnosis.shortened.steps.map(|steps| format!("the first {steps} steps of training"));
    let parts: Vec<String> = rows.into_iter().chain(steps).collect();
    if !parts.is_empty() {
        say(format!("To be quick, only {} were looked at (--seconds allows more time).", parts.join(" and ")));
    }
    text
}

/// What a run leaves to be wished for, with a word on how to read the figure.
fn explained(measured: &Measured) -> String {
    const RARE_MISSED: f64 = 0.1;
    let left = format::percent(measured.unexplained);
    match measured.error {
        _ if measured.unexplained.is_infinite() => {
            "Its training fails: numbers become infinite, or no numbers at all (NaN).".into()
        }
        // Where a rare class is missed, the share of all rows says little.
        Some(error) if measured.unexplained > 2.0 * error + RARE_MISSED => format!(
            "It takes {} of the rows for another class. With every class counted alike, however few rows it has, {left} is left \
             unexplained; to name always the same class leaves 100 %.",
            format::percent(error),
        ),
        Some(error) => format!("It takes {} of the rows for another class.", format::percent(error)),
        None => format!(
            "It leaves {left} of the outcome's variance unexplained; to answer always with the mean leaves 100 %, and 0 % is \
             perfect."
        ),
    }
}
