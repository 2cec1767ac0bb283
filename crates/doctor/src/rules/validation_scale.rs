//! The rows to validate on are on other scales than those to train on: another unit, or scaled by themselves.
//!
//! Story: "validation loss is huge from the first epoch": a file in thousands beside one in units. Source: LeCun, Bottou, Orr
//! and Müller 1998, "Efficient BackProp", section 4.3: all rows go through the same scaling.
//!
//! Evidence: where the middle two thirds of a column lie in the two tables; and the run is far worse on the rows to validate on.

use chainrule_graph::Kind;
use chainrule_learn::{Dataset, Field};

use super::{Rule, Specificity, Suspicion};
use crate::cause::Cause;
use crate::evidence::Evidence;
use crate::statistics::middle;

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// One spread is beyond so many times the other, or the middles are so many spreads apart.
const MANY: f64 = 5.0;
/// The rows to train on, and a small model, leave at least so much less unexplained than those to validate on.
const WORSE: f64 = 1.0 / 3.0;
/// Of fewer rows nothing is said.
const LEAST_ROWS: usize = 10;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let others = evidence.case.validation.as_ref().filter(|others| others.rows() >= LEAST_ROWS)?;
    let (trained, held_out) = evidence.validated()?;
    // What the run gets wrong on its own rows, too, comes of something else; and one of many columns differs by chance.
    if !trained.is_clearly_better(&held_out, WORSE) {
        return None;
    }
    let best = evidence.attainable().filter(|best| best.is_clearly_better(&held_out, WORSE))?;
    let differing = evidence.inputs().filter(|field| field.kind == Kind::Real).find_map(|field| {
        let mut columns = field.element_names().into_iter().enumerate();
        columns.find_map(|(element, column)| {
            let ours = middle(&evidence.column(field, element).ok()?);
            let theirs = middle(&column_of(others, field, element)?);
            are_apart(ours, theirs).then_some((field.name.clone(), column, ours, theirs))
        })
    });
    let (input, column, ours, theirs) = differing?;
    let said = format!(
        "two thirds of `{column}` lie between {:.4} and {:.4} in the rows to train on, between {:.4} and {:.4} in those to validate \
         on",
        ours.0, ours.1, theirs.0, theirs.1
    );
    let suspicion = Suspicion::new(Cause::InputsNotScaled, Specificity::Certain, said).at_node(input).at_column(column);
    Some(suspicion.shown_by(best.into()))
}

/// The values of an element of an input in other rows.
fn column_of(rows: &Dataset, field: &Field, element: usize) -> Option<Vec<f64>> {
    let values = rows.values(&field.name).ok()?;
    Some(values.iter().skip(element).step_by(field.shape.size().max(1)).copied().collect())
}

/// Whether two stretches hardly have to do with each other.
fn are_apart(a: (f64, f64), b: (f64, f64)) -> bool {
    let (wide, narrow) = ((a.1 - a.0).max(b.1 - b.0), (a.1 - a.0).min(b.1 - b.0));
    let between = ((a.0 + a.1) / 2.0 - (b.0 + b.1) / 2.0).abs();
    narrow > 0.0 && (wide > MANY * narrow || between > MANY * wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_on_other_scales_are_apart() {
        assert!(are_apart((20.0, 80.0), (0.02, 0.08)));
        assert!(are_apart((0.0, 1.0), (50.0, 51.0)));
        assert!(!are_apart((20.0, 80.0), (30.0, 60.0)));
        assert!(!are_apart((0.0, 0.0), (0.0, 1.0)));
    }
}
