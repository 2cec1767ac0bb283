//! The origin of a NaN: the node where it first arose, found by walking back from where it was seen.

use std::fmt;

use chainrule_graph::ops::{Elementwise, Source};
use chainrule_graph::{Derivatives, Graph, Node, NodeId, Op, Origin, Tensor, Value};

use crate::number::number;
use crate::reference::for_each_step;
use crate::values::Values;

/// How a value that is not finite makes a derivative NaN though the result is finite, and what to do. Elementwise ops do not
/// multiply a cotangent of 0; a contraction does.
pub const BRANCH_NOT_TAKEN: &str = "it is in a branch that is not taken, and a product of it with the cotangent 0 is NaN; write \
    the branch so that it is finite there, too, as in log(where(x > 0, x, 1))";

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
    pub(crate) fn of(graph: &Graph, id: Value, value: &Tensor) -> ValueRange {
        let finite = value.data().iter().copied().filter(|element| element.is_finite());
        let count = |is: fn(f64) -> bool| value.data().iter().filter(|&&element| is(element)).count();
        ValueRange {
            name: graph.describe(id),
            origin: graph.node(id).origin.clone(),
            shape: graph.shape(id).to_string(),
            finite: finite
                .fold(None, |range, x| Some(range.map_or((x, x), |(low, high): (f64, f64)| (low.min(x), high.max(x))))),
            nan: count(f64::is_nan),
            infinite: count(f64::is_infinite),
            elements: value.data().len(),
        }
    }
}

impl ValueRange {
    /// `from 0 to 3.5, 1 of 6 infinite`
    pub fn elements(&self) -> String {
        let mut text = match self.finite {
            Some((low, high)) if low == high => number(low),
            Some((low, high)) => format!("from {} to {}", number(low), number(high)),
            None => "nothing finite".into(),
        };
        for (count, what) in [(self.nan, NonFinite::NaN), (self.infinite, NonFinite::Infinite)] {
            if count > 0 {
                text += &format!(", {count} of {} {what}", self.elements);
            }
        }
        text
    }
}

impl fmt::Display for ValueRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.name, self.shape, self.elements())
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
    /// From the value where it was seen back to one of this node.
    pub path: Vec<Value>,
    /// If it is a loop, where it arose in its body.
    pub in_loop: Option<Box<InLoop>>,
}

/// The node of a loop's body where a value that is not finite arose.
#[derive(Clone, Debug, PartialEq)]
pub struct InLoop {
    /// At which step, as a position in the sequences.
    pub step: usize,
    /// The node, in the graph of the body.
    pub nan_origin: NanOrigin,
}

/// ``at step 3, `hs/cell/z` (log) is NaN, from `hs/cell/y` [2]: from -2 to 4``
impl fmt::Display for InLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NanOrigin { name, op, non_finite, inputs, in_loop, .. } = &self.nan_origin;
        write!(f, "at step {}, {name} ({op}) is {non_finite}", self.step)?;
        let inputs: Vec<String> = inputs.iter().map(ValueRange::to_string).collect();
        if !inputs.is_empty() {
            write!(f, ", from {}", inputs.join(" and "))?;
        }
        in_loop.iter().try_for_each(|inner| write!(f, "; {inner}"))
    }
}

impl fmt::Display for NanOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NanOrigin { name, op, non_finite, origin, output, .. } = self;
        write!(f, "{name} is {non_finite}: {op}, written at {origin}\n  it is {output}")?;
        for input in &self.inputs {
            write!(f, "\n  from {input}")?;
        }
        self.in_loop.iter().try_for_each(|inner| write!(f, "\n  {inner}"))
    }
}

/// Where what is not finite in the value of `result` arose; none if it is finite, or was not computed.
///
/// The walk goes back through inputs that are not finite, those that are NaN first, and stops where there are
/// none. Infinite constants, what is infinite by them alone, and the elements of `where` that were not selected are not to
/// blame.
pub fn nan_origin(graph: &Graph, values: &Values, result: impl Into<Value>) -> Option<NanOrigin> {
    let result = result.into();
    NonFinite::of(values.get(result).filter(|_| graph.contains(result))?.data())?;
    let excused = infinite_by_constants(graph, values);
    let mut path = vec![result];
    let mut guilty = result;
    while let Some(earlier) = blamed_input(graph, values, guilty.node, &excused) {
        guilty = earlier;
        path.push(guilty);
    }
    let value = values.get(guilty)?;
    let node = graph.node(guilty);
    Some(NanOrigin {
        node: guilty.node,
        name: graph.describe(guilty),
        op: node.op.name().to_string(),
        non_finite: NonFinite::of(value.data())?,
        origin: node.origin.clone(),
        output: ValueRange::of(graph, guilty, value),
        inputs: node
            .inputs
            .iter()
            .filter_map(|&input| Some(ValueRange::of(graph, input, values.get(input)?)))
            .collect(),
        path,
        in_loop: in_loop(node, values).map(Box::new),
    })
}

/// Where in the body of a loop a value that is not finite arose: at the first step that gives one.
fn in_loop(node: &Node, values: &Values) -> Option<InLoop> {
    let Op::Scan(scan) = &node.op else { return None };
    let inputs = node.inputs.iter().map(|&input| values.get(input)).collect::<Option<Vec<&Tensor>>>()?;
    let mut found = None;
    let see = |step: usize, values: &Values| {
        if found.is_none() {
            let origin = |&output: &Value| nan_origin(scan.body.graph(), values, output);
            let nan_origin = scan.body.outputs().iter().find_map(origin);
            found = nan_origin.map(|nan_origin| InLoop { step, nan_origin });
        }
    };
    for_each_step(scan, &inputs, see).ok()?;
    found
}

/// Where what is not finite in a function or its derivatives arose: in the output, else in the cotangent that was computed first
/// of those that are not finite. None if all are finite.
pub fn nan_origin_in_derivatives(derivatives: &Derivatives, values: &Values) -> Option<NanOrigin> {
    let mut cotangents: Vec<Value> = derivatives.cotangents.iter().flatten().copied().collect();
    cotangents.sort_unstable();
    std::iter::once(derivatives.output).chain(cotangents).find_map(|id| nan_origin(&derivatives.graph, values, id))
}

/// The input that made a node's value not finite.
fn blamed_input(graph: &Graph, values: &Values, id: NodeId, excused: &[bool]) -> Option<Value> {
    let inputs = graph.node(id).inputs.iter().enumerate();
    let not_finite = inputs.filter(|(_, input)| !excused[graph.value_index(**input)]).filter_map(|(index, &input)| {
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

/// For each value, by its index, whether it is infinite, and nothing worse, because of a constant that was written so.
pub fn infinite_by_constants(graph: &Graph, values: &Values) -> Vec<bool> {
    let non_finite = |value: Value| values.get(value).and_then(|value| NonFinite::of(value.data()));
    let non_finites: Vec<Option<NonFinite>> = graph.values().map(non_finite).collect();
    let mut excused = vec![false; non_finites.len()];
    for (index, value) in graph.values().enumerate().filter(|(i, _)| non_finites[*i] == Some(NonFinite::Infinite)) {
        let node = graph.node(value);
        let inputs = node.inputs.iter().map(|&input| graph.value_index(input));
        let mut bad = inputs.filter(|&input| non_finites[input].is_some()).peekable();
        excused[index] = matches!(node.op, Op::Source(Source::Constant(_)))
            || (bad.peek().is_some() && bad.all(|input| excused[input]));
    }
    excused
}
