//! A slope that is not finite and that a strong zero left out, as a person reads of it.

use chainrule::Function;
use chainrule::exec::DroppedSlope;
use chainrule::learn::{self, Dataset, Parameters};

use crate::error::CommandError;
use crate::format;
use crate::model_file::ModelFile;
use crate::names::NodeNames;
use crate::output::message;

/// Says at which row a slope was left out, at the first of these parameters where one was.
pub fn tell<'a>(
    file: &ModelFile,
    function: &Function,
    parameters: impl IntoIterator<Item = &'a Parameters>,
    data: &Dataset,
) -> Result<(), CommandError> {
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
    format!(
        "the slope of `{node}` ({op}) is not finite where `{input}` is {}, and its cotangent is 0: it adds 0 to the \
         gradient, and the derivative may be another",
        at.elements()
    )
}
