//! Sequences are padded at their end, and the state is read behind the padding, where it has forgotten what came before.
//!
//! Story: "my LSTM predicts the same for every sentence", where most of its steps are zeros that make all sequences one length.
//! Source: the documentation of PyTorch's `pack_padded_sequence`, and of masks in Keras, which are made for that.
//!
//! Evidence: most rows end in many equal steps, and the state of a loop is read behind the last.

use chainrule_graph::Op;
use chainrule_learn::Field;

use super::steps::{self, Taken};
use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// Of fewer steps nothing is said.
const LEAST_STEPS: usize = 8;
/// The share of the steps that are padding in most rows.
const MUCH: f64 = 0.25;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if !evidence.is_outdone() {
        return Vec::new();
    }
    let padded = evidence.inputs().find_map(|field| Some((field, padding(evidence, field)?)));
    let Some((field, equal)) = padded else { return Vec::new() };
    let graph = &evidence.function().graph;
    let loops = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Scan(_)));
    let of_loops = graph.dependent_on(loops);
    let is_behind = |taken: &Taken| {
        let is_last = taken.axis == 0
            && taken.count == 1
            && taken.first + 1 == taken.all
            && field.shape.first() == Some(&taken.all);
        is_last && of_loops[taken.of.node.index()]
    };
    let behind = steps::taken(evidence, LEAST_STEPS).into_iter().filter(is_behind);
    behind.map(|taken| suspicion(evidence, field, equal, &taken)).collect()
}

/// How many equal steps at least half of the rows end in, if those are many.
fn padding(evidence: &Evidence<'_, '_>, field: &Field) -> Option<usize> {
    let all = *field.shape.first().filter(|&&all| all >= LEAST_STEPS && field.shape.rank() <= 2)?;
    let values = evidence.rows().values(&field.name).ok()?;
    let width = field.shape.size() / all;
    let equal = |row: &[f64]| {
        let mut steps = row.chunks(width).rev();
        let last = steps.next();
        1 + steps.take_while(|&step| Some(step) == last).count()
    };
    let mut counts: Vec<usize> = values.chunks(field.shape.size()).map(equal).collect();
    counts.sort_unstable();
    let half = counts.get(counts.len() / 2).copied()?;
    (half as f64 >= MUCH * all as f64).then_some(half)
}

fn suspicion(evidence: &Evidence<'_, '_>, field: &Field, equal: usize, taken: &Taken) -> Suspicion {
    let Taken { id, at, sequence, all, .. } = taken;
    let text = evidence.case.source.get(at.clone()).unwrap_or(sequence);
    let x = &field.name;
    let said = format!(
        "half of the rows end in {equal} equal steps of `{x}` or more, of {all}, as padding is, and `{text}` is read behind them, \
         where the state has forgotten the steps before; at the start, padding would not do that"
    );
    let differs = match field.shape.rank() {
        1 => format!("{x} != last({x})"),
        _ => format!("max(abs({x} - last({x})), axis=1) > 0"),
    };
    let end = format!("argmax(where({differs}, iota({all}), 0))");
    let read = |end: &str| format!("{sequence}[{end}]");
    let at_end = edits::named_before(&evidence.case.source, at, ["end", "last_step"], &end, read);
    let mean = Change::replace(at.clone(), format!("mean({sequence}, axis=0)"));
    Suspicion::new(Cause::VanishingGradient, Specificity::Data, said)
        .at_node(evidence.named(*id))
        .at_column(field.columns.first().unwrap_or(x).clone())
        .judged_on_kept_rows(evidence)
        .mended_by_each(at_end.into_iter().chain([mean]))
}
