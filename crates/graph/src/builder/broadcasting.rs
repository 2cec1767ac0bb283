//! NumPy's broadcasting, made of nodes: nothing else knows of it.

use super::{Builder, Var};
use crate::ops::Elementwise;
use crate::shape::Shape;

impl Builder {
    /// The same values, stretched to one shape by reshape and broadcast nodes.
    #[track_caller]
    pub(super) fn broadcast_together<'g>(&'g self, op: Elementwise, vars: Vec<Var<'g>>) -> Vec<Var<'g>> {
        if vars.iter().any(|var| var.failed()) {
            return vars;
        }
        let shapes: Vec<Shape> = vars.iter().map(|var| var.shape()).collect();
        let mut common = shapes[0].clone();
        for (index, shape) in shapes.iter().enumerate().skip(1) {
            match common.broadcast(shape) {
                Some(joint) => common = joint,
                None => return vec![self.shapes_differ(op, vars[index - 1], vars[index]); vars.len()],
            }
        }
        vars.into_iter().map(|var| var.broadcast_to(common.clone())).collect()
    }

    #[track_caller]
    fn shapes_differ<'g>(&'g self, op: Elementwise, a: Var<'g>, b: Var<'g>) -> Var<'g> {
        let (shape_a, shape_b) = (a.shape(), b.shape());
        let differing = (1..=shape_a.rank().min(shape_b.rank())).find_map(|end| {
            let (axis_a, axis_b) = (shape_a.rank() - end, shape_b.rank() - end);
            let (n, m) = (shape_a[axis_a], shape_b[axis_b]);
            (n != m && n != 1 && m != 1).then(|| {
                let (a, b) = (a.describe_name(), b.describe_name());
                format!(": axis {axis_a} of {a} has {n}, axis {axis_b} of {b} has {m}")
            })
        });
        self.fail(
            format!(
                "{}: shapes {shape_a} and {shape_b} do not fit{}",
                op.signature().name,
                differing.unwrap_or_default()
            ),
            Some("elementwise operands have equal shapes, up to axes of one element".into()),
        )
    }
}
