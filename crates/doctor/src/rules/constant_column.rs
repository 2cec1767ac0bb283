//! The outcome, or the only input, has the same value on every row: there is nothing to learn, or nothing to learn from.
//!
//! Story: a column that a join filled with one default. Source: Breck, Cai, Nielsen, Salib and Sculley 2017, "The ML test
//! score", test Data 1.
//!
//! Evidence: the column. There is no run to try: whatever reads a constant gives a constant.

use chainrule_learn::Field;

use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::evidence::Evidence;
use crate::statistics::is_constant;

use crate::report::Figures;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// In fewer rows a value may well be the same.
const LEAST_ROWS: usize = 8;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if evidence.rows().rows() < LEAST_ROWS {
        return Vec::new();
    }
    let target = evidence.task.as_ref().map(|task| task.target.as_str());
    let outcome = evidence.rows().fields().iter().find(|field| Some(field.name.as_str()) == target);
    let outcome = outcome.filter(|field| constant_columns(evidence, field).len() == field.shape.size());
    if let Some(field) = outcome {
        return vec![told(evidence, field, "there is nothing to learn")];
    }
    let inputs: Vec<&Field> = evidence.inputs().collect();
    let all_constant = |field: &&&Field| constant_columns(evidence, field).len() == field.shape.size();
    match inputs.iter().filter(all_constant).count() {
        all if all > 0 && all == inputs.len() => vec![told(evidence, inputs[0], "there is nothing to learn from")],
        _ => Vec::new(),
    }
}

fn told(evidence: &Evidence<'_, '_>, field: &Field, so: &str) -> Suspicion {
    let column = field.element_names().into_iter().next().unwrap_or_else(|| field.name.clone());
    let value = evidence.column(field, 0).ok().and_then(|values| values.first().copied()).unwrap_or(f64::NAN);
    let said = format!("`{column}` is {value} in all of {} rows: {so}", evidence.rows().rows());
    let nothing = Figures { unexplained: Some(1.0), ..Figures::default() };
    Suspicion::new(Cause::ConstantColumn, Specificity::Certain, said)
        .at_column(column)
        .at_node(field.name.clone())
        .shown_by(nothing)
}

fn constant_columns(evidence: &Evidence<'_, '_>, field: &Field) -> Vec<usize> {
    let is_one = |&element: &usize| evidence.column(field, element).is_ok_and(|values| is_constant(&values));
    (0..field.shape.size()).filter(is_one).collect()
}
