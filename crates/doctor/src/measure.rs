//! How good predictions are, by a measure that does not depend on the objective.

use chainrule_graph::Tensor;

use crate::task::{Task, TaskKind};

/// How good predictions are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// What is left unexplained: 0 is perfect, 1 as good as the best constant.
    ///
    /// Of numbers, the mean squared error over the variance of the outcome. Of K classes, the mean over the classes of the
    /// share of rows that are taken for another, over 1 − 1/K, which is what any constant class reaches; a rare class counts
    /// as much as the others. Of a sequence of classes whose probabilities are predicted, the deviance, as language models are
    /// compared: many classes are rare there, and the next one is seldom certain.
    pub unexplained: f64,
    /// The share of rows that are taken for another class, if there are classes.
    pub error: Option<f64>,
    /// If predictions are probabilities: their mean negative log-likelihood over that of the shares of the classes. (1 less
    /// is McFadden's R², 1974.)
    pub deviance: Option<f64>,
    /// How many outcomes were compared.
    pub count: usize,
}

impl Measured {
    /// That of a run that left the finite numbers.
    pub(crate) fn of_nothing(count: usize) -> Measured {
        Measured { unexplained: f64::INFINITY, error: None, deviance: None, count }
    }

    /// The mean of some, as of one over all their rows; none if one of them is not known.
    pub(crate) fn mean(measured: impl Iterator<Item = Option<Measured>>) -> Option<Measured> {
        let all: Vec<Measured> = measured.collect::<Option<_>>()?;
        let times = all.len() as f64;
        let errors: Option<Vec<f64>> = all.iter().map(|measured| measured.error).collect();
        let deviances: Option<Vec<f64>> = all.iter().map(|measured| measured.deviance).collect();
        (!all.is_empty()).then(|| Measured {
            unexplained: all.iter().map(|measured| measured.unexplained).sum::<f64>() / times,
            error: errors.map(|errors| errors.iter().sum::<f64>() / times),
            deviance: deviances.map(|deviances| deviances.iter().sum::<f64>() / times),
            count: all.iter().map(|measured| measured.count).sum(),
        })
    }

    /// Whether what is left unexplained is the deviance, as of sequences of classes.
    pub fn is_by_likelihood(&self) -> bool {
        self.deviance == Some(self.unexplained)
    }

    /// Whether hardly anything is explained beyond what the best constant does.
    pub fn is_no_better_than_a_constant(&self) -> bool {
        const HARDLY_ANYTHING: f64 = 0.05;
        self.unexplained >= 1.0 - HARDLY_ANYTHING
    }

    /// Whether this is better than the other by more than chance and habit: it leaves a share of `much` less unexplained,
    /// and at least two hundredths of all; of classes, by more than two standard errors of the difference.
    pub(crate) fn is_clearly_better(&self, than: &Measured, much: f64) -> bool {
        let gain = than.unexplained - self.unexplained;
        let is_more = self.unexplained <= (1.0 - much) * than.unexplained && gain >= LEAST_GAIN;
        is_more && self.differs_by_more_than_chance(than)
    }

    /// Whether the outcomes are far more likely than by the other, which leaves much to be wished for, and no more are wrong.
    pub(crate) fn is_far_more_likely(&self, than: &Measured) -> bool {
        const MUCH: f64 = 0.3;
        let are = |mine: f64, theirs: f64| theirs >= MUCH && mine <= theirs / 2.0;
        let is_likely = self.deviance.zip(than.deviance).is_some_and(|(mine, theirs)| are(mine, theirs));
        is_likely && self.unexplained <= than.unexplained + LEAST_GAIN
    }

    /// Of classes: whether the shares of errors differ by more than two standard errors of the difference of two binomial
    /// shares, if all that differ are of one kind (McNemar 1947).
    fn differs_by_more_than_chance(&self, than: &Measured) -> bool {
        let (Some(mine), Some(theirs)) = (self.error, than.error) else { return true };
        // Rare classes can be mended at the price of some errors elsewhere.
        let rows = self.count.min(than.count) as f64;
        let shift = (theirs - mine).abs().max((than.unexplained - self.unexplained).abs() / 2.0) * rows;
        shift >= 2.0 * shift.sqrt()
    }
}

/// What is explained more must be at least this share of all.
const LEAST_GAIN: f64 = 0.02;

impl Task {
    /// How wrong each row's prediction is; none where predictions and outcomes have other sizes.
    pub(crate) fn errors(&self, predictions: &Tensor, outcomes: &[f64], rows: usize) -> Option<Vec<f64>> {
        if rows == 0 || !predictions.is_finite() {
            return None;
        }
        let wrong: Vec<f64> = match &self.kind {
            TaskKind::Numbers if predictions.data().len() == outcomes.len() => {
                predictions.data().iter().zip(outcomes).map(|(p, y)| (p - y) * (p - y)).collect()
            }
            TaskKind::Numbers => return None,
            TaskKind::Classes { labels, are_probabilities, .. } => {
                let decided = self.decided(predictions, outcomes.len());
                let width = predictions.data().len() / outcomes.len().max(1);
                let of = |(index, y): (usize, &f64)| {
                    let class = labels.iter().position(|label| label == y).unwrap_or(usize::MAX);
                    let given = predictions.data().get(index * width..(index + 1) * width)?;
                    Some(match (are_probabilities, width) {
                        (true, 1) => (given[0] - class.min(1) as f64).abs(),
                        (true, _) => 1.0 - given.get(class).copied().unwrap_or(0.0),
                        (false, _) => f64::from(u8::from(decided.get(index) != Some(&class))),
                    })
                };
                outcomes.iter().enumerate().map(of).collect::<Option<_>>()?
            }
        };
        let size = (wrong.len() / rows).max(1);
        Some(wrong.chunks(size).map(|row| row.iter().sum::<f64>() / size as f64).collect())
    }

    /// How good predictions `[rows, …]` of these outcomes are.
    pub fn measure(&self, predictions: &Tensor, outcomes: &[f64]) -> Measured {
        let count = outcomes.len();
        if !predictions.is_finite() {
            return Measured::of_nothing(count);
        }
        match &self.kind {
            TaskKind::Numbers => {
                let rows = predictions.shape().first().copied().unwrap_or(1);
                let (predicted, compared) = (predictions.data(), outcomes);
                // Of fewer elements, each is compared with several.
                let most = predicted.len().max(compared.len());
                let (low, high) = self.range;
                let repeated = |values: &[f64]| -> Vec<f64> {
                    let times = most / values.len().max(1);
                    values.iter().flat_map(|&value| std::iter::repeat_n(value.clamp(low, high), times)).collect()
                };
                let left = unexplained(&repeated(predicted), &repeated(compared), rows);
                Measured { unexplained: left, error: None, deviance: None, count }
            }
            TaskKind::Classes { labels, are_probabilities, .. } => {
                let deviance = are_probabilities.then(|| deviance(predictions.data(), labels, outcomes));
                let measured = of_classes(&self.decided(predictions, count), labels, outcomes);
                let is_sequence = predictions.shape().first().is_some_and(|&rows| rows < count);
                let unexplained = deviance.filter(|_| is_sequence).unwrap_or(measured.unexplained);
                Measured { deviance, unexplained, ..measured }
            }
        }
    }
}

/// The squared error over that of the mean of each element over the rows; 1 where the outcome is constant.
fn unexplained(predictions: &[f64], outcomes: &[f64], rows: usize) -> f64 {
    let size = outcomes.len() / rows.max(1);
    let mean = |element: usize| outcomes.iter().skip(element).step_by(size).sum::<f64>() / rows.max(1) as f64;
    let means: Vec<f64> = (0..size).map(mean).collect();
    let square = |a: f64, b: f64| (a - b) * (a - b);
    let errors: f64 = predictions.iter().zip(outcomes).map(|(&p, &y)| square(p, y)).sum();
    let spread: f64 = outcomes.iter().zip(means.iter().cycle()).map(|(&y, &mean)| square(y, mean)).sum();
    if spread > 0.0 { errors / spread } else { 1.0 }
}

fn of_classes(decided: &[usize], labels: &[f64], outcomes: &[f64]) -> Measured {
    let (mut rows, mut wrong) = (vec![0usize; labels.len()], vec![0usize; labels.len()]);
    for (&taken, outcome) in decided.iter().zip(outcomes) {
        if let Some(class) = labels.iter().position(|label| label == outcome) {
            rows[class] += 1;
            wrong[class] += usize::from(taken != class);
        }
    }
    let present: Vec<usize> = (0..labels.len()).filter(|&class| rows[class] > 0).collect();
    let count: usize = rows.iter().sum();
    let mean = |of: &dyn Fn(usize) -> f64| present.iter().map(|&class| of(class)).sum::<f64>() / present.len() as f64;
    let balanced = mean(&|class| wrong[class] as f64 / rows[class] as f64);
    let of_constant = 1.0 - 1.0 / present.len().max(1) as f64;
    let unexplained = if of_constant > 0.0 { balanced / of_constant } else { 1.0 };
    Measured {
        unexplained,
        error: Some(wrong.iter().sum::<usize>() as f64 / count.max(1) as f64),
        deviance: None,
        count,
    }
}

/// The mean of −log p of each outcome, over that of the shares of the classes; 1 where there is one class.
fn deviance(predictions: &[f64], labels: &[f64], outcomes: &[f64]) -> f64 {
    const LEAST: f64 = 1e-12;
    let width = (predictions.len() / outcomes.len().max(1)).max(1);
    let place = |outcome: &f64| labels.iter().position(|label| label == outcome);
    let (mut sum, mut rows) = (0.0, vec![0usize; labels.len()]);
    for (given, class) in predictions.chunks(width).zip(outcomes.iter().map(place)) {
        let Some(class) = class else { continue };
        rows[class] += 1;
        let p = match (width, class) {
            (1, 0) => 1.0 - given[0],
            (1, _) => given[0],
            _ => given.get(class).copied().unwrap_or(0.0),
        };
        sum -= p.max(LEAST).ln();
    }
    let count = rows.iter().sum::<usize>() as f64;
    let of_shares: f64 =
        rows.iter().filter(|&&rows| rows > 0).map(|&rows| -(rows as f64) * (rows as f64 / count).ln()).sum();
    if of_shares > 0.0 { sum / of_shares } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Decision;

    #[test]
    fn the_best_constant_leaves_all_unexplained() {
        let range = (-100.0, 100.0);
        let numbers = Task { target: "y".into(), kind: TaskKind::Numbers, range };
        let measured = numbers.measure(&Tensor::vector([2.0, 2.0, 2.0]), &[1.0, 2.0, 3.0]);
        assert_eq!(measured.unexplained, 1.0);
        let decision = Decision::Above(0.5);
        let kind = TaskKind::Classes { labels: vec![0.0, 1.0], decision, are_probabilities: true };
        let classes = Task { target: "y".into(), kind, range };
        let measured = classes.measure(&Tensor::vector([0.1, 0.2, 0.1, 0.3]), &[0.0, 0.0, 0.0, 1.0]);
        assert_eq!((measured.unexplained, measured.error), (1.0, Some(0.25)));
        let measured = classes.measure(&Tensor::vector([0.1, 0.2, 0.1, 0.7]), &[0.0, 0.0, 0.0, 1.0]);
        assert_eq!(measured.unexplained, 0.0);
    }
}
