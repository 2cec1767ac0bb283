//! Shares: a loop over steps whose body does the same for each example of a batch is cut into shares of the examples, and
//! each share goes through all steps by itself.
//!
//! A step of a recurrent network is little work. Threads that shared out each of its ops would meet several times a step, and
//! wait for each other longer than they work; with a share each, they meet once, when the loop is over. What sums over the
//! examples, as the gradient of the weights does, is no longer in the loop then: fission has moved it behind.
//!
//! Where the examples are is read off the body. Axes that an op runs along together are one class, those of a label of a
//! contraction as those of a carry before a step and after. The class of the first axis of a carry is that of the examples,
//! unless an op mixes them: sums over them, picks some, puts them in another order. An op that is not told apart here mixes all its axes.
//!
//! The number of shares depends on the loop alone, and so, whatever the number of threads, do the bits.

use std::sync::Arc;

use chainrule_graph::ops::{Scan, ShapeOp, Source};
use chainrule_graph::{Graph, NodeId, Op, Shape, Value};

/// There are no more shares than this.
const MOST: usize = 8;
/// A share has so many examples or more: each reads all weights anew.
const LEAST_EXAMPLES: usize = 16;
/// The work of a loop, in multiplications, from which on it is cut.
const WORTH: usize = 1 << 18;

/// How a loop is cut.
pub(super) struct Shares {
    pub count: usize,
    /// The loop over the examples of one share; none where there is but one.
    pub of_one: Option<Scan>,
}

/// How a loop is cut: into the greatest power of two that gives equal shares of some size.
pub(super) fn shares(op: &Scan) -> Shares {
    let whole = Shares { count: 1, of_one: None };
    if op.length.saturating_mul(work(op.body.graph())) < WORTH {
        return whole;
    }
    let Some(examples) = Examples::of(op) else { return whole };
    let divides = |count: &usize| examples.count.is_multiple_of(*count) && examples.count / count >= LEAST_EXAMPLES;
    let count = (1..=MOST.ilog2()).map(|power| 1 << power).take_while(divides).last();
    let cut = count.and_then(|count| Some(Shares { count, of_one: Some(examples.share(op, examples.count / count)?) }));
    cut.unwrap_or(whole)
}

/// The multiplications of a step: those of contractions, and one for each element of other results.
fn work(graph: &Graph) -> usize {
    let of_node = |id: NodeId| match &graph.node(id).op {
        Op::Contract(contract) => {
            let [lhs, rhs] = [0, 1].map(|index| graph.shape(graph.node(id).inputs[index]));
            contract.sizes(lhs, rhs).iter().product()
        }
        _ => graph.node(id).outputs.iter().map(|output| output.shape.size()).sum::<usize>(),
    };
    graph.ids().map(of_node).fold(0, usize::saturating_add)
}

/// Where the examples of a batch are in the body of a loop.
struct Examples {
    count: usize,
    /// For each value, which axis they are.
    axes: Vec<Option<usize>>,
}

impl Examples {
    /// Where they are, if nothing mixes them, all that a step gives is of one example each, and in all that a step takes
    /// or gives they are the first axis, so that those of a share lie together.
    fn of(op: &Scan) -> Option<Examples> {
        let (body, graph) = (&op.body, op.body.graph());
        let mut classes = Classes::of(graph);
        for (carry, &next) in body.inputs().zip(&body.outputs()[..op.carries]) {
            classes.join_all(carry.into(), next, graph.shape(carry).rank());
        }
        let first = body.inputs().take(op.carries).find(|&carry| graph.shape(carry).rank() > 0)?;
        let (class, count) = (classes.find((first.into(), 0)), graph.shape(first)[0]);
        if classes.mixed[class] {
            return None;
        }
        let mut axes = Vec::with_capacity(graph.value_count());
        for value in graph.values() {
            let shape = graph.shape(value);
            let own: Vec<usize> = (0..shape.rank()).filter(|&axis| classes.find((value, axis)) == class).collect();
            if own.len() > 1 || own.iter().any(|&axis| shape[axis] != count) {
                return None;
            }
            axes.push(own.first().copied());
        }
        let axis = |value: Value| axes[graph.value_index(value)];
        let is_taken = body.inputs().all(|input| axis(input.into()).is_none_or(|axis| axis == 0));
        let is_given = body.outputs().iter().all(|&output| axis(output) == Some(0) && graph.shape(output).size() > 0);
        (is_taken && is_given).then_some(Examples { count, axes })
    }

    /// The loop over so many examples.
    fn share(&self, op: &Scan, count: usize) -> Option<Scan> {
        let graph = op.body.graph();
        let axis = |value: Value| self.axes[graph.value_index(value)];
        let resized = |shape: &Shape, axis: Option<usize>| -> Shape {
            let size = |(place, &n)| if Some(place) == axis { count } else { n };
            shape.iter().enumerate().map(size).collect()
        };
        let op_of = |id: NodeId| {
            let (mut op, own) = (graph.node(id).op.clone(), axis(id.into()));
            match &mut op {
                Op::Source(Source::Input { shape, .. })
                | Op::Shape(ShapeOp::Reshape { shape } | ShapeOp::Broadcast { shape, .. }) => {
                    *shape = resized(shape, own)
                }
                Op::Shape(ShapeOp::Slice { stop, .. }) => {
                    if let Some(axis) = own {
                        stop[axis] = count;
                    }
                }
                _ => {} // the shape of its result follows from its operands
            }
            op
        };
        // Whatever does not take a share after all keeps the loop whole.
        let body = op.body.with_ops(op_of).ok()?;
        Some(Scan { body: Arc::new(body), ..op.clone() })
    }
}

/// An axis of a value.
type Axis = (Value, usize);

/// Which axes run together, and which an op mixes.
struct Classes<'a> {
    graph: &'a Graph,
    /// For each value, where its axes are among all.
    first: Vec<usize>,
    /// For each axis, another of its class, and so on up to the one that stands for the class.
    other: Vec<usize>,
    /// For each that stands for a class, whether an op mixes the elements along it.
    mixed: Vec<bool>,
}

impl<'a> Classes<'a> {
    fn of(graph: &'a Graph) -> Classes<'a> {
        let mut first = Vec::with_capacity(graph.value_count());
        let mut count = 0;
        for value in graph.values() {
            first.push(count);
            count += graph.shape(value).rank();
        }
        let mut classes = Classes { graph, first, other: (0..count).collect(), mixed: vec![false; count] };
        graph.ids().for_each(|id| classes.add(id));
        classes
    }

    fn find(&mut self, (value, axis): Axis) -> usize {
        let mut place = self.first[self.graph.value_index(value)] + axis;
        while self.other[place] != place {
            self.other[place] = self.other[self.other[place]];
            place = self.other[place];
        }
        place
    }

    fn join(&mut self, a: Axis, b: Axis) {
        let (a, b) = (self.find(a), self.find(b));
        self.mixed[a] |= self.mixed[b];
        self.other[b] = a;
    }

    /// Joins the axes of two values, one by one.
    fn join_all(&mut self, a: Value, b: Value, rank: usize) {
        (0..rank).for_each(|axis| self.join((a, axis), (b, axis)));
    }

    fn mix(&mut self, axis: Axis) {
        let class = self.find(axis);
        self.mixed[class] = true;
    }

    fn mix_all(&mut self, value: Value) {
        (0..self.graph.shape(value).rank()).for_each(|axis| self.mix((value, axis)));
    }

    /// What an op does with the axes of its operands.
    fn add(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let out = Value::from(id);
        match &node.op {
            Op::Source(Source::Input { .. }) => {}
            Op::Elementwise(_) => {
                node.inputs.iter().for_each(|&input| self.join_all(out, input, node.outputs[0].shape.rank()));
            }
            Op::Contract(contract) => {
                let axes = |value: Value, labels: &[u8]| {
                    labels.iter().copied().zip((0..).map(move |axis| (value, axis))).collect()
                };
                let all: [Vec<(u8, Axis)>; 3] = [
                    axes(out, &contract.out),
                    axes(node.inputs[0], &contract.lhs),
                    axes(node.inputs[1], &contract.rhs),
                ];
                let mut known: Vec<(u8, Axis)> = all[0].clone();
                for &(label, axis) in all[1..].iter().flatten() {
                    match known.iter().find(|(other, _)| *other == label) {
                        Some(&(_, other)) => self.join(other, axis),
                        None => {
                            self.mix(axis); // summed over
                            known.push((label, axis));
                        }
                    }
                }
            }
            Op::Reduce(reduce) => {
                let input = node.inputs[0];
                let keeps = self.graph.shape(input).rank() == node.outputs[0].shape.rank();
                reduce.axes.iter().for_each(|&axis| self.mix((input, axis)));
                let left = (0..self.graph.shape(input).rank()).filter(|axis| keeps || !reduce.axes.contains(axis));
                left.enumerate().for_each(|(place, axis)| self.join((out, place), (input, axis)));
            }
            Op::Shape(op) => self.add_shape(op, out, &node.inputs),
            Op::Source(
                Source::Constant(_) | Source::Iota { .. } | Source::RandomKey | Source::RandomExample { .. },
            )
            | Op::Windows(_)
            | Op::Index(_)
            | Op::Phased(_)
            | Op::Random(_)
            | Op::Scan(_)
            | Op::Custom(_) => {
                node.inputs.iter().for_each(|&input| self.mix_all(input));
                (0..node.outputs.len()).for_each(|index| self.mix_all(id.output(index)));
            }
        }
    }

    fn add_shape(&mut self, op: &ShapeOp, out: Value, inputs: &[Value]) {
        let input = inputs[0];
        let (from, to) = (self.graph.shape(input).clone(), self.graph.shape(out).clone());
        match op {
            // The axes that stay at either end
            ShapeOp::Reshape { .. } => {
                let front = from.iter().zip(to.iter()).take_while(|(a, b)| a == b).count();
                let most = from.rank().min(to.rank()) - front;
                let back = from.iter().rev().zip(to.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
                self.join_all(out, input, front);
                (1..=back).for_each(|end| self.join((out, to.rank() - end), (input, from.rank() - end)));
                (front..from.rank() - back).for_each(|axis| self.mix((input, axis)));
                (front..to.rank() - back).for_each(|axis| self.mix((out, axis)));
            }
            ShapeOp::Transpose { axes } => {
                axes.iter().enumerate().for_each(|(place, &axis)| self.join((out, place), (input, axis)));
            }
            ShapeOp::Broadcast { axes, .. } => {
                axes.iter().enumerate().for_each(|(axis, &place)| self.join((out, place), (input, axis)));
            }
            ShapeOp::Slice { .. } | ShapeOp::Pad { .. } => {
                self.join_all(out, input, to.rank());
                (0..to.rank()).filter(|&axis| from[axis] != to[axis]).for_each(|axis| self.mix((out, axis)));
            }
            ShapeOp::Concat { axis } => {
                inputs.iter().for_each(|&input| self.join_all(out, input, to.rank()));
                self.mix((out, *axis));
            }
            ShapeOp::Reverse { axes } => {
                self.join_all(out, input, to.rank());
                axes.iter().for_each(|&axis| self.mix((out, axis)));
            }
        }
    }
}
