//! Rows of the custom node, of two kinds: one that gives its backward as graph nodes too, and one that does not.

use std::sync::Arc;

use chainrule_graph::ops::custom::{Custom, Pass};
use chainrule_graph::{CustomNode, Shape, Tensor, Var};

use super::{Case, case, real};

/// aᵢ² b for a vector a and a scalar b.
#[derive(Debug)]
struct ScaledSquare {
    /// Whether it gives its backward as graph nodes.
    in_nodes: bool,
}

impl CustomNode for ScaledSquare {
    fn name(&self) -> &str {
        if self.in_nodes { "scaled_square_in_nodes" } else { "scaled_square" }
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs {
            [a, b] if a.rank() == 1 && b.rank() == 0 => Ok(a.clone()),
            _ => Err("takes a vector and a scalar".into()),
        }
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        let b = inputs[1].item();
        for (y, a) in output.iter_mut().zip(inputs[0].data()) {
            *y = a * a * b;
        }
        Ok(())
    }

    fn backward(&self, inputs: &[Tensor], _: &Tensor, cotangent: &Tensor, to: &mut [Tensor]) -> Result<(), String> {
        let (a, b, dy) = (inputs[0].data(), inputs[1].item(), cotangent.data());
        to[0].data_mut().iter_mut().zip(a.iter().zip(dy)).for_each(|(c, (a, dy))| *c = 2.0 * a * b * dy);
        to[1].data_mut()[0] = a.iter().zip(dy).map(|(a, dy)| a * a * dy).sum();
        Ok(())
    }

    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], _: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        let (a, b) = (x[0], x[1]);
        self.in_nodes.then(|| if input == 0 { 2.0 * a * b * dy } else { (a * a * dy).sum() })
    }
}

fn value(x: &[Tensor]) -> Vec<f64> {
    x[0].data().iter().map(|a| a.powi(2) * x[1].item()).collect()
}

fn row(name: &str, n: usize, in_nodes: bool) -> Case {
    let inputs = [real([n]), real([])];
    let case = if in_nodes {
        case(name, inputs, [n], |b, x| b.custom(Arc::new(ScaledSquare { in_nodes: true }), x))
    } else {
        case(name, inputs, [n], |b, x| b.custom(Arc::new(ScaledSquare { in_nodes: false }), x)).differentiable(1)
    };
    case.gives(value)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        row("custom", 3, false),
        row("custom of no elements", 0, false),
        row("custom with its backward in nodes", 3, true),
        case("custom over examples", [real([2, 3]), real([2])], [2, 3], |b, x| {
            let loops = vec![vec![true, true]];
            b.push(Custom { node: Arc::new(ScaledSquare { in_nodes: false }), pass: Pass::Forward, loops }, x)
        })
        .gives(|x| (0..6).map(|index| x[0].data()[index].powi(2) * x[1].data()[index / 3]).collect())
        .differentiable(1),
        case("custom backward", [real([3]), real([]), real([3])], [3], |b, x| {
            let node = Arc::new(ScaledSquare { in_nodes: false });
            let y = b.custom(node.clone(), &x[..2]);
            let op = Custom { node, pass: Pass::Backward, loops: Vec::new() };
            b.push(op, &[x[0], x[1], y, x[2]])
        })
        .gives(|x| (0..3).map(|i| 2.0 * x[0].data()[i] * x[1].item() * x[2].data()[i]).collect())
        .differentiable(0),
        case("custom backward by the scalar", [real([3]), real([]), real([3])], [], |b, x| {
            let node = Arc::new(ScaledSquare { in_nodes: false });
            let y = b.custom(node.clone(), &x[..2]);
            let op = Custom { node, pass: Pass::Backward, loops: Vec::new() };
            // The second of its two outputs
            b.push_all(op.into(), &[x[0], x[1], y, x[2]])[1]
        })
        .gives(|x| vec![(0..3).map(|i| x[0].data()[i].powi(2) * x[2].data()[i]).sum()])
        .differentiable(0),
    ]
}
