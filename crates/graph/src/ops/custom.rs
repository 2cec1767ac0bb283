//! A user's own node: the one open door.

use std::cell::OnceCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::rules::{Contributions, batch_with};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, must, must_be_real};
use crate::batch::batch_values;
use crate::builder::{Builder, Var};
use crate::error::GraphError;
use crate::function::Function;
use crate::graph::Graph;
use crate::node::{Kind, Value};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// A node of a user's own: forward and backward in Rust. It is checked like every other node.
///
/// What they compute is a function of the inputs alone: equal calls are made once.
///
/// Over a batch, forward and backward are called for one example after the other, unless the node says how else. A node
/// that gives its derivative as graph nodes has it batched like every other graph, and its `backward` is never called.
pub trait CustomNode: fmt::Debug + Send + Sync {
    /// The name, as the text form writes it; unique among the nodes a program registers.
    fn name(&self) -> &str;

    /// The shape of the output for inputs of these shapes.
    ///
    /// # Errors
    ///
    /// Why the shapes do not fit, as the builder is to say it after the node's name: "takes two vectors, not …".
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// Computes the output, row-major, from the inputs.
    ///
    /// # Errors
    ///
    /// Why there is no output for these inputs. The run ends with an error that names the node.
    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String>;

    /// Computes ∂J/∂x of each input x into `contributions`, zeros of the inputs' shapes, from the inputs, the output and
    /// `cotangent` = ∂J/∂output.
    ///
    /// # Errors
    ///
    /// Why there is no derivative for these inputs. The run ends with an error that names the node. By default there never
    /// is one: a node has a `backward`, a `derivative`, or neither if it is not to be differentiated.
    fn backward(
        &self,
        inputs: &[Tensor],
        output: &Tensor,
        cotangent: &Tensor,
        contributions: &mut [Tensor],
    ) -> Result<(), String> {
        let _ = (inputs, output, cotangent, contributions);
        Err("has no derivative".into())
    }

    /// The contribution to one input as graph nodes, for a node that has further derivatives, or whose derivative is to run
    /// compiled. By default there is none, and `backward` is called.
    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], y: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        let _ = (input, x, y, dy);
        None
    }

    /// The outputs for `size` examples at once as graph nodes, shape \[size, …\]: other ops, or a node for a whole batch.
    /// The inputs that are `batched` have a leading axis of `size`; the examples share the others. By default there is
    /// none, and the node is called for each example.
    fn batch<'g>(&self, x: &[Var<'g>], batched: &[bool], size: usize) -> Option<Var<'g>> {
        let _ = (x, batched, size);
        None
    }
}

/// What of a custom node is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// The output, from the inputs.
    Forward,
    /// The contribution to each input, an output each, from the inputs, the output and the output's cotangent.
    Backward,
}

/// A call of a custom node, perhaps looped over batch axes.
#[derive(Clone, Debug)]
pub struct Custom {
    /// The node.
    pub node: Arc<dyn CustomNode>,
    /// What of it is computed.
    pub pass: Pass,
    /// Loops around the call, outermost first: which inputs are split along their first axis.
    pub loops: Vec<Vec<bool>>,
}

impl PartialEq for Custom {
    fn eq(&self, other: &Custom) -> bool {
        Arc::ptr_eq(&self.node, &other.node) && self.pass == other.pass && self.loops == other.loops
    }
}

impl Eq for Custom {}

impl Hash for Custom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.node).cast::<()>().hash(state);
        self.pass.hash(state);
        self.loops.hash(state);
    }
}

impl From<Custom> for Op {
    fn from(op: Custom) -> Op {
        Op::Custom(op)
    }
}

impl Builder {
    /// A node of the user's own on these inputs.
    #[track_caller]
    pub fn custom<'g>(&'g self, node: Arc<dyn CustomNode>, inputs: &[Var<'g>]) -> Var<'g> {
        self.on(inputs, |builder| {
            let inputs: Vec<Var<'g>> = inputs.iter().map(|input| input.to_real()).collect();
            builder.push(Custom { node, pass: Pass::Forward, loops: Vec::new() }, &inputs)
        })
    }

    /// The nodes of a graph once more, with `given` in place of its first ones, which have one output each; what becomes of
    /// one of its values.
    fn copy_of<'g>(&'g self, graph: &Graph, given: &[Var<'g>], wanted: Value) -> Option<Var<'g>> {
        let mut copies: Vec<Vec<Var<'g>>> = given.iter().map(|&var| vec![var]).collect();
        let of = |copies: &[Vec<Var<'g>>], value: Value| copies[value.node.index()].get(value.output as usize).copied();
        for node in &graph.nodes()[given.len()..] {
            let inputs = node.inputs.iter().map(|&input| of(&copies, input)).collect::<Option<Vec<Var<'g>>>>()?;
            copies.push(self.push_all(node.op.clone(), &inputs));
        }
        of(&copies, wanted)
    }
}

impl Rules for Custom {
    fn name(&self) -> &str {
        self.node.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        must_be_real(inputs)?;
        let mut shapes: Vec<Shape> = inputs.iter().map(|input| input.shape.clone()).collect();
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
            leading.push(size.ok_or_else(|| ShapeError("loops over nothing".into()))?);
        }
        let of_one = match self.pass {
            Pass::Forward => vec![self.node.shape(&shapes).map_err(ShapeError)?],
            Pass::Backward => {
                must(shapes.len() > 2, || "takes the inputs, the output and its cotangent".into())?;
                shapes.truncate(shapes.len() - 2);
                shapes
            }
        };
        let looped = |shape: &Shape| leading.iter().chain(shape.iter()).copied().collect::<Shape>();
        Ok(of_one.iter().map(|shape| TensorType::real(looped(shape))).collect())
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        let ([y], [Some(dy)], Pass::Forward) = (node.y, node.dy, self.pass) else {
            if let Some(dy) = node.dy.iter().flatten().next() {
                dy.builder.fail(
                    format!("the backward of `{}` has no derivative of its own", self.node.name()),
                    Some("give the node a `derivative` made of graph nodes to differentiate twice".into()),
                );
            }
            return vec![None; node.x.len()];
        };
        let arguments: Vec<Var<'g>> = node.x.iter().copied().chain([*y, *dy]).collect();
        // The output and its cotangent are split along every loop.
        let loops: Vec<Vec<bool>> =
            self.loops.iter().map(|split| split.iter().copied().chain([true, true]).collect()).collect();
        let backward = OnceCell::new();
        let computed = |input: usize| -> Option<Var<'g>> {
            let contributions = backward.get_or_init(|| {
                let op = Custom { node: self.node.clone(), pass: Pass::Backward, loops: loops.clone() };
                dy.builder.push_all(op.into(), &arguments)
            });
            contributions.get(input).copied()
        };
        node.each(|input, _, _| {
            let each = self.derivative_in_nodes(input, &arguments, &loops).or_else(|| computed(input))?;
            // An input that all calls of a loop share gets the sum of their contributions.
            let shared: Vec<usize> = (0..self.loops.len()).filter(|&axis| !self.loops[axis][input]).collect();
            Some(if shared.is_empty() { each } else { each.sum_axes(&shared) })
        })
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        batch_with(builder, inputs, self.clone(), || {
            let (x, batched): (Vec<Var<'g>>, Vec<bool>) = inputs.iter().map(|input| (input.var, input.batched)).unzip();
            let mut op = self.clone();
            op.loops.insert(0, batched.clone());
            let is_plain = self.pass == Pass::Forward && self.loops.is_empty();
            match is_plain.then(|| self.node.batch(&x, &batched, size)).flatten() {
                Some(at_once) => vec![op.checked(at_once, &x, size)],
                None => builder.push_all(op.into(), &x),
            }
        })
    }
}

impl Custom {
    /// What a node's own `batch` gave, if it has the type that calls for each example would give.
    fn checked<'g>(&self, at_once: Var<'g>, x: &[Var<'g>], size: usize) -> Var<'g> {
        let types: Vec<TensorType> = x.iter().map(|x| TensorType::real(x.shape())).collect();
        match self.infer(&types).as_deref() {
            Ok([right])
                if !at_once.failed() && (at_once.shape(), at_once.kind()) != (right.shape.clone(), right.kind) =>
            {
                let found = format!("shape {} and kind {}", at_once.shape(), at_once.kind());
                let problem =
                    format!("{size} of `{}` have {found}, not {} and {}", self.node.name(), right.shape, right.kind);
                let help = "its `batch` gives the outputs of all examples, along the first axis";
                at_once.builder.fail(problem, Some(help.into()))
            }
            _ => at_once,
        }
    }

    /// The node's own derivative, if it has one in nodes, for each call of the loops: the graph for one call is batched
    /// once for each loop, the innermost first, and then copied into the builder of the arguments x, y and dy.
    fn derivative_in_nodes<'g>(&self, input: usize, arguments: &[Var<'g>], loops: &[Vec<bool>]) -> Option<Var<'g>> {
        let [x @ .., y, dy] = arguments else { return None };
        if loops.is_empty() {
            return self.node.derivative(input, x, *y, *dy);
        }
        let call = Builder::new();
        let of_one_call = |(index, argument): (usize, &Var<'g>)| {
            let split = loops.iter().filter(|split| split[index]).count();
            call.anonymous_input(&argument.shape()[split..].into(), Kind::Real)
        };
        let inner: Vec<Var<'_>> = arguments.iter().enumerate().map(of_one_call).collect();
        let [x @ .., y_of_one, dy_of_one] = &inner[..] else { return None };
        let contribution = self.node.derivative(input, x, *y_of_one, *dy_of_one)?.id();
        let sizes = y.shape();
        let looped = call.finish_graph().and_then(|mut graph| {
            let mut contribution = contribution.into_iter().collect::<Vec<Value>>();
            for (split, &size) in loops.iter().zip(&sizes[..]).rev() {
                let inputs = graph.ids().zip(split).filter(|(_, split)| **split).map(|(id, _)| id).collect();
                let function = Function { graph, inputs, ..Function::default() };
                let (batched, values) = batch_values(&function, size, &contribution)?;
                (graph, contribution) = (batched.graph, values);
            }
            Ok((graph, contribution))
        });
        match looped {
            Err(GraphError { message, help, .. }) => Some(dy.builder.fail(message, help)),
            Ok((graph, contribution)) => dy.builder.copy_of(&graph, arguments, *contribution.first()?),
        }
    }
}
