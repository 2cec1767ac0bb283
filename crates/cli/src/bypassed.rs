//! Softmaxes that a result is computed past.

use std::collections::BTreeSet;

use chainrule::ops::Reduce;
use chainrule::{NodeId, Op};

use crate::format;
use crate::names::Names;

/// Says which softmaxes are not on the way to a result, if there are any: the log and the nll of one are built from its
/// logits, so that neither its value nor its derivative rule has a part in theirs.
pub fn note(names: &Names<'_>, result: NodeId, what: &str) -> Option<String> {
    let graph = names.graph();
    let needed = graph.needed_for(&[result]);
    let is_softmax = |id: &NodeId| matches!(graph.node(*id).op, Op::Reduce(Reduce::Softmax { .. }));
    let past = graph.ids().filter(|id| is_softmax(id) && !needed[id.index()]);
    let past: BTreeSet<String> = past.map(|id| format!("`{}`", format::name(&names.of(id)))).collect();
    let verb = if past.len() == 1 { "is" } else { "are" };
    (!past.is_empty()).then(|| {
        format!(
            "{} {verb} not on the way to the {what}: a log or nll of a softmax is computed from its logits",
            past.into_iter().collect::<Vec<_>>().join(", ")
        )
    })
}
