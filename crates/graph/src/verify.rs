//! Checks that a graph is what a graph must be; run on every graph that is finished or simplified, in debug builds.

use std::collections::HashSet;

use crate::error::GraphError;
use crate::graph::{Graph, Update};
use crate::node::{NodeId, Output};
use crate::ops::{Op, Source, TensorType};

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
    let inferred = node.op.infer(&types).map_err(|misfit| wrong(misfit.0))?;
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
        let is_input = matches!(graph.node(target).op, Op::Source(Source::Input { .. }));
        if !fits || !is_input || !updated.insert(target) {
            return Err(GraphError::new(format!("{} can not be updated", graph.describe(target)))
                .at(graph.node(target).origin.clone()));
        }
    }
    Ok(())
}
