//! Constants of a loop, laid out for the products that read them at each step.
//!
//! A product x Wᵀ of a batch with the weights of a layer runs along the rows of the result, and so along the columns of W. The
//! library would copy W into that order at each step. Turned once before the loop, it is read where it lies.

use std::sync::Arc;

use chainrule_graph::ops::contract::Label;
use chainrule_graph::ops::{Contract, Scan, Source};
use chainrule_graph::{Graph, NodeId, Op, Value};

/// With so few rows a product reads W as it lies: see `kernels::gemm`.
const FEW: usize = 12;

/// The loop with some of its constants turned, and for each of its inputs whether it is.
pub(super) fn with_turned_constants(op: &Scan) -> (Scan, Vec<bool>) {
    let graph = op.body.graph();
    let is_constant = |index: usize| index >= op.carries + op.sequences;
    let turned: Vec<bool> = (op.body.inputs().enumerate())
        .map(|(index, input)| is_constant(index) && op.length > 1 && lies_across(graph, op.body.outputs(), input))
        .collect();
    let is_turned = |value: Value| turned.get(value.node.index()) == Some(&true);
    let op_of = |id: NodeId| {
        let node = graph.node(id);
        match &node.op {
            Op::Source(Source::Input { shape, kind, bound }) if is_turned(id.into()) => {
                Source::Input { shape: shape.iter().rev().copied().collect(), kind: *kind, bound: *bound }.into()
            }
            Op::Contract(contract) => {
                let labels = |labels: &[Label], index: usize| match is_turned(node.inputs[index]) {
                    true => labels.iter().rev().copied().collect(),
                    false => labels.to_vec(),
                };
                let (lhs, rhs) = (labels(&contract.lhs, 0), labels(&contract.rhs, 1));
                Contract::new(&lhs, &rhs, &contract.out).into()
            }
            op => op.clone(),
        }
    };
    match op.body.with_ops(op_of) {
        Ok(body) if turned.contains(&true) => (Scan { body: Arc::new(body), ..op.clone() }, turned),
        _ => (op.clone(), vec![false; turned.len()]),
    }
}

/// Whether an input is a matrix that is only read by products over its second axis with several rows each.
fn lies_across(graph: &Graph, outputs: &[Value], input: NodeId) -> bool {
    let value = Value::from(input);
    let reads = |id: &NodeId| graph.node(*id).inputs.contains(&value);
    let mut users = graph.ids().filter(reads).peekable();
    graph.shape(input).rank() == 2
        && !outputs.contains(&value)
        && users.peek().is_some()
        && users.all(|user| {
            let node = graph.node(user);
            let Op::Contract(contract) = &node.op else { return false };
            let is_own = [0, 1].map(|index| node.inputs[index] == value);
            let (own, other, with) = match is_own {
                [true, false] => (&contract.lhs, &contract.rhs, node.inputs[1]),
                [false, true] => (&contract.rhs, &contract.lhs, node.inputs[0]),
                _ => return false,
            };
            let kept = |label: &Label| contract.out.contains(label);
            let rows =
                other.iter().zip(graph.shape(with).iter()).filter(|(label, _)| kept(label) && !own.contains(label));
            kept(&own[0]) && !kept(&own[1]) && rows.map(|(_, n)| n).product::<usize>() > FEW
        })
}
