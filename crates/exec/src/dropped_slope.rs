//! Whether a strong zero left out a slope that is not finite, at given values.

use std::fmt;

use chainrule_graph::{DroppedSlopeCounts, NodeId, Origin, Value};

use crate::error::ExecError;
use crate::nan_origin::ValueRange;
use crate::reference::evaluate;
use crate::values::Bindings;

/// A slope that is not finite and was left out of a gradient, since the cotangent is 0, though not because a branch was not
/// taken: the derivative may be another.
#[derive(Clone, Debug, PartialEq)]
pub struct DroppedSlope {
    /// The node whose slope it is.
    pub node: NodeId,
    /// How a message calls it.
    pub name: String,
    /// What it computes.
    pub op: String,
    /// Where it was written.
    pub origin: Origin,
    /// The input by which it is the slope.
    pub input: Value,
    /// What that input spans.
    pub at: ValueRange,
}

impl fmt::Display for DroppedSlope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DroppedSlope { name, op, origin, at, .. } = self;
        write!(f, "the slope of {name} ({op}, written at {origin}) is not finite, at {at}, and its cotangent is 0")?;
        f.write_str(": it adds 0 to the gradient, which may be wrong there")
    }
}

/// The first slope that was left out at these values, if one was.
///
/// # Errors
/// Those of [`reference::evaluate`](crate::reference::evaluate).
pub fn dropped_slope(counts: &DroppedSlopeCounts, bindings: &Bindings) -> Result<Option<DroppedSlope>, ExecError> {
    let graph = &counts.graph;
    let targets: Vec<Value> = counts.counts.iter().flat_map(|count| [count.count, count.input]).collect();
    let values = evaluate(graph, bindings, &targets)?;
    let dropped = counts.counts.iter().find(|count| values[count.count].item() > 0.0);
    Ok(dropped.map(|count| {
        let node = graph.node(count.node);
        DroppedSlope {
            node: count.node,
            name: graph.describe(count.node),
            op: node.op.name().to_string(),
            origin: node.origin.clone(),
            input: count.input,
            at: ValueRange::of(graph, count.input, &values[count.input]),
        }
    }))
}
