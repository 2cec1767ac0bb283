//! The derivative of a loop: a loop the other way.
//!
//! With h_t = f(h_{t−1}, x_t, k) and the cotangents ȳ_t of what step t gives, λ_t = ∂J/∂h_t obeys
//!
//! ```text
//! λ_{t−1} = (∂f/∂h)ᵀ(ȳ_t + λ_t)    ∂J/∂x_t = (∂f/∂x)ᵀ(ȳ_t + λ_t)    ∂J/∂k = Σ_t (∂f/∂k)ᵀ(ȳ_t + λ_t)
//! ```
//!
//! So the reverse loop carries λ alone; what each step gives to x and to k it gives as extras, and the sum over steps stands
//! outside. What it reads of the forward loop is read from what that stacks: the carries, and as extras of a loop with more
//! outputs, what is not cheap, as a gate of an LSTM and the slope of that gate. Cheap nodes are computed again.

use std::sync::Arc;

use super::Op;
use super::body::Body;
use super::rules::{Backward, Contributions};
use super::scan::Scan;
use super::shape::ShapeOp;
use super::signature::Cost;
use super::windows::Windows;
use crate::builder::{Builder, Var};
use crate::differentiate::pull_back;
use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{Kind, Value};

/// The contributions of a loop to its inputs.
pub(super) fn contributions<'g>(scan: &Scan, node: &Backward<'_, 'g>) -> Contributions<'g> {
    let none = vec![None; node.x.len()];
    let Some(builder) = node.dy.iter().flatten().map(|dy| dy.builder).next() else { return none };
    match Reverse::of(scan, node) {
        Ok(reverse) => reverse.build(builder, scan, node),
        Err(GraphError { message, help, .. }) => {
            builder.fail(message, help);
            none
        }
    }
}

/// One step of the reverse loop, beside the step of the forward loop in one graph.
struct Reverse {
    graph: Graph,
    /// λ of each carry that has one, as it comes in.
    carried: Vec<(usize, Value)>,
    /// The cotangents of what a step gives, as they come in.
    given: Vec<(usize, Value)>,
    /// For each input of the forward body, its cotangent.
    cotangents: Vec<Option<Value>>,
}

/// What a step of the reverse loop reads.
#[derive(Clone, Copy, Debug)]
enum Read {
    /// λ of a carry, or the cotangent of an output.
    Cotangent,
    /// An input of the forward body.
    Input(usize),
    /// What the forward loop gives.
    Output(usize),
    /// What it gives as one more extra.
    Saved(usize),
}

impl Reverse {
    fn of(scan: &Scan, node: &Backward<'_, '_>) -> Result<Reverse, GraphError> {
        let body = &scan.body;
        let moving = moving(scan, node.wanted);
        let builder = Builder::extend_graph(body.graph().clone()).into_verbatim();
        let new_input = |value: Value| {
            let input = builder.anonymous_input(body.graph().shape(value), Kind::Real);
            if let (Some(name), Some(id)) = (body.graph().name(value), input.id()) {
                builder.generate_name(id, &format!("cotangent of {name}"));
            }
            input
        };
        let (mut carried, mut given, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
        for (index, &output) in body.outputs().iter().enumerate() {
            let lambda = (index < scan.carries && moving[index]).then(|| new_input(output));
            let dy = node.dy[index].map(|_| new_input(output));
            carried.extend(lambda.and_then(|var| Some((index, var.id()?))));
            given.extend(dy.and_then(|var| Some((index, var.id()?))));
            let sum = lambda.into_iter().chain(dy).reduce(|a, b| a + b);
            seeds.extend(sum.and_then(|sum| Some((output, sum.id()?))));
        }
        let inputs: Vec<Value> = body.inputs().map(Value::from).collect();
        let wrt: Vec<Value> =
            inputs.iter().copied().zip(&moving).filter(|(_, moves)| **moves).map(|(x, _)| x).collect();
        let (graph, cotangents) = pull_back(builder, body.graph(), &seeds, &wrt)?;
        let builder = Builder::extend_graph(graph).into_verbatim();
        let mut of_inputs: Vec<Option<Value>> =
            inputs.iter().map(|&x| cotangents[body.graph().value_index(x)]).collect();
        for &(carry, _) in &carried {
            // λ goes on as 0 where nothing comes back.
            let zeros = || builder.zeros(body.graph().shape(inputs[carry])).id();
            of_inputs[carry] = of_inputs[carry].or_else(zeros);
        }
        Ok(Reverse { graph: builder.finish_graph()?, carried, given, cotangents: of_inputs })
    }

    fn build<'g>(&self, builder: &'g Builder, scan: &Scan, node: &Backward<'_, 'g>) -> Contributions<'g> {
        if self.outputs(scan).is_empty() {
            return vec![None; node.x.len()];
        }
        let (reads, saved) = self.reads(scan);
        let forward = match saved.is_empty() {
            true => node.y.to_vec(),
            false => self.augmented(builder, scan, &saved, node.x),
        };
        if forward.len() < node.y.len() + saved.len() {
            return vec![None; node.x.len()]; // there was a mistake
        }
        let from = scan.carries + scan.sequences;
        let (constants, elements): (Vec<_>, Vec<_>) =
            reads.into_iter().partition(|(_, read)| matches!(read, Read::Input(input) if *input >= from));
        let stacked = |(_, read): &(Value, Read)| match *read {
            Read::Input(input) if input < scan.carries => Some(scan.before(node.x[input], forward[input])),
            Read::Input(input) => Some(node.x[input]),
            Read::Output(output) => Some(forward[output]),
            Read::Saved(index) => Some(forward[node.y.len() + index]),
            Read::Cotangent => None,
        };
        let starts = self.carried.iter().map(|&(_, lambda)| builder.zeros(self.graph.shape(lambda)));
        let given = self.given.iter().filter_map(|&(output, _)| node.dy[output]);
        let operands: Vec<Var<'g>> = starts
            .chain(given)
            .chain(elements.iter().filter_map(stacked))
            .chain(constants.iter().filter_map(stacked))
            .collect();
        let inputs: Vec<Value> = (self.carried.iter().chain(&self.given).map(|&(_, value)| value))
            .chain(
                elements
                    .iter()
                    .chain(&constants)
                    .filter(|(_, read)| !matches!(read, Read::Cotangent))
                    .map(|&(value, _)| value),
            )
            .collect();
        let step = Body::of(&self.graph, &inputs, &self.outputs(scan));
        let step = match step {
            Ok(step) => step,
            Err(error) => {
                builder.fail(error.message, error.help);
                return vec![None; node.x.len()];
            }
        };
        let sequences = inputs.len() - self.carried.len() - constants.len();
        let op = Scan {
            body: Arc::new(step),
            carries: self.carried.len(),
            sequences,
            reverse: !scan.reverse,
            ..scan.clone()
        };
        let outputs = builder.push_all(op.into(), &operands);
        self.distribute(scan, node, &outputs)
    }

    /// The next λ of each carry, then what the step gives to each sequence and constant.
    fn outputs(&self, scan: &Scan) -> Vec<Value> {
        let lambdas = self.carried.iter().filter_map(|&(carry, _)| self.cotangents[carry]);
        lambdas.chain(self.cotangents[scan.carries..].iter().copied().flatten()).collect()
    }

    fn distribute<'g>(&self, scan: &Scan, node: &Backward<'_, 'g>, outputs: &[Var<'g>]) -> Contributions<'g> {
        let mut contributions = vec![None; node.x.len()];
        let mut outputs = outputs.iter().copied();
        for (&(carry, _), lambdas) in self.carried.iter().zip(outputs.by_ref()) {
            // Of no step, nothing that is given depends on the start.
            if node.wanted[carry] && scan.length > 0 {
                contributions[carry] = Some(lambdas.index(if scan.reverse { scan.length - 1 } else { 0 }));
            }
        }
        let others = (scan.carries..node.x.len()).filter(|&input| self.cotangents[input].is_some());
        for (input, each) in others.zip(outputs) {
            let is_constant = input >= scan.carries + scan.sequences;
            contributions[input] = Some(if is_constant { each.sum_axes(&[0]) } else { each });
        }
        contributions
    }

    /// The values that the reverse step reads, and those of the forward step which that loop has to give besides.
    fn reads(&self, scan: &Scan) -> (Vec<(Value, Read)>, Vec<Value>) {
        let body = &scan.body;
        let kept = self.kept(scan);
        let (mut reads, mut saved) = (Vec::new(), Vec::new());
        let mut seen = vec![false; self.graph.value_count()];
        let mut pending = self.outputs(scan);
        pending.reverse();
        while let Some(value) = pending.pop() {
            if std::mem::replace(&mut seen[self.graph.value_index(value)], true) {
                continue;
            }
            let node = self.graph.node(value);
            let is_forward = body.graph().contains(value);
            let read = match body.outputs().iter().position(|output| is_forward && *output == value) {
                _ if is_forward && node.op.is_input() => Some(Read::Input(value.node.index())),
                _ if node.op.is_input() => Some(Read::Cotangent),
                Some(output) => Some(Read::Output(output)),
                None if kept[self.graph.value_index(value)] => {
                    saved.push(value);
                    Some(Read::Saved(saved.len() - 1))
                }
                None => None,
            };
            match read {
                Some(read) => reads.push((value, read)),
                None => pending.extend(node.inputs.iter().rev()),
            }
        }
        (reads, saved)
    }

    /// What the forward loop keeps of each step, where it is none of its outputs: all that is not cheap, and what this step
    /// would compute of the forward step alone with a function, as the slope of a sigmoid. What only one node reads is kept
    /// as that node's result, if that is no larger: of a product with the carry and one with the element, the sum, and of
    /// that the part that is read.
    fn kept(&self, scan: &Scan) -> Vec<bool> {
        let (graph, body, outputs) = (&self.graph, scan.body.graph(), scan.body.outputs());
        let (mut forward, mut kept) = (vec![false; graph.value_count()], vec![false; graph.value_count()]);
        for value in graph.values() {
            let (index, node) = (graph.value_index(value), graph.node(value));
            let is_function = matches!(node.op, Op::Elementwise(_)) && !is_cheap(&node.op);
            let is_of_forward = || node.inputs.iter().all(|&input| forward[graph.value_index(input)]);
            let may_move = !node.op.is_input() && (is_function || is_cheap(&node.op));
            kept[index] = match body.contains(value) {
                true => !is_cheap(&node.op) && !outputs.contains(&value),
                false => is_function && is_of_forward(),
            };
            forward[index] = body.contains(value) || may_move && is_of_forward();
        }
        let readers = self.readers(scan, &kept);
        for value in graph.values() {
            let node = graph.node(value);
            let is_read_here = |&input: &Value| {
                let index = graph.value_index(input);
                let is_no_larger = graph.shape(value).size() <= graph.shape(input).size();
                kept[index] && readers[index] == 1 && is_no_larger
            };
            let index = graph.value_index(value);
            let is_part = matches!(node.op, Op::Elementwise(_) | Op::Shape(ShapeOp::Slice { .. }));
            if forward[index] && is_part && graph.kind(value) == Kind::Real {
                kept[index] |= node.inputs.iter().any(is_read_here);
            }
        }
        kept
    }

    /// How often each value is read by what this step computes.
    fn readers(&self, scan: &Scan, kept: &[bool]) -> Vec<usize> {
        let graph = &self.graph;
        let mut readers = vec![0; graph.value_count()];
        let mut pending = self.outputs(scan);
        while let Some(value) = pending.pop() {
            let index = graph.value_index(value);
            readers[index] += 1;
            if readers[index] == 1 && !kept[index] && !scan.body.outputs().contains(&value) {
                pending.extend(&graph.node(value).inputs);
            }
        }
        readers
    }

    /// The forward loop with more extras.
    fn augmented<'g>(&self, builder: &'g Builder, scan: &Scan, saved: &[Value], x: &[Var<'g>]) -> Vec<Var<'g>> {
        let inputs: Vec<Value> = scan.body.inputs().map(Value::from).collect();
        let outputs: Vec<Value> = scan.body.outputs().iter().chain(saved).copied().collect();
        match Body::of(&self.graph, &inputs, &outputs) {
            Ok(body) => builder.push_all(Scan { body: Arc::new(body), ..scan.clone() }.into(), x),
            Err(error) => {
                builder.fail(error.message, error.help);
                Vec::new()
            }
        }
    }
}

/// For each input of the body, whether it moves when one that is wanted does: a carry does if its next value does.
fn moving(scan: &Scan, wanted: &[bool]) -> Vec<bool> {
    let graph = scan.body.graph();
    let mut moving = wanted.to_vec();
    loop {
        let inputs = scan.body.inputs().zip(&moving).filter(|(_, moves)| **moves).map(|(id, _)| id);
        let depends = graph.dependent_on(inputs);
        let late = scan.body.outputs().iter().take(scan.carries).enumerate().find(|&(carry, &next)| {
            !moving[carry] && graph.kind(next) == Kind::Real && depends[graph.value_index(next)]
        });
        match late {
            Some((carry, _)) => moving[carry] = true,
            None => return moving,
        }
    }
}

/// Whether a node is computed again rather than kept for each step.
fn is_cheap(op: &Op) -> bool {
    match op {
        Op::Source(_) | Op::Shape(_) | Op::Windows(Windows::Slide(_)) | Op::Phased(_) => true,
        Op::Elementwise(op) => match op.signature().cost {
            Cost::Arithmetic | Cost::Division => true,
            Cost::Function | Cost::Library => false,
        },
        Op::Contract(_) | Op::Reduce(_) | Op::Windows(Windows::Fold { .. }) | Op::Index(_) => false,
        Op::Random(_) | Op::Scan(_) | Op::Custom(_) => false,
    }
}
