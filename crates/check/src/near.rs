//! The constants that a graph compares its inputs with: where a branch begins, so that draws may lie on both sides.

use chainrule_graph::ops::{Elementwise, ShapeOp, Source};
use chainrule_graph::{Graph, NodeId, Op, Value};

/// Where an input may be drawn so that a comparison goes either way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Near {
    /// Near this number, which the input itself is compared with.
    At(f64),
    /// This many times as large as usual: what is compared with such a number is computed from it.
    Scaled(f64),
}

/// The constants of one comparison that are looked at.
const FEW: usize = 4;

/// For each node of the graph, by its index, if it is an input, where it may be drawn.
pub(crate) fn near(graph: &Graph) -> Vec<Vec<Near>> {
    let mut near = vec![Vec::new(); graph.nodes().len()];
    for node in graph.nodes() {
        let Op::Elementwise(op) = node.op else { continue };
        let &[a, b] = &node.inputs[..] else { continue };
        if !compares(op) {
            continue;
        }
        for (compared, with) in [(source(graph, a), source(graph, b)), (source(graph, b), source(graph, a))] {
            let Op::Source(Source::Constant(constant)) = &graph.node(with).op else { continue };
            let numbers = constant.value.data().iter().copied().filter(|number| number.is_finite()).take(FEW);
            let numbers: Vec<f64> = numbers.collect();
            if is_input(graph, compared.node) {
                add(&mut near[compared.node.index()], numbers.into_iter().map(Near::At));
                continue;
            }
            // From normal draws, numbers about 1 come by themselves.
            let large: Vec<Near> =
                numbers.into_iter().filter(|x| x.abs() > 2.0).map(|x| Near::Scaled(x.abs())).collect();
            if !large.is_empty() {
                let needed = graph.needed_for([compared]);
                let inputs = graph.ids().filter(|id| needed[id.index()] && is_input(graph, *id));
                inputs.for_each(|id| add(&mut near[id.index()], large.iter().copied()));
            }
        }
    }
    near
}

fn add(list: &mut Vec<Near>, more: impl Iterator<Item = Near>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

fn compares(op: Elementwise) -> bool {
    use Elementwise::*;
    matches!(op, Less | LessEqual | Equal | NotEqual | Max | Min)
}

fn is_input(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).op, Op::Source(Source::Input { .. }))
}

/// The value whose elements these are.
fn source(graph: &Graph, mut value: Value) -> Value {
    while let Op::Shape(ShapeOp::Broadcast { .. } | ShapeOp::Reshape { .. } | ShapeOp::Slice { .. })
    | Op::Elementwise(Elementwise::ToReal | Elementwise::StopGradient) = graph.node(value).op
    {
        value = graph.node(value).inputs[0];
    }
    value
}
