//! One node as text, from the texts of its operands.

use crate::builder::stable::is_recognised;
use crate::graph::Graph;
use crate::node::{Kind, NodeId};
use crate::ops::contract::Label;
use crate::ops::custom::Pass;
use crate::ops::signature::{DefaultAxes, Notation};
use crate::ops::source::Constant;
use crate::ops::{Contract, Custom, Elementwise, Exponent, Index, Op, Phased, Random, Reduce, Scan, ShapeOp, Source};
use crate::ops::{WindowDimensions, Windows};
use crate::shape::Shape;
use crate::text::functions::Callable;
use crate::text::names::{quoted, spelled};
use crate::text::number::written;
use crate::text::syntax::{Operator, Precedence};

/// The text of an expression, and how tightly it holds together.
#[derive(Clone, Debug)]
pub(super) struct Spelled {
    pub text: String,
    precedence: Precedence,
    /// Whether it is a number, with which an operator could be carried out on the spot.
    is_number: bool,
}

impl Spelled {
    /// A name, a call, or what else needs no brackets.
    pub fn atom(text: String) -> Spelled {
        Spelled { text, precedence: Precedence::Atom, is_number: false }
    }

    /// A constant without a call round it.
    pub fn literal(constant: &Constant) -> Spelled {
        match constant.value.data() {
            [number] if constant.value.shape().rank() == 0 => {
                let precedence = if number.is_sign_negative() { Precedence::Negation } else { Precedence::Atom };
                Spelled { text: written(*number), precedence, is_number: true }
            }
            data => Spelled::atom(array(data, constant.value.shape())),
        }
    }

    /// The text, in brackets unless it holds tighter than `than`.
    fn tighter(&self, than: Precedence) -> String {
        if self.precedence > than { self.text.clone() } else { format!("({})", self.text) }
    }

    /// The text, in brackets if it holds looser than `than`.
    fn as_tight(&self, than: Precedence) -> String {
        if self.precedence >= than { self.text.clone() } else { format!("({})", self.text) }
    }
}

/// The length of a node's text without its operands.
pub(super) fn own_length(graph: &Graph, id: NodeId) -> usize {
    /// Numbers in a line of text.
    const FEW: usize = 64;
    let node = graph.node(id);
    match &node.op {
        Op::Source(Source::Constant(constant)) if constant.value.data().len() > FEW => usize::MAX / 4,
        op => {
            let definitions = usize::from(matches!(op, Op::Scan(_)));
            let operands = vec![Spelled::atom(String::new()); definitions + node.inputs.len()];
            spell(graph, id, false, &operands).text.len()
        }
    }
}

/// Whether a constant can be written as a number or an array of numbers, and reads well so.
pub(super) fn is_literal(constant: &Constant) -> bool {
    const MANY: usize = 16;
    let (shape, data) = (constant.value.shape(), constant.value.data());
    let nested = !shape.contains(&0) || shape[..] == [0];
    nested && data.len() <= MANY && data.iter().all(|number| number.is_finite())
}

/// The text of a node, of operands that are texts already; the first of a loop is the name of its body. `is_index` says that
/// a reshape is written together with the slice before it, whose operand is given.
pub(super) fn spell(graph: &Graph, id: NodeId, is_index: bool, operands: &[Spelled]) -> Spelled {
    let node = graph.node(id);
    let input_shape = |operand: usize| graph.shape(node.inputs[operand]);
    match &node.op {
        Op::Source(Source::Input { .. }) => Spelled::atom(String::new()), // a statement of its own
        Op::Source(Source::Constant(constant)) => call("constant", &[], &constant_attributes(constant)),
        Op::Source(Source::Iota { length }) => call("iota", &[], &[length.to_string()]),
        Op::Source(Source::RandomKey) => call(node.op.name(), &[], &[]),
        Op::Source(Source::RandomExample { shape }) => {
            let shape = if shape.rank() == 0 { Vec::new() } else { vec![shape.to_string()] };
            call(node.op.name(), &[], &shape)
        }
        Op::Elementwise(op) => elementwise(graph, id, *op, operands),
        Op::Contract(op) => contract(op, operands),
        Op::Reduce(op) => reduce(op, input_shape(0), operands),
        Op::Shape(ShapeOp::Reshape { .. }) if is_index => {
            let slice = graph.node(node.inputs[0]);
            match &slice.op {
                Op::Shape(ShapeOp::Slice { start, stop }) => {
                    index(graph.shape(slice.inputs[0]), start, stop, true, operands)
                }
                _ => Spelled::atom(String::new()), // the inlining saw a slice
            }
        }
        Op::Shape(op) => shape(op, node.inputs.first().map(|_| input_shape(0)), operands),
        Op::Windows(op) => windows(op, input_shape(0), operands),
        Op::Index(Index::Gather { batch }) => call("gather", operands, &keyword("batch", *batch)),
        Op::Index(Index::ScatterAdd { batch, size }) => {
            let mut attributes = vec![format!("size={size}")];
            attributes.extend(keyword("batch", *batch));
            call("scatter_add", operands, &attributes)
        }
        Op::Phased(Phased::BatchSize { at_least }) if *at_least > 1 => {
            call(node.op.name(), operands, &[format!("at_least={at_least}")])
        }
        Op::Phased(_) => call(node.op.name(), operands, &[]),
        Op::Random(Random { stream, shape }) => {
            let attributes = [shape.to_string(), stream.to_string()].map(Spelled::atom);
            call(Random::NAME, &[&attributes, operands].concat(), &[])
        }
        Op::Scan(op) => scan(op, operands),
        Op::Custom(op) => custom(op, operands),
    }
}

/// `batch=1`, or nothing for 0
fn keyword(name: &str, value: usize) -> Vec<String> {
    if value == 0 { Vec::new() } else { vec![format!("{name}={value}")] }
}

fn call(name: &str, operands: &[Spelled], attributes: &[String]) -> Spelled {
    let operands = operands.iter().map(|operand| operand.text.as_str());
    let arguments: Vec<&str> = operands.chain(attributes.iter().map(String::as_str)).collect();
    Spelled::atom(format!("{name}({})", arguments.join(", ")))
}

fn list(numbers: &[usize]) -> String {
    Shape::from(numbers).to_string()
}

fn elementwise(graph: &Graph, id: NodeId, op: Elementwise, operands: &[Spelled]) -> Spelled {
    use Elementwise::*;
    let node = graph.node(id);
    // An operator on numbers alone would be carried out by the parser.
    let numbers = operands.iter().all(|operand| operand.is_number);
    let name = op.signature().name;
    let is_recognised = || is_recognised(graph, op, &node.inputs);
    match (op, op.signature().notation) {
        // Written otherwise, these would be built as their stable form.
        (Log, _) if is_recognised() => call("plain_log", operands, &[]),
        (Log1p, _) if is_recognised() => call("plain_log1p", operands, &[]),
        (_, Notation::Infix(_)) if is_recognised() => call(name, operands, &[]),
        (Power(Exponent(n)), _) if is_recognised() => call(name, operands, &[written(n)]),
        (Power(Exponent(n)), _) if numbers || !n.is_finite() => call(name, operands, &[written(n)]),
        (Power(Exponent(n)), _) => {
            let text = format!("{}^{}", operands[0].tighter(Precedence::Power), written(n));
            Spelled { text, precedence: Precedence::Power, is_number: false }
        }
        // A number as the exponent would make it the op `power`.
        (Pow, _) if operands[1].is_number => call(name, operands, &[]),
        (Polygamma(n), _) => {
            let n = Spelled::atom(n.to_string());
            call(name, &[std::slice::from_ref(&n), operands].concat(), &[])
        }
        (_, Notation::Negation) if !numbers => {
            let text = format!("-{}", operands[0].tighter(Precedence::Negation));
            Spelled { text, precedence: Precedence::Negation, is_number: false }
        }
        (_, Notation::Infix(symbol)) if !numbers => match Operator::ALL.iter().find(|o| o.symbol() == symbol) {
            Some(&operator) => infix(operator, operands),
            None => call(name, operands, &[]),
        },
        (
            _,
            Notation::Call
            | Notation::Infix(_)
            | Notation::Negation
            | Notation::Exponent
            | Notation::Order
            | Notation::Shared,
        ) => call(name, operands, &[]),
    }
}

/// Two operands with an operator between them.
fn infix(operator: Operator, operands: &[Spelled]) -> Spelled {
    let precedence = operator.precedence();
    let (a, b) = match operator {
        Operator::Power => (operands[0].tighter(precedence), operands[1].as_tight(Precedence::Negation)),
        _ if precedence == Precedence::Comparison => (operands[0].tighter(precedence), operands[1].tighter(precedence)),
        _ => (operands[0].as_tight(precedence), operands[1].tighter(precedence)),
    };
    let text = match operator {
        Operator::Power => format!("{a}^{b}"),
        _ => format!("{a} {} {b}", operator.symbol()),
    };
    Spelled { text, precedence, is_number: false }
}

fn contract(op: &Contract, operands: &[Spelled]) -> Spelled {
    let equation = op.equation();
    if Contract::parse(&equation).as_ref() != Some(op) {
        let labels = |labels: &[Label]| list(&labels.iter().map(|&label| usize::from(label)).collect::<Vec<_>>());
        return call("contract", operands, &[labels(&op.lhs), labels(&op.rhs), labels(&op.out)]);
    }
    match equation.as_str() {
        "i,i->" => call("dot", operands, &[]),
        "i,j->ij" => call("outer", operands, &[]),
        "ij,j->i" | "i,ij->j" | "ij,jk->ik" => {
            let precedence = Precedence::Product;
            let text = format!("{} @ {}", operands[0].as_tight(precedence), operands[1].tighter(precedence));
            Spelled { text, precedence, is_number: false }
        }
        _ => call("contract", operands, &[quoted(&equation, '"')]),
    }
}

fn reduce(op: &Reduce, shape: &Shape, operands: &[Spelled]) -> Spelled {
    let signature = op.op.signature();
    let implied = match signature.default_axes {
        DefaultAxes::All => op.axes.len() == shape.rank(),
        DefaultAxes::First => op.axis() == 0,
        DefaultAxes::Last => op.axis() + 1 == shape.rank(),
    };
    let axis = match &op.axes[..] {
        [axis] => format!("axis={axis}"),
        axes => format!("axis={}", list(axes)),
    };
    call(signature.name, operands, if implied { &[] } else { std::slice::from_ref(&axis) })
}

fn shape(op: &ShapeOp, input: Option<&Shape>, operands: &[Spelled]) -> Spelled {
    let input = input.cloned().unwrap_or_default();
    let rank = input.rank();
    match op {
        ShapeOp::Reshape { shape } => call("reshape", operands, &[shape.to_string()]),
        ShapeOp::Transpose { axes } => {
            let reversed = rank > 1 && axes.iter().copied().eq((0..rank).rev());
            let axes = format!("axes={}", list(axes));
            call("transpose", operands, if reversed { &[] } else { std::slice::from_ref(&axes) })
        }
        ShapeOp::Broadcast { shape, axes } => {
            let aligned = shape.rank() > rank && axes.iter().copied().eq(shape.rank() - rank..shape.rank());
            let mut attributes = vec![shape.to_string()];
            attributes.extend((!aligned).then(|| format!("axes={}", list(axes))));
            call("broadcast", operands, &attributes)
        }
        ShapeOp::Slice { start, stop } => {
            let cut = start.iter().any(|&start| start > 0) || stop[..] != input[..];
            if cut {
                index(&input, start, stop, false, operands)
            } else {
                call("slice", operands, &[list(start), list(stop)])
            }
        }
        ShapeOp::Pad { low, high } => call("pad", operands, &[list(low), list(high)]),
        ShapeOp::Concat { axis } => call("concat", operands, &keyword("axis", *axis)),
        ShapeOp::Reverse { axes } => {
            let all = axes.len() == rank;
            let axes = format!("axes={}", list(axes));
            call("reverse", operands, if all { &[] } else { std::slice::from_ref(&axes) })
        }
    }
}

/// With strides, dilations and axes where they are not those that are implied.
fn windows(op: &Windows, input: &Shape, operands: &[Spelled]) -> Spelled {
    let (dimensions, first) = match op {
        Windows::Slide(dimensions) => (dimensions, &dimensions.sizes),
        Windows::Fold { dimensions, lengths } => (dimensions, lengths),
    };
    let WindowDimensions { axes, strides, dilations, .. } = dimensions;
    let rank = match op {
        Windows::Slide(_) => input.rank(),
        Windows::Fold { .. } => input.rank() - axes.len(),
    };
    let mut attributes = vec![list(first)];
    let steps = [("stride", strides), ("dilation", dilations)];
    let given = steps.into_iter().filter(|(_, steps)| steps.iter().any(|&step| step != 1));
    attributes.extend(given.map(|(name, steps)| format!("{name}={}", list(steps))));
    if !axes.iter().copied().eq(rank - axes.len()..rank) {
        attributes.push(format!("axes={}", list(axes)));
    }
    call(op.name(), operands, &attributes)
}

/// `x[1:3, :]`; if `dropped`, an axis of which one element is left is dropped: `x[1, :]`.
fn index(shape: &Shape, start: &[usize], stop: &[usize], dropped: bool, operands: &[Spelled]) -> Spelled {
    let item = |axis: usize| {
        let (first, end) = (start[axis], stop[axis]);
        if dropped && end == first + 1 {
            return first.to_string();
        }
        let first = if first == 0 { String::new() } else { first.to_string() };
        let end = if end == shape[axis] { String::new() } else { end.to_string() };
        format!("{first}:{end}")
    };
    let items: Vec<String> = (0..start.len()).map(item).collect();
    Spelled::atom(format!("{}[{}]", operands[0].as_tight(Precedence::Atom), items.join(", ")))
}

/// The name of the `def` that is the body, then what the loop is run on.
fn scan(op: &Scan, operands: &[Spelled]) -> Spelled {
    let several = |operands: &[Spelled]| match operands {
        [only] => only.clone(),
        _ => {
            let texts: Vec<&str> = operands.iter().map(|operand| operand.text.as_str()).collect();
            Spelled::atom(format!("({})", texts.join(", ")))
        }
    };
    let (name, operands) = operands.split_at(1);
    let (starts, operands) = operands.split_at(op.carries);
    let (sequences, constants) = operands.split_at(op.sequences);
    let operands = [name, &[several(starts), several(sequences)], constants].concat();
    let mut attributes = Vec::new();
    if op.sequences == 0 {
        attributes.push(format!("length={}", op.length));
    }
    if op.reverse {
        attributes.push("reverse=true".into());
    }
    call("scan", &operands, &attributes)
}

fn custom(op: &Custom, operands: &[Spelled]) -> Spelled {
    let name = op.node.name();
    let is_plain = op.pass == Pass::Forward && op.loops.is_empty();
    if is_plain && Callable::find(name).is_none() {
        return call(&spelled(name), operands, &[]);
    }
    let name = Spelled::atom(quoted(name, '"'));
    let operands: Vec<Spelled> = std::iter::once(name).chain(operands.iter().cloned()).collect();
    let mut attributes = Vec::new();
    if op.pass == Pass::Backward {
        attributes.push("pass=\"backward\"".into());
    }
    if !op.loops.is_empty() {
        let split = |split: &Vec<bool>| list(&split.iter().map(|&split| usize::from(split)).collect::<Vec<_>>());
        attributes.push(format!("loops=[{}]", op.loops.iter().map(split).collect::<Vec<_>>().join(", ")));
    }
    call("custom", &operands, &attributes)
}

/// The arguments of `constant`: one number if all elements are the same.
fn constant_attributes(constant: &Constant) -> Vec<String> {
    let (shape, data) = (constant.value.shape(), constant.value.data());
    let uniform = data.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits());
    let mut attributes = match data {
        [] => vec!["0".into(), shape.to_string()],
        [number] if shape.rank() == 0 => vec![written(*number)],
        [number, ..] if uniform => vec![written(*number), shape.to_string()],
        _ => vec![array(data, shape)],
    };
    if constant.kind != Kind::Real {
        attributes.push(format!("kind={}", constant.kind));
    }
    attributes
}

/// Elements in row-major order in the brackets of their axes; none of the axes is empty, unless it is the only one.
pub(super) fn array(data: &[f64], shape: &Shape) -> String {
    let mut text = String::new();
    // Where the blocks of each axis end.
    let strides = shape.strides();
    for (index, &number) in data.iter().enumerate() {
        let begins = strides.iter().zip(shape.iter()).filter(|(stride, n)| index.is_multiple_of(*stride * *n)).count();
        if index > 0 {
            text.push_str(", ");
        }
        text.extend(std::iter::repeat_n('[', begins));
        text.push_str(&written(number));
        let ends =
            strides.iter().zip(shape.iter()).filter(|(stride, n)| (index + 1).is_multiple_of(*stride * *n)).count();
        text.extend(std::iter::repeat_n(']', ends));
    }
    if data.is_empty() { "[]".into() } else { text }
}

/// The text of a node that is a statement of its own: of a constant, the literal, if it has one.
pub(super) fn spell_root(graph: &Graph, id: NodeId, is_index: bool, operands: &[Spelled]) -> Spelled {
    match &graph.node(id).op {
        Op::Source(Source::Constant(constant)) if constant.kind == Kind::Real && is_literal(constant) => {
            Spelled::literal(constant)
        }
        _ => spell(graph, id, is_index, operands),
    }
}
