//! Parameters that training can't move, which is seldom what was meant.

use chainrule::ops::Elementwise;
use chainrule::{Function, Kind, Op, Value};

use crate::model_file::ModelFile;
use crate::output::message;

/// Says which parameters the objective has no derivative by, if there are any.
pub fn warn(file: &ModelFile, function: &Function, objective: Value) {
    let moved = moved(function, objective);
    let idle = function.parameters.iter().map(|parameter| parameter.node).filter(|id| !moved[id.index()]);
    let names: Vec<String> = idle.map(|id| format!("`{}`", function.name(id))).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        message(format!("warning: {}: the objective does not depend on {names}; training leaves it so", file.name()));
    }
}

/// Which nodes a derivative of the objective reaches: it goes through real numbers, and not through `stop_gradient`.
fn moved(function: &Function, objective: Value) -> Vec<bool> {
    let graph = &function.graph;
    let mut moved = vec![false; graph.nodes().len()];
    moved[objective.node.index()] = true;
    for id in graph.ids().rev().filter(|id| *id <= objective.node) {
        let node = graph.node(id);
        let stops = matches!(node.op, Op::Elementwise(Elementwise::StopGradient));
        if moved[id.index()] && !stops {
            let real = node.inputs.iter().filter(|input| graph.kind(**input) == Kind::Real);
            real.for_each(|input| moved[input.node.index()] = true);
        }
    }
    moved
}
