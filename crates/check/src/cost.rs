//! How long the reference takes over a node, and which tests are therefore made less often.

use std::collections::BTreeSet;

use chainrule_graph::{Graph, NodeId, Op};

/// A rule whose node takes more operations is tested at one draw alone; there are few such nodes at small sizes.
const LARGE: usize = 100_000;

/// Where the tests of the whole along each input by itself take more operations, all inputs move together.
const LARGE_WHOLES: usize = 3_000_000;

/// A node's operations: the products of a contraction, those of all steps of a loop, else its elements.
pub(crate) fn cost(graph: &Graph, id: NodeId) -> usize {
    let node = graph.node(id);
    let elements = || {
        let read = node.inputs.iter().map(|&input| graph.shape(input).size()).sum::<usize>();
        read + node.outputs.iter().map(|output| output.shape.size()).sum::<usize>()
    };
    match (&node.op, &node.inputs[..]) {
        (Op::Contract(contract), &[lhs, rhs]) => {
            let sizes = contract.sizes(graph.shape(lhs), graph.shape(rhs));
            let labels: BTreeSet<_> = contract.lhs.iter().chain(&contract.rhs).collect();
            labels.into_iter().map(|&label| sizes[label as usize]).fold(1, usize::saturating_mul)
        }
        (Op::Scan(scan), _) => {
            let body = scan.body.graph();
            elements() + body.ids().map(|id| cost(body, id)).sum::<usize>().saturating_mul(scan.length)
        }
        _ => elements(),
    }
}

/// Whether the rule of a node is tested at one draw alone.
pub(crate) fn is_large(cost: usize) -> bool {
    cost > LARGE
}

/// Whether the inputs move together in tests of the whole that take so many operations one by one.
pub(crate) fn is_large_whole(cost: usize) -> bool {
    cost > LARGE_WHOLES
}
