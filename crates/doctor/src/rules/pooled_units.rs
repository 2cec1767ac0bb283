//! A mean, a sum or a maximum runs over the units of a layer, and not over the places.
//!
//! Story: `mean(c, axis=0)` of maps `[channels, places]`: what the channels found is mixed up, and where it was found is kept.
//! Source: Lin, Chen and Yan 2014, "Network In Network", section 3.2, which averages each map over its places; programs of
//! another order of axes (`channels_last`) are where the slip comes from.
//!
//! Evidence: where the end of an input is another, a part of the places changes, and all units. On rows that were not trained
//! on a small model does far better.

use chainrule_graph::ops::Reduction;
use chainrule_graph::{Kind, NodeId, Op, Phase, Tensor, Value, phase};
use chainrule_learn::{Dataset, Role, node_values};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, with_values};
use crate::evidence::Evidence;
use crate::statistics::moments;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// An axis is of units if this share of it changes with the end of an input, and of places if so little does.
const NEARLY_ALL: f64 = 0.75;
const PART: f64 = 0.5;
/// How many rows are looked at.
const ROWS: usize = 16;

/// A reduction that is written with its axis.
struct Pooled {
    id: NodeId,
    of: Value,
    axis: usize,
}

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if !evidence.is_outdone() {
        return Vec::new();
    }
    let pooled = pooled(evidence);
    let changed = changed(evidence, &pooled.iter().map(|pooled| pooled.of).collect::<Vec<_>>());
    let suspected = pooled.iter().zip(changed.unwrap_or_default());
    suspected.filter_map(|(pooled, changed)| of_units(evidence, pooled, &changed)).collect()
}

/// The sums, means and maxima on the way to the prediction that are written with one axis.
fn pooled(evidence: &Evidence<'_, '_>) -> Vec<Pooled> {
    let function = evidence.function();
    let graph = &function.graph;
    let pooled = |id: NodeId| {
        let Op::Reduce(reduce) = &graph.node(id).op else { return None };
        let [axis] = reduce.axes[..] else { return None };
        let of = *graph.node(id).inputs.first()?;
        let is_one = matches!(reduce.op, Reduction::Sum | Reduction::Max | Reduction::Min);
        let is_read = evidence.structure.is_learned(id) && evidence.structure.for_prediction[id.index()];
        let is_written = written_axis(evidence, id)?.0 == axis;
        (is_one && is_read && is_written && graph.shape(of).rank() >= 2).then_some(Pooled { id, of, axis })
    };
    graph.ids().filter_map(pooled).collect()
}

/// The axis that a reduction is written with, and where: the 0 of `mean(c, axis=0)`.
fn written_axis(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<(usize, std::ops::Range<usize>)> {
    let at = edits::written(evidence.function(), id)?;
    let text = evidence.case.source.get(at.clone())?;
    edits::argument(text).filter(|(name, _)| ["mean", "sum", "max", "min"].contains(name))?;
    let keyword = edits::keyword(text, "axis")?;
    let number = keyword.start + text.get(keyword.clone())?.find('=')? + 1;
    let axis = text.get(number..keyword.end)?.trim().parse().ok()?;
    Some((axis, at.start + number..at.start + keyword.end))
}

/// For each value, which of its elements change on some row where the end of each input is another.
fn changed(evidence: &Evidence<'_, '_>, values: &[Value]) -> Option<Vec<Vec<bool>>> {
    let run = &evidence.run;
    let (phased, map) = phase(&run.function, Phase::Prediction).ok()?;
    let targets: Vec<Value> = values.iter().map(|&value| map.get(value)).collect::<Option<_>>()?;
    let rows = run.training.select(&(0..run.training.rows().min(ROWS)).collect::<Vec<_>>());
    let before = node_values(&phased, &run.start, &rows, &targets).ok()?;
    let after = node_values(&phased, &run.start, &with_another_end(&rows)?, &targets).ok()?;
    let differs = |(before, after): (&Tensor, &Tensor)| {
        let of_row = before.data().len() / rows.rows().max(1);
        let differs = |at: usize| {
            let values = |tensor: &Tensor| tensor.data().iter().skip(at).step_by(of_row).copied().collect::<Vec<f64>>();
            values(before) != values(after)
        };
        (0..of_row).map(differs).collect::<Vec<bool>>()
    };
    Some(before.iter().zip(&after).map(differs).collect())
}

/// The rows with the last element of each input, or the last line of it, moved; a token is that of the first place.
fn with_another_end(rows: &Dataset) -> Option<Dataset> {
    with_values(rows, |field, mut values| {
        if field.role != Role::Input || field.shape.rank() == 0 {
            return values;
        }
        let size = field.shape.size();
        let width = if field.shape.rank() > 1 { field.shape.last().copied().unwrap_or(1) } else { 1 };
        let (_, deviation) = moments(&values);
        for row in values.chunks_mut(size) {
            match field.kind {
                Kind::Real => row[size - width..].iter_mut().for_each(|value| *value += 1.0 + deviation),
                Kind::Int | Kind::Bool => row.copy_within(..width, size - width),
            }
        }
        values
    })
    .ok()
}

/// A reduction over units of which places are left.
fn of_units(evidence: &Evidence<'_, '_>, pooled: &Pooled, changed: &[bool]) -> Option<Suspicion> {
    let shape = evidence.function().graph.shape(pooled.of);
    let share = |axis: usize| {
        let stride: usize = shape[axis + 1..].iter().product();
        let mut of = vec![false; shape[axis]];
        changed.iter().enumerate().for_each(|(at, changes)| of[at / stride % shape[axis]] |= changes);
        of.iter().filter(|&&changes| changes).count() as f64 / of.len().max(1) as f64
    };
    let places: Vec<usize> =
        (0..shape.rank()).filter(|&axis| (f64::MIN_POSITIVE..=PART).contains(&share(axis))).collect();
    if places.is_empty() || share(pooled.axis) < NEARLY_ALL {
        return None;
    }
    let (_, at) = written_axis(evidence, pooled.id)?;
    let text = evidence.case.text_of(evidence.function(), pooled.id)?;
    let sizes: Vec<String> = places.iter().map(|&axis| shape[axis].to_string()).collect();
    let said = format!(
        "`{text}` runs over the {} units of each place, and leaves one number for each of {} places: where the end of the input \
         changes, all units do, and a part of the places",
        shape[pooled.axis],
        sizes.join(" · ")
    );
    let along = match &places[..] {
        [one] => one.to_string(),
        several => format!("[{}]", several.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    let suspicion = Suspicion::new(Cause::ConstantOutput, Specificity::Structure, said);
    let suspicion = suspicion.at_node(evidence.named(pooled.id)).judged_on_kept_rows(evidence);
    let flat = || {
        let whole = edits::written(evidence.function(), pooled.id)?;
        let (_, all) = edits::argument(text)?;
        let is_flat = evidence.case.source.get(..whole.start)?.ends_with("flatten(");
        Some(Change::replace(whole, if is_flat { all.to_string() } else { format!("flatten({all})") }))
    };
    Some(suspicion.mended_by_each([Change::replace(at, along)].into_iter().chain(flat())))
}
