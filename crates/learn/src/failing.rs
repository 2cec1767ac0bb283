//! Runs that fail at a node, such as one whose index is out of range: at which row.

use chainrule_exec::{ExecError, Feed, reference};
use chainrule_graph::{Function, NodeId};

use crate::dataset::{Dataset, Role};
use crate::error::LearnError;
use crate::parameters::Parameters;

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
        match reference::evaluate(graph, &feed, targets) {
            Err(ExecError::Node { name, origin, problem, .. }) => {
                Some(LearnError::Node { file: data.file().into(), line: data.line(row), name, origin, problem })
            }
            _ => None,
        }
    })
}
