//! A slope that is not finite and that a strong zero left out, as a person reads of it.

use chainrule::exec::DroppedSlope;
use chainrule::learn::{self, Dataset, Parameters};
use chainrule::ops::{Elementwise, Reduction};
use chainrule::{Function, Graph, NodeId, Op, Value};

use crate::error::CommandError;
use crate::format;
use crate::model_file::ModelFile;
use crate::names::NodeNames;
use crate::output::message;

/// Of fewer rows all are looked at.
const ROWS: usize = 1024;
/// Of more, a twentieth of those that training took, so that the look costs little beside it.
const PART_OF_TRAINING: usize = 20;

/// Says at which row a slope was left out, at the first of these parameters where one was. Where there are many rows beside
/// those that training took, some are looked at, evenly spread.
pub fn tell<'a>(
    file: &ModelFile,
    function: &Function,
    parameters: impl IntoIterator<Item = &'a Parameters>,
    data: &Dataset,
    trained: usize,
) -> Result<(), CommandError> {
    let step = data.rows().div_ceil(ROWS.max(trained / PART_OF_TRAINING)).max(1);
    let picked: Vec<usize> = (0..data.rows()).step_by(step).collect();
    let data = &if step > 1 { data.select(&picked) } else { data.clone() };
    for parameters in parameters {
        let dropped = learn::dropped_slope(function, parameters, data).map_err(|error| file.failed(error))?;
        if let Some((row, slope)) = dropped {
            let note = note(&slope, &file.names(function));
            message(format!("note: {}, {}: {note}", data.file(), data.place(row)));
            break;
        }
    }
    Ok(())
}

/// ```the slope of `sqrt(x)` (sqrt) is not finite where `x` is 0, …```
pub fn note(slope: &DroppedSlope, names: &NodeNames<'_>) -> String {
    let DroppedSlope { node, op, input, at, .. } = slope;
    let [node, input] = [names.of(*node), names.of(*input)].map(|name| format::name(&name));
    let remedy = product(names.graph(), slope.node).map(|factors| {
        format!("; `prod({})` has the same value, and its derivative there", format::name(&names.of(factors)))
    });
    format!(
        "the slope of `{node}` ({op}) is not finite where `{input}` is {}, and its cotangent is 0: it adds 0 to the \
         gradient, and the derivative may be another{}",
        at.elements(),
        remedy.unwrap_or_default()
    )
}

/// v, if a node is the logarithm in exp(sum(log(v))): the product of v, which has a derivative where a factor is 0, too.
fn product(graph: &Graph, log: NodeId) -> Option<Value> {
    let users = |of: NodeId| graph.ids().filter(move |&id| graph.node(id).inputs.contains(&of.into()));
    let is = |id: NodeId, op: Elementwise| graph.node(id).op == Op::Elementwise(op);
    let is_sum = |&id: &NodeId| matches!(&graph.node(id).op, Op::Reduce(reduce) if reduce.op == Reduction::Sum);
    let is_product = is(log, Elementwise::Log)
        && users(log).filter(is_sum).any(|sum| users(sum).any(|user| is(user, Elementwise::Exp)));
    is_product.then(|| graph.node(log).inputs[0])
}
