//! The running bound on the rounding error: how far a computation in another precision, or in another order, may be
//! from the reference. Everything that runs graphs is tested against it.
//!
//! The analysis is the standard one (N. Higham, Accuracy and Stability of Numerical Algorithms, ch. 3): the bound of a
//! node is what the bounds of its inputs come to, by the largest slope between the values they may have, and the
//! rounding of the op itself. Where no bound can be had (a division by what may be 0, a result beyond the range), it is
//! infinite. A comparison of values that are closer than their bounds may turn out either way: its outcome, and all that
//! depends on it, is marked as undecided.

mod contract;
mod custom;
mod elementwise;
mod index;
mod reduce;
mod rounding;
mod scan;
mod sum;
mod windows;

use chainrule_graph::ops::Phased;
use chainrule_graph::{Graph, Kind, Node, Op, Tensor, Value};

use crate::error::{ExecError, check_values};
use crate::memory::check_memory_of;
use crate::reference::{evaluate_op, outputs_of};
use crate::values::Bindings;
pub use rounding::Rounding;

/// Values, and how far another computation of them may be off.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounded(Vec<Vec<Enclosed>>);

/// A value with the bound of each element's error, and whether the element is undecided (1 or 0).
#[derive(Clone, Debug, PartialEq)]
struct Enclosed {
    value: Tensor,
    bound: Tensor,
    undecided: Tensor,
}

impl Enclosed {
    /// An element with its bound.
    fn element(&self, offset: usize) -> (f64, f64) {
        (self.value.data()[offset], self.bound.data()[offset])
    }

    fn is_undecided(&self, offset: usize) -> bool {
        self.undecided.data()[offset] != 0.0
    }
}

/// How far another computation of a value is from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// The greatest ratio of difference to bound over the elements that have one; infinite where two values differ that
    /// have to be the same.
    pub ratio: f64,
    /// The element that has it, by its row-major offset.
    pub element: usize,
    /// How many elements were left out: undecided, or without a finite bound.
    pub left_out: usize,
}

impl Bounded {
    /// The value of a node, if the run computed it.
    pub fn value(&self, id: impl Into<Value>) -> Option<&Tensor> {
        self.get(id).map(|enclosed| &enclosed.value)
    }

    /// For each element of a node's value, the bound on the error, perhaps infinite.
    pub fn bound(&self, id: impl Into<Value>) -> Option<&Tensor> {
        self.get(id).map(|enclosed| &enclosed.bound)
    }

    /// For each element of a node's value, 1 if it depends on a comparison that may turn out either way, else 0.
    pub fn undecided(&self, id: impl Into<Value>) -> Option<&Tensor> {
        self.get(id).map(|enclosed| &enclosed.undecided)
    }

    /// How far another value computed for a node is from this one; none if the node was not computed here, or the value
    /// has another shape. The reference has rounding errors of its own, so in f64 a ratio of 2 is in order.
    pub fn deviation(&self, id: impl Into<Value>, other: &Tensor) -> Option<Deviation> {
        let Enclosed { value, bound, undecided } = self.get(id)?;
        if value.shape() != other.shape() {
            return None;
        }
        let mut deviation = Deviation { ratio: 0.0, element: 0, left_out: 0 };
        for (element, (&expected, &found)) in value.data().iter().zip(other.data()).enumerate() {
            let bound = bound.data()[element];
            if undecided.data()[element] != 0.0 || bound == f64::INFINITY {
                deviation.left_out += 1;
                continue;
            }
            let same = expected == found || (expected.is_nan() && found.is_nan());
            let difference = (expected - found).abs();
            let ratio = match same {
                true => 0.0,
                false if bound > 0.0 && !difference.is_nan() => difference / bound,
                false => f64::INFINITY,
            };
            if ratio > deviation.ratio {
                (deviation.ratio, deviation.element) = (ratio, element);
            }
        }
        Some(deviation)
    }

    fn get(&self, value: impl Into<Value>) -> Option<&Enclosed> {
        let value = value.into();
        self.0.get(value.node.index())?.get(value.output as usize)
    }
}

/// The values of [`evaluate`](crate::reference::evaluate), each with a bound on the error that a computation with this
/// rounding may have.
///
/// Of a custom node, whose inside is unknown, the bound rests on differences of its output, and is an estimate.
///
/// # Errors
/// Those of [`evaluate`](crate::reference::evaluate).
pub fn evaluate_with_bounds<V: Into<Value> + Copy>(
    graph: &Graph,
    bindings: &Bindings,
    targets: &[V],
    rounding: &Rounding,
) -> Result<Bounded, ExecError> {
    check_values(graph, targets.iter().copied())?;
    check_values(graph, bindings.nodes())?;
    let needed = graph.needed_for(targets.iter().map(|&target| target.into()));
    let computed: Vec<Value> = graph.values().filter(|value| needed[value.node.index()]).collect();
    // Beside each value, its bound and its marks.
    check_memory_of(graph, std::iter::repeat_n(computed, 3).flatten())?;
    let mut all = Bounded(vec![Vec::new(); graph.nodes().len()]);
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let node = graph.node(id);
        let inputs: Vec<&Enclosed> = node.inputs.iter().filter_map(|&input| all.get(input)).collect();
        let values: Vec<&Tensor> = inputs.iter().map(|input| &input.value).collect();
        let values = outputs_of(graph, bindings, id, &values)?;
        let outputs = enclosed(node, values, &inputs, rounding).map_err(|error| error.at(graph, id))?;
        all.0[id.index()] = outputs;
    }
    Ok(all)
}

/// The outputs of a node with their bounds.
fn enclosed(
    node: &Node,
    values: Vec<Tensor>,
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<Vec<Enclosed>, ExecError> {
    let bounds = bounds_of(node, &values, inputs, rounding)?;
    let with_bound = |(output, (value, (mut bound, undecided))): (usize, (Tensor, (Tensor, Tensor)))| {
        for (bound, value) in bound.data_mut().iter_mut().zip(value.data()) {
            if node.outputs[output].kind != Kind::Real {
                // Whole numbers and truth values are exact, or undecided.
                *bound = 0.0;
            } else if bound.is_nan() || (value.is_finite() && value.abs() + *bound > rounding.greatest) {
                *bound = f64::INFINITY;
            }
        }
        Enclosed { value, bound, undecided }
    };
    Ok(values.into_iter().zip(bounds).enumerate().map(with_bound).collect())
}

/// For each of a node's outputs the bound of each element, and whether it is undecided.
fn bounds_of(
    node: &Node,
    values: &[Tensor],
    inputs: &[&Enclosed],
    rounding: &Rounding,
) -> Result<Vec<(Tensor, Tensor)>, ExecError> {
    let Some(value) = values.first() else { return Ok(Vec::new()) };
    Ok(vec![match &node.op {
        Op::Source(_) => (map(value, |element| rounding.of_conversion(element)), Tensor::zeros(value.shape())),
        Op::Elementwise(op) => elementwise::bound(*op, value, inputs, rounding)?,
        Op::Contract(op) => contract::bound(op, value, inputs, rounding)?,
        Op::Reduce(op) => reduce::bound(op, value, inputs, rounding)?,
        // Bounds and marks go where the elements go; the zeros of a padding are exact.
        Op::Shape(_) => {
            let moved = |field: fn(&Enclosed) -> &Tensor| -> Result<Tensor, ExecError> {
                let parts: Vec<&Tensor> = inputs.iter().map(|input| field(input)).collect();
                Ok(evaluate_op(&node.op, &parts, &[value.shape()])?.swap_remove(0)) // a shape op has one output
            };
            (moved(|input| &input.bound)?, moved(|input| &input.undecided)?)
        }
        Op::Phased(Phased::InTraining | Phased::BatchMean) => (inputs[0].bound.clone(), inputs[0].undecided.clone()),
        // A multiple of 2⁻²⁴ is exact.
        Op::Random(_) | Op::Phased(Phased::BatchSize { .. }) => {
            (Tensor::zeros(value.shape()), Tensor::zeros(value.shape()))
        }
        Op::Windows(op) => windows::bound(op, value, inputs, rounding)?,
        Op::Index(op) => index::bound(op, value, inputs, rounding)?,
        Op::Scan(op) => return scan::bounds(op, values, inputs, rounding),
        Op::Custom(_) => {
            let outputs = values.iter().enumerate();
            return outputs.map(|(output, value)| custom::bound(node, output, value, inputs, rounding)).collect();
        }
    }])
}

fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    Tensor::from_fn(x.shape(), |i| f(x.data()[i]))
}

/// Whether a and b, known up to their bounds, are surely different, or surely as they are.
fn apart((a, bound_a): (f64, f64), (b, bound_b): (f64, f64)) -> bool {
    let bound = bound_a + bound_b;
    if a.is_nan() || b.is_nan() { bound.is_finite() } else { bound == 0.0 || (a - b).abs() > bound }
}

/// The error of a product with a factor whose error is `bound`; nothing times anything is nothing.
fn times(factor: f64, bound: f64) -> f64 {
    if bound == 0.0 { 0.0 } else { factor.abs() * bound }
}
