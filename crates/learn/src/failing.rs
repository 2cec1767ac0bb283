//! Runs that fail at a node, such as one whose index is out of range: which node, and at which row.

use chainrule_exec::{Feed, reference};
use chainrule_graph::{Function, Graph, NodeId};

use crate::dataset::{Dataset, Role};
use crate::error::LearnError;
use crate::parameters::Parameters;

/// The first node, of those that `targets` need, that cannot be computed from what is fed, and why. None if all can be, or
/// if the reason is no single node.
pub fn failing_node(graph: &Graph, feed: &Feed, targets: &[NodeId]) -> Option<(NodeId, String)> {
    let mut error = reference::evaluate(graph, feed, targets).err()?;
    let needed = graph.needed_for(targets);
    let ids: Vec<NodeId> = graph.ids().filter(|id| needed[id.index()]).collect();
    // So many of the first can all be computed; so many cannot.
    let (mut good, mut bad) = (0, ids.len());
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        match reference::evaluate(graph, feed, &ids[..middle]) {
            Ok(_) => good = middle,
            Err(earlier) => (bad, error) = (middle, earlier),
        }
    }
    let id = *ids.get(good)?;
    let problem = error.message.strip_prefix(&format!("{}: ", graph.describe(id)))?;
    Some((id, problem.to_string()))
}

/// The error of the first of these rows at which `targets` cannot be computed.
pub(crate) fn failing_row(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    rows: &[u32],
    targets: &[NodeId],
) -> Option<LearnError> {
    let graph = &function.graph;
    rows.iter().map(|&row| row as usize).find_map(|row| {
        let given = data.example_of(Role::Input, row).into_iter().chain(data.example_of(Role::Outcome, row));
        let parameters = parameters.iter().map(|(name, value)| (name, value.clone()));
        let feed: Feed = given.chain(parameters).filter_map(|(name, value)| Some((graph.find(name)?, value))).collect();
        let (id, problem) = failing_node(graph, &feed, targets)?;
        let (file, line, name, origin) =
            (data.file().into(), data.line(row), graph.describe(id), graph.node(id).origin.clone());
        Some(LearnError::Node { file, line, name, origin, problem })
    })
}
