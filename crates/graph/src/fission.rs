//! Loop fission: what in a loop need not be in it leaves it.
//!
//! What depends on no carry is computed before the loop, for all steps at once; what no next carry needs, after it, but for
//! a function of numbers that are not kept: its result is kept instead. A step is
//! to the body what an example is to a function, so the batching rules say how. An LSTM written as a plain cell gets its
//! products with the inputs as one product before the loop, and in the reverse loop its weights' gradients as one product
//! after it: the sum over steps of a contraction is a contraction.

use std::sync::Arc;

use crate::builder::{Builder, Var};
use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{Node, NodeId, Value};
use crate::ops::signature::Cost;
use crate::ops::{Batched, Body, Contract, Op, Reduce, Reduction, Scan, ShapeOp};
use crate::simplify::ValueMap;

/// The graph with what may leave its loops outside of them, and where each value went; none if nothing leaves.
///
/// # Errors
///
/// Only those of a graph that is not well formed.
pub fn fission(graph: &Graph) -> Result<Option<(Graph, ValueMap)>, GraphError> {
    let is_loop = |node: &Node| matches!(&node.op, Op::Scan(scan) if scan.length > 0);
    if !graph.nodes().iter().any(is_loop) {
        return Ok(None);
    }
    let builder = Builder::with_scopes_of(graph);
    let users = graph.count_users([]);
    let mut moved: Vec<Var<'_>> = Vec::with_capacity(graph.value_count());
    let mut splits = false;
    for id in graph.ids() {
        let node = graph.node(id);
        let inputs: Vec<Var<'_>> = node.inputs.iter().map(|&input| moved[graph.value_index(input)]).collect();
        let outputs = builder.with_origin(node.origin.clone(), |builder| {
            builder.within(node.scope, |builder| match &node.op {
                Op::Scan(scan) if scan.length > 0 => match split(builder, graph, scan, &inputs)? {
                    Some(outputs) => {
                        splits = true;
                        Ok(outputs)
                    }
                    None => Ok(builder.push_all(node.op.clone(), &inputs)),
                },
                // The sum over all steps
                Op::Reduce(Reduce { op: Reduction::Sum, axes })
                    if axes[..] == [0] && users[graph.value_index(node.inputs[0])] == 1 =>
                {
                    Ok(vec![summed(inputs[0])])
                }
                op => Ok(builder.push_all(op.clone(), &inputs)),
            })
        })?;
        for index in 0..node.outputs.len() {
            let var = outputs.get(index).copied().unwrap_or_else(|| builder.poisoned());
            builder.keep_name(graph, id.output(index), var);
            moved.push(var);
        }
    }
    for update in graph.updates() {
        let var = |value: Value| moved[graph.value_index(value)];
        builder.update(var(update.target.into()), var(update.value));
    }
    let places: Vec<Option<Value>> = moved.iter().map(|var| var.id()).collect();
    let outputs = |id: NodeId| {
        let values = (0..graph.node(id).outputs.len()).map(|index| id.output(index));
        values.map(|value| places[graph.value_index(value)]).collect()
    };
    let map = ValueMap::of(graph.ids().map(outputs).collect());
    let split_graph = builder.finish_graph()?;
    Ok(splits.then_some((split_graph, map)))
}

/// The outputs of a loop whose body is split; none if all of it has to stay.
fn split<'g>(
    builder: &'g Builder,
    around: &Graph,
    scan: &Scan,
    inputs: &[Var<'g>],
) -> Result<Option<Vec<Var<'g>>>, GraphError> {
    let inner = inside(&scan.body)?;
    let body = inner.as_ref().unwrap_or(&scan.body);
    let parts = Parts::of(body, scan.carries);
    if !parts.leaves() {
        return Ok(inner.map(|body| builder.push_all(Scan { body: Arc::new(body), ..scan.clone() }.into(), inputs)));
    }
    let mut outside =
        Outside { builder, around, body, length: scan.length, made: vec![None; body.graph().value_count()] };
    for (index, (input, &var)) in body.inputs().zip(inputs).enumerate().skip(scan.carries) {
        outside.set(input.into(), Batched { var, batched: index < scan.carries + scan.sequences });
    }
    outside.run(&parts.before);
    let cut = parts.cut(&outside);
    let gives = parts.gives();
    let (elements, constants): (Vec<Value>, Vec<Value>) =
        cut.into_iter().partition(|&value| outside.of(value).is_some_and(|made| made.batched));
    let given: Vec<Value> =
        body.inputs().take(scan.carries).map(Value::from).chain(elements.iter().chain(&constants).copied()).collect();
    let left = Body::of(body.graph(), &given, &gives)?;
    let operands: Option<Vec<Var<'g>>> =
        given[scan.carries..].iter().map(|&value| Some(outside.of(value)?.var)).collect();
    let Some(operands) = operands else { return Ok(None) }; // all of them were made before
    let operands: Vec<Var<'g>> = inputs[..scan.carries].iter().copied().chain(operands).collect();
    let stacked = match gives.is_empty() {
        true => Vec::new(),
        false => {
            let op = Scan { body: Arc::new(left), sequences: elements.len(), ..scan.clone() };
            builder.push_all(op.into(), &operands)
        }
    };
    for (carry, (input, &start)) in body.inputs().zip(inputs).take(scan.carries).enumerate() {
        if let Some(&after) = stacked.get(carry) {
            outside.set(input.into(), Batched { var: scan.before(start, after), batched: true });
        }
    }
    for (&value, &var) in gives.iter().zip(&stacked) {
        outside.set(value, Batched { var, batched: true });
    }
    outside.run(&parts.after);
    let outputs = body.outputs().iter().enumerate().map(|(index, &output)| match stacked.get(index) {
        Some(&after) if index < scan.carries => Some(after),
        _ => Some(outside.of(output)?.lifted(scan.length)),
    });
    Ok(outputs.collect())
}

/// The body with what may leave the loops in it outside of them.
fn inside(body: &Body) -> Result<Option<Body>, GraphError> {
    let Some((graph, map)) = fission(body.graph())? else { return Ok(None) };
    let new = |value: Value| map.get(value).unwrap_or(value); // every value has its place
    let inputs: Vec<Value> = body.inputs().map(|id| new(id.into())).collect();
    let outputs: Vec<Value> = body.outputs().iter().map(|&value| new(value)).collect();
    Body::of(&graph, &inputs, &outputs).map(Some)
}

/// What of a body is computed where.
struct Parts<'a> {
    body: &'a Body,
    carries: usize,
    /// The nodes that depend on no carry and may leave.
    before: Vec<bool>,
    /// Of those, the ones that are worth it: others are computed in the loop, too.
    worth_before: Vec<bool>,
    /// The nodes that no next carry needs, and that are worth leaving.
    after: Vec<bool>,
}

impl<'a> Parts<'a> {
    fn of(body: &'a Body, carries: usize) -> Parts<'a> {
        let graph = body.graph();
        let count = graph.nodes().len();
        let next = &body.outputs()[..carries];
        let feeds = graph.needed_for(next.iter().copied());
        let is_given = |id: NodeId| id.index() < body.inputs().len();
        let reads = |id: NodeId, marks: &[bool]| graph.node(id).inputs.iter().any(|input| marks[input.node.index()]);
        // What has to stay: the carries, what depends on them, and a user's own nodes with what depends on those.
        let mut stays = vec![false; count];
        let (mut before, mut worth_before) = (vec![false; count], vec![false; count]);
        for id in graph.ids() {
            let index = id.index();
            stays[index] = index < carries || is_pinned(&graph.node(id).op) || (!is_given(id) && reads(id, &stays));
            before[index] = !stays[index] && !is_given(id);
            worth_before[index] = before[index] && (is_work(&graph.node(id).op) || reads(id, &worth_before));
        }
        let mut late = vec![false; count];
        let mut worth_late = vec![false; count];
        // What leaves and reads nothing but this has nothing more kept of each step for it.
        let mut is_there: Vec<bool> = graph.ids().map(|id| is_given(id) || before[id.index()]).collect();
        body.outputs().iter().for_each(|output| is_there[output.node.index()] = true);
        for id in graph.ids() {
            let (index, op) = (id.index(), &graph.node(id).op);
            late[index] = stays[index] && !is_given(id) && !feeds[index] && !is_pinned(op);
            let reads_what_is_there = graph.node(id).inputs.iter().all(|input| is_there[input.node.index()]);
            is_there[index] |= late[index] && reads_what_is_there;
            let is_worth = is_work(op) && (reads_what_is_there || !matches!(op, Op::Elementwise(_)));
            worth_late[index] = late[index] && (is_worth || reads(id, &worth_late));
        }
        // An extra leaves if there is work in what leads to it, with all that leads to it alone.
        let mut after = vec![false; count];
        for output in &body.outputs()[carries..] {
            after[output.node.index()] |= worth_late[output.node.index()];
        }
        for id in graph.ids().rev().filter(|id| late[id.index()]) {
            if after[id.index()] {
                let inputs = graph.node(id).inputs.iter().map(|input| input.node.index());
                inputs.filter(|&input| late[input]).for_each(|input| after[input] = true);
            }
        }
        Parts { body, carries, before, worth_before, after }
    }

    fn is_before(&self, value: Value) -> bool {
        self.before[value.node.index()]
    }

    fn is_given(&self, value: Value) -> bool {
        value.node.index() < self.body.inputs().len()
    }

    /// Whether anything leaves.
    fn leaves(&self) -> bool {
        let extras = &self.body.outputs()[self.carries..];
        self.after.contains(&true)
            || self.worth_before.contains(&true)
            || extras.iter().any(|&extra| self.is_before(extra) || self.passes_on(extra))
    }

    /// Whether an extra is an element or a constant as it is given.
    fn passes_on(&self, extra: Value) -> bool {
        self.is_given(extra) && extra.node.index() >= self.carries
    }

    /// What the loop still gives: the next carries, and what is read of it after the loop.
    fn gives(&self) -> Vec<Value> {
        let graph = self.body.graph();
        let mut gives = self.body.outputs()[..self.carries].to_vec();
        let is_carry = |value: Value| value.node.index() < self.carries;
        let mut give = |value: Value| {
            let is_made = self.is_before(value) || self.after[value.node.index()] || self.is_given(value);
            if !is_made && !gives.contains(&value) {
                gives.push(value);
            }
        };
        for &output in self.body.outputs()[self.carries..].iter().filter(|output| !is_carry(**output)) {
            give(output);
        }
        for id in graph.ids().filter(|id| self.after[id.index()]) {
            graph.node(id).inputs.iter().for_each(|&input| give(input));
        }
        gives
    }

    /// What the loop reads besides its carries: what is given, and what is computed before it and is worth it.
    fn cut(&self, outside: &Outside<'_, '_>) -> Vec<Value> {
        let graph = self.body.graph();
        let mut seen = vec![false; graph.value_count()];
        let mut cut = Vec::new();
        let mut pending = self.gives();
        while let Some(value) = pending.pop() {
            if std::mem::replace(&mut seen[graph.value_index(value)], true) {
                continue;
            }
            // Copies are not kept: what they are of is.
            let is_copies = matches!(graph.node(value).op, Op::Shape(ShapeOp::Broadcast { .. }));
            let leaves = self.worth_before[value.node.index()] && !is_copies && outside.of(value).is_some();
            if leaves || self.passes_on(value) {
                cut.push(value);
            } else if !self.is_given(value) {
                pending.extend(&graph.node(value).inputs);
            }
        }
        cut.sort_unstable();
        cut
    }
}

/// The values of a body for all steps at once.
struct Outside<'a, 'g> {
    builder: &'g Builder,
    around: &'a Graph,
    body: &'a Body,
    length: usize,
    made: Vec<Option<Batched<'g>>>,
}

impl<'g> Outside<'_, 'g> {
    fn of(&self, value: Value) -> Option<Batched<'g>> {
        self.made[self.body.graph().value_index(value)]
    }

    fn set(&mut self, value: Value, made: Batched<'g>) {
        self.made[self.body.graph().value_index(value)] = Some(made);
    }

    /// Builds these nodes, over a batch of all steps.
    fn run(&mut self, nodes: &[bool]) {
        let graph = self.body.graph();
        for id in graph.ids().filter(|id| nodes[id.index()]) {
            let node = graph.node(id);
            let inputs: Option<Vec<Batched<'g>>> = node.inputs.iter().map(|&input| self.of(input)).collect();
            let Some(inputs) = inputs else { continue }; // what leads to it was made before
            let outputs = self
                .builder
                .with_origin(node.origin.clone(), |builder| node.op.rules().batch(builder, &inputs, self.length));
            for (index, made) in outputs.into_iter().enumerate() {
                // A name that is also one around the loop stays that one's.
                let name = graph.name(id.output(index)).filter(|name| self.around.find(name).is_none());
                if let (Some(name), Some(new)) = (name, made.var.id()) {
                    self.builder.generate_name(new, name);
                }
                self.set(id.output(index), made);
            }
        }
    }
}

/// Whether an op has to stay in its loop: an error of a user's own node names the step, and a mean over examples is none over
/// steps.
fn is_pinned(op: &Op) -> bool {
    matches!(op, Op::Custom(_)) || op.is_across_examples() || !op.is_pure() && !op.is_input()
}

/// Whether computing an op for all steps at once is worth keeping what it reads or gives of each.
fn is_work(op: &Op) -> bool {
    match op {
        Op::Source(_) | Op::Shape(_) | Op::Windows(_) | Op::Phased(_) | Op::Custom(_) => false,
        Op::Elementwise(op) => match op.signature().cost {
            Cost::Arithmetic | Cost::Division => false,
            Cost::Function | Cost::Library => true,
        },
        Op::Contract(_) | Op::Reduce(_) | Op::Index(_) | Op::Random(_) | Op::Scan(_) => true,
    }
}

/// The sum over the first axis. Of a contraction that has it in both operands it is a contraction; a transpose is gone through
/// to find one.
fn summed(x: Var<'_>) -> Var<'_> {
    let plain = || x.sum_axes(&[0]);
    let Some(node) = x.node() else { return x };
    let input = |index: usize| x.builder.var(node.inputs[index]);
    match &node.op {
        Op::Contract(op) if op.lhs.contains(&op.out[0]) && op.rhs.contains(&op.out[0]) => {
            x.builder.push(Op::Contract(Contract::new(&op.lhs, &op.rhs, &op.out[1..])), &[input(0), input(1)])
        }
        Op::Shape(ShapeOp::Transpose { axes }) if axes[0] == 0 => {
            let rest: Vec<usize> = axes[1..].iter().map(|axis| axis - 1).collect();
            summed(input(0)).transpose_axes(&rest)
        }
        _ => plain(),
    }
}
