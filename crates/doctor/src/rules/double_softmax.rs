//! A softmax too many: softmax of a softmax, softmax given to a loss that makes one itself, or softmax between layers; or a sigmoid
//! given to `binary_cross_entropy`, which makes one itself. Its
//! outputs lie in [0, 1] and sum to 1, so the next one can only choose between shares from 1/(1 + (K − 1)e) to e/(e + K − 1).
//!
//! Story: "my PyTorch loss does not go below 1.4", with a softmax before CrossEntropyLoss; in DeepFD's list.
//!
//! Evidence: the graph.

use chainrule_graph::ops::{Elementwise, Reduction};
use chainrule_graph::{NodeId, Op};

use super::{Judge, Rule, Specificity, Suspicion, edits, loss_mismatch};
use crate::cause::Cause;
use crate::change::Change;
use crate::evidence::Evidence;
use crate::structure::{elementwise, is_contraction, is_softmax, through_shapes};

pub(crate) const RULE: Rule = Rule { even_if_good: true, suspect };

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let graph = &evidence.function().graph;
    let softmaxes = graph.ids().filter(|&id| is_softmax(graph, id) && evidence.structure.is_learned(id));
    let softmaxes = softmaxes.filter_map(|id| read_again(evidence, id).or_else(|| between_layers(evidence, id)));
    softmaxes.chain(sigmoid_in_the_loss(evidence)).collect()
}

/// A sigmoid that `binary_cross_entropy` is given, which takes the sigmoid of it: so a probability lies between 1/2 and e/(1 + e).
/// Classes are hardly mistaken for it, so that it is judged by the objective, which is that of a probability in either case.
fn sigmoid_in_the_loss(evidence: &Evidence<'_, '_>) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let source = &evidence.case.source;
    let is_sigmoid =
        |id: NodeId| elementwise(graph, id) == Some(Elementwise::Sigmoid) && evidence.structure.is_learned(id);
    let given_to = |id: NodeId| {
        let is_one =
            elementwise(graph, id) == Some(Elementwise::Softplus) && evidence.structure.for_objective[id.index()];
        let of = is_one.then(|| through_shapes(graph, graph.node(id).inputs[0]).node).filter(|&of| is_sigmoid(of))?;
        let loss = edits::written(function, id)?;
        let (called, _) = edits::argument(source.get(loss.clone())?)?;
        (called == "binary_cross_entropy").then_some((of, loss))
    };
    let (sigmoid, loss) = graph.ids().find_map(given_to)?;
    let said = format!(
        "`{}` is a sigmoid already, and `{}` takes one of it: it is given logits",
        evidence.named(sigmoid),
        source.get(loss.clone())?
    );
    let given = edits::positional(source, loss, 0)?;
    let (_, logit) = edits::argument(source.get(edits::written(function, sigmoid)?)?)?;
    let is_named = logit.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_given_alone = edits::written(function, sigmoid)? == given;
    let change =
        if is_named || is_given_alone { Some(Change::replace(given, logit)) } else { loss_mismatch::usual(evidence) };
    let suspicion = Suspicion::new(Cause::DoubleSoftmax, Specificity::Structure, said);
    Some(suspicion.judged_by(Judge::Objective).at_node(evidence.named(sigmoid)).mended_by_each(change))
}

/// A softmax whose values another softmax, or a logarithm of a sum of exponentials, reads.
fn read_again(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Suspicion> {
    let graph = &evidence.function().graph;
    let reads = |other: NodeId| {
        let is_one = is_softmax(graph, other)
            || matches!(&graph.node(other).op, Op::Reduce(reduce) if reduce.op == Reduction::LogSumExp);
        is_one && graph.node(other).inputs.iter().any(|&input| through_shapes(graph, input).node == id)
    };
    let again = graph.ids().find(|&other| other != id && reads(other))?;
    let said =
        format!("`{}` is a softmax already, and `{}` takes one of it", evidence.named(id), evidence.called(again));
    let function = evidence.function();
    let suspicion = Suspicion::new(Cause::DoubleSoftmax, Specificity::Structure, said)
        .judged_by(Judge::Likelihood)
        .at_node(evidence.named(id));
    let in_the_loss = in_the_loss(evidence, id, again);
    let left_out = [id, again].into_iter().filter_map(|node| edits::call_left_out(evidence.case, function, node));
    Some(suspicion.mended_by_each(in_the_loss.into_iter().chain(left_out)))
}

/// A loss that makes a softmax itself is given what the softmax is made of, `cross_entropy(z, y)`; where that has no name, it is
/// the loss that takes probabilities, `nll`. So the prediction stays a probability for each class.
fn in_the_loss(evidence: &Evidence<'_, '_>, id: NodeId, again: NodeId) -> Option<Change> {
    let function = evidence.function();
    let source = &evidence.case.source;
    let loss = edits::written(function, again)?;
    let softmax = edits::written(function, id)?;
    let (called, _) = edits::argument(source.get(loss.clone())?)?;
    let (_, logits) = edits::argument(source.get(softmax)?)?;
    let given = edits::positional(source, loss.clone(), 0)?;
    let is_named = logits.chars().all(|c| c.is_alphanumeric() || c == '_');
    match called {
        "softmax" => None,
        _ if is_named => Some(Change::replace(given, logits)),
        "cross_entropy" => Some(Change::replace(loss.start..loss.start + called.len(), "nll")),
        _ => None,
    }
}

/// A softmax that a product with parameters reads: a hidden layer. (Attention multiplies by values, which depend on inputs.)
fn between_layers(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Suspicion> {
    let function = evidence.function();
    let graph = &function.graph;
    let is_layer = |other: NodeId| {
        let inputs = &graph.node(other).inputs;
        let reads = inputs.iter().any(|&input| through_shapes(graph, input).node == id);
        let by_parameters = inputs.iter().any(|&input| evidence.structure.is_of_parameters_alone(input));
        is_contraction(graph, other) && reads && by_parameters
    };
    graph.ids().find(|&other| is_layer(other))?;
    let size = graph.shape(id).size();
    let said = format!("`{}` is a softmax between layers: its {size} units share a sum of 1", evidence.named(id));
    let suspicion = Suspicion::new(Cause::DoubleSoftmax, Specificity::Structure, said)
        .judged_by(Judge::Likelihood)
        .at_node(evidence.named(id));
    let bent = ["tanh", "relu"].into_iter();
    let bent = bent.filter_map(|bend| edits::call_of_another(evidence.case, function, id, bend));
    Some(suspicion.mended_by_each(bent))
}
