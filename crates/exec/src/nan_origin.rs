//! The origin of a NaN: the node where it first arose, found by walking back from where it was seen.

use std::fmt;

use chainrule_graph::ops::{Elementwise, Source};
use chainrule_graph::{Derivatives, Graph, NodeId, Op, Origin, Tensor};

use crate::number::number;
use crate::values::Values;

/// In what way a value is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NonFinite {
    /// Some element is NaN.
    NaN,
    /// All elements are numbers, some infinite.
    Infinite,
}

impl NonFinite {
    /// The worse of what the elements have.
    fn of<'a>(elements: impl IntoIterator<Item = &'a f64>) -> Option<NonFinite> {
        let bad = elements.into_iter().filter(|element| !element.is_finite());
        bad.map(|element| if element.is_nan() { NonFinite::NaN } else { NonFinite::Infinite }).min()
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NonFinite::NaN => "NaN",
            NonFinite::Infinite => "infinite",
        })
    }
}

/// What the elements of a value span.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueRange {
    /// How a message calls the node.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
    /// Its shape.
    pub shape: String,
    /// The least and the greatest finite element, if there is one.
    pub finite: Option<(f64, f64)>,
    /// How many elements are NaN.
    pub nan: usize,
    /// How many elements are infinite.
    pub infinite: usize,
    /// How many elements there are.
    pub elements: usize,
}

impl ValueRange {
    fn of(graph: &Graph, id: NodeId, value: &Tensor) -> ValueRange {
        let finite = value.data().iter().copied().filter(|element| element.is_finite());
        let count = |is: fn(f64) -> bool| value.data().iter().filter(|&&element| is(element)).count();
        ValueRange {
            name: graph.describe(id),
            origin: graph.node(id).origin.clone(),
            shape: graph.node(id).shape.to_string(),
            finite: finite
                .fold(None, |range, x| Some(range.map_or((x, x), |(low, high): (f64, f64)| (low.min(x), high.max(x))))),
            nan: count(f64::is_nan),
            infinite: count(f64::is_infinite),
            elements: value.data().len(),
        }
    }
}

impl fmt::Display for ValueRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ValueRange { name, shape, elements, .. } = self;
        write!(f, "{name} {shape}: ")?;
        match self.finite {
            Some((low, high)) if low == high => write!(f, "{}", number(low))?,
            Some((low, high)) => write!(f, "from {} to {}", number(low), number(high))?,
            None => f.write_str("nothing finite")?,
        }
        for (count, what) in [(self.nan, NonFinite::NaN), (self.infinite, NonFinite::Infinite)] {
            if count > 0 {
                write!(f, ", {count} of {elements} {what}")?;
            }
        }
        Ok(())
    }
}

/// The node where a value that is not finite arose.
#[derive(Clone, Debug, PartialEq)]
pub struct NanOrigin {
    /// The node.
    pub node: NodeId,
    /// How a message calls it.
    pub name: String,
    /// What it computes.
    pub op: String,
    /// In what way its value is not finite.
    pub non_finite: NonFinite,
    /// Where it was written.
    pub origin: Origin,
    /// What its elements span.
    pub output: ValueRange,
    /// What the elements of its inputs span.
    pub inputs: Vec<ValueRange>,
    /// From the node where it was seen back to this one.
    pub path: Vec<NodeId>,
}

impl fmt::Display for NanOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NanOrigin { name, op, non_finite, origin, output, .. } = self;
        write!(f, "{name} is {non_finite}: {op}, written at {origin}\n  it is {output}")?;
        for input in &self.inputs {
            write!(f, "\n  from {input}")?;
        }
        Ok(())
    }
}

/// Where what is not finite in the value of `result` arose; none if it is finite, or was not computed.
///
/// The walk goes back through inputs that are not finite, those that are NaN first, and stops where there are
/// none. Infinite constants, what is infinite by them alone, and the elements of `where` that were not selected are not to
/// blame.
pub fn nan_origin(graph: &Graph, values: &Values, result: NodeId) -> Option<NanOrigin> {
    let known = |id: NodeId| values.get(id).filter(|_| id.index() < graph.nodes().len());
    NonFinite::of(known(result)?.data())?;
    let excused = infinite_by_constants(graph, values);
    let mut path = vec![result];
    let mut node = result;
    while let Some(earlier) = blamed_input(graph, values, node, &excused) {
        node = earlier;
        path.push(node);
    }
    let value = values.get(node)?;
    let inputs = graph.node(node).inputs.iter();
    Some(NanOrigin {
        node,
        name: graph.describe(node),
        op: graph.node(node).op.name().to_string(),
        non_finite: NonFinite::of(value.data())?,
        origin: graph.node(node).origin.clone(),
        output: ValueRange::of(graph, node, value),
        inputs: inputs.filter_map(|&input| Some(ValueRange::of(graph, input, values.get(input)?))).collect(),
        path,
    })
}

/// Where what is not finite in a function or its derivatives arose: in the output, else in the cotangent that was computed first
/// of those that are not finite. None if all are finite.
pub fn nan_origin_in_derivatives(derivatives: &Derivatives, values: &Values) -> Option<NanOrigin> {
    let mut cotangents: Vec<NodeId> = derivatives.cotangents.iter().flatten().copied().collect();
    cotangents.sort_unstable();
    std::iter::once(derivatives.output).chain(cotangents).find_map(|id| nan_origin(&derivatives.graph, values, id))
}

/// The input that made a node's value not finite.
fn blamed_input(graph: &Graph, values: &Values, id: NodeId, excused: &[bool]) -> Option<NodeId> {
    let inputs = graph.node(id).inputs.iter().enumerate();
    let not_finite = inputs.filter(|(_, input)| !excused[input.index()]).filter_map(|(index, &input)| {
        let value = values.get(input)?;
        let non_finite = match selected(graph, values, id, index) {
            Some(selected) => NonFinite::of(value.data().iter().zip(selected).filter_map(|(x, s)| s.then_some(x))),
            None => NonFinite::of(value.data()),
        };
        Some((non_finite?, input))
    });
    not_finite.min().map(|(_, input)| input)
}

/// For a branch of `where`, which elements it was selected for.
fn selected(graph: &Graph, values: &Values, id: NodeId, operand: usize) -> Option<Vec<bool>> {
    let node = graph.node(id);
    if node.op != Op::Elementwise(Elementwise::Where) || operand == 0 {
        return None;
    }
    let condition = values.get(node.inputs[0])?;
    Some(condition.data().iter().map(|&holds| (holds != 0.0) == (operand == 1)).collect())
}

/// For each node, whether it is infinite, and nothing worse, because of a constant that was written so.
pub fn infinite_by_constants(graph: &Graph, values: &Values) -> Vec<bool> {
    let non_finite = |id: NodeId| values.get(id).and_then(|value| NonFinite::of(value.data()));
    let non_finites: Vec<Option<NonFinite>> = graph.ids().map(non_finite).collect();
    let mut excused = vec![false; non_finites.len()];
    for id in graph.ids().filter(|id| non_finites[id.index()] == Some(NonFinite::Infinite)) {
        let node = graph.node(id);
        let mut bad = node.inputs.iter().filter(|input| non_finites[input.index()].is_some()).peekable();
        let is_constant = matches!(node.op, Op::Source(Source::Constant(_)));
        excused[id.index()] = is_constant || bad.peek().is_some() && bad.all(|input| excused[input.index()]);
    }
    excused
}
