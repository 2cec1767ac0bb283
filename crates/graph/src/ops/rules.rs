//! The rules that every family of ops has, and what they are given.

use super::{Op, ShapeError, TensorType};
use crate::builder::{Builder, Var};

/// The rules of a family of ops.
pub(crate) trait Rules {
    /// The op's name, as the text form writes it.
    fn name(&self) -> &str;

    /// The shape and the kind of each output, or why the inputs do not fit.
    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError>;

    /// What the node contributes to the cotangent of each input that is wanted: none where the derivative is zero
    /// everywhere. Never an accumulation: that is `differentiate`'s alone.
    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g>;

    /// The outputs over a batch of `size` examples, each with whether it has the batch axis.
    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>>;
}

/// For each input, ∂J/∂input by way of one node.
pub(crate) type Contributions<'g> = Vec<Option<Var<'g>>>;

/// A node in the reverse pass.
pub(crate) struct Backward<'a, 'g> {
    /// The inputs x.
    pub x: &'a [Var<'g>],
    /// The outputs y.
    pub y: &'a [Var<'g>],
    /// ∂J/∂y of each output; none where it is zero everywhere.
    pub dy: &'a [Option<Var<'g>>],
    /// For each input, whether its contribution is asked for.
    pub wanted: &'a [bool],
}

impl<'g> Backward<'_, 'g> {
    /// The contributions of a node with one output, from a rule for each input: given the input's index, y and ∂J/∂y.
    pub fn each(&self, rule: impl Fn(usize, Var<'g>, Var<'g>) -> Option<Var<'g>>) -> Contributions<'g> {
        let ([y], [Some(dy)]) = (self.y, self.dy) else { return vec![None; self.x.len()] };
        self.wanted.iter().enumerate().map(|(input, &wanted)| wanted.then(|| rule(input, *y, *dy)).flatten()).collect()
    }
}

/// A value of a graph over a batch, and whether it has the batch axis, always the first.
#[derive(Clone, Copy)]
pub(crate) struct Batched<'g> {
    pub var: Var<'g>,
    pub batched: bool,
}

impl<'g> Batched<'g> {
    /// The value with the batch axis: itself, or a copy for each example.
    pub fn lifted(self, size: usize) -> Var<'g> {
        if self.batched {
            return self.var;
        }
        let shape = self.var.shape();
        self.var.broadcast_axes(shape.with_leading(size), (1..=shape.rank()).collect())
    }
}

/// The op on inputs without a batch axis; if one has it, the outputs of `of_batch`, which have it.
pub(crate) fn batch_with<'g>(
    builder: &'g Builder,
    inputs: &[Batched<'g>],
    op: impl Into<Op>,
    of_batch: impl FnOnce() -> Vec<Var<'g>>,
) -> Vec<Batched<'g>> {
    let batched = inputs.iter().any(|input| input.batched);
    let outputs = if batched {
        of_batch()
    } else {
        let vars: Vec<Var<'g>> = inputs.iter().map(|input| input.var).collect();
        builder.push_all(op.into(), &vars)
    };
    outputs.into_iter().map(|var| Batched { var, batched }).collect()
}

/// The op on inputs without a batch axis; if one has it, `of_batch` on inputs that are all given it.
pub(crate) fn batch_lifted<'g>(
    builder: &'g Builder,
    inputs: &[Batched<'g>],
    size: usize,
    op: impl Into<Op>,
    of_batch: impl FnOnce() -> Op,
) -> Vec<Batched<'g>> {
    batch_with(builder, inputs, op, || {
        let lifted: Vec<Var<'g>> = inputs.iter().map(|input| input.lifted(size)).collect();
        builder.push_all(of_batch(), &lifted)
    })
}
