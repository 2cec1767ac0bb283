//! One edge: the contribution by a rule's formula against differences of that one op.

use chainrule_exec::ExecError;
use chainrule_exec::reference::evaluate_op;
use chainrule_graph::ops::Elementwise;
use chainrule_graph::{Op, Shape, Tensor};
use chainrule_kernels::philox::Philox;

use crate::compare::{Comparison, Outcome, Tally, judge};
use crate::differences::{Estimate, WeightedSum, weighted_size};
use crate::draw::Draw;
use crate::options::Elements;
use crate::slope::{Slope, slope};

/// How many tests are made of one input in search of the element at fault: as many as compute so many elements, within bounds.
const SEARCHED: usize = 1_000_000;
const TESTS: (usize, usize) = (200, 2000);

/// An edge of the graph at one draw of the values.
pub(crate) struct Edge<'a> {
    pub op: &'a Op,
    pub inputs: Vec<&'a Tensor>,
    /// The index of the operand whose contribution it is.
    pub operand: usize,
    /// The op's outputs, each with its cotangent; a cotangent of zeros is left out.
    pub outputs: Vec<(&'a Tensor, Option<&'a Tensor>)>,
    /// What the formula says; zeros are left out.
    pub contribution: Option<&'a Tensor>,
    pub tolerance: f64,
    /// How many operations the op takes.
    pub cost: usize,
}

/// What the tests of an edge said, and the worst that is wrong: the element, if it is one, and both values.
#[derive(Default)]
pub(crate) struct Finding {
    pub tally: Tally,
    pub wrong: Option<(Option<usize>, Comparison)>,
}

impl Edge<'_> {
    pub fn test(&self, elements: Elements, generator: &mut Philox) -> Result<Finding, ExecError> {
        let size = self.input().data().len();
        let nonzero = |tensor: Option<&Tensor>| tensor.is_some_and(|t| t.data().iter().any(|&x| x != 0.0));
        if size == 0 || (!self.outputs.iter().any(|(_, cotangent)| nonzero(*cotangent)) && !nonzero(self.contribution))
        {
            return Ok(Finding::of(if size == 0 { Outcome::Right(0.0) } else { Outcome::Flat }));
        }
        if elements == Elements::OneByOne || size == 1 {
            return self.one_by_one(size);
        }
        let direction = Draw::Normal.tensor(self.input().shape(), generator);
        let together = self.along(&direction)?;
        if let Outcome::Right(_) | Outcome::Flat = together {
            return Ok(Finding::of(together));
        }
        let mut finding = self.search(&direction)?;
        if let (Outcome::Wrong(comparison), None, 0) = (together, finding.wrong, finding.tally.kinks) {
            // The element at fault was not among those tried. Where there are kinks, they may be why the whole disagrees.
            finding.tally.count(together);
            finding.wrong = Some((None, comparison));
        }
        Ok(finding)
    }

    /// Tests all elements at once.
    fn along(&self, direction: &Tensor) -> Result<Outcome, ExecError> {
        let formula = self.contribution.map_or(0.0, |contribution| inner(contribution, direction));
        let rounding = self.contribution.map_or(0.0, |contribution| rounding(contribution, self.input()));
        let scale = scale(self.input());
        let slope = self.slope(formula, scale, rounding, |moved, t| step(moved, t, direction))?;
        Ok(judge(formula, slope, self.tolerance))
    }

    /// Halves the elements again and again, and goes on with the halves along which something is wrong, or a kink, down to
    /// single elements. Kinks can only be judged one by one: several at once need not leave the right value between the two
    /// sides. A half is every other element, so that those that are tried are spread evenly, however soon the search ends.
    fn search(&self, direction: &Tensor) -> Result<Finding, ExecError> {
        let size = self.input().data().len();
        let mut finding = Finding::default();
        let mut open = vec![(1, 2), (0, 2)];
        for _ in 0..(SEARCHED / size).clamp(TESTS.0, TESTS.1) {
            let Some((first, stride)) = open.pop() else { break };
            if first + stride >= size {
                self.try_element(first, &mut finding)?;
                continue;
            }
            let among = |i: usize| i % stride == first;
            let part = Tensor::from_fn(direction.shape(), |i| if among(i) { direction.data()[i] } else { 0.0 });
            match self.along(&part)? {
                right @ (Outcome::Right(_) | Outcome::Flat) => finding.tally.count(right),
                Outcome::Wrong(_) | Outcome::Kink | Outcome::Undecided => {
                    open.extend([(first + stride, 2 * stride), (first, 2 * stride)]);
                }
            }
        }
        Ok(finding)
    }

    /// Tests each element, of so many.
    fn one_by_one(&self, size: usize) -> Result<Finding, ExecError> {
        let mut finding = Finding::default();
        for element in 0..size {
            self.try_element(element, &mut finding)?;
        }
        Ok(finding)
    }

    /// Tests one element.
    fn try_element(&self, element: usize, finding: &mut Finding) -> Result<(), ExecError> {
        let formula = self.contribution.map_or(0.0, |contribution| contribution.data()[element]);
        let here = self.input().data()[element].abs();
        let scale = if here > 0.0 { here } else { scale(self.input()) };
        let rounding = f64::EPSILON * (formula * here).abs();
        let slope = match self.op {
            Op::Elementwise(_) => self.slope_of_one(element, formula, scale, rounding)?,
            _ => self.slope(formula, scale, rounding, |moved, t| moved.data_mut()[element] += t)?,
        };
        let outcome = judge(formula, slope, self.tolerance);
        finding.tally.count(outcome);
        if let Outcome::Wrong(comparison) = outcome {
            let worse = |(_, worst): (_, Comparison)| comparison.relative_error() > worst.relative_error();
            if finding.wrong.is_none_or(worse) {
                finding.wrong = Some((Some(element), comparison));
            }
        }
        Ok(())
    }

    /// The slope along one element of an elementwise op, whose other elements do not move.
    fn slope_of_one(&self, element: usize, claim: f64, scale: f64, rounding: f64) -> Result<Slope, ExecError> {
        let one = |tensor: &Tensor| Tensor::scalar(tensor.data()[element]);
        let inputs: Vec<Tensor> = self.inputs.iter().map(|&input| one(input)).collect();
        let outputs: Vec<(Tensor, Option<Tensor>)> =
            self.outputs.iter().map(|&(output, cotangent)| (one(output), cotangent.map(one))).collect();
        let alone = Edge {
            op: self.op,
            inputs: inputs.iter().collect(),
            operand: self.operand,
            outputs: outputs.iter().map(|(output, cotangent)| (output, cotangent.as_ref())).collect(),
            contribution: None, // its element is the claim
            tolerance: self.tolerance,
            cost: 1,
        };
        alone.slope(claim, scale, rounding, |moved, t| moved.data_mut()[0] += t)
    }

    fn slope(
        &self,
        claim: f64,
        scale: f64,
        rounding: f64,
        step: impl Fn(&mut Tensor, f64),
    ) -> Result<Slope, ExecError> {
        // The value of a stop_gradient is held.
        let is_held = *self.op == Op::Elementwise(Elementwise::StopGradient);
        if is_held || self.outputs.iter().all(|(_, cotangent)| cotangent.is_none()) {
            return Ok(Slope::Smooth { rate: Estimate { value: 0.0, noise: 0.0 }, size: 0.0 });
        }
        // All outputs one after the other; what has no cotangent counts for nothing.
        let mut weights: Vec<f64> = Vec::new();
        for (output, cotangent) in &self.outputs {
            match cotangent {
                Some(cotangent) => weights.extend_from_slice(cotangent.data()),
                None => weights.resize(weights.len() + output.data().len(), 0.0),
            }
        }
        let shapes: Vec<&Shape> = self.outputs.iter().map(|(output, _)| output.shape()).collect();
        slope(WeightedSum { weights: &weights, scale, rounding, claim }, |t| {
            let mut moved = self.input().clone();
            step(&mut moved, t);
            let mut inputs = self.inputs.clone();
            inputs[self.operand] = &moved;
            let outputs = evaluate_op(self.op, &inputs, &shapes)?;
            let elements = outputs.into_iter().map(Tensor::into_data).reduce(|mut all, next| {
                all.extend_from_slice(&next);
                all
            });
            Ok(Tensor::vector(elements.unwrap_or_default()))
        })
    }

    fn input(&self) -> &Tensor {
        self.inputs[self.operand]
    }
}

impl Finding {
    fn of(outcome: Outcome) -> Finding {
        let mut finding = Finding::default();
        finding.tally.count(outcome);
        finding
    }
}

/// ⟨a, b⟩
pub(crate) fn inner(a: &Tensor, b: &Tensor) -> f64 {
    a.data().iter().zip(b.data()).map(|(a, b)| a * b).sum()
}

/// The rounding error of a function with this derivative when its argument is rounded: ε Σ |derivative · argument|.
pub(crate) fn rounding(derivative: &Tensor, argument: &Tensor) -> f64 {
    f64::EPSILON * weighted_size(derivative.data(), argument)
}

/// x + t · direction
pub(crate) fn step(x: &mut Tensor, t: f64, direction: &Tensor) {
    for (x, v) in x.data_mut().iter_mut().zip(direction.data()) {
        *x += t * v;
    }
}

/// The size of a tensor's elements: the root of their mean square, 1 for zeros.
pub(crate) fn scale(value: &Tensor) -> f64 {
    let squares: f64 = value.data().iter().filter(|x| x.is_finite()).map(|x| x * x).sum();
    let scale = (squares / value.data().len().max(1) as f64).sqrt();
    if scale > 0.0 { scale } else { 1.0 }
}
