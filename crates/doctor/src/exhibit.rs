//! What of the evidence a picture tells better than a figure: sizes beside each other, or values in their order.

use chainrule_graph::{Kind, Parameter};
use chainrule_learn::Field;

use crate::case::Scaling;
use crate::cause::Cause;
use crate::evidence::Evidence;
use crate::picture::{Exhibit, Shown};
use crate::rules::Suspicion;
use crate::statistics::{distinct, root_mean_square};
use crate::task::TaskKind;

/// Of more sizes, as many of the greatest and of the least are shown.
const MOST_SIZES: usize = 8;

/// What a picture shows of what speaks for a cause; none where the figures say it all.
pub(crate) fn exhibit(evidence: &Evidence<'_, '_>, suspicion: &Suspicion) -> Option<Exhibit> {
    match suspicion.cause {
        Cause::VanishingGradient | Cause::GradientBlocked => Some(gradients(evidence)),
        Cause::InitScale => Some(starts(evidence)),
        Cause::InputsNotScaled if is_input(evidence, suspicion) => scales(evidence),
        Cause::ClassImbalance => classes(evidence),
        Cause::RowsSorted => outcomes(evidence),
        Cause::Outliers => column(evidence, suspicion.column.as_deref()?),
        _ => None,
    }
}

/// Whether an input is guilty as the file has it.
fn is_input(evidence: &Evidence<'_, '_>, suspicion: &Suspicion) -> bool {
    evidence.inputs().any(|field| suspicion.node.as_ref() == Some(&field.name))
}

/// How large the gradient by each parameter is.
fn gradients(evidence: &Evidence<'_, '_>) -> Exhibit {
    let start = &evidence.start;
    let size = |parameter: &Parameter| {
        start.value(parameter.node)?;
        // What has no derivative has the derivative 0.
        Some(start.cotangent(parameter.node).map_or(0.0, |cotangent| root_mean_square(cotangent.data())))
    };
    let sizes = of_parameters(evidence, size);
    Exhibit { title: "the size of the gradient by each parameter, before the first step".into(), shown: sizes }
}

/// How large each parameter is before the first step.
fn starts(evidence: &Evidence<'_, '_>) -> Exhibit {
    let function = evidence.function();
    let size = |parameter: &Parameter| {
        let start = evidence.run.start.get(function.name(parameter.node)).ok()?;
        Some(root_mean_square(start.data()))
    };
    Exhibit { title: "the size of each parameter before the first step".into(), shown: of_parameters(evidence, size) }
}

/// Sizes of parameters in their order, of which the first layers say most; of the weights alone where there are several.
fn of_parameters(evidence: &Evidence<'_, '_>, size: impl Fn(&Parameter) -> Option<f64>) -> Shown {
    let function = evidence.function();
    let named = |parameter: &&Parameter| Some((function.name(parameter.node).to_string(), size(parameter)?));
    let all: Vec<&Parameter> = function.parameters.iter().collect();
    let is_matrix = |parameter: &&&Parameter| function.graph.shape(parameter.node).rank() >= 2;
    let matrices: Vec<&Parameter> = all.iter().filter(is_matrix).copied().collect();
    let shown = if all.len() > MOST_SIZES && matrices.len() > 1 { matrices } else { all };
    Shown::Sizes(shown.iter().filter_map(named).take(MOST_SIZES).collect())
}

/// How large the numbers of each input column are.
fn scales(evidence: &Evidence<'_, '_>) -> Option<Exhibit> {
    let scaled: &[String] = if let Scaling::Named(names) = &evidence.case.scaling { names } else { &[] };
    let mut sizes = Vec::new();
    for field in evidence.inputs().filter(|field| field.kind == Kind::Real && !scaled.contains(&field.name)) {
        for (element, name) in field.element_names().into_iter().enumerate() {
            sizes.push((name, root_mean_square(&evidence.column(field, element).ok()?)));
        }
    }
    sizes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let count = sizes.len();
    let mut of = String::new();
    if count > MOST_SIZES {
        sizes.drain(MOST_SIZES / 2..count - MOST_SIZES / 2);
        of = format!(" ({MOST_SIZES} of {count})");
    }
    let title = format!("the size of each input column, as root mean square{of}");
    Some(Exhibit { title, shown: Shown::Sizes(sizes) })
}

/// How many rows each class has.
fn classes(evidence: &Evidence<'_, '_>) -> Option<Exhibit> {
    let task = evidence.task.as_ref()?;
    let outcomes = evidence.rows().values(&task.target).ok()?;
    let labels = match &task.kind {
        TaskKind::Classes { labels, .. } => labels.clone(),
        TaskKind::Numbers => distinct(&outcomes),
    };
    let rows = |label: &f64| outcomes.iter().filter(|outcome| *outcome == label).count() as f64;
    let mut sizes: Vec<(String, f64)> = labels.iter().map(|label| (format!("class {label}"), rows(label))).collect();
    if sizes.len() > MOST_SIZES {
        sizes.sort_by(|a, b| a.1.total_cmp(&b.1));
        sizes.truncate(MOST_SIZES);
    }
    Some(Exhibit { title: format!("the rows of each class of `{}`", task.target), shown: Shown::Sizes(sizes) })
}

/// The outcome from row to row.
fn outcomes(evidence: &Evidence<'_, '_>) -> Option<Exhibit> {
    let target = &evidence.task.as_ref()?.target;
    let field = evidence.rows().fields().iter().find(|field| field.name == *target)?;
    let values = evidence.column(field, 0).ok()?;
    Some(Exhibit { title: format!("`{target}` from the first row to the last"), shown: Shown::Sequence(values) })
}

/// A column from row to row.
fn column(evidence: &Evidence<'_, '_>, name: &str) -> Option<Exhibit> {
    let place = |field: &Field| field.element_names().iter().position(|element| element == name);
    let (field, element) = evidence.rows().fields().iter().find_map(|field| Some((field, place(field)?)))?;
    let values = evidence.column(field, element).ok()?;
    Some(Exhibit { title: format!("`{name}` from the first row to the last"), shown: Shown::Sequence(values) })
}
