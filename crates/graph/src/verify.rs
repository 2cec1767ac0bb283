//! Checks that a graph is what a graph must be; run on every graph that is finished or simplified, in debug builds.

use std::collections::HashSet;

use crate::error::GraphError;
use crate::graph::Graph;
use crate::ops::{Op, Source, TensorType};

/// Infers every shape and kind anew and compares; checks the order of nodes and scopes, names, paths and updates.
pub fn verify(graph: &Graph) -> Result<(), GraphError> {
    let mut paths = HashSet::new();
    for (index, scope) in graph.scopes().iter().enumerate() {
        let wrong = |what: &str| GraphError::new(format!("the scope `{}` {what}", scope.path));
        if scope.parent.is_some_and(|parent| parent.index() >= index) {
            return Err(wrong("lies in one that is not before it"));
        }
        if !paths.insert(&scope.path) {
            return Err(wrong("is there twice"));
        }
    }
    let mut named = 0;
    for id in graph.ids() {
        let node = graph.node(id);
        let wrong = |what: String| GraphError::new(format!("{}: {what}", graph.describe(id))).at(node.origin.clone());
        if let Some(late) = node.inputs.iter().find(|input| input.index() >= id.index()) {
            return Err(wrong(format!("reads node {}, which is not before it", late.index())));
        }
        let facts: Vec<TensorType> = node
            .inputs
            .iter()
            .map(|&input| TensorType { shape: graph.node(input).shape.clone(), kind: graph.node(input).kind })
            .collect();
        let inferred = node.op.infer(&facts).map_err(|misfit| wrong(misfit.0))?;
        if inferred != (TensorType { shape: node.shape.clone(), kind: node.kind }) {
            return Err(wrong(format!(
                "is {} of kind {}, but its op gives {} of kind {}",
                node.shape, node.kind, inferred.shape, inferred.kind
            )));
        }
        if let Some(name) = &node.name {
            named += 1;
            if graph.find(name) != Some(id) {
                return Err(wrong("its name finds another node".into()));
            }
        }
        if node.scope.is_some_and(|scope| scope.index() >= graph.scopes().len()) {
            return Err(wrong("its scope does not exist".into()));
        }
    }
    if named != graph.names.len() {
        return Err(GraphError::new("a name finds a node that does not bear it"));
    }
    let mut updated = HashSet::new();
    for update in graph.updates() {
        if update.target.index().max(update.value.index()) >= graph.nodes().len() {
            return Err(GraphError::new("an update of a node that does not exist"));
        }
        let (target, value) = (graph.node(update.target), graph.node(update.value));
        let fits = target.shape == value.shape && target.kind == value.kind;
        let is_input = matches!(target.op, Op::Source(Source::Input { .. }));
        if !fits || !is_input || !updated.insert(update.target) {
            return Err(GraphError::new(format!("{} can not be updated", graph.describe(update.target)))
                .at(target.origin.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::builder::Builder;
    use crate::function::Initializer;
    use crate::graph::Update;
    use crate::node::{Kind, NodeId, Scope, ScopeId};

    const X: usize = 0;
    const H: usize = 1;

    /// h = tanh x of three entries, in the scope `layer`; the state s takes the sum of h.
    fn right() -> Graph {
        let builder = Builder::new();
        let x = builder.input("x", [3]);
        let h = builder.scope("layer", |_| x.tanh().named("h"));
        let s = builder.state("s", [], Initializer::Constant(0.0));
        builder.update(s, h.sum());
        builder.scope("other", |builder| builder.constant(1.0));
        builder.finish_graph().expect("it is right")
    }

    /// What is said of the graph after an edit.
    fn refusal(edit: impl FnOnce(&mut Graph)) -> String {
        let mut graph = right();
        assert_eq!(verify(&graph), Ok(()));
        edit(&mut graph);
        verify(&graph).expect_err("the edit is a mistake").message
    }

    #[test]
    fn a_wrong_shape_or_kind_is_found() {
        let message = refusal(|graph| graph.nodes[H].shape = [2].into());
        assert_eq!(message, "`layer/h`: is [2] of kind real, but its op gives [3] of kind real");
        let message = refusal(|graph| graph.nodes[H].kind = Kind::Int);
        assert_eq!(message, "`layer/h`: is [3] of kind int, but its op gives [3] of kind real");
        let message = refusal(|graph| graph.nodes[X].kind = Kind::Bool);
        assert!(message.starts_with("`x`: is [3] of kind bool"), "{message}");
    }

    #[test]
    fn inputs_that_do_not_fit_or_are_not_before_their_reader_are_found() {
        assert!(refusal(|graph| graph.nodes[H].inputs.clear()).starts_with("`layer/h`: takes 1 input"));
        for late in [H, H + 1, 1000] {
            let message = refusal(|graph| graph.nodes[H].inputs[0] = NodeId::from_index(late));
            assert_eq!(message, format!("`layer/h`: reads node {late}, which is not before it"));
        }
    }

    #[test]
    fn a_name_of_two_nodes_or_of_none_is_found() {
        let message = refusal(|graph| graph.nodes[H].name = graph.nodes[X].name.clone());
        assert_eq!(message, "`x`: its name finds another node");
        let message = refusal(|graph| graph.nodes[H].name = None);
        assert_eq!(message, "a name finds a node that does not bear it");
    }

    #[test]
    fn a_scope_out_of_order_or_twice_is_found() {
        for parent in [0, 1, 1000] {
            let message = refusal(|graph| graph.scopes[0].parent = Some(ScopeId(parent)));
            assert_eq!(message, "the scope `layer` lies in one that is not before it");
        }
        let twin = || Scope { path: Arc::from("layer"), parent: None };
        assert_eq!(refusal(|graph| graph.scopes.push(twin())), "the scope `layer` is there twice");
        let message = refusal(|graph| graph.nodes[H].scope = Some(ScopeId(9)));
        assert_eq!(message, "`layer/h`: its scope does not exist");
    }

    #[test]
    fn an_update_that_cannot_be_made_is_found() {
        let wrong = |target: usize, value: usize| {
            let update = Update { target: NodeId::from_index(target), value: NodeId::from_index(value) };
            refusal(|graph| graph.updates.push(update))
        };
        assert_eq!(wrong(X, 2), "`x` can not be updated", "another shape");
        assert_eq!(wrong(H, X), "`layer/h` can not be updated", "it is computed");
        assert_eq!(wrong(2, 3), "`s` can not be updated", "it has an update");
        assert_eq!(wrong(X, 1000), "an update of a node that does not exist");
    }
}
