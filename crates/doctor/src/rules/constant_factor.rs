//! A constant factor makes what a layer reads far too small, or far too large.
//!
//! Story: pixels from 0 to 255 that are divided by 255 twice; a state times 0.001 that was left over from an experiment. Source:
//! LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp", section 4.3: what a layer reads is to have about deviation 1.
//!
//! Evidence: the size of the product beside that of what is multiplied; on rows that were not trained on a small model does far
//! better.

use chainrule_graph::ops::{Elementwise, Source};
use chainrule_graph::{NodeId, Op, Value};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::statistics::root_mean_square;
use crate::structure::{elementwise, through_shapes};

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

/// A product is far too small or too large if its size is so many times less or more than 1.
const FAR: f64 = 50.0;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if !evidence.is_outdone() {
        return Vec::new();
    }
    evidence.function().graph.ids().filter_map(|id| far_off(evidence, id)).collect()
}

fn far_off(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let structure = &evidence.structure;
    let is_product = matches!(elementwise(graph, id), Some(Elementwise::Mul | Elementwise::Div));
    let is_constant = |value: &Value| matches!(&graph.node(through_shapes(graph, *value)).op, Op::Source(Source::Constant(it)) if it.value.data().len() == 1);
    let inputs = &graph.node(id).inputs;
    let is_read = structure.for_prediction[id.index()] && structure.of_inputs[id.index()];
    if !is_product || !is_read || !inputs.iter().any(is_constant) {
        return None;
    }
    let of = *inputs.iter().find(|input| !is_constant(input))?;
    let size = |value: Value| Some(root_mean_square(evidence.start.value(value)?.data()));
    let (before, after) = (size(of)?, size(id.into())?);
    let is_far = |size: f64| !(1.0 / FAR..=FAR).contains(&size);
    if after == 0.0 || !is_far(after) || is_far(before) {
        return None;
    }
    let at = edits::written(function, id)?;
    let text = evidence.case.source.get(at.clone())?;
    let multiplied = without_factor(text)?;
    let said = format!("`{text}` has the size {after:.1e}, and `{multiplied}` {before:.3} (root mean square)");
    let cause = match structure.of_parameters[id.index()] {
        false => Cause::InputsNotScaled,
        true if after < before => Cause::VanishingGradient,
        true => Cause::InitScale,
    };
    let suspicion = Suspicion::new(cause, Specificity::Structure, said).at_node(evidence.named(id));
    let about_one = (before > 2.0).then(|| format!("{multiplied} / {:.0}", before));
    let others = about_one.into_iter().chain([multiplied.to_string()]);
    Some(suspicion.judged_on_kept_rows(evidence).mended_by_each(others.map(|other| Change::replace(at.clone(), other))))
}

/// What is multiplied or divided by a number: `x` of `x / 4096` and of `0.001 * x`.
fn without_factor(text: &str) -> Option<&str> {
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
    if let Some((_, rest)) = text.split_once('*').filter(|(number, _)| is_number(number)) {
        return Some(rest.trim());
    }
    let (rest, number) = text.rsplit_once(['*', '/'])?;
    is_number(number).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_stands_before_or_behind() {
        assert_eq!(without_factor("x / 4096"), Some("x"));
        assert_eq!(without_factor("0.001 * last(hs)"), Some("last(hs)"));
        assert_eq!(without_factor("last(hs) * 0.001"), Some("last(hs)"));
        assert_eq!(without_factor("x * y"), None);
    }
}
