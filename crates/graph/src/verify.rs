//! Checks that a graph is what a graph must be; run on every graph that is finished or simplified, in debug builds.

use std::collections::HashSet;

use crate::error::GraphError;
use crate::graph::{Graph, Update};
use crate::node::{NodeId, Output};
use crate::ops::{Op, TensorType};

/// Infers every shape and kind anew and compares; checks the order of nodes and scopes, names, paths and updates.
///
/// # Errors
///
/// The first thing that is not as it must be, with the node or scope.
pub fn verify(graph: &Graph) -> Result<(), GraphError> {
    verify_scopes(graph)?;
    for id in graph.ids() {
        verify_node(graph, id)?;
    }
    let named: usize = graph.nodes().iter().flat_map(|node| &node.outputs).filter(|o| o.name.is_some()).count();
    if named != graph.names.len() {
        return Err(GraphError::new("a name finds a node that does not bear it"));
    }
    verify_updates(graph)
}

fn verify_scopes(graph: &Graph) -> Result<(), GraphError> {
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
    Ok(())
}

fn verify_node(graph: &Graph, id: NodeId) -> Result<(), GraphError> {
    let node = graph.node(id);
    let wrong = |what: String| GraphError::new(format!("{}: {what}", graph.describe(id))).at(node.origin.clone());
    if let Some(late) = node.inputs.iter().find(|input| input.node >= id) {
        return Err(wrong(format!("reads node {}, which is not before it", late.node.index())));
    }
    graph.check_values(node.inputs.iter().copied()).map_err(|error| wrong(error.message))?;
    let types: Vec<TensorType> = node.inputs.iter().map(|&input| graph.output(input).tensor_type()).collect();
    let inferred = node.op.infer(&types).map_err(|error| wrong(error.0))?;
    if let Op::Scan(scan) = &node.op {
        scan.body.verify().map_err(|error| wrong(format!("in its body, {}", error.message)))?;
    }
    let found: Vec<TensorType> = node.outputs.iter().map(Output::tensor_type).collect();
    if inferred != found {
        let text = |types: &[TensorType]| -> String {
            types.iter().map(|t| format!("{} of kind {}", t.shape, t.kind)).collect::<Vec<_>>().join(" and ")
        };
        return Err(wrong(format!("is {}, but its op gives {}", text(&found), text(&inferred))));
    }
    for (index, output) in node.outputs.iter().enumerate() {
        if output.name.as_deref().is_some_and(|name| graph.find(name) != Some(id.output(index))) {
            return Err(wrong("its name finds another node".into()));
        }
    }
    if node.scope.is_some_and(|scope| scope.index() >= graph.scopes().len()) {
        return Err(wrong("its scope does not exist".into()));
    }
    Ok(())
}

fn verify_updates(graph: &Graph) -> Result<(), GraphError> {
    let mut updated = HashSet::new();
    for update in graph.updates() {
        let Update { target, value } = *update;
        graph
            .check_values([target.into(), value])
            .map_err(|_| GraphError::new("an update of a node that does not exist"))?;
        let fits = graph.output(target).tensor_type() == graph.output(value).tensor_type();
        let is_input = graph.node(target).op.is_input();
        if !fits || !is_input || !updated.insert(target) {
            return Err(GraphError::new(format!("{} can not be updated", graph.describe(target)))
                .at(graph.node(target).origin.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::builder::Builder;
    use crate::graph::Update;
    use crate::initializer::Initializer;
    use crate::node::{Kind, NodeId, Scope, ScopeId};

    const X: usize = 0;
    const H: usize = 1;

    /// h = tanh x of three elements, in the scope `layer`; the state s takes the sum of h.
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
        let message = refusal(|graph| graph.nodes[H].outputs[0].shape = [2].into());
        assert_eq!(message, "`layer/h`: is [2] of kind real, but its op gives [3] of kind real");
        let message = refusal(|graph| graph.nodes[H].outputs[0].kind = Kind::Int);
        assert_eq!(message, "`layer/h`: is [3] of kind int, but its op gives [3] of kind real");
        let message = refusal(|graph| graph.nodes[X].outputs[0].kind = Kind::Bool);
        assert!(message.starts_with("`x`: is [3] of kind bool"), "{message}");
    }

    #[test]
    fn inputs_that_do_not_fit_or_are_not_before_their_reader_are_found() {
        assert!(refusal(|graph| graph.nodes[H].inputs.clear()).starts_with("`layer/h`: takes 1 input"));
        for late in [H, H + 1, 1000] {
            let message = refusal(|graph| graph.nodes[H].inputs[0] = NodeId::from_index(late).into());
            assert_eq!(message, format!("`layer/h`: reads node {late}, which is not before it"));
        }
        let message = refusal(|graph| graph.nodes[H].inputs[0] = NodeId::from_index(X).output(1));
        assert_eq!(message, "`layer/h`: node 0 has 1 output, and none of index 1");
    }

    #[test]
    fn a_name_of_two_nodes_or_of_none_is_found() {
        let message = refusal(|graph| graph.nodes[H].outputs[0].name = graph.nodes[X].outputs[0].name.clone());
        assert_eq!(message, "`x`: its name finds another node");
        let message = refusal(|graph| graph.nodes[H].outputs[0].name = None);
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
            let update = Update { target: NodeId::from_index(target), value: NodeId::from_index(value).into() };
            refusal(|graph| graph.updates.push(update))
        };
        assert_eq!(wrong(X, 2), "`x` can not be updated", "another shape");
        assert_eq!(wrong(H, X), "`layer/h` can not be updated", "it is computed");
        assert_eq!(wrong(2, 3), "`s` can not be updated", "it has an update");
        assert_eq!(wrong(X, 1000), "an update of a node that does not exist");
    }
}
