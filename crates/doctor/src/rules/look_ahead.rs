//! Sequences whose outcomes are their inputs one place on, as those of a language model: what predicts the next element must
//! not read it.
//!
//! Evidence: predictions at places before the last change with the last input. How a place gets to read later ones does not
//! matter: attention without its mask, or with one that is turned round, a softmax along the wrong axis, a mean over all places.

use std::collections::BTreeMap;

use chainrule_graph::{Function, NodeId, Phase, Tensor, Value, phase};
use chainrule_learn::{Dataset, Field, Parameters, node_values};

use super::{Judge, Specificity, Suspicion, edits};
use crate::baselines::Baselines;
use crate::cause::Cause;
use crate::change::{Change, DataChange, Replacement, replaced, with_values};
use crate::evidence::{Evidence, drawn};
use crate::measure::Measured;
use crate::report::Figures;

/// The share of outcomes that are the input at another place, from which it counts as made so.
const SHARE: f64 = 0.95;
/// What changes by less is the error of rounding.
const ROUNDING: f64 = 1e-6;
/// How many rows are looked at.
const ROWS: usize = 16;
/// With which deviation parameters are drawn for a look at an edit.
const DRAWN: f64 = 0.5;
/// So many rows tell how good predictions are without what comes after them.
const HIDDEN_ROWS: usize = 1024;
/// Tokens of which the one before leaves less unexplained than this are those of a language.
const FOLLOWS: f64 = 0.9;
/// Of outcomes of which they leave this, nothing follows from them.
const UNRELATED: f64 = 0.98;

/// An input of which the outcomes are elements at another place.
struct Sequence<'e> {
    /// The input.
    input: &'e Field,
    /// How many places there are.
    length: usize,
    /// How many elements the input has at each.
    width: usize,
}

/// Predictions that read what they predict.
pub(super) fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let target = evidence.task.as_ref()?.target.clone();
    let sequence = Sequence::of(evidence, &target, 1)?;
    let function = evidence.function();
    let rows = &evidence.run.training;
    let few = rows.select(&(0..rows.rows().min(ROWS)).collect::<Vec<_>>());
    let look = Look::of(function, &evidence.run.end, &few, &sequence)?;
    let prediction = function.prediction?;
    let most = look.change_before_last(prediction)?;
    if most < ROUNDING {
        return None;
    }
    let guilty = look.first_that_reads_ahead(function, prediction);
    let of_end = edits_that_help(evidence, &few, &sequence);
    let hidden = without_what_follows(evidence, &target, &sequence);
    let said = format!(
        "`{target}` is `{}` one place on, and predictions change by up to {most:.2} with inputs that come after \
         them; the first node in which these come in is `{}`",
        sequence.input.name,
        evidence.called(guilty)
    );
    let said = match hidden.map(|hidden| (hidden.error, hidden.unexplained)) {
        Some((Some(error), _)) => format!(
            "{said}; where what follows is that of another row, {:.0} % are taken for another class",
            100.0 * error
        ),
        Some((None, left)) => {
            format!("{said}; where what follows is that of another row, {:.0} % are left unexplained", 100.0 * left)
        }
        None => said,
    };
    let suspicion = Suspicion::new(Cause::Leak, Specificity::Certain, said)
        .at_column(sequence.input.columns.first()?.clone())
        .at_node(evidence.named(guilty))
        .judged_by(Judge::Told)
        .mended_by_each(of_end);
    let shown = hidden.map_or_else(|| Figures::of(&evidence.run), Figures::from);
    Some(suspicion.shown_by(shown))
}

/// Outcomes that are the input one place back, which the model has read, where the next one is not known.
pub(super) fn of_the_past(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let task = evidence.task.as_ref()?;
    task.classes()?;
    let places = [(-1, "one place back"), (0, "at the same place")];
    let of = |(on, by)| Some((Sequence::of(evidence, &task.target, on)?, by));
    let (sequence, by) = places.into_iter().find_map(of)?;
    if sequence.width != 1 {
        return None;
    }
    // Of a language, the next token follows from this one to a part; a task of remembering is made of any tokens.
    let follows = next_explained(evidence, &sequence)?;
    let said = format!(
        "`{}` is `{}` {by}, so that nothing is left to predict; of the next element a table of pairs explains {:.0} %",
        task.target,
        sequence.input.name,
        100.0 * (1.0 - follows.unexplained)
    );
    let target = evidence.rows().fields().iter().find(|field| field.name == task.target)?;
    let suspicion = Suspicion::new(Cause::Leak, Specificity::Certain, said)
        .at_column(target.columns.first()?.clone())
        .at_node(task.target.clone())
        .judged_by(Judge::Told);
    Some(suspicion.shown_by(follows.into()))
}

/// Outcomes that are tokens like those of the input and follow from nothing, while the input's own next tokens follow from it: those
/// of other rows.
pub(super) fn of_other_rows(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let task = evidence.task.as_ref()?;
    let rows = evidence.rows();
    let target = rows.fields().iter().find(|field| field.name == task.target)?;
    let is_alike = |input: &&Field| input.kind == target.kind && input.shape == target.shape && input.shape.rank() == 1;
    let input = evidence.inputs().find(is_alike)?;
    let length = input.shape.size();
    let is_unrelated = evidence.attainable()?.unexplained >= UNRELATED;
    if !is_unrelated || length < 2 || task.classes().is_none() {
        return None;
    }
    let follows = next_explained(evidence, &Sequence { input, length, width: 1 })?;
    let said = format!(
        "a table of pairs explains {:.0} % of what follows in `{}`, and nothing of `{}`, which is made of the same tokens",
        100.0 * (1.0 - follows.unexplained),
        input.name,
        target.name
    );
    let suspicion = |said: String| {
        Suspicion::new(Cause::LabelsUnrelated, Specificity::Data, said)
            .at_node(task.target.clone())
            .at_column(task.target.clone())
            .shown_by(follows.into())
    };
    // The row whose input goes on as the outcome of the middle row does.
    let (values, outcomes) = (rows.values(&input.name).ok()?, rows.values(&task.target).ok()?);
    let middle = rows.rows() / 2;
    let goes_on =
        |of: usize, row: usize| values[of * length + 1..(of + 1) * length] == outcomes[row * length..][..length - 1];
    let is_moved = |by: &isize| {
        let from = |row: usize| (row as isize + by).rem_euclid(rows.rows() as isize) as usize;
        let same = (0..rows.rows()).filter(|&row| goes_on(from(row), row)).count();
        *by != 0 && same as f64 >= SHARE * rows.rows() as f64
    };
    let by = (0..rows.rows()).filter(|&of| goes_on(of, middle)).map(|of| of as isize - middle as isize).find(is_moved);
    Some(match by {
        Some(by) => {
            let said = format!("{said}; moved {by:+} rows it is what follows");
            suspicion(said).mended_by([Change::Data(DataChange::OutcomeMoved { outcome: task.target.clone(), by })])
        }
        None => suspicion(said),
    })
}

/// What a table of pairs leaves of the next token unexplained, of a language; none where it hardly follows from the one before.
fn next_explained(evidence: &Evidence<'_, '_>, sequence: &Sequence<'_>) -> Option<Measured> {
    let task = evidence.task.as_ref()?;
    let tokens = evidence.rows().values(&sequence.input.name).ok()?;
    let next = with_values(evidence.rows(), |field, values| {
        if field.name != task.target || values.len() != tokens.len() {
            return values;
        }
        let rows = tokens.chunks(sequence.length);
        rows.flat_map(|row| row[1..].iter().chain(row.last()).copied()).collect()
    })
    .ok()?;
    let follows = Baselines::of(task, &next).ok()??.best();
    (follows.unexplained <= FOLLOWS).then_some(follows)
}

impl<'e> Sequence<'e> {
    /// The input of which nearly all outcomes are the element so many places on, and not that of the same place by being all
    /// alike.
    fn of(evidence: &'e Evidence<'_, '_>, target: &str, on: isize) -> Option<Sequence<'e>> {
        let rows = evidence.rows();
        let field = rows.fields().iter().find(|field| field.name == target)?;
        let length = *field.shape.first().filter(|&&length| length > 1)?;
        let outcomes = rows.values(target).ok()?;
        let sequences = evidence.inputs().filter(|input| input.shape.first() == Some(&length));
        let mut sequences = sequences.map(|input| Sequence { input, length, width: input.shape.size() / length });
        sequences.find(|sequence| {
            let Ok(values) = rows.values(&sequence.input.name) else { return false };
            let share = |on| sequence.share(&values, &outcomes, on);
            let is_made = share(on) >= SHARE;
            is_made && [-1, 0, 1].into_iter().filter(|&other| other != on).all(|other| share(other) < share(on))
        })
    }

    /// The greatest share, over the elements of a place, of outcomes that are that element so many places on.
    fn share(&self, values: &[f64], outcomes: &[f64], on: isize) -> f64 {
        let of_place = outcomes.len() * self.width / values.len().max(1);
        let pairs = |element: usize| {
            let (mut same, mut all) = (0, 0);
            for (place, outcome) in outcomes.chunks(of_place.max(1)).enumerate() {
                let there = (place % self.length) as isize + on;
                if (0..self.length as isize).contains(&there) {
                    let from = ((place / self.length * self.length) as isize + there) as usize * self.width;
                    all += 1;
                    same += usize::from(values.get(from + element..from + element + outcome.len()) == Some(outcome));
                }
            }
            same as f64 / f64::from(all.max(1))
        };
        (0..self.width.saturating_sub(of_place) + 1).map(pairs).fold(0.0, f64::max)
    }
}

/// The values of nodes for some rows, as they are and with another input at the last place.
struct Look {
    length: usize,
    values: BTreeMap<Value, (Tensor, Tensor)>,
}

impl Look {
    fn of(function: &Function, parameters: &Parameters, rows: &Dataset, sequence: &Sequence<'_>) -> Option<Look> {
        let (phased, map) = phase(function, Phase::Prediction).ok()?;
        let changed = with_values(rows, |field, mut values| {
            if field.name == sequence.input.name {
                // The last element of each row is that of the first place, which is another one now and then.
                let (size, width) = (sequence.length * sequence.width, sequence.width);
                values.chunks_mut(size).for_each(|row| row.copy_within(..width, size - width));
            }
            values
        })
        .ok()?;
        let needed = function.graph.needed_for(function.prediction);
        let of_inputs = function.graph.dependent_on(function.inputs.iter().copied());
        let is_looked_at = |value: &Value| needed[value.node.index()] && of_inputs[value.node.index()];
        let wanted: Vec<(Value, Value)> =
            function.graph.values().filter(is_looked_at).filter_map(|value| Some((value, map.get(value)?))).collect();
        let targets: Vec<Value> = wanted.iter().map(|(_, now)| *now).collect();
        let before = node_values(&phased, parameters, rows, &targets).ok()?;
        let after = node_values(&phased, parameters, &changed, &targets).ok()?;
        let values = wanted.into_iter().map(|(value, _)| value).zip(before.into_iter().zip(after)).collect();
        Some(Look { length: sequence.length, values })
    }

    /// The greatest change at places before the last, along the axis along which it is least; of a node without an axis of
    /// places, of all of it.
    fn change_before_last(&self, value: Value) -> Option<f64> {
        let (before, after) = self.values.get(&value)?;
        let shape = before.shape();
        let most = |is_counted: &dyn Fn(usize) -> bool| {
            let pairs = before.data().iter().zip(after.data()).enumerate().filter(|(index, _)| is_counted(*index));
            pairs.map(|(_, (a, b))| (a - b).abs()).fold(0.0, f64::max)
        };
        let axes = (1..shape.len()).filter(|&axis| shape[axis] == self.length);
        let along = axes.map(|axis| {
            let stride: usize = shape[axis + 1..].iter().product();
            most(&|index| index / stride % self.length < self.length - 1)
        });
        Some(along.reduce(f64::min).unwrap_or_else(|| most(&|_| true)))
    }

    /// Back from a node that reads later places to the first that does.
    fn first_that_reads_ahead(&self, function: &Function, from: Value) -> NodeId {
        let reads = |value: &&Value| self.change_before_last(**value).is_some_and(|change| change >= ROUNDING);
        let mut at = from;
        while let Some(&input) = function.graph.node(at).inputs.iter().find(reads) {
            at = input;
        }
        at.node
    }
}

/// Edits with which no place reads later ones, whatever the parameters are.
fn edits_that_help(evidence: &Evidence<'_, '_>, rows: &Dataset, sequence: &Sequence<'_>) -> Vec<Change> {
    let source = &evidence.case.source;
    let causal = edits::with_argument(source, &["self_attention", "transformer_block"], "causal", "true");
    let mut changes: Vec<Change> = causal.into_iter().collect();
    for (wrong, right) in [(" <= ", " >= "), (" < ", " > "), (" >= ", " <= "), (" > ", " < ")] {
        let compared = source.match_indices("where(").filter_map(|(at, _)| {
            let condition = edits::positional(source, edits::enclosing_call(source, &(at + 6..at + 6))?.1, 0)?;
            let start = condition.start + source.get(condition)?.find(wrong)?;
            Some(Replacement { at: start..start + wrong.len(), text: right.into() })
        });
        changes.push(Change::Model(compared.collect()));
    }
    let along = source.match_indices("softmax(").filter_map(|(at, name)| {
        let start = at + name.len();
        let call = edits::enclosing_call(source, &(start..start))?.1;
        let axis = call.start + source.get(call)?.find("axis=0")?;
        Some(Replacement { at: axis..axis + "axis=0".len(), text: "axis=1".into() })
    });
    changes.push(Change::Model(along.collect()));
    changes.retain(|change| {
        let Change::Model(replacements) = change else { return false };
        let function =
            || crate::case::Case { source: replaced(source, replacements), ..evidence.case.clone() }.function();
        let looks_ahead = |function: &Function| {
            let parameters = drawn(function, DRAWN, 0).ok()?;
            Look::of(function, &parameters, rows, sequence)?.change_before_last(function.prediction?)
        };
        replaced(source, replacements) != *source
            && function().is_ok_and(|function| looks_ahead(&function).is_some_and(|change| change < ROUNDING))
    });
    changes
}

/// How good the predictions for each place are where what comes after it is that of another row.
fn without_what_follows(evidence: &Evidence<'_, '_>, target: &str, sequence: &Sequence<'_>) -> Option<Measured> {
    let Sequence { input, length, width } = sequence;
    let (length, size) = (*length, length * width);
    let count = (HIDDEN_ROWS / length).clamp(2, ROWS).min(evidence.rows().rows());
    let picked: Vec<usize> = (0..count * length).map(|index| index / length).collect();
    let rows = evidence.run.training.select(&picked);
    let other = with_values(&rows, |field, mut values| {
        if field.name == input.name {
            let known = values.clone();
            for (index, row) in values.chunks_mut(size).enumerate() {
                let from = (index / length + 1) % count * length * size;
                let follows = (index % length + 1) * width;
                row[follows..].copy_from_slice(&known[from + follows..from + size]);
            }
        }
        values
    });
    let predictions = evidence.run.predictions(&evidence.run.end, &other.ok()?)?;
    let of_row = predictions.data().len() / (count * length);
    let of_place = of_row / length;
    let at = |index: usize| index * of_row + index % length * of_place;
    let shown: Vec<f64> =
        (0..count * length).flat_map(|index| predictions.data()[at(index)..][..of_place].to_vec()).collect();
    let shape: Vec<usize> = [count].into_iter().chain(predictions.shape().iter().skip(1).copied()).collect();
    let outcomes = evidence.rows().select(&(0..count).collect::<Vec<_>>());
    let outcomes = outcomes.values(target).ok()?.into_owned();
    Some(evidence.task.as_ref()?.measure(&Tensor::new(shape, shown).ok()?, &outcomes))
}
