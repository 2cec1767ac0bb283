//! Whether a prediction is a raw score: one that the loss squashes, or asks for a margin, instead of comparing it with the
//! outcome. Beside the labels of two classes such a number is in no unit of theirs.

use chainrule_graph::ops::{Elementwise, Reduce, Reduction};
use chainrule_graph::{Function, NodeId, Op, simplify};

/// The pairs of labels that a score's sign stands for.
const TWO: [[f64; 2]; 2] = [[0.0, 1.0], [-1.0, 1.0]];

/// Whether labels are those of two classes.
pub(crate) fn are_of_two(labels: &[f64]) -> bool {
    !labels.is_empty() && TWO.iter().any(|two| labels.iter().all(|label| two.contains(label)))
}

/// The op that a loss passes a prediction through where nothing compares it with the outcome: `softplus` of a logit, the
/// `max` of a hinge.
pub(crate) fn squashed_by(function: &Function, outcome: NodeId) -> Option<&'static str> {
    let graph = &function.graph;
    let (prediction, objective) = (function.prediction?, function.objective?);
    let needed = graph.needed_for([objective]);
    let mut of = vec![Score::No; graph.nodes().len()];
    let mut reads_outcome = vec![false; graph.nodes().len()];
    reads_outcome[outcome.index()] = true;
    let mut squashed = None;
    // The objective may write the formula of the prediction once more.
    let (_, alike) = simplify(graph, &[prediction, objective]).ok()?;
    for id in graph.ids().filter(|id| needed[id.index()]) {
        if id == prediction.node || alike.get(id).is_some_and(|value| alike.get(prediction) == Some(value)) {
            of[id.index()] = Score::Itself;
            continue;
        }
        let node = graph.node(id);
        let operand = |score: Score| node.inputs.iter().any(|input| of[input.node.index()] == score);
        let reads = node.inputs.iter().any(|input| reads_outcome[input.node.index()]);
        reads_outcome[id.index()] |= reads;
        if !operand(Score::Itself) && !operand(Score::Scaled) {
            continue;
        }
        let is_itself = operand(Score::Itself) && !reads;
        of[id.index()] = match &node.op {
            Op::Elementwise(Elementwise::Sub) if operand(Score::Itself) && reads => return None,
            Op::Shape(_) | Op::Elementwise(Elementwise::ToReal) if is_itself => Score::Itself,
            Op::Shape(_) => Score::Scaled,
            Op::Elementwise(op) if squashes(*op) => {
                squashed.get_or_insert(op.signature().name);
                Score::No
            }
            Op::Reduce(Reduce { op: Reduction::LogSumExp, .. }) => {
                squashed.get_or_insert("logsumexp");
                Score::No
            }
            Op::Elementwise(op) if keeps_scale(*op) => Score::Scaled,
            _ => Score::No,
        };
    }
    squashed
}

/// What a node is of the prediction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Score {
    No,
    Itself,
    /// Shifted, or times something.
    Scaled,
}

fn squashes(op: Elementwise) -> bool {
    use Elementwise::*;
    matches!(op, Softplus | Sigmoid | Exp | Tanh | Erf | Max | Min | Less | LessEqual)
}

fn keeps_scale(op: Elementwise) -> bool {
    use Elementwise::*;
    matches!(op, Neg | Add | Sub | Mul | StrongMul | Div | StrongDiv | ToReal)
}
