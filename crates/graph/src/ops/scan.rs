//! A loop: a body that is run once for each step, on values that it carries from step to step.

use std::sync::Arc;

use super::body::Body;
use super::rules::Contributions;
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, must};
use crate::builder::{Builder, BuiltBody, Var};
use crate::error::GraphError;
use crate::node::Value;

/// A loop of `length` steps. Step t computes the body from the carries, element t of each sequence, and the constants; the
/// body's first outputs are the next carries, the others are extras.
///
/// The node's inputs are the carries as they start, the sequences \[length, …\], the constants. Its outputs are each
/// carry after each step, and each extra of each step, stacked: \[length, …\], element t by step t. Of no step there is
/// nothing, \[0, …\].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scan {
    /// What a step computes.
    pub body: Arc<Body>,
    /// How many of its inputs, the first ones, are carries.
    pub carries: usize,
    /// How many of its inputs, those after the carries, are elements of sequences.
    pub sequences: usize,
    /// How many steps there are.
    pub length: usize,
    /// Whether the steps go from the last element of each sequence to the first.
    pub reverse: bool,
}

/// How a loop goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// How many there are; of a loop over sequences their length, if nothing else is said.
    pub length: Option<usize>,
    /// Whether they go from the last element of each sequence to the first. The result keeps the order of the sequences.
    pub reverse: bool,
}

impl Builder {
    /// A loop over the first axis of `sequences`, all of one length T. `body` is called once, and builds one step: from the
    /// carries, which begin as `starts`, and an element of each sequence it returns the next carries, and after them
    /// whatever else each step is to give. All it returns comes back stacked, `[T, …]`.
    ///
    /// Values from around the loop may be used in the body, and are the same at every step. Parameters that it makes are
    /// the function's: one for all steps.
    ///
    /// ```
    /// use chainrule_graph::{Builder, Initializer};
    ///
    /// let builder = Builder::new();
    /// let (xs, h0) = (builder.input("xs", [25, 12]), builder.zeros([8]));
    /// let hs = builder.scan(&[h0], &[xs], |h, x| {
    ///     let w = builder.parameter("W", [8, 12], Initializer::Glorot);
    ///     let u = builder.parameter("U", [8, 8], Initializer::Glorot);
    ///     vec![(w.matvec(x[0]) + u.matvec(h[0])).tanh()]
    /// })[0];
    /// assert_eq!(hs.shape()[..], [25, 8]);
    /// assert_eq!(hs.last().shape()[..], [8]);
    /// assert_eq!(builder.finish()?.parameters.len(), 2);
    /// # Ok::<(), chainrule_graph::GraphError>(())
    /// ```
    #[track_caller]
    pub fn scan<'g>(
        &'g self,
        starts: &[Var<'g>],
        sequences: &[Var<'g>],
        body: impl FnOnce(&[Var<'g>], &[Var<'g>]) -> Vec<Var<'g>>,
    ) -> Vec<Var<'g>> {
        self.scan_by(Steps::default(), starts, sequences, body)
    }

    /// The same in another direction, or of a length that no sequence tells.
    #[track_caller]
    pub fn scan_by<'g>(
        &'g self,
        steps: Steps,
        starts: &[Var<'g>],
        sequences: &[Var<'g>],
        body: impl FnOnce(&[Var<'g>], &[Var<'g>]) -> Vec<Var<'g>>,
    ) -> Vec<Var<'g>> {
        let open = match self.begin_scan(steps, starts, sequences) {
            Ok(open) => open,
            Err(error) => {
                error.map(|GraphError { message, help, .. }| self.fail(message, help));
                return vec![self.poisoned(); starts.len()];
            }
        };
        let results = body(&open.carries, &open.elements);
        let count = results.len().max(starts.len());
        match self.end_scan(open, &results) {
            Ok(outputs) => outputs,
            Err(error) => {
                error.map(|GraphError { message, help, .. }| self.fail(message, help));
                vec![self.poisoned(); count]
            }
        }
    }

    /// Begins the body of a loop; the error is none where there was a mistake before.
    pub(crate) fn begin_scan<'g>(
        &'g self,
        steps: Steps,
        starts: &[Var<'g>],
        sequences: &[Var<'g>],
    ) -> Result<OpenScan<'g>, Option<GraphError>> {
        if starts.iter().chain(sequences).any(|var| var.failed()) {
            return Err(None);
        }
        let length = self.length_of(steps, sequences)?;
        self.begin_body();
        let of_start = |start: &Var<'g>| self.anonymous_input(&start.shape(), start.kind());
        let of_element = |xs: &Var<'g>| self.anonymous_input(&xs.shape()[1..].into(), xs.kind());
        Ok(OpenScan {
            reverse: steps.reverse,
            length,
            starts: starts.to_vec(),
            sequences: sequences.to_vec(),
            carries: starts.iter().map(of_start).collect(),
            elements: sequences.iter().map(of_element).collect(),
        })
    }

    /// Ends the body, which gives these results: what the loop gives.
    #[track_caller]
    pub(crate) fn end_scan<'g>(
        &'g self,
        open: OpenScan<'g>,
        results: &[Var<'g>],
    ) -> Result<Vec<Var<'g>>, Option<GraphError>> {
        let results: Vec<Option<Value>> = results.iter().map(|&result| self.captured(result).id()).collect();
        let results: Option<Vec<Value>> = results.into_iter().collect();
        let built = self.end_body();
        match results.filter(|_| self.error().is_none()) {
            Some(results) => self.looped(open, &results, built).map_err(Some),
            None => Err(None),
        }
    }

    /// How many steps a loop has.
    fn length_of(&self, steps: Steps, sequences: &[Var<'_>]) -> Result<usize, GraphError> {
        let mut length = steps.length;
        for (index, sequence) in sequences.iter().enumerate() {
            let shape = sequence.shape();
            let Some(&own) = shape.first() else {
                return Err(GraphError::new(format!(
                    "scan goes over the first axis, and {} has none",
                    sequence.describe()
                ))
                .help("what is the same at every step is used in the body, or passed after the sequences"));
            };
            if *length.get_or_insert(own) != own {
                let (first, right) = match index {
                    0 => ("the loop".into(), steps.length.unwrap_or(own)),
                    _ => (sequences[0].describe(), sequences[0].shape()[0]),
                };
                let message = format!(
                    "scan takes sequences of one length: {first} has {right} steps, {} has {own}",
                    sequence.describe()
                );
                return Err(GraphError::new(message));
            }
        }
        length.ok_or_else(|| {
            GraphError::new("scan has no sequence, and no length is said").help("say how many steps it has")
        })
    }

    /// The node of a loop whose body was built.
    #[track_caller]
    fn looped<'g>(
        &'g self,
        open: OpenScan<'g>,
        results: &[Value],
        built: BuiltBody<'g>,
    ) -> Result<Vec<Var<'g>>, GraphError> {
        let OpenScan { reverse, length, starts, sequences, carries: given, elements } = open;
        if results.len() < starts.len() {
            let (few, carries) = (results.len(), starts.len());
            return Err(GraphError::new(format!(
                "the body of scan gives {few} values, and there are {carries} carries"
            ))
            .help("return the next value of each carry, then whatever else each step is to give"));
        }
        let given = given.iter().chain(&elements).filter_map(|var| var.id()).chain(built.step);
        let inputs: Vec<Value> = given.chain(built.captures.iter().map(|&(_, inner)| inner)).collect();
        let body = Body::of(&built.graph, &inputs, results)?;
        let steps = built.step.map(|_| self.iota(length));
        let (carries, count) = (starts.len(), sequences.len() + steps.iter().len());
        let captured = built.captures.iter().map(|&(outer, _)| outer);
        let operands: Vec<Var<'g>> = starts.into_iter().chain(sequences).chain(steps).chain(captured).collect();
        let op = Scan { body: Arc::new(body), carries, sequences: count, length, reverse };
        Ok(self.push_all(op.into(), &operands))
    }
}

/// A loop whose body is being built.
#[derive(Clone)]
pub(crate) struct OpenScan<'g> {
    reverse: bool,
    length: usize,
    starts: Vec<Var<'g>>,
    sequences: Vec<Var<'g>>,
    /// What stands for the carries in the body, and for an element of each sequence.
    pub carries: Vec<Var<'g>>,
    pub elements: Vec<Var<'g>>,
}

impl<'g> Var<'g> {
    /// The last along the first axis: of the states of a loop, the one after all steps. Of no step it is the start.
    #[track_caller]
    pub fn last(self) -> Var<'g> {
        self.end_of_steps(|length| length - 1)
    }

    /// The first along the first axis: of the states of a loop in reverse, the one after all steps. Of no step it is the
    /// start.
    #[track_caller]
    pub fn first(self) -> Var<'g> {
        self.end_of_steps(|_| 0)
    }

    #[track_caller]
    fn end_of_steps(self, index: impl FnOnce(usize) -> usize) -> Var<'g> {
        let shape = self.shape();
        if self.failed() || shape.first().is_some_and(|&length| length > 0) {
            return self.index(index(shape.first().copied().unwrap_or(1)));
        }
        let start = self.node().zip(self.id).and_then(|(node, value)| match &node.op {
            Op::Scan(scan) if (value.output as usize) < scan.carries => Some(node.inputs[value.output as usize]),
            _ => None,
        });
        match start {
            Some(start) => Var { id: Some(start), ..self },
            None => self.builder.fail(format!("{} has no last and no first", self.describe()), None),
        }
    }
}

impl Scan {
    /// A carry before each step, stacked: its start, and what all steps but the last gave.
    pub(crate) fn before<'g>(&self, start: Var<'g>, after: Var<'g>) -> Var<'g> {
        let shape = after.shape();
        if self.length == 0 {
            return after;
        }
        let (mut from, mut to) = (vec![0; shape.rank()], shape.to_vec());
        if self.reverse {
            from[0] = 1
        } else {
            to[0] -= 1
        }
        let (start, others) = (start.reshape(start.shape().with_leading(1)), after.slice(&from, &to));
        if self.reverse { others.concat(&[start], 0) } else { start.concat(&[others], 0) }
    }
}

impl From<Scan> for Op {
    fn from(op: Scan) -> Op {
        Op::Scan(op)
    }
}

impl Rules for Scan {
    fn name(&self) -> &str {
        "scan"
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        let takes: Vec<TensorType> = self.body.input_types().collect();
        must(inputs.len() == takes.len(), || format!("takes {} inputs, not {}", takes.len(), inputs.len()))?;
        must(self.carries + self.sequences <= takes.len(), || "has fewer inputs than carries and sequences".into())?;
        let is_sequence = |index: usize| (self.carries..self.carries + self.sequences).contains(&index);
        for (index, (found, right)) in inputs.iter().zip(&takes).enumerate() {
            let shape = if is_sequence(index) { right.shape.with_leading(self.length) } else { right.shape.clone() };
            must((&found.shape, found.kind) == (&shape, right.kind), || {
                let (found, kind) = (&found.shape, found.kind);
                format!("takes {shape} of kind {} as input {index}, not {found} of kind {kind}", right.kind)
            })?;
        }
        let gives: Vec<TensorType> = self.body.output_types().collect();
        must(!gives.is_empty(), || "has a body that gives nothing".into())?;
        must(gives.len() >= self.carries, || {
            format!("has {} carries, and its body gives {}", self.carries, gives.len())
        })?;
        for (index, (before, after)) in takes.iter().zip(&gives).take(self.carries).enumerate() {
            must(before == after, || {
                let name = self.body.output(index).name.as_ref().map_or(String::new(), |name| format!(", `{name}`,"));
                let which = if self.carries == 1 { "its carry".into() } else { format!("carry {index}") };
                match before.shape == after.shape {
                    false => format!(
                        "{which}{name} changes its shape: it begins as {} and becomes {}",
                        before.shape, after.shape
                    ),
                    true => format!(
                        "{which}{name} changes its kind: it begins as {} and becomes {}",
                        before.kind, after.kind
                    ),
                }
            })?;
        }
        Ok(gives.iter().map(|output| TensorType::new(output.shape.with_leading(self.length), output.kind)).collect())
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        super::scan_derivative::contributions(self, node)
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        super::scan_batch::batch(self, builder, inputs, size)
    }
}
