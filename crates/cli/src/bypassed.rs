//! Softmaxes that a result is computed past.

use std::collections::BTreeSet;

use chainrule::ops::Reduction;
use chainrule::{Op, Value};

use crate::format;
use crate::names::NodeNames;

/// Says which softmaxes are not on the way to a result, if there are any: the log and the nll of one are built from its
/// logits, so that neither its value nor its derivative rule has a part in theirs.
pub fn note(names: &NodeNames<'_>, result: Value, what: &str) -> Option<String> {
    let graph = names.graph();
    let needed = graph.needed_for([result]);
    let inputs = |wanted: Reduction, is_needed: bool| {
        let ids =
            graph.ids().filter(move |id| matches!(&graph.node(*id).op, Op::Reduce(reduce) if reduce.op == wanted));
        ids.filter(|id| needed[id.index()] == is_needed).map(|id| (id, graph.node(id).inputs[0])).collect::<Vec<_>>()
    };
    let used = inputs(Reduction::LogSumExp, true);
    let unused = inputs(Reduction::Softmax, false);
    let past = unused.iter().filter(|(_, logits)| used.iter().any(|(_, other)| other == logits)).map(|(id, _)| *id);
    let past: BTreeSet<String> = past.map(|id| format!("`{}`", format::name(&names.of(id)))).collect();
    let verb = if past.len() == 1 { "is" } else { "are" };
    (!past.is_empty()).then(|| {
        format!(
            "{} {verb} not on the way to the {what}: a log or nll of a softmax is computed from its logits",
            past.into_iter().collect::<Vec<_>>().join(", ")
        )
    })
}
