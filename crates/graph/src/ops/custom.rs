//! A user's own node: the one open door.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::{Facts, Misfit, Op, Rules, must, must_be_real};
use crate::builder::{Builder, Var};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A node of a user's own: forward and backward in Rust. It is checked like every other node.
///
/// Over a batch, forward and backward are called for one example after the other.
pub trait CustomNode: fmt::Debug + Send + Sync {
    /// The name, as the text form writes it; unique among the nodes a program registers.
    fn name(&self) -> &str;

    /// The shape of the output for inputs of these shapes, or why they do not fit.
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// Computes the output, row-major, from the inputs.
    fn forward(&self, inputs: &[Tensor], output: &mut [f64]);

    /// Computes ∂J/∂x\[input\] into `contribution` from the inputs, the output and `cotangent` = ∂J/∂output.
    fn backward(&self, input: usize, inputs: &[Tensor], output: &Tensor, cotangent: &Tensor, contribution: &mut [f64]);

    /// The same contribution as graph nodes, for a node that has further derivatives and runs compiled.
    /// By default there is none, and `backward` is called.
    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        let _ = (input, x, y, dy);
        None
    }
}

/// What of a custom node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The output, from the inputs.
    Forward,
    /// The contribution to one input, from the inputs, the output and the output's cotangent.
    Backward {
        /// Which input.
        input: usize,
    },
}

/// A call of a custom node, perhaps looped over batch axes.
#[derive(Clone, Debug)]
pub struct Custom {
    /// The node.
    pub node: Arc<dyn CustomNode>,
    /// What of it is computed.
    pub part: Part,
    /// Loops around the call, outermost first: which inputs are split along their first axis.
    pub loops: Vec<Vec<bool>>,
}

impl PartialEq for Custom {
    fn eq(&self, other: &Custom) -> bool {
        Arc::ptr_eq(&self.node, &other.node) && self.part == other.part && self.loops == other.loops
    }
}

impl Eq for Custom {}

impl Hash for Custom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.node).cast::<()>().hash(state);
        self.part.hash(state);
        self.loops.hash(state);
    }
}

impl Builder {
    /// A node of the user's own on these inputs.
    #[track_caller]
    pub fn custom<'g>(&'g self, node: Arc<dyn CustomNode>, inputs: &[Var<'g>]) -> Var<'g> {
        let inputs: Vec<Var<'g>> = inputs.iter().map(|input| input.to_real()).collect();
        self.push(Op::Custom(Custom { node, part: Part::Forward, loops: Vec::new() }), &inputs)
    }
}

impl Rules for Custom {
    fn name(&self) -> &str {
        self.node.name()
    }

    fn infer(&self, inputs: &[Facts]) -> Result<Facts, Misfit> {
        must_be_real(inputs)?;
        let mut shapes: Vec<Shape> = inputs.iter().map(|facts| facts.shape.clone()).collect();
        let mut leading = Vec::new();
        for split in &self.loops {
            let mut size = None;
            must(split.len() == shapes.len(), || "loops over another number of inputs".into())?;
            for (shape, _) in shapes.iter_mut().zip(split).filter(|(_, split)| **split) {
                must(!shape.is_empty(), || "loops over a scalar".into())?;
                let n = *size.get_or_insert(shape[0]);
                must(shape[0] == n, || format!("loops over {n} and {} examples at once", shape[0]))?;
                *shape = shape.without(&[0]);
            }
            leading.push(size.ok_or_else(|| Misfit("loops over nothing".into()))?);
        }
        let inner = match self.part {
            Part::Forward => self.node.shape(&shapes).map_err(Misfit)?,
            Part::Backward { input } => {
                must(input + 2 < shapes.len(), || "takes the inputs, the output and its cotangent".into())?;
                shapes.swap_remove(input)
            }
        };
        Ok(Facts::real(leading.into_iter().chain(inner.iter().copied()).collect::<Shape>()))
    }

    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        if let Part::Backward { .. } = self.part {
            return Some(dy.builder.fail(
                format!("the backward of `{}` has no derivative of its own", self.node.name()),
                Some("give the node a `derivative` made of graph nodes to differentiate twice".into()),
            ));
        }
        if self.loops.is_empty()
            && let Some(contribution) = self.node.derivative(input, x, y, dy)
        {
            return Some(contribution);
        }
        let inputs: Vec<Var<'g>> = x.iter().copied().chain([y, dy]).collect();
        // The output and its cotangent are split along every loop.
        let loops = self.loops.iter().map(|split| split.iter().copied().chain([true, true]).collect()).collect();
        let part = Part::Backward { input };
        let each = dy.builder.push(Op::Custom(Custom { node: self.node.clone(), part, loops }), &inputs);
        // An input that all calls of a loop share gets the sum of their contributions.
        let shared: Vec<usize> = (0..self.loops.len()).filter(|&axis| !self.loops[axis][input]).collect();
        Some(if shared.is_empty() { each } else { each.sum_axes(&shared) })
    }

    fn batch<'g>(&self, x: &[Var<'g>], batched: &[bool], _size: usize) -> Var<'g> {
        let mut op = self.clone();
        op.loops.insert(0, batched.to_vec());
        x[0].builder.push(Op::Custom(op), x)
    }
}
