//! Slopes that a strong zero leaves out at some row of the data.

use chainrule_exec::{DroppedSlope, dropped_slope as dropped_at};
use chainrule_graph::{Builder, Function, Phase, Value, count_dropped_slopes, differentiate, phase};

use crate::data::dataset::Dataset;
use crate::draws::by_row;
use crate::error::LearnError;
use crate::evaluation::bindings::bindings;
use crate::evaluation::scores::objectives;
use crate::parameters::Parameters;

/// The first row at which the gradient by the parameters leaves out a slope that is not finite, though no branch or mask did
/// it; and that slope.
///
/// # Errors
/// Those of [`scores`](crate::scores).
pub fn dropped_slope(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
) -> Result<Option<(usize, DroppedSlope)>, LearnError> {
    let function = &by_row(phase(function, Phase::Prediction)?.0)?;
    let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let wrt: Vec<Value> = function.parameters.iter().map(|parameter| parameter.node.into()).collect();
    let derivatives = differentiate(&function.graph, objective, &wrt)?;
    let Some(counts) = count_dropped_slopes(&derivatives, &wrt)? else { return Ok(None) };
    // What is asked of every row is how many slopes are left out in all.
    let builder = Builder::extend_graph(counts.graph.clone());
    let total = counts.counts.iter().map(|count| builder.var(count.count)).reduce(|sum, count| sum + count);
    let Some(total) = total.and_then(|total| total.id()) else { return Ok(None) };
    let counting = Function { graph: builder.finish_graph()?, objective: Some(total), ..function.clone() };
    let each = objectives(&counting, parameters, data)?;
    let Some(row) = each.iter().position(|&count| count > 0.0) else { return Ok(None) };
    let dropped = dropped_at(&counts, &bindings(function, data, &[row], parameters.iter()))?;
    Ok(dropped.map(|slope| (row, slope)))
}
