//! What is written in a box.

use chainrule_graph::ops::signature::Notation;
use chainrule_graph::ops::{Elementwise, Source};
use chainrule_graph::{Function, Kind, NodeId, Op};

use crate::letters::width;
use crate::omitted::seen_through;
use crate::sketch::{Role, Sketch, SketchValue};

/// Between what is written and the sides of its box, both together.
const SIDES: f64 = 18.0;
/// The height of a line.
const LINE: f64 = 15.0;

/// The text of a box.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Label {
    /// In bold; may be empty.
    pub name: String,
    /// What it computes, and of which shape.
    pub text: String,
    /// How many nodes it stands for, if it is a folded scope.
    pub folded: Option<usize>,
    /// Whether it stands for a box in another part of the drawing.
    pub is_reference: bool,
    /// Whether the order of its operands makes no difference.
    pub any_order: bool,
    /// Whether it is what the function is for: its prediction or its objective.
    pub is_end: bool,
}

impl Label {
    pub fn new(name: &str, text: &str) -> Label {
        Label { name: name.into(), text: text.into(), ..Label::default() }
    }

    pub fn folded(name: String, nodes: usize) -> Label {
        let text = format!("{nodes} node{}", if nodes == 1 { "" } else { "s" });
        Label { name, text, folded: Some(nodes), ..Label::default() }
    }

    pub fn reference(name: &str) -> Label {
        Label { text: name.into(), is_reference: true, ..Label::default() }
    }

    /// The width and height of its box.
    pub fn size(&self) -> (f64, f64) {
        let lines = usize::from(!self.name.is_empty()) + usize::from(!self.text.is_empty());
        let longest = width(&self.name, true).max(width(&self.text, false));
        ((longest + SIDES).max(36.0).round(), lines as f64 * LINE + 9.0)
    }
}

/// The label of a node in the scope of that path: its name without the path, its op with the numbers that it reads, its shape.
pub(crate) fn of_node(function: &Function, sketch: &Sketch<'_>, index: usize, path: &str) -> Label {
    let (node, shown) = (sketch.node(index), &sketch.nodes[index]);
    let names = node.outputs.iter().filter_map(|output| output.name.as_deref());
    let names: Vec<&str> = if let Role::Step(_) = shown.role { Vec::new() } else { names.collect() };
    let inner = |name: &str| match name.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !path.is_empty() => rest.to_string(),
        _ => name.to_string(),
    };
    let mut shapes: Vec<String> = node
        .outputs
        .iter()
        .map(|output| match (output.kind, output.shape.rank()) {
            // A scalar's shape says nothing new.
            (Kind::Real, 0) => String::new(),
            (kind, 0) => kind.to_string(),
            (Kind::Real, _) => output.shape.to_string(),
            (kind, _) => format!("{} {kind}", output.shape),
        })
        .collect();
    let is_own = shown.role == Role::Own;
    let is = |list: &[NodeId]| is_own && list.contains(&shown.id);
    let role = if let Role::Step(word) = &shown.role {
        number(sketch, shown.inputs[0]).map_or(word.clone(), |number| format!("{word} from {number}"))
    } else if is(&function.inputs) {
        "input".into()
    } else if is(&function.outcomes) {
        "outcome".into()
    } else if is_own && function.parameters.iter().any(|parameter| parameter.node == shown.id) {
        "param".into()
    } else if is_own && function.state.iter().any(|state| state.node == shown.id) {
        "state".into()
    } else {
        operation(sketch, index)
    };
    shapes.retain(|shape| !shape.is_empty());
    let text = [vec![role], shapes].concat().join(" ");
    let ends = [function.prediction, function.objective].into_iter().flatten();
    let is_end = is_own && ends.into_iter().any(|end| end.node == shown.id);
    Label {
        name: names.into_iter().map(inner).collect::<Vec<_>>().join(", "),
        text,
        is_end,
        any_order: any_order(sketch, index),
        ..Label::default()
    }
}

/// Whether the operands of a node may change places: those of a sum, a product, a dot product.
fn any_order(sketch: &Sketch<'_>, index: usize) -> bool {
    let (node, graph) = (sketch.node(index), sketch.nodes[index].graph);
    match sketch.op(index) {
        Some(Op::Elementwise(op)) => matches!(op.signature().notation, Notation::Infix("+" | "*")),
        Some(Op::Contract(_)) => node.inputs.iter().all(|&input| graph.shape(input).rank() == 1),
        _ => false,
    }
}

/// `tanh`, `+`, `2 ·`, `^2`
fn operation(sketch: &Sketch<'_>, index: usize) -> String {
    let (node, inputs) = (sketch.node(index), &sketch.nodes[index].inputs);
    match &node.op {
        Op::Source(Source::Constant(constant)) if constant.value.data().len() == 1 => short(constant.value.item()),
        Op::Elementwise(Elementwise::Power(exponent)) => format!("^{}", short(exponent.0)),
        Op::Elementwise(op) => {
            let numbers: Vec<Option<String>> = inputs.iter().map(|&input| number(sketch, input)).collect();
            let symbol = match op.signature().notation {
                Notation::Infix("*") => "·",
                Notation::Infix("-") => "−",
                Notation::Infix("<=") => "≤",
                Notation::Infix(">=") => "≥",
                Notation::Infix("!=") => "≠",
                Notation::Infix(symbol) => symbol,
                Notation::Negation => return "−".into(),
                Notation::Call | Notation::Exponent | Notation::Order | Notation::Shared => {
                    let given: Vec<String> = numbers.into_iter().flatten().collect();
                    let name = op.signature().name;
                    return if given.is_empty() { name.into() } else { format!("{name} {}", given.join(" ")) };
                }
            };
            match &numbers[..] {
                [Some(a), Some(b)] => format!("{a} {symbol} {b}"),
                [Some(a), _] => format!("{a} {symbol}"),
                [_, Some(b)] => format!("{symbol} {b}"),
                _ => symbol.into(),
            }
        }
        op => op.name().into(),
    }
}

/// The single number that a value is, if it is one.
fn number(sketch: &Sketch<'_>, value: SketchValue) -> Option<String> {
    match sketch.op(seen_through(sketch, value).node) {
        Some(Op::Source(Source::Constant(constant))) if constant.value.data().len() == 1 => {
            Some(short(constant.value.item()))
        }
        _ => None,
    }
}

/// A number in four digits.
fn short(number: f64) -> String {
    let rounded = format!("{number:.3e}").parse().unwrap_or(number);
    let plain = format!("{rounded}");
    let text = if plain.len() <= 6 { plain } else { format!("{rounded:e}") };
    text.replace('-', "−")
}
