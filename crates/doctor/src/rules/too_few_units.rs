//! The model cannot bend often enough: a hidden layer has too few units for the task.
//!
//! Story: "how many hidden units should I use?": two ReLU units give at most two bends. Source: Cybenko 1989; Goodfellow,
//! Bengio and Courville 2016, section 6.4.1.
//!
//! Evidence: a hidden layer narrower than what a good small model needs, which does clearly better.

use chainrule_graph::{NodeId, Op};

use super::{Rule, Specificity, Suspicion, widening};
use crate::cause::Cause;
use crate::evidence::Evidence;
use crate::structure::is_contraction;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// A layer of more units is not narrow.
const NARROW: usize = 8;
/// What it is widened to.
const WIDE: [usize; 2] = [32, 8];

/// A run of whose fall more than this share is in its last fifth has not come to what its units can do.
const STILL_FALLING: f64 = 0.15;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    if evidence.falling().is_some_and(|share| share > STILL_FALLING) {
        return Vec::new();
    }
    let function = evidence.function();
    let graph = &function.graph;
    // Of a sequence of outcomes, the units of each place.
    let target = evidence.task.as_ref().and_then(|task| evidence.node(&task.target));
    let places = target.and_then(|id| graph.shape(id).first().copied());
    let units_of = |id: NodeId| graph.shape(id).last().copied().unwrap_or(0);
    let is_hidden = |id: &NodeId| {
        let shape = graph.shape(*id);
        evidence.structure.is_learned(*id)
            && evidence.structure.for_prediction[id.index()]
            && (shape.rank() == 1 || shape.rank() == 2 && places.is_some() && shape.first() == places.as_ref())
            && shape.last().is_some_and(|units| (1..=NARROW).contains(units))
            && feeds_product(evidence, *id)
            && !evidence.structure.parameters_behind(function, *id).is_empty()
    };
    let hidden: Vec<NodeId> = graph.ids().filter(is_hidden).collect();
    let Some(narrowest) = hidden.iter().copied().min_by_key(|&id| units_of(id)) else { return Vec::new() };
    let units = units_of(narrowest);
    let named = evidence.named(narrowest);
    let said = format!("`{named}` has {units} unit{}", if units == 1 { "" } else { "s" });
    // A code that a model gives back its input from is narrow on purpose.
    let is_code =
        evidence.task.as_ref().is_some_and(|task| function.inputs.iter().any(|&id| function.name(id) == task.target));
    let specificity = if is_code { Specificity::Purpose } else { Specificity::Capacity };
    let suspicion = Suspicion::new(Cause::TooFewUnits, specificity, said).at_node(named);
    let wider = WIDE.into_iter().filter(|&wide| wide > units);
    vec![suspicion.mended_by_each(wider.filter_map(|wide| widening::of(evidence, narrowest, wide)))]
}

/// Whether a product with parameters reads the node.
fn feeds_product(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    evidence.structure.is_read_by(id, |id| is_contraction(graph, id), |id| matches!(graph.node(id).op, Op::Shape(_)))
}
