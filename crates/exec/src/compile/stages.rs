//! What stands between two passes, as text: a graph, a plan, addresses.
//!
//! A plan is a line for each kernel. A value is called by its name, or by its node, `%120`; one that is read otherwise than
//! from its first element to its last shows how: `W[+6, 2·3, 3·1]` begins at element 6, and takes 2 steps of 3 elements, in
//! each 3 steps of 1.

use std::fmt::Write;

use chainrule_graph::ops::Source;
use chainrule_graph::{Function, Graph, Initializer, NodeId, Op, Parameter, Value, text};
use chainrule_kernels::reduce::Axis;

use super::accumulate::Accumulation;
use super::buffer::BufferId;
use super::memory::ArenaLayout;
use super::plan::{KernelKind, Loop, LoopOp, Plan, Product, RowProduct, TermProduct};
use super::schedule::WriteBack;
use super::view::View;
use crate::program::listing::value_name;

/// A graph in the text form; what is updated shows as state.
pub(super) fn graph(graph: &Graph) -> String {
    let is_updated = |id: &NodeId| graph.updates().iter().any(|update| update.target == *id);
    let inputs = graph.ids().filter(|&id| matches!(graph.node(id).op, Op::Source(Source::Input { .. })));
    let (state, inputs): (Vec<NodeId>, Vec<NodeId>) = inputs.partition(is_updated);
    let state = state.into_iter().map(|node| Parameter::new(node, Initializer::Constant(0.0))).collect();
    text::print(&Function { graph: graph.clone(), inputs, state, ..Function::default() })
}

/// The updates that accumulate.
pub(super) fn accumulations(graph: &Graph, found: &[Accumulation]) -> String {
    let mut text = String::new();
    for Accumulation { target, contraction, keep, scale, .. } in found {
        let factor = |id: &Option<Value>| id.map_or(String::new(), |id| format!("{} · ", value_name(graph, id)));
        let target = value_name(graph, *target);
        let (keep, scale, product) = (factor(keep), factor(scale), value_name(graph, *contraction));
        text += &format!("accumulate {target} = {keep}{target} + {scale}{product}\n");
    }
    text
}

/// The kernels, in order, and what is written back when all else is done.
pub(super) fn plan(plan: &Plan, write_backs: &[WriteBack]) -> String {
    let mut text = String::new();
    for kernel in &plan.prologue {
        text += &format!("prologue  {}\n", kernel_text(plan, &kernel.kind));
    }
    for (number, kernel) in plan.kernels.iter().enumerate() {
        text += &format!("{number:4}  {}\n", kernel_text(plan, &kernel.kind));
    }
    for &(value, old) in &plan.in_place {
        text += &format!("in place: {} overwrites {}\n", buffer_name(plan, value), buffer_name(plan, old));
    }
    for WriteBack { value, target } in write_backs {
        text += &format!("write back: {} = {}\n", buffer_name(plan, *target), view_text(plan, value));
    }
    text
}

/// Where each buffer lies that is stored.
pub(super) fn layout(plan: &Plan, layout: &ArenaLayout) -> String {
    let mut text = String::new();
    for buffer in plan.buffers.ids() {
        if let Some(address) = layout.address(buffer) {
            let name = buffer_name(plan, buffer);
            text += &format!("{:>12} {:>10}  {name}\n", address.to_string(), plan.size(buffer));
        }
    }
    text + &format!("{:>12} {:>10}  in all\n", "", layout.length)
}

fn buffer_name(plan: &Plan, buffer: BufferId) -> String {
    match plan.buffers.value(buffer) {
        Some(value) => value_name(&plan.graph, value),
        None => format!("%{}", buffer.index()),
    }
}

fn view_text(plan: &Plan, view: &View) -> String {
    let name = buffer_name(plan, view.buffer);
    if view.is_whole(plan.size(view.buffer)) {
        return name;
    }
    let start = (view.offset > 0).then(|| format!("+{}", view.offset));
    let runs = view.runs().into_iter().map(|(n, stride)| format!("{n}·{stride}"));
    format!("{name}[{}]", start.into_iter().chain(runs).collect::<Vec<_>>().join(", "))
}

fn kernel_text(plan: &Plan, kind: &KernelKind) -> String {
    let name = |buffer: BufferId| buffer_name(plan, buffer);
    let views = |views: &[View]| views.iter().map(|view| view_text(plan, view)).collect::<Vec<_>>().join(", ");
    let [first, second] = [0, 1].map(|index| kind.reads().get(index).map_or(String::new(), |v| view_text(plan, v)));
    match kind {
        KernelKind::Loop(Loop { size, body, sums }) => {
            let mut text = format!("loop {size}:");
            for node in body {
                let op = match node.op {
                    LoopOp::Copy => "copy".to_string(),
                    LoopOp::Elementwise(op) => Op::Elementwise(op).name().to_string(),
                };
                let _ = write!(text, " {} = {op}({});", name(node.out), views(&node.operands));
            }
            for sum in sums {
                let Axis { outer, n, inner } = sum.axis;
                let (out, operand) = (name(sum.out), view_text(plan, &sum.operand));
                let _ = write!(text, " {out} = sum [{outer}, {n}, {inner}]({operand});");
            }
            text.trim_end_matches(';').to_string()
        }
        KernelKind::Product(product) => {
            let Product { m, n, k, batches, accumulate, out, .. } = product;
            let times: String = batches.iter().map(|(n, _)| repeated(*n)).collect();
            let equals = if accumulate.is_some() { "accumulates" } else { "=" };
            format!("product {m}×{n}×{k}{times}: {} {equals} {first} {second}", name(*out))
        }
        KernelKind::WindowProduct(product) => {
            let [m, k] = [&product.rows, &product.terms].map(|axes| axes.iter().map(|axis| axis.0).product::<usize>());
            format!("windows {m}×{}×{k}: {} = {first} {second}", product.columns, name(product.out))
        }
        KernelKind::RowProduct(RowProduct { layout, out, .. }) => {
            let (m, k, times) = (layout.product().rows(), layout.terms.len(), repeated(layout.repetitions()));
            format!("windows {m}×{}×{k}{times}: {} = {first} {second}", layout.columns, name(*out))
        }
        KernelKind::TermProduct(TermProduct { layout, out, .. }) => {
            let [m, n] = [&layout.rows, &layout.columns].map(Vec::len);
            let (k, times) = (layout.terms(), repeated(layout.repetitions()));
            format!("windows {m}×{n}×{k}{times}: {} = {first} {second}", name(*out))
        }
        KernelKind::AxisOp { op, axis, out, .. } => {
            format!("{} [{}, {}, {}]: {} = {first}", op.signature().name, axis.outer, axis.n, axis.inner, name(*out))
        }
        KernelKind::Gather { out, .. } => format!("gather: {} = {first} at {second}", name(*out)),
        KernelKind::ScatterAdd { out, .. } => format!("scatter_add: {} = {second} at {first}", name(*out)),
        KernelKind::Assemble { blocks, out, .. } => {
            let sources: Vec<View> = blocks.iter().map(|block| block.source.clone()).collect();
            format!("assemble: {} from {}", name(*out), views(&sources))
        }
        KernelKind::Scan { op, inputs, outs } => {
            let outs: Vec<String> = outs.iter().map(|out| name(*out)).collect();
            let backwards = if op.reverse { " backwards" } else { "" };
            format!("scan {} steps{backwards}: {} = scan({})", op.length, outs.join(", "), views(inputs))
        }
        KernelKind::Fold { out, .. } => format!("fold: {} = {first}", name(*out)),
        KernelKind::BestOfWindows { op, places, entries, out } => {
            let (name, count) = (name(*out), places.shape.size());
            format!("{} of {count} windows of {}: {name} = {first}", op.signature().name, entries.len())
        }
        KernelKind::GradientOfBest(gradient) => {
            let (name, count) = (name(gradient.out), gradient.places.shape.size());
            let size = gradient.entries.len();
            format!("fold of {count} windows of {size}: {name} = {second} at {} of {first}", gradient.extreme)
        }
        KernelKind::Random { inputs, out, .. } => format!("random: {} at {}", name(*out), views(inputs)),
        KernelKind::Custom { op, inputs, outs } => {
            let outs: Vec<String> = outs.iter().map(|(_, out)| name(*out)).collect();
            format!("custom: {} = {}({})", outs.join(", "), op.node.name(), views(inputs))
        }
    }
}

/// How often a product is repeated, if it is.
fn repeated(times: usize) -> String {
    if times == 1 { String::new() } else { format!(", {times} times") }
}
