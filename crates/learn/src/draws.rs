//! What random nodes depend on, where rows are run over: the key is a state of the training step, the example an input that
//! is its row in the data.

use chainrule_graph::{Function, GraphError, NodeId, Tensor};

/// The state that holds the seed and the number of the step.
pub(crate) const KEY: &str = "random key";
/// The input that is the row.
pub(crate) const EXAMPLE: &str = "random example";

/// The function with the example as an input, if it draws anything.
pub(crate) fn by_row(function: Function) -> Result<Function, GraphError> {
    function.with_example_as_input(EXAMPLE)
}

/// Whether an input is the row, which no column has.
pub(crate) fn is_row(function: &Function, id: NodeId) -> bool {
    function.name(id) == EXAMPLE
}

/// The rows as values of that input: of one a number.
pub(crate) fn rows(rows: &[usize]) -> Tensor {
    match rows {
        &[row] => Tensor::scalar(row as f64),
        rows => Tensor::vector(rows.iter().map(|&row| row as f64).collect::<Vec<f64>>()),
    }
}
