//! What is bound for the reference: rows of data, and values by name.

use chainrule_exec::Bindings;
use chainrule_graph::{Function, Tensor};

use crate::data::dataset::Dataset;
use crate::data::field::Role;
use crate::draws::{self, EXAMPLE};

/// The inputs and outcomes of some rows, as far as the data have them, and the values of parameters and state by name.
/// A single row is one example, without a batch axis.
pub fn bindings<'a>(
    function: &Function,
    data: &Dataset,
    rows: &[usize],
    values: impl IntoIterator<Item = (&'a str, &'a Tensor)>,
) -> Bindings {
    let of_data = [Role::Input, Role::Outcome].into_iter().flat_map(|role| match rows {
        &[row] => data.example_of(role, row),
        _ => data.batch_of(role, rows),
    });
    let values = values.into_iter().map(|(name, value)| (name, value.clone()));
    let graph = &function.graph;
    // The row is known, whether a node draws by it or not.
    std::iter::once((EXAMPLE, draws::rows(rows)))
        .chain(of_data)
        .chain(values)
        .filter_map(|(name, value)| Some((graph.find(name)?, value)))
        .collect()
}
