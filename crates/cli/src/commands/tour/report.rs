//! What the tour found, as a person reads it: tables of scores beside those to be expected, and what these numbers say.

use super::models::{ELSEWHERE, Expected, ON_FEATURES, ON_X};
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

/// What the tour found.
pub struct Findings {
    /// The target of the regression, scored as if it were a model.
    pub target: Row,
    /// The models of the regression.
    pub regressions: Vec<Row>,
    /// The classifier of digits and the convolutional network.
    pub digits: [Row; 2],
    /// The recurrent network.
    pub vowels: Row,
    /// How many rules the gradients of all models are made of, each of which agrees with differences.
    pub rules: usize,
}

/// The tables. `quick` says that training was cut short; then the scores say nothing of the models.
pub fn report(findings: &Findings, quick: bool) -> String {
    let Findings { target, regressions, digits, vowels, rules } = findings;
    let tables = [
        table("regression: squared error", [target].into_iter().chain(regressions), error),
        table("digits: right classes", digits, format::percent),
        table("vowels: right speakers", [vowels], format::percent),
    ];
    let checked = format!("All {rules} rules that the gradients of these models are made of agree with differences.");
    let remarks: Vec<String> = match quick {
        true => {
            vec!["With --quick the models are trained for a fiftieth of the epochs: they are far from done.".into()]
        }
        false => [remarks(*target, regressions), remarks_on_networks(digits)].concat(),
    };
    let remarks: Vec<String> =
        remarks.into_iter().chain([checked]).map(|remark| format::wrapped(&remark, WIDTH)).collect();
    format!("{}\n\n{}\n", tables.join("\n\n"), remarks.join("\n"))
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

/// What the right classes of the networks say.
fn remarks_on_networks([dense, convolution]: &[Row; 2]) -> Vec<String> {
    let (before, after) = (dense.scores[1], convolution.scores[1]);
    let help = if after > before { "help it" } else { "are no help here" };
    vec![
        format!(
            "On new digits a network is right on {} without convolutions and on {} with them: they {help}.",
            format::percent(before),
            format::percent(after)
        ),
        ELSEWHERE.into(),
    ]
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
        let findings = Findings {
            target: row("the target itself", 0.1, 0.1),
            regressions: models.to_vec(),
            digits: [row("MLP classifier", 0.999, 0.97), row("convolutional network", 0.999, 0.98)],
            vowels: row("GRU", 1.0, 0.97),
            rules: 1000,
        };
        for quick in [false, true] {
            let text = report(&findings, quick);
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            assert_eq!(text.contains("new points"), !quick);
            assert_eq!(text.contains("PyTorch"), !quick);
        }
    }

    #[test]
    fn what_convolutions_are_good_for_is_seen_in_the_numbers() {
        let of = |dense: f64, convolution: f64| {
            remarks_on_networks(&[row("MLP", 1.0, dense), row("convolution", 1.0, convolution)]).join("\n")
        };
        assert!(of(0.97, 0.984).contains("97.0 % without convolutions and on 98.4 % with them: they help it"));
        assert!(of(0.97, 0.97).contains("no help here"));
    }
}
