//! Most of an input is never read: the state behind the first step is, where that behind the last was meant, or a slice.
//!
//! Story: `hs[0]`, or `first(hs)`, for `last(hs)`; of a loop that goes backwards, `last(hs)` for `first(hs)`. Source: the
//! documentation of PyTorch's `LSTM`, whose output holds the states of all steps, and questions on its forum which of them to
//! take. `x[:, 0:1]` is left over from a first try.
//!
//! Evidence: the derivative by most elements is exactly 0 on every row, whatever the parameters are; with those of other rows in their
//! place predictions stay what they are; and on rows that were not trained on a small model that reads all does far better.

use chainrule_graph::{Function, Kind, NodeId, Value};

use super::steps::{self, Taken};
use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::change::{Change, with_values};
use crate::evidence::Evidence;
use crate::structure::through_shapes;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// Of fewer steps or elements nothing is said.
const LEAST: usize = 4;
/// The share that is read at most.
const FEW: f64 = 0.5;
/// How many rows are looked at.
const ROWS: usize = 16;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if !evidence.is_outdone() {
        return Vec::new();
    }
    let Some(unread) = evidence.function().inputs.iter().find_map(|&id| Unread::of(evidence, id)) else {
        return Vec::new();
    };
    let is_few = |taken: &Taken| taken.count as f64 <= FEW * taken.all as f64;
    let suspicion = |taken: Taken| {
        let text = evidence.case.source.get(taken.at.clone())?;
        let said = format!(
            "`{text}` takes {} of {}, and nothing reads what is made from the others: the derivative by `{}` is exactly 0 at {}, \
             whatever the parameters are",
            taken.count,
            taken.all,
            unread.input,
            unread.said()
        );
        let others = others(&taken, text).into_iter().filter(|other| other != text);
        let suspicion = Suspicion::new(Cause::ConstantOutput, Specificity::Structure, said);
        let suspicion = suspicion.at_node(evidence.named(taken.id)).judged_on_kept_rows(evidence);
        Some(suspicion.mended_by_each(others.map(|other| Change::replace(taken.at.clone(), other))))
    };
    steps::taken(evidence, 2).into_iter().filter(is_few).filter_map(suspicion).collect()
}

/// What might have been meant: all of it, the other end, something of all.
fn others(taken: &Taken, text: &str) -> Vec<String> {
    let Taken { sequence, axis, .. } = taken;
    let whole = text.contains(':').then(|| sequence.clone());
    let ends = ["last", "first"].into_iter().filter(|_| *axis == 0).map(|end| format!("{end}({sequence})"));
    let of_all = [format!("mean({sequence}, axis={axis})"), format!("flatten({sequence})")];
    whole.into_iter().chain(ends).chain(of_all).collect()
}

/// The elements of an input that are not read.
struct Unread {
    input: String,
    is_unread: Vec<bool>,
    /// How many elements each step has.
    width: usize,
}

impl Unread {
    /// An input of which little is read.
    fn of(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Unread> {
        let function = evidence.function();
        let shape = function.graph.shape(id);
        let all = *shape.first().filter(|&&all| all >= LEAST)?;
        let sources = sources(function, id.into(), all);
        let is_unread: Vec<bool> = (0..shape.size())
            .map(|at| !sources.iter().any(|&source| is_read(evidence, source, at, shape.size())))
            .collect();
        let count = is_unread.iter().filter(|&&is_unread| is_unread).count();
        let are_many = count < is_unread.len() && count as f64 >= (1.0 - FEW) * is_unread.len() as f64;
        let unread = Unread { input: function.name(id).to_string(), is_unread, width: shape.size() / all };
        // A derivative is 0 behind a `stop_gradient`, too.
        (are_many && unread.says_nothing(evidence) == Some(true)).then_some(unread)
    }

    /// How much it is.
    fn said(&self) -> String {
        let count = |of: &[bool]| of.iter().filter(|&&is_unread| is_unread).count();
        let steps: Vec<usize> = self.is_unread.chunks(self.width).map(count).collect();
        match steps.iter().all(|&step| step == 0 || step == self.width) {
            true if self.width > 1 => {
                format!("{} of its {} steps", steps.iter().filter(|&&step| step > 0).count(), steps.len())
            }
            _ => format!("{} of its {} elements", count(&self.is_unread), self.is_unread.len()),
        }
    }

    /// Whether predictions stay what they are with those elements of other rows.
    fn says_nothing(&self, evidence: &Evidence<'_, '_>) -> Option<bool> {
        let run = &evidence.run;
        let rows = run.training.select(&(0..run.training.rows().min(ROWS)).collect::<Vec<_>>());
        let others = with_values(&rows, |field, values| {
            if field.name != self.input {
                return values;
            }
            let size = self.is_unread.len();
            let of =
                |at: usize| if self.is_unread[at % size] { values[(at + size) % values.len()] } else { values[at] };
            (0..values.len()).map(of).collect()
        });
        let (before, after) = (run.predictions(&run.start, &rows)?, run.predictions(&run.start, &others.ok()?)?);
        Some(before.data() == after.data())
    }
}

/// An input of real numbers; of tokens, which have no derivative, what is looked up for each.
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

/// Whether the derivative of the objective by an element of an input is anything but 0 on some row, with some parameters.
fn is_read(evidence: &Evidence<'_, '_>, source: Value, at: usize, size: usize) -> bool {
    evidence.drawn.iter().filter_map(|drawn| drawn.cotangent(source)).any(|cotangent| {
        let of_row = cotangent.data().len() / cotangent.shape().first().copied().unwrap_or(1).max(1);
        let width = of_row / size;
        cotangent.data().chunks(of_row.max(1)).any(|row| row[at * width..][..width].iter().any(|&x| x != 0.0))
    })
}
