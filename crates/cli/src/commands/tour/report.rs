//! What the tour found, as a person reads it: tables of scores beside those to be expected, and what these numbers say.

use super::models::{Expected, ON_FEATURES, ON_X};
use crate::format;

/// How many characters a line has.
const WIDTH: usize = 80;

/// The scores of a model on the training and on the validation rows, and those to be expected.
#[derive(Clone, Copy)]
pub struct Row {
    /// What the table calls it.
    pub name: &'static str,
    /// On the training rows and on the validation rows.
    pub scores: [f64; 2],
    /// What is to be expected of them.
    pub expected: Expected,
}

/// The tables. `quick` says that training was cut short; then the scores say nothing of the models.
pub fn report(target: Row, regressions: &[Row], classifier: Row, quick: bool) -> String {
    let errors = table("regression: squared error", [target].iter().chain(regressions), error);
    let shares = table("digits: right classes", [&classifier], |share| format!("{:.1} %", 100.0 * share));
    let remarks = match quick {
        true => {
            vec!["With --quick the models are trained for a fiftieth of the epochs: they are far from done.".into()]
        }
        false => remarks(target, regressions),
    };
    let remarks: Vec<String> = remarks.iter().map(|remark| format::wrapped(remark, WIDTH)).collect();
    format!("{errors}\n\n{shares}\n\n{}\n", remarks.join("\n"))
}

fn error(error: f64) -> String {
    format!("{error:.3}")
}

fn table<'a>(title: &str, rows: impl IntoIterator<Item = &'a Row>, shown: impl Fn(f64) -> String) -> String {
    let range = |[least, greatest]: [f64; 2]| match shown(least) == shown(greatest) {
        true => shown(least),
        false => format!("{}–{}", shown(least).trim_end_matches(" %"), shown(greatest)),
    };
    let cells = |row: &Row| {
        let [training, validation] = row.scores.map(&shown);
        vec![row.name.into(), training, range(row.expected.training), validation, range(row.expected.validation)]
    };
    let heading = [title, "training", "expected", "validation", "expected"];
    format::table(&heading, 1, rows.into_iter().map(cells), format::Narrow::default())
}

/// What the errors of the regression say, each in a sentence or two.
fn remarks(target: Row, models: &[Row]) -> Vec<String> {
    let mut remarks =
        vec!["expected: from the least to the greatest of twenty such tours, each with another seed.".into()];
    let validation = |row: &&Row| row.scores[1];
    let order = |a: &&Row, b: &&Row| validation(a).total_cmp(&validation(b));
    if let (Some(best), Some(worst)) = (models.iter().min_by(order), models.iter().max_by(order)) {
        let (least, greatest) = (error(validation(&best)), error(validation(&worst)));
        remarks.push(format!(
            "Least error on new points: {} ({least}); greatest: {} ({greatest}).",
            best.name, worst.name
        ));
    }
    let find = |name: &str| models.iter().find(|row| row.name == name).map(|row| validation(&row));
    if let (Some(on_x), Some(on_features)) = (find(ON_X), find(ON_FEATURES)) {
        let help = if on_features < on_x { "help it" } else { "are no help here" };
        remarks.push(format!(
            "The same small network errs by {} on x itself and by {} on the features: they {help}.",
            error(on_x),
            error(on_features)
        ));
    }
    let below = models.iter().filter(|row| row.scores[0] < target.scores[0]);
    let below: Vec<String> = below.map(|row| format!("{} ({})", row.name, error(row.scores[0]))).collect();
    if !below.is_empty() {
        remarks.push(format!(
            "Nearer to the training points than the target itself ({}): {}. What brings a model there is their noise.",
            error(target.scores[0]),
            below.join("; ")
        ));
    }
    let outside = far_outside([target].iter().chain(models));
    if !outside.is_empty() {
        remarks.push(format!("Far outside what is expected: {}.", outside.join("; ")));
    }
    remarks
}

/// How far outside its range a score is said to be far outside, in widths of the range. Twenty problems do not show all that
/// may come: of another twenty, thirteen had a score beyond their least or greatest, and two one this far.
const FAR: f64 = 0.5;

/// The scores that lie far outside their range.
fn far_outside<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
    let of = |row: &'a Row| {
        let [training, validation] = row.scores;
        let sets = [("training", training, row.expected.training), ("validation", validation, row.expected.validation)];
        sets.into_iter().filter_map(move |(set, score, [least, greatest])| {
            let far = FAR * (greatest - least);
            let is_far = score < least - far || score > greatest + far;
            is_far.then(|| format!("{}, {set} ({})", row.name, error(score)))
        })
    };
    rows.flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Expected = Expected { training: [0.1, 0.2], validation: [0.1, 0.3] };

    fn row(name: &'static str, training: f64, validation: f64) -> Row {
        Row { name, scores: [training, validation], expected: RANGE }
    }

    fn of(models: &[Row]) -> String {
        remarks(row("the target itself", 0.1, 0.1), models).join("\n")
    }

    #[test]
    fn remarks_say_what_the_numbers_say() {
        let helped = of(&[row(ON_X, 0.15, 0.3), row(ON_FEATURES, 0.12, 0.2)]);
        assert!(helped.contains("0.300 on x itself and by 0.200 on the features: they help it"), "{helped}");
        assert!(helped.contains("new points: MLP, on features (0.200); greatest: MLP, on x (0.300)"), "{helped}");
        assert!(!helped.contains("noise") && !helped.contains("outside"), "{helped}");
        let otherwise = of(&[row(ON_X, 0.15, 0.2), row(ON_FEATURES, 0.04, 0.3), row("linear", 0.24, 0.39)]);
        assert!(
            otherwise.contains("no help here") && otherwise.contains("new points: MLP, on x (0.200)"),
            "{otherwise}"
        );
        assert!(otherwise.contains("MLP, on features (0.040). What"), "{otherwise}");
        assert!(
            otherwise.ends_with("Far outside what is expected: MLP, on features, training (0.040)."),
            "{otherwise}"
        );
    }

    #[test]
    fn lines_fit_a_terminal() {
        let models = [row("ridge (λ = 1), on features", 0.01, 0.9), row(ON_X, 0.01, 0.9), row(ON_FEATURES, 0.01, 0.9)];
        for quick in [false, true] {
            let text = report(row("the target itself", 0.1, 0.1), &models, row("MLP classifier", 0.999, 0.97), quick);
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            assert_eq!(text.contains("new points"), !quick);
        }
    }
}
