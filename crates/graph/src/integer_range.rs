//! Which whole numbers an integer input may be: those that keep every index computed from it within its axis.

use std::fmt;

use crate::function::Function;
use crate::graph::Graph;
use crate::node::{Kind, Node, NodeId, Value};
use crate::ops::random::BASE;
use crate::ops::signature::{Algebra, AxisResult};
use crate::ops::{Elementwise, Index, Op, ShapeOp, Source, Windows};

/// The whole numbers from `least` up to, and without, `below`; all there are where nothing bounds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerRange {
    /// The least.
    pub least: Option<i64>,
    /// The number that they stay below.
    pub below: Option<i64>,
    /// One more number, that stands in place of one, see [`Graph::ignored`].
    pub ignored: Option<i32>,
}

impl IntegerRange {
    /// Those from 0 up that stay below a bound; without one, all.
    pub fn within(bound: Option<usize>) -> IntegerRange {
        IntegerRange {
            least: bound.map(|_| 0),
            below: bound.and_then(|bound| i64::try_from(bound).ok()),
            ignored: None,
        }
    }

    /// Whether a number is one of them.
    pub fn contains(self, x: f64) -> bool {
        let fits =
            |bound: Option<i64>, holds: fn(&f64, &f64) -> bool| bound.is_none_or(|bound| holds(&x, &(bound as f64)));
        let is_ignored = self.ignored.is_some_and(|ignored| x == f64::from(ignored));
        is_ignored || x.fract() == 0.0 && fits(self.least, f64::ge) && fits(self.below, f64::lt)
    }
}

impl fmt::Display for IntegerRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.below) {
            (Some(least), Some(below)) => write!(f, "a whole number from {least} to {}", below - 1),
            (Some(least), None) => write!(f, "a whole number of at least {least}"),
            (None, Some(below)) => write!(f, "a whole number below {below}"),
            (None, None) => f.write_str("a whole number"),
        }?;
        match self.ignored.filter(|&ignored| !IntegerRange { ignored: None, ..*self }.contains(f64::from(ignored))) {
            Some(ignored) => write!(f, ", or {ignored}"),
            None => Ok(()),
        }
    }
}

impl Function {
    /// The whole numbers that an integer input or outcome may be: below what was declared, and such that the indices
    /// that are computed from it by adding, subtracting and multiplying, or by the greater and the lesser of two, can lie
    /// on the axes they index. That is necessary; where an index is computed in other ways it may not be enough.
    pub fn integer_range(&self, id: impl Into<NodeId>) -> IntegerRange {
        let id = id.into();
        if self.graph.get(id).is_none() {
            return IntegerRange::within(None);
        }
        let graph = &self.graph;
        let (least, below) = bounds(graph, id);
        let known = |bound: f64| bound.is_finite().then_some(bound as i64);
        IntegerRange { least: known(least), below: known(below), ignored: graph.ignored(id) }
    }

    /// For an integer input or outcome that is at least 0, the number that its values stay below: what was declared, or
    /// what follows from the axes that it indexes. None if nothing bounds it.
    pub fn bound(&self, id: impl Into<NodeId>) -> Option<usize> {
        let IntegerRange { least, below, .. } = self.integer_range(id);
        usize::try_from(below?.max(0)).ok().filter(|_| least.is_some_and(|least| least >= 0))
    }
}

/// The least that an input of whole numbers may be, and what it stays below.
fn bounds(graph: &Graph, id: NodeId) -> (f64, f64) {
    let values = values(graph);
    let Range { from: mut least, to: most } = declared(graph.node(id));
    let has_ignored = graph.ignored(id).is_some();
    let mut below = most + 1.0;
    // How far each node may be from the input: its value is between the input's + from and the input's + to.
    let mut away: Vec<Option<Range>> = vec![None; graph.value_count()];
    away[graph.value_index(id)] = Some(Range { from: 0.0, to: 0.0 });
    for later in graph.ids().skip(id.index() + 1) {
        let node = graph.node(later);
        if graph.kind(later) == Kind::Int {
            let of = |operand: usize| away[graph.value_index(node.inputs[operand])];
            away[graph.value_index(later)] = match has_ignored && asks_for_ignored(graph, node) {
                true => of(1),
                false => distance(node, of, |operand| values[graph.value_index(node.inputs[operand])]),
            };
        }
        // 0 ≤ input + to and input + from < size
        let mut holds = |indices: Value, first: f64, size: f64| {
            if let Some(away) = away[graph.value_index(indices)] {
                least = f64::max(least, first - away.to);
                below = below.min(size - away.from);
            }
        };
        match &node.op {
            Op::Index(Index::Gather { batch }) => {
                holds(node.inputs[1], 0.0, graph.shape(node.inputs[0])[*batch] as f64);
            }
            Op::Index(Index::ScatterAdd { size, .. }) => holds(node.inputs[0], 0.0, *size as f64),
            Op::Scan(scan) if scan.length > 0 => {
                let inputs = node.inputs.iter().zip(scan.body.inputs());
                for (&input, inner) in inputs.filter(|(input, _)| graph.kind(**input) == Kind::Int) {
                    let (first, size) = bounds(scan.body.graph(), inner);
                    holds(input, first, size);
                }
            }
            Op::Source(_) | Op::Elementwise(_) | Op::Contract(_) | Op::Reduce(_) => {}
            Op::Shape(_) | Op::Windows(_) | Op::Phased(_) | Op::Random(_) | Op::Scan(_) | Op::Custom(_) => {}
        }
    }
    (least, below)
}

impl Graph {
    /// The number that an integer input may be besides those of its bound: all that reads the input first asks whether it is
    /// that number, and takes another in its place, as a cross entropy does of the class that it ignores. None if the number
    /// takes more than 32 bits.
    pub fn ignored(&self, input: NodeId) -> Option<i32> {
        let mut rearranged = vec![false; self.nodes().len()];
        *rearranged.get_mut(input.index())? = true;
        let mut ignored = None;
        for later in self.ids().skip(input.index() + 1) {
            let node = self.node(later);
            let reads = |operand: usize| node.inputs.get(operand).is_some_and(|input| rearranged[input.node.index()]);
            if !(0..node.inputs.len()).any(reads) {
                continue;
            }
            match &node.op {
                Op::Shape(_) if node.inputs.len() == 1 => rearranged[later.index()] = true,
                Op::Elementwise(Elementwise::NotEqual) => {
                    let number = number(self, node.inputs[usize::from(reads(0))])?;
                    if *ignored.get_or_insert(number) != number {
                        return None;
                    }
                }
                Op::Elementwise(Elementwise::Where) if reads(1) && !reads(0) && !reads(2) => {
                    if !asks_for_ignored(self, node) {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        ignored.filter(|&number| f64::from(number as i32) == number).map(|number| number as i32)
    }
}

/// Whether a node takes a value unless it is some number, in whose place it takes another.
fn asks_for_ignored(graph: &Graph, node: &Node) -> bool {
    node.op == Elementwise::Where.into() && {
        let asks = graph.node(node.inputs[0]);
        asks.op == Elementwise::NotEqual.into() && asks.inputs.contains(&node.inputs[1])
    }
}

/// The number that every element of a constant is, stretched or not.
fn number(graph: &Graph, mut value: Value) -> Option<f64> {
    while let (Op::Shape(_), &[inner]) = (&graph.node(value).op, &graph.node(value).inputs[..]) {
        value = inner;
    }
    match &graph.node(value).op {
        Op::Source(Source::Constant(constant)) => match constant.value.data() {
            [first, rest @ ..] if rest.iter().all(|element| element == first) => Some(*first),
            _ => None,
        },
        _ => None,
    }
}

/// Between which numbers an input was declared to be; all there are, if it is none or nothing was.
fn declared(node: &Node) -> Range {
    match node.op {
        Op::Source(Source::Input { bound: Some(bound), .. }) => Range { from: 0.0, to: bound as f64 - 1.0 },
        _ => ALL,
    }
}

/// All numbers between two, both included; all there are if nothing is known.
#[derive(Clone, Copy, Debug)]
struct Range {
    from: f64,
    to: f64,
}

const ALL: Range = Range { from: f64::NEG_INFINITY, to: f64::INFINITY };

impl Range {
    fn around(numbers: impl IntoIterator<Item = f64>) -> Range {
        let numbers = numbers.into_iter();
        let around = |range: Range, x: f64| Range { from: range.from.min(x), to: range.to.max(x) };
        numbers.fold(Range { from: f64::INFINITY, to: f64::NEG_INFINITY }, around)
    }

    fn hull(self, other: Range) -> Range {
        Range { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    fn plus(self, other: Range) -> Range {
        Range { from: self.from + other.from, to: self.to + other.to }.known()
    }

    fn negated(self) -> Range {
        Range { from: -self.to, to: -self.from }
    }

    fn times(self, other: Range) -> Range {
        let ends = [self.from * other.from, self.from * other.to, self.to * other.from, self.to * other.to];
        if ends.iter().any(|end| end.is_nan()) { ALL } else { Range::around(ends) }
    }

    /// ∞ − ∞ may be any number.
    fn known(self) -> Range {
        let or = |x: f64, otherwise: f64| if x.is_nan() { otherwise } else { x };
        Range { from: or(self.from, ALL.from), to: or(self.to, ALL.to) }
    }
}

/// For each value, between which numbers its elements lie whatever the inputs are.
fn values(graph: &Graph) -> Vec<Range> {
    let mut values: Vec<Range> = Vec::with_capacity(graph.value_count());
    for id in graph.ids() {
        let node = graph.node(id);
        for (output, facts) in node.outputs.iter().enumerate() {
            // What several outputs are is not known.
            let known = facts.kind == Kind::Int && output == 0 && node.outputs.len() == 1;
            values.push(if known { range(graph, id, &values) } else { ALL });
        }
    }
    values
}

/// Between which numbers the elements of a node with one output of whole numbers lie, from those of the values before it.
fn range(graph: &Graph, id: NodeId, values: &[Range]) -> Range {
    let node = graph.node(id);
    let of = |operand: usize| values[graph.value_index(node.inputs[operand])];
    let up_to = |size: usize| Range { from: 0.0, to: size as f64 - 1.0 };
    match &node.op {
        Op::Source(Source::Input { .. }) => {
            let ignored = graph.ignored(id).map(|ignored| Range::around([f64::from(ignored)]));
            ignored.into_iter().fold(declared(node), Range::hull)
        }
        Op::Source(Source::Constant(constant)) => Range::around(constant.value.data().iter().copied()),
        Op::Source(Source::Iota { length }) => up_to(*length),
        Op::Source(Source::RandomKey) => up_to(BASE as usize),
        Op::Source(Source::RandomExample { .. }) => Range { from: 0.0, ..ALL },
        Op::Elementwise(op) => match op.signature().algebra {
            Algebra::Negation => of(0).negated(),
            Algebra::Sum => of(0).plus(of(1)),
            Algebra::Difference => of(0).plus(of(1).negated()),
            Algebra::Product => of(0).times(of(1)),
            Algebra::Greater => Range { from: of(0).from.max(of(1).from), to: of(0).to.max(of(1).to) },
            Algebra::Lesser => Range { from: of(0).from.min(of(1).from), to: of(0).to.min(of(1).to) },
            Algebra::Choice => of(1).hull(of(2)),
            Algebra::Quotient | Algebra::StrongProduct | Algebra::StrongQuotient | Algebra::None => ALL,
        },
        Op::Reduce(reduce) => match reduce.op.signature().result {
            AxisResult::Picked => of(0),
            AxisResult::Index | AxisResult::Order => up_to(graph.shape(node.inputs[0])[reduce.axis()]),
            AxisResult::Element | AxisResult::KeepsAxis => ALL,
        },
        Op::Index(Index::Gather { .. }) | Op::Windows(Windows::Slide(_)) => of(0),
        Op::Shape(ShapeOp::Pad { .. }) => of(0).hull(Range { from: 0.0, to: 0.0 }),
        Op::Shape(_) | Op::Phased(_) => (0..node.inputs.len()).map(of).reduce(Range::hull).unwrap_or(ALL),
        // Real
        Op::Contract(_) | Op::Windows(Windows::Fold { .. }) | Op::Index(Index::ScatterAdd { .. }) => ALL,
        Op::Random(_) | Op::Custom(_) | Op::Scan(_) => ALL,
    }
}

/// How far a node may be from the input, if some of its operands are known to be so far from it. `of` an operand says how
/// far it is, `value` between which numbers it lies.
fn distance(node: &Node, of: impl Fn(usize) -> Option<Range>, value: impl Fn(usize) -> Range) -> Option<Range> {
    let algebra = match &node.op {
        // The value itself reaches an index through ops that only rearrange it.
        Op::Shape(_) | Op::Windows(_) | Op::Phased(_) => {
            return (0..node.inputs.len()).filter_map(of).reduce(Range::hull);
        }
        Op::Elementwise(op) => op.signature().algebra,
        // Through others nothing is followed, which only makes the range wider.
        Op::Source(_) | Op::Contract(_) | Op::Reduce(_) | Op::Index(_) => return None,
        Op::Random(_) | Op::Scan(_) | Op::Custom(_) => return None,
    };
    match algebra {
        Algebra::Sum => match (of(0), of(1)) {
            (Some(a), _) => Some(a.plus(value(1))),
            (None, b) => Some(b?.plus(value(0))),
        },
        Algebra::Difference => Some(of(0)?.plus(value(1).negated())),
        // A product with what is at least 1 is no less than what is not negative.
        Algebra::Product => {
            let grows =
                |operand: usize, by: usize| of(operand).filter(|_| value(operand).from >= 0.0 && value(by).from >= 1.0);
            let Range { from, .. } = grows(0, 1).or_else(|| grows(1, 0))?;
            Some(Range { from, ..ALL })
        }
        Algebra::Greater => {
            let from = [of(0), of(1)].into_iter().flatten().map(|away| away.from).reduce(f64::max)?;
            Some(Range { from, ..ALL })
        }
        Algebra::Lesser => {
            let to = [of(0), of(1)].into_iter().flatten().map(|away| away.to).reduce(f64::min)?;
            Some(Range { to, ..ALL })
        }
        Algebra::Negation
        | Algebra::Quotient
        | Algebra::StrongProduct
        | Algebra::StrongQuotient
        | Algebra::Choice
        | Algebra::None => None,
    }
}
