//! Whether values fit into memory, asked before they are made: what does not fit is an error, and ends no program.

use chainrule_graph::{Graph, Value};

use crate::error::{ExecError, check_values};

/// So many elements are not worth the question.
const FEW: usize = 1 << 20;

/// Whether so many elements of f64 fit into memory at once. `what` says what they are.
///
/// # Errors
/// They do not.
pub fn check_memory(elements: usize, what: impl FnOnce() -> String) -> Result<(), ExecError> {
    if elements <= FEW || Vec::<f64>::new().try_reserve_exact(elements).is_ok() {
        return Ok(());
    }
    let bytes = elements as f64 * size_of::<f64>() as f64;
    let size = format!("{:.1} GiB", bytes / f64::from(1 << 30));
    Err(ExecError::new(format!("{} would take {size}, more than this machine has", what())))
}

/// Whether these values fit into memory at once.
///
/// # Errors
/// They do not, or one is of another graph.
pub fn check_memory_of(graph: &Graph, values: impl Iterator<Item = Value> + Clone) -> Result<(), ExecError> {
    check_values(graph, values.clone())?;
    let size = |id: &Value| graph.shape(*id).size();
    let elements = values.clone().map(|id| size(&id)).fold(0, usize::saturating_add);
    check_memory(elements, || {
        // The first of equals: a model's own nodes come before those of its derivatives.
        let largest = values.reduce(|largest, id| if size(&id) > size(&largest) { id } else { largest });
        let largest = largest.map(|id| format!("{} of shape {}", graph.describe(id), graph.shape(id)));
        format!("the values, of which the largest is {},", largest.unwrap_or_default())
    })
}
