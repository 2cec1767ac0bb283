//! Parameters that training can't move, which is seldom what was meant.

use chainrule::{Function, Value, reached_by_derivative};

use crate::model_file::ModelFile;
use crate::output::message;

/// Says which parameters the objective has no derivative by, if there are any.
pub fn warn(file: &ModelFile, function: &Function, objective: Value) {
    let moved = reached_by_derivative(&function.graph, objective);
    let learned = function.parameters.iter().filter(|parameter| !parameter.learning.frozen);
    let idle = learned.map(|parameter| parameter.node).filter(|id| !moved[id.index()]);
    let names: Vec<String> = idle.map(|id| format!("`{}`", function.name(id))).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        message(format!("warning: {}: the objective does not depend on {names}; training leaves it so", file.name()));
    }
}
