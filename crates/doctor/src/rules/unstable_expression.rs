//! A formula leaves the finite numbers where another form would not: exp of something large, log of 0, the root of 0, a
//! division by 0.
//!
//! Story: "loss is NaN after a few steps", Stack Overflow; "unstable log" and "unstable exp" in Kloberdanz, Kloberdanz and Le
//! 2022, "DeepStability".
//!
//! Evidence: the node where the first value that is not finite arises, with what it was made from.

use chainrule_graph::ops::Elementwise;
use chainrule_graph::{NodeId, Origin};
use chainrule_learn::{Diverged, TrainError};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::structure::elementwise;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    found(evidence).into_iter().collect()
}

fn found(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let TrainError::Diverged(diverged) = evidence.run.failure.as_ref()? else { return None };
    let guilty = guilty(evidence, diverged)?;
    let said = diverged.to_string();
    let suspicion =
        Suspicion::new(Cause::UnstableExpression, Specificity::Structure, said).at_node(evidence.named(guilty));
    let suspicion = suspicion.mended_by_each(remedies(evidence, guilty));
    (!suspicion.remedies.is_empty()).then_some(suspicion)
}

/// The node of the model where it began; a derivative is that of the node it was made for.
fn guilty(evidence: &Evidence<'_, '_>, diverged: &Diverged) -> Option<NodeId> {
    let origin = diverged.nan_origin.as_ref()?;
    let graph = &evidence.function().graph;
    let mut written = &origin.origin;
    while let Origin::Derivative(of) = written {
        written = &of.1;
    }
    let candidates = match written {
        Origin::Merged(origins) => origins.to_vec(),
        other => vec![other.clone()],
    };
    graph.ids().find(|&id| {
        let own = graph.node(id).origin.written();
        let is_there = candidates.iter().any(|origin| origin.written() == own && *own != Origin::Unknown);
        is_there && is_risky(elementwise(graph, id))
    })
}

fn is_risky(op: Option<Elementwise>) -> bool {
    matches!(
        op,
        Some(
            Elementwise::Exp
                | Elementwise::Log
                | Elementwise::Log1p
                | Elementwise::Sqrt
                | Elementwise::Rsqrt
                | Elementwise::Div
                | Elementwise::Pow
                | Elementwise::Power(_)
        )
    )
}

fn remedies(evidence: &Evidence<'_, '_>, guilty: NodeId) -> Vec<Change> {
    let function = evidence.function();
    let source = &evidence.case.source;
    let Some(at) = edits::written(function, guilty) else { return Vec::new() };
    let Some(text) = source.get(at.clone()) else { return Vec::new() };
    let inner = edits::argument(text).map(|(_, inner)| inner.to_string());
    let forms: Vec<String> = match (elementwise(&function.graph, guilty), inner) {
        (Some(Elementwise::Exp), Some(z)) => {
            // Of what is never negative, as a square, the exponential was meant to fall.
            let argument = function.graph.node(guilty).inputs[0];
            let is_never_negative = evidence.start.value(argument).is_some_and(|z| z.data().iter().all(|&z| z >= 0.0));
            let falling = is_never_negative.then(|| format!("exp(-({z}))"));
            [format!("softplus({z})"), format!("exp(min({z}, 20))")].into_iter().chain(falling).collect()
        }
        (Some(Elementwise::Log | Elementwise::Log1p), Some(p)) => {
            vec![format!("log(max({p}, 0.000001))"), format!("log(softplus({p}))"), format!("log(abs({p}) + 0.000001)")]
        }
        (Some(Elementwise::Sqrt), Some(x)) => {
            let square = x.strip_suffix("^2").map(|base| format!("abs({base})"));
            square.into_iter().chain([format!("sqrt({x} + 0.000001)"), format!("sqrt(abs({x}) + 0.000001)")]).collect()
        }
        (Some(Elementwise::Div), _) => match text.rsplit_once('/') {
            Some((above, below)) => {
                let (above, below) = (above.trim(), below.trim());
                vec![format!("{above} / ({below} + 0.000001)"), format!("{above} / max({below}, 1)"), above.to_string()]
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut changes: Vec<Change> = forms.into_iter().map(|form| Change::replace(at.clone(), form)).collect();
    if elementwise(&function.graph, guilty) == Some(Elementwise::Log) {
        changes.insert(0, all_logarithms(evidence));
    }
    changes
}

/// Every logarithm kept from 0: where one meets it, so will others.
fn all_logarithms(evidence: &Evidence<'_, '_>) -> Change {
    let function = evidence.function();
    let source = &evidence.case.source;
    let logs = function.graph.ids().filter(|&id| elementwise(&function.graph, id) == Some(Elementwise::Log));
    let kept = logs.filter_map(|id| {
        let at = edits::written(function, id)?;
        let (name, inner) = edits::argument(source.get(at.clone())?)?;
        (name == "log").then(|| Replacement { at: at.clone(), text: format!("log(max({inner}, 0.000001))") })
    });
    Change::Model(kept.collect())
}
