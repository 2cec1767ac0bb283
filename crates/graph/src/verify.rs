//! Checks that a graph is what a graph must be; run after every pass in tests and debug builds.

use crate::error::GraphError;
use crate::graph::Graph;
use crate::ops::{Facts, Op, Source};

/// Infers every shape and kind anew and compares; checks the order of nodes, names, scopes and updates.
pub fn verify(graph: &Graph) -> Result<(), GraphError> {
    let mut named = 0;
    for id in graph.ids() {
        let node = graph.node(id);
        let wrong = |what: String| GraphError::new(format!("{}: {what}", graph.describe(id))).at(node.origin.clone());
        if let Some(late) = node.inputs.iter().find(|input| input.index() >= id.index()) {
            return Err(wrong(format!("reads node {}, which is not before it", late.index())));
        }
        let facts: Vec<Facts> = node
            .inputs
            .iter()
            .map(|&input| Facts { shape: graph.node(input).shape.clone(), kind: graph.node(input).kind })
            .collect();
        let inferred = node.op.infer(&facts).map_err(|misfit| wrong(misfit.0))?;
        if inferred != (Facts { shape: node.shape.clone(), kind: node.kind }) {
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
    for update in graph.updates() {
        let (target, value) = (graph.node(update.target), graph.node(update.value));
        let fits = target.shape == value.shape && target.kind == value.kind;
        if !fits || !matches!(target.op, Op::Source(Source::Input { .. })) {
            return Err(GraphError::new(format!("{} can not be updated", graph.describe(update.target)))
                .at(target.origin.clone()));
        }
    }
    Ok(())
}
