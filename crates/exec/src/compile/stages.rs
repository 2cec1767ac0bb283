//! What stands between two passes, as text: a graph, a plan, places.
//!
//! A plan is a line for each piece of work. A value is called by its node, or `%120` if it has no name; one that is read
//! otherwise than from its first entry to its last shows how: `W[+6, 2·3, 3·1]` begins at entry 6, and takes 2 steps of
//! 3 entries, in each 3 steps of 1.

use std::fmt::Write;

use chainrule_graph::ops::Source;
use chainrule_graph::{Function, Graph, Initializer, NodeId, Op, Parameter, text};
use chainrule_kernels::reduce::Axis;

use super::accumulate::Accumulation;
use super::memory::Memory;
use super::plan::{LoopOp, Plan, Product, Work};
use super::schedule::Late;
use super::show::node_name;
use super::view::{ValueId, View};

/// A graph in the text form; what is updated shows as state.
pub(super) fn graph(graph: &Graph) -> String {
    let is_updated = |id: &NodeId| graph.updates().iter().any(|update| update.target == *id);
    let inputs = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Source(Source::Input { .. })));
    let (state, inputs): (Vec<NodeId>, Vec<NodeId>) = inputs.partition(is_updated);
    let state = state.into_iter().map(|node| Parameter { node, initializer: Initializer::Constant(0.0) }).collect();
    text::print(&Function { graph: graph.clone(), inputs, state, ..Function::default() })
}

/// The updates that accumulate.
pub(super) fn accumulations(graph: &Graph, found: &[Accumulation]) -> String {
    let mut text = String::new();
    for Accumulation { target, contraction, keep, scale, .. } in found {
        let factor = |id: &Option<NodeId>| id.map_or(String::new(), |id| format!("{} · ", node_name(graph, id)));
        let target = node_name(graph, *target);
        let (keep, scale, product) = (factor(keep), factor(scale), node_name(graph, *contraction));
        text += &format!("accumulate {target} = {keep}{target} + {scale}{product}\n");
    }
    text
}

/// The pieces of work, in order, and what is copied once all else is done.
pub(super) fn plan(plan: &Plan, late: &[Late]) -> String {
    let mut text = String::new();
    for unit in &plan.once {
        text += &format!("once  {}\n", work(plan, &unit.work));
    }
    for (number, unit) in plan.units.iter().enumerate() {
        text += &format!("{number:4}  {}\n", work(plan, &unit.work));
    }
    for &(value, old) in &plan.in_place {
        text += &format!("in place: {} takes the place of {}\n", value_name(plan, value), value_name(plan, old));
    }
    for late in late {
        text += &format!("at the end: {} = {}\n", value_name(plan, late.target), view_text(plan, &late.value));
    }
    text
}

/// Where each value lies that is stored.
pub(super) fn places(plan: &Plan, memory: &Memory) -> String {
    let mut text = String::new();
    for (value, at) in memory.at.iter().enumerate() {
        if let Some(at) = at {
            let name = value_name(plan, ValueId(value as u32));
            text += &format!("{:>12} {:>10}  {name}\n", at.to_string(), plan.sizes[value]);
        }
    }
    text + &format!("{:>12} {:>10}  in all\n", "", memory.length)
}

fn value_name(plan: &Plan, value: ValueId) -> String {
    if value.index() < plan.graph.nodes().len() {
        node_name(&plan.graph, NodeId::from_index(value.index()))
    } else {
        format!("%{}", value.index())
    }
}

fn view_text(plan: &Plan, view: &View) -> String {
    let name = value_name(plan, view.value);
    if view.is_whole(plan.sizes[view.value.index()]) {
        return name;
    }
    let start = (view.offset > 0).then(|| format!("+{}", view.offset));
    let runs = view.runs().into_iter().map(|(n, stride)| format!("{n}·{stride}"));
    format!("{name}[{}]", start.into_iter().chain(runs).collect::<Vec<_>>().join(", "))
}

fn work(plan: &Plan, work: &Work) -> String {
    let name = |value: ValueId| value_name(plan, value);
    let views = |views: &[View]| views.iter().map(|view| view_text(plan, view)).collect::<Vec<_>>().join(", ");
    let [first, second] = [0, 1].map(|place| work.reads().get(place).map_or(String::new(), |v| view_text(plan, v)));
    match work {
        Work::Loop(work) => {
            let mut text = format!("loop {}:", work.size);
            for node in &work.body {
                let op = match node.op {
                    LoopOp::Copy => "copy".to_string(),
                    LoopOp::Entry(op) => Op::Elementwise(op).name().to_string(),
                };
                let _ = write!(text, " {} = {op}({});", name(node.out), views(&node.operands));
            }
            if let Some(sum) = &work.reduction {
                let Axis { outer, n, inner } = sum.axis;
                let (out, operand) = (name(sum.out), view_text(plan, &sum.operand));
                let _ = write!(text, " {out} = sum [{outer}, {n}, {inner}]({operand})");
            }
            text.trim_end_matches(';').to_string()
        }
        Work::Product(product) => {
            let Product { m, n, k, batches, accumulate, out, .. } = product;
            let times: String = batches.iter().map(|(n, _)| format!(", {n} times")).collect();
            let equals = if accumulate.is_some() { "accumulates" } else { "=" };
            format!("product {m}×{n}×{k}{times}: {} {equals} {first} {second}", name(*out))
        }
        Work::Along { op, axis, out, .. } => {
            let op = Op::Reduce(op.clone());
            format!("{} [{}, {}, {}]: {} = {first}", op.name(), axis.outer, axis.n, axis.inner, name(*out))
        }
        Work::Gather { out, .. } => format!("gather: {} = {first} at {second}", name(*out)),
        Work::ScatterAdd { out, .. } => format!("scatter_add: {} = {second} at {first}", name(*out)),
        Work::Assemble { parts, out, .. } => {
            let sources: Vec<View> = parts.iter().map(|part| part.source.clone()).collect();
            format!("assemble: {} from {}", name(*out), views(&sources))
        }
        Work::Custom { op, inputs, out } => {
            format!("custom: {} = {}({})", name(*out), Op::Custom(op.clone()).name(), views(inputs))
        }
    }
}
