//! The sum of neighbours is one value: what the derivative of several slices of one value adds up.
//!
//! Each part of a value that was sliced has its own cotangent, with zeros where the other parts are. Those of parts that lie
//! side by side are joined, and added nowhere: x + 0 = x.

use super::Rewriter;
use crate::node::{Node, Output, Value};
use crate::ops::{Elementwise, Op, ShapeOp, TensorType};

impl Rewriter {
    /// The pad of two values joined that this sum of two pads is, and its operand: one begins along an axis where the other
    /// ends, and all else about them is the same.
    pub(super) fn joined_pads(&mut self, node: &Node) -> Option<(ShapeOp, Value)> {
        let Op::Elementwise(Elementwise::Add) = node.op else { return None };
        let pad = |value: Value| match &self.graph.node(value).op {
            Op::Shape(ShapeOp::Pad { low, high }) => Some((self.graph.node(value).inputs[0], low, high)),
            _ => None,
        };
        let (a, b) = (pad(node.inputs[0])?, pad(node.inputs[1])?);
        let axis = (0..a.1.len()).find(|&axis| a.1[axis] != b.1[axis])?;
        let (first, second) = if a.1[axis] < b.1[axis] { (a, b) } else { (b, a) };
        let shape = self.graph.shape(first.0);
        let others_agree = (0..shape.rank())
            .filter(|&other| other != axis)
            .all(|other| (first.1[other], first.2[other]) == (second.1[other], second.2[other]));
        if !others_agree || first.1[axis] + shape[axis] != second.1[axis] {
            return None;
        }
        let (low, high) = (first.1.clone(), second.2.clone());
        let parts: Vec<Value> = [first.0, second.0].into_iter().flat_map(|part| self.parts(part, axis)).collect();
        let size = parts.iter().map(|&part| self.graph.shape(part)[axis]).sum();
        let sizes = shape.iter().enumerate().map(|(other, &n)| if other == axis { size } else { n });
        let joined = TensorType { shape: sizes.collect(), kind: self.graph.kind(first.0) };
        let (scope, origin) = (node.scope, node.origin.clone());
        let op = ShapeOp::Concat { axis }.into();
        let joined = self.add(Node { op, inputs: parts, outputs: vec![Output::unnamed(joined)], scope, origin });
        Some((ShapeOp::Pad { low, high }, joined))
    }

    /// What a value joins along an axis; itself, if it does not.
    fn parts(&self, value: Value, axis: usize) -> Vec<Value> {
        let node = self.graph.node(value);
        match node.op {
            Op::Shape(ShapeOp::Concat { axis: other }) if other == axis => node.inputs.clone(),
            _ => vec![value],
        }
    }
}
