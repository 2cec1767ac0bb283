//! Most steps of a sequence are never read: the state behind the first is, where that behind the last was meant.
//!
//! Story: `hs[0]`, or `first(hs)`, for `last(hs)`; of a loop that goes backwards, `last(hs)` for `first(hs)`. Source: the
//! documentation of PyTorch's `LSTM`, whose output holds the states of all steps, and questions on its forum which of them to
//! take.
//!
//! Evidence: the derivative by most steps is exactly 0 on every row, whatever the parameters are; with those of other rows in their
//! place predictions stay what they are; and on rows that were not trained on a small model that reads all steps does far better.

use chainrule_graph::{Function, Kind, NodeId, Value};

use super::steps::{self, Taken};
use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, with_values};
use crate::evidence::Evidence;
use crate::structure::through_shapes;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// Of fewer steps nothing is said.
const LEAST_STEPS: usize = 4;
/// The share of steps that are read at most.
const FEW: f64 = 0.5;
/// How many rows are looked at.
const ROWS: usize = 16;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if !evidence.is_outdone() {
        return Vec::new();
    }
    let Some(Unread { input, steps, all }) = unread(evidence) else { return Vec::new() };
    let is_few = |taken: &Taken| taken.count as f64 <= FEW * taken.all as f64;
    let suspicion = |taken: Taken| {
        let Taken { id, at, sequence, count, .. } = taken;
        let text = evidence.case.source.get(at.clone())?;
        let taken = if count == 1 { "step" } else { "steps" };
        let said = format!(
            "`{text}` takes {count} {taken}, and nothing reads what is made from the others: the derivative by `{input}` is \
             exactly 0 at {} of its {all} steps, whatever the parameters are",
            steps.len()
        );
        let others = [
            format!("last({sequence})"),
            format!("first({sequence})"),
            format!("mean({sequence}, axis=0)"),
            format!("flatten({sequence})"),
        ];
        let others = others.into_iter().filter(|other| other != text);
        let suspicion = Suspicion::new(Cause::ConstantOutput, Specificity::Structure, said);
        let suspicion = suspicion.at_node(evidence.named(id)).judged_on_kept_rows(evidence);
        Some(suspicion.mended_by_each(others.map(|other| Change::replace(at.clone(), other))))
    };
    steps::taken(evidence, LEAST_STEPS).into_iter().filter(is_few).filter_map(suspicion).collect()
}

/// The steps of an input that are not read.
struct Unread {
    input: String,
    steps: Vec<usize>,
    all: usize,
}

/// An input of whose steps few are read.
fn unread(evidence: &Evidence<'_, '_>) -> Option<Unread> {
    let function = evidence.function();
    let of = |id: NodeId| {
        let all = *function.graph.shape(id).first().filter(|&&all| all >= LEAST_STEPS)?;
        let sources = sources(function, id.into(), all);
        let is_unread = |step: &usize| !sources.iter().any(|&source| is_read(evidence, source, *step, all));
        let steps: Vec<usize> = (0..all).filter(is_unread).collect();
        let are_many = steps.len() < all && steps.len() as f64 >= (1.0 - FEW) * all as f64;
        let unread = Unread { input: function.name(id).to_string(), steps, all };
        // A derivative is 0 behind a `stop_gradient`, too.
        (are_many && says_nothing(evidence, &unread) == Some(true)).then_some(unread)
    };
    function.inputs.iter().find_map(|&id| of(id))
}

/// Whether predictions stay what they are with those steps of other rows.
fn says_nothing(evidence: &Evidence<'_, '_>, unread: &Unread) -> Option<bool> {
    let run = &evidence.run;
    let rows = run.training.select(&(0..run.training.rows().min(ROWS)).collect::<Vec<_>>());
    let others = with_values(&rows, |field, mut values| {
        if field.name == unread.input {
            let (known, width) = (values.clone(), field.shape.size() / unread.all);
            let size = field.shape.size();
            for (row, step) in (0..rows.rows()).flat_map(|row| unread.steps.iter().map(move |step| (row, step))) {
                let from = (row + 1) % rows.rows() * size + step * width;
                values[row * size + step * width..][..width].copy_from_slice(&known[from..from + width]);
            }
        }
        values
    });
    let (before, after) = (run.predictions(&run.start, &rows)?, run.predictions(&run.start, &others.ok()?)?);
    Some(before.data() == after.data())
}

/// An input of real numbers; of tokens, which have no derivative, what is looked up for each step.
fn sources(function: &Function, input: Value, all: usize) -> Vec<Value> {
    let graph = &function.graph;
    if graph.kind(input) == Kind::Real {
        return vec![input];
    }
    let is_source = |value: &Value| {
        let of_input = graph.node(*value).inputs.iter().any(|&of| through_shapes(graph, of) == input);
        of_input && graph.kind(*value) == Kind::Real && graph.shape(*value).first() == Some(&all)
    };
    graph.values().filter(is_source).collect()
}

/// Whether the derivative of the objective by a step is anything but 0 on some row, with some parameters.
fn is_read(evidence: &Evidence<'_, '_>, source: Value, step: usize, all: usize) -> bool {
    evidence.drawn.iter().filter_map(|drawn| drawn.cotangent(source)).any(|cotangent| {
        let of_row = cotangent.data().len() / cotangent.shape().first().copied().unwrap_or(1).max(1);
        let width = of_row / all;
        cotangent.data().chunks(of_row.max(1)).any(|row| row[step * width..][..width].iter().any(|&x| x != 0.0))
    })
}
