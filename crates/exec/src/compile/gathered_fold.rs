//! The gradient of a convolution's input: windows, each a product of cotangents with the weights, that are added up where they
//! overlap. It is gathered instead: each element is a product of a window of the cotangents, in a border of zeros, with the weights
//! turned round, so that the windows are not stored. Where the examples lie innermost, the border is not stored either: what of a
//! window lies there is left out.
//!
//! y_i = Σ over p, u with p + d·u = i of Σ_o dy_po · w_uo = Σ over u of Σ_o dy_{i − d·u, o} · w_uo

use std::ops::Range;

use chainrule_graph::ops::contract::Label;
use chainrule_graph::ops::{Contract, ShapeOp, WindowDimensions, Windows};
use chainrule_graph::{Graph, NodeId, Op, Shape, Value};
use chainrule_kernels::row_windows::{Clip, MOST_CLIPS};

use super::buffer::BufferId;
use super::dimension_numbers::{Labelled, along_memory};
use super::innermost::{Innermost, with_last};
use super::neighbours::sums;
use super::plan::{BlockCopy, KernelKind, RowProduct, WindowProduct};
use super::plan_builder::PlanBuilder;
use super::view::View;
use crate::program::window_code::RowLayout;

/// Of fewer columns than these a vector would be half empty.
const LEAST_COLUMNS: usize = 8;

/// The labels of a contraction whose result is folded, by the part they play.
struct Labels {
    /// Which operand has the cotangents; the other has the weights.
    cotangents: usize,
    /// The places of the windows, and the entries within them.
    places: Vec<Label>,
    within: Vec<Label>,
    /// What is summed over.
    summed: Vec<Label>,
    /// What the result has of the weights, of the cotangents besides the places, and of both.
    columns: Vec<Label>,
    others: Vec<Label>,
    batch: Vec<Label>,
}

impl Labels {
    /// None where places and entries do not each belong to an operand of their own.
    fn of(contract: &Contract, dimensions: &WindowDimensions) -> Option<Labels> {
        let (kept, within) = contract.out.split_at(contract.out.len().checked_sub(dimensions.axes.len())?);
        let places: Vec<Label> = dimensions.axes.iter().map(|&axis| kept[axis]).collect();
        let operands = [&contract.lhs, &contract.rhs];
        let only = |operand: usize, labels: &[Label]| {
            labels.iter().all(|label| operands[operand].contains(label) && !operands[1 - operand].contains(label))
        };
        let cotangents = (0..2).find(|&operand| only(operand, &places) && only(1 - operand, within))?;
        let (moved, weights) = (operands[cotangents], operands[1 - cotangents]);
        let of = |labels: &[Label], in_moved: bool, in_weights: bool| -> Vec<Label> {
            let is_such = |label: &Label| moved.contains(label) == in_moved && weights.contains(label) == in_weights;
            labels.iter().copied().filter(is_such).collect()
        };
        Some(Labels {
            cotangents,
            within: within.to_vec(),
            summed: of(moved, true, true).into_iter().filter(|label| !contract.out.contains(label)).collect(),
            columns: of(kept, false, true),
            others: of(kept, true, false).into_iter().filter(|label| !places.contains(label)).collect(),
            batch: of(kept, true, true),
            places,
        })
    }
}

/// A fold of a contraction, of which perhaps only a part is read: from where along each axis of windows, and how far.
pub(super) struct GatheredFold {
    dimensions: WindowDimensions,
    lengths: Vec<usize>,
    ranges: Vec<Range<usize>>,
    /// The contraction, whose operands are read in place of its result.
    pub windows: Value,
    contract: Contract,
    labels: Labels,
    /// The label of the examples, if they lie innermost.
    examples: Option<Label>,
}

/// The fold that a node is, or is a part of, of a contraction.
fn folded(graph: &Graph, users: &[usize], id: NodeId) -> Option<GatheredFold> {
    let node = graph.node(id);
    let (fold, part) = match &node.op {
        Op::Windows(Windows::Fold { .. }) => (id, None),
        Op::Shape(ShapeOp::Slice { start, stop }) if users[graph.value_index(node.inputs[0])] == 1 => {
            (node.inputs[0].node, Some((start, stop)))
        }
        _ => return None,
    };
    let Op::Windows(Windows::Fold { dimensions, lengths }) = &graph.node(fold).op else { return None };
    let range = |(&axis, &length)| part.map_or(0..length, |(start, stop)| start[axis]..stop[axis]);
    let ranges: Vec<Range<usize>> = dimensions.axes.iter().zip(lengths).map(range).collect();
    let shape = graph.shape(fold);
    let others = (0..shape.rank()).filter(|axis| !dimensions.axes.contains(axis));
    let is_whole = |axis: usize| part.is_none_or(|(start, stop)| start[axis] == 0 && stop[axis] == shape[axis]);
    let cuts_border = ranges.iter().zip(lengths).enumerate().all(|(place, (range, length))| {
        let border = dimensions.span(place) - 1;
        range.start <= border && range.end + border >= *length && !range.is_empty()
    });
    let windows = graph.node(fold).inputs[0];
    let is_part = others.into_iter().all(is_whole) && cuts_border && users[graph.value_index(windows)] == 1;
    let Op::Contract(contract) = &graph.node(windows).op else { return None };
    let labels = Labels::of(contract, dimensions)?;
    let (dimensions, lengths, contract) = (dimensions.clone(), lengths.clone(), contract.clone());
    let examples = None;
    is_part.then_some(GatheredFold { dimensions, lengths, ranges, windows, contract, labels, examples })
}

impl GatheredFold {
    /// The fold that a node is, or a part of one, where it is worth gathering it: its windows are next to one another, nothing else
    /// reads them, and there are hardly more results than windows, or the border is left out.
    pub fn of(graph: &Graph, users: &[usize], id: NodeId, innermost: &Innermost) -> Option<GatheredFold> {
        let mut fold = folded(graph, users, id)?;
        let GatheredFold { dimensions, lengths, ranges, labels, .. } = &fold;
        let operands = &graph.node(fold.windows).inputs;
        let sizes = fold.contract.sizes(graph.shape(operands[0]), graph.shape(operands[1]));
        let size = |labels: &[Label]| labels.iter().map(|&label| sizes[label as usize]).product::<usize>();
        let fills = |(place, &length): (usize, &usize)| {
            length + 1 == sizes[labels.places[place] as usize] + dimensions.span(place)
        };
        let is_dense = dimensions.strides.iter().all(|&stride| stride == 1) && lengths.iter().enumerate().all(fills);
        let is_small = 2 * ranges.iter().map(Range::len).product::<usize>() <= 3 * size(&labels.places);
        let is_worth = size(&labels.columns) >= LEAST_COLUMNS && !labels.summed.is_empty() && labels.batch.is_empty();
        let examples = labels.others.iter().copied().max_by_key(|&label| sizes[label as usize]);
        let are_close = dimensions.strides.iter().zip(&dimensions.dilations).all(|(&s, &d)| s == 1 || d == 1);
        let is_clipped = |label: &Label| {
            are_close && innermost.are_examples(sizes[*label as usize]) && labels.places.len() <= MOST_CLIPS
        };
        let examples = examples.filter(is_clipped);
        let is_gathered = !sizes.contains(&0) && (examples.is_some() || (is_dense && is_small && is_worth));
        fold.examples = examples;
        is_gathered.then_some(fold)
    }

    /// How many zeros stand before and behind the cotangents along each axis of windows.
    fn borders(&self) -> Vec<(usize, usize)> {
        let border = |(place, (range, length)): (usize, (&Range<usize>, &usize))| {
            let most = self.dimensions.span(place) - 1;
            (most - range.start, most + range.end - length)
        };
        self.ranges.iter().zip(&self.lengths).enumerate().map(border).collect()
    }
}

/// Adds what gathers a fold, or a part of one; returns the view of its result.
pub(super) fn gathered(plan: &mut PlanBuilder, graph: &Graph, id: NodeId, fold: &GatheredFold, whole: View) -> View {
    let GatheredFold { dimensions, ranges, contract, labels, .. } = fold;
    let product = graph.node(fold.windows);
    let operands = [(0, &contract.lhs), (1, &contract.rhs)]
        .map(|(index, labels)| Labelled(plan.operand(product, index), labels.clone()));
    let sizes = contract.sizes(&operands[0].0.shape, &operands[1].0.shape);
    let size = |label: &Label| sizes[*label as usize];
    let (cotangents, weights) = (&operands[labels.cotangents], &operands[1 - labels.cotangents]);
    let kept = &contract.out[..whole.shape.rank()];
    if let Some(examples) = fold.examples {
        let stored = clipped(plan, id, fold, examples, [cotangents, weights], &sizes, whole.buffer);
        return View { strides: kept.iter().map(|&label| stored.stride(label)).collect(), ..whole };
    }
    let padded = bordered(plan, id, cotangents, labels, &fold.borders(), &sizes);
    let matrix = turned(plan, id, weights, labels, &vec![1; labels.within.len()], &sizes);

    let place_strides: Vec<usize> = labels.places.iter().map(|&label| padded.stride(label)).collect();
    let rows: Vec<(usize, usize)> = (labels.others.iter().map(|label| (size(label), padded.stride(*label))))
        .chain(ranges.iter().map(Range::len).zip(place_strides.iter().copied()))
        .collect();
    let within = labels.within.iter().zip(place_strides.iter().zip(&dimensions.dilations));
    let terms: Vec<(usize, usize)> = (within.map(|(label, (stride, dilation))| (size(label), stride * dilation)))
        .chain(labels.summed.iter().map(|label| (size(label), padded.stride(*label))))
        .collect();
    let view = |axes: &[(usize, usize)]| View {
        shape: axes.iter().map(|axis| axis.0).collect(),
        strides: axes.iter().map(|axis| axis.1).collect(),
        ..padded.0
    };
    let columns = labels.columns.iter().map(size).product();
    let windows = view(&[&rows[..], &terms].concat());
    let (row_axes, term_axes) = (view(&rows).runs(), view(&terms).runs());
    let product = WindowProduct { windows, rows: row_axes, terms: term_axes, matrix, columns, out: whole.buffer };
    plan.add(id, KernelKind::WindowProduct(product));

    let order = [&labels.others[..], &labels.places, &labels.columns].concat();
    let shape: Shape = rows.iter().map(|row| row.0).chain(labels.columns.iter().map(size)).collect();
    let stored = Labelled(View::whole(whole.buffer, &shape), order);
    View { strides: kept.iter().map(|&label| stored.stride(label)).collect(), ..whole }
}

/// Adds what gathers a fold whose examples lie innermost: of the windows that reach into the border only what lies within is
/// multiplied. Returns the result under its labels.
fn clipped(
    plan: &mut PlanBuilder,
    id: NodeId,
    fold: &GatheredFold,
    examples: Label,
    [cotangents, weights]: [&Labelled; 2],
    sizes: &[usize],
    out: BufferId,
) -> Labelled {
    let GatheredFold { dimensions, ranges, labels, .. } = fold;
    let size = |label: &Label| sizes[*label as usize];
    let matrix = turned(plan, id, weights, labels, &dimensions.strides, sizes);
    let cotangents = with_innermost(plan, id, cotangents, examples);
    let is_outer = |label: &Label| *label != examples;
    let rows: Vec<Label> = labels.others.iter().chain(&labels.places).copied().filter(is_outer).collect();
    let rows = along_memory(&rows, |label| cotangents.stride(label));
    let place = |label: Label| labels.places.iter().position(|place| *place == label);
    let length = |label: Label| place(label).map_or_else(|| size(&label), |place| ranges[place].len());

    let borders = fold.borders();
    let clip = |(place, label): (usize, &Label)| Clip {
        terms: size(&labels.within[place]),
        row: rows.iter().position(|row| row == label).unwrap_or(0), // it is one of them
        stride: dimensions.strides[place],
        dilation: dimensions.dilations[place],
        border: borders[place].0,
        length: size(label),
        x: cotangents.stride(*label),
    };
    let within = |(place, label): (usize, &Label)| -> Vec<usize> {
        let (stride, dilation) = (dimensions.strides[place], dimensions.dilations[place] * clip((place, label)).x);
        classes(size(&labels.within[place]), stride).flat_map(|class| (0..class.len()).map(|t| t * dilation)).collect()
    };
    let within = labels.places.iter().enumerate().map(within);
    let summed = |label: &Label| (0..size(label)).map(|i| i * cotangents.stride(*label)).collect();
    let place_or = |label: Label, stride: usize| if place(label).is_some() { 0 } else { stride };
    let layout = RowLayout {
        batches: labels.batch.iter().map(|label| (size(label), cotangents.stride(*label))).collect(),
        rows: rows.iter().map(|&label| (length(label), place_or(label, cotangents.stride(label)))).collect(),
        run: size(&examples),
        terms: sums(within.chain(labels.summed.iter().map(summed))),
        clips: labels.places.iter().enumerate().map(clip).collect(),
        columns: labels.columns.iter().map(size).product(),
    };
    plan.add(id, KernelKind::RowProduct(RowProduct { windows: cotangents.0, matrix, layout, out }));
    let order = [&labels.batch[..], &labels.columns, &rows, &[examples]].concat();
    let shape: Shape = order.iter().map(|&label| length(label)).collect();
    Labelled(View::whole(out, &shape), order)
}

/// An operand with a label innermost; copied into such an order where it is not.
fn with_innermost(plan: &mut PlanBuilder, id: NodeId, operand: &Labelled, label: Label) -> Labelled {
    if operand.stride(label) == 1 {
        return Labelled(operand.0.clone(), operand.1.clone());
    }
    let axis = operand.1.iter().position(|other| *other == label).unwrap_or(0); // it is one of them
    let order = with_last(operand.1.len(), axis);
    let copy = plan.copied(id, operand.0.permuted(&order));
    Labelled(copy, order.iter().map(|&axis| operand.1[axis]).collect())
}

/// The cotangents with what is summed over last, in a border of zeros along the places.
fn bordered(
    plan: &mut PlanBuilder,
    id: NodeId,
    cotangents: &Labelled,
    labels: &Labels,
    borders: &[(usize, usize)],
    sizes: &[usize],
) -> Labelled {
    let order = [&labels.others[..], &labels.places, &labels.summed].concat();
    let around = |label: &Label| labels.places.iter().position(|place| place == label).map_or((0, 0), |at| borders[at]);
    let length = |label: &Label| around(label).0 + sizes[*label as usize] + around(label).1;
    let shape: Shape = order.iter().map(length).collect();
    let out = plan.buffers.add(shape.size());
    let padded = Labelled(View::whole(out, &shape), order);
    let offset = padded.1.iter().map(|label| around(label).0 * padded.stride(*label)).sum();
    let strides = cotangents.1.iter().map(|&label| padded.stride(label) as isize).collect();
    let block = BlockCopy { source: cotangents.0.clone(), offset, strides };
    plan.add(id, KernelKind::Assemble { blocks: vec![block], filled: false, out });
    padded
}

/// The entries of a window, from the last to the first, by what they leave when a stride divides them: those that meet the same
/// elements, `stride` apart.
fn classes(entries: usize, stride: usize) -> impl Iterator<Item = Class> {
    (0..stride).scan(0, move |first, left| {
        let class = Class { entries, stride, left, first: *first };
        *first += class.len();
        Some(class)
    })
}

/// Some entries of a window, counted from the last.
#[derive(Clone, Copy)]
struct Class {
    entries: usize,
    stride: usize,
    left: usize,
    /// How many stand before them.
    first: usize,
}

impl Class {
    fn len(self) -> usize {
        self.entries.saturating_sub(self.left).div_ceil(self.stride)
    }

    /// The lowest of them, counted from the first of the window.
    fn lowest(self) -> usize {
        self.entries - 1 - self.left - (self.len() - 1) * self.stride
    }
}

/// The weights as a matrix, from the last entry of the window to the first, those of a class together.
fn turned(
    plan: &mut PlanBuilder,
    id: NodeId,
    weights: &Labelled,
    labels: &Labels,
    strides: &[usize],
    sizes: &[usize],
) -> View {
    let order = [&labels.batch[..], &labels.within, &labels.summed, &labels.columns].concat();
    let shape: Shape = order.iter().map(|label| sizes[*label as usize]).collect();
    let out = plan.buffers.add(shape.size());
    let matrix = Labelled(View::whole(out, &shape), order);
    let whole = BlockCopy {
        source: weights.0.clone(),
        offset: 0,
        strides: weights.1.iter().map(|&label| matrix.stride(label) as isize).collect(),
    };
    let mut blocks = vec![whole];
    for (&label, &stride) in labels.within.iter().zip(strides) {
        let axis = weights.1.iter().position(|&other| other == label).unwrap_or(0); // it is one of them
        let all = || classes(sizes[label as usize], stride).filter(|class| class.len() > 0);
        blocks = blocks.iter().flat_map(|block| all().map(|class| part(block, axis, class))).collect();
    }
    plan.add(id, KernelKind::Assemble { blocks, filled: true, out });
    matrix.0
}

/// A class of the entries along an axis of a block that is copied, turned round.
fn part(block: &BlockCopy, axis: usize, class: Class) -> BlockCopy {
    let mut part = block.clone();
    let (from, to) = (block.source.strides[axis], block.strides[axis]);
    let shape = block.source.shape.iter().enumerate().map(|(other, &n)| if other == axis { class.len() } else { n });
    part.source.shape = shape.collect();
    part.source.offset += class.lowest() * from;
    part.source.strides[axis] = class.stride * from;
    part.offset += (class.first + class.len() - 1) * to.unsigned_abs();
    part.strides[axis] = -to;
    part
}
