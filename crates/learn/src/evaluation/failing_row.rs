//! Runs that fail at a node, such as one whose index is out of range: at which row.

use chainrule_exec::{ExecError, reference};
use chainrule_graph::{Function, Value};

use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::bindings::bindings;
use crate::parameters::Parameters;

/// The error of the first of these rows at which `targets` cannot be computed.
pub(crate) fn failing_row(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    rows: &[u32],
    targets: &[Value],
) -> Option<LearnError> {
    rows.iter().map(|&row| row as usize).find_map(|row| {
        let bindings = bindings(function, data, &[row], parameters.iter());
        match reference::evaluate(&function.graph, &bindings, targets) {
            Err(ExecError::Node { name, origin, problem, .. }) => {
                Some(LearnError::Node { file: data.file().into(), place: data.place(row), name, origin, problem })
            }
            _ => None,
        }
    })
}
