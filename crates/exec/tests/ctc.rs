//! Connectionist temporal classification against the sum over every path, written out: value and gradient, of one example
//! and of a batch, by the reference and compiled.

use std::slice::from_ref;

use chainrule_exec::compile::{Options, Precision};
use chainrule_exec::{Bindings, evaluate_compiled, reference};
use chainrule_graph::{Builder, Function, Kind, Tensor, Value, batch_values, grad};

/// One example: steps, classes, labels and the blank.
struct Example {
    steps: usize,
    classes: usize,
    labels: &'static [i32],
    blank: usize,
}

const EXAMPLES: &[Example] = &[
    Example { steps: 5, classes: 3, labels: &[1, 2], blank: 0 },
    Example { steps: 6, classes: 4, labels: &[1, 1, 3], blank: 0 },
    Example { steps: 5, classes: 3, labels: &[2, 2, -1, -1], blank: 0 },
    Example { steps: 5, classes: 3, labels: &[2, -1, 1, 1], blank: 0 }, // nothing counts after the first -1
    Example { steps: 3, classes: 3, labels: &[1, 1], blank: 0 },        // just enough steps
    Example { steps: 4, classes: 4, labels: &[0, 1, 0], blank: 2 },
    Example { steps: 4, classes: 3, labels: &[-1, -1], blank: 1 },
    Example { steps: 4, classes: 3, labels: &[], blank: 1 },
    Example { steps: 1, classes: 2, labels: &[1], blank: 0 },
    Example { steps: 3, classes: 1, labels: &[], blank: 0 },
];

impl Example {
    fn logits(&self, seed: usize) -> Tensor {
        Tensor::from_fn([self.steps, self.classes], |i| 2.0 * ((i + 1) as f64 * 1.7 + seed as f64).sin())
    }

    fn labels(&self) -> Tensor {
        Tensor::vector(self.labels.iter().map(|&label| f64::from(label)).collect::<Vec<_>>())
    }

    /// −ln Σ of the probabilities of all paths that spell the labels, and its derivatives by the logits: of the softmax of
    /// a step, less the share of those paths that are in the class at this step.
    fn right(&self, logits: &Tensor) -> (f64, Vec<f64>) {
        let softmax: Vec<Vec<f64>> = (logits.data().chunks(self.classes))
            .map(|step| {
                let sum: f64 = step.iter().map(|z| z.exp()).sum();
                step.iter().map(|z| z.exp() / sum).collect()
            })
            .collect();
        let spelt: Vec<usize> =
            self.labels.iter().take_while(|&&label| label >= 0).map(|&label| label as usize).collect();
        let (mut total, mut shares) = (0.0, vec![0.0; self.steps * self.classes]);
        for number in 0..self.classes.pow(self.steps as u32) {
            let path: Vec<usize> =
                (0..self.steps).map(|t| number / self.classes.pow(t as u32) % self.classes).collect();
            let mut merged = path.clone();
            merged.dedup();
            merged.retain(|&class| class != self.blank);
            if merged == spelt {
                let probability: f64 = path.iter().zip(&softmax).map(|(&class, step)| step[class]).product();
                total += probability;
                for (t, &class) in path.iter().enumerate() {
                    shares[t * self.classes + class] += probability;
                }
            }
        }
        let gradient = softmax.concat().iter().zip(shares).map(|(p, share)| p - share / total).collect();
        (-total.ln(), gradient)
    }

    fn function(&self) -> Function {
        let b = Builder::new();
        let logits = b.input("logits", [self.steps, self.classes]);
        let labels = b.input_of("labels", [self.labels.len()], Kind::Int, None);
        b.objective(b.ctc(logits, labels, self.blank));
        b.finish().expect("it is a function")
    }
}

fn assert_close(what: &str, found: &[f64], right: &[f64], relative: f64) {
    assert_eq!(found.len(), right.len(), "{what}");
    for (a, b) in found.iter().zip(right) {
        assert!((a - b).abs() <= relative * b.abs().max(1.0), "{what}: {found:?} where {right:?} is right");
    }
}

#[test]
fn it_is_the_sum_over_all_paths() {
    for example in EXAMPLES {
        let function = example.function();
        let (objective, logits) = (function.objective.expect("it has one"), function.inputs[0]);
        let (graph, gradient) = grad(&function.graph, objective, from_ref(&logits)).expect("it has a gradient");
        let outputs: Vec<Value> = vec![objective, gradient[0]];
        let given = example.logits(0);
        let bindings: Bindings = function.inputs.iter().copied().zip([given.clone(), example.labels()]).collect();
        let (value, slopes) = example.right(&given);
        let right: Vec<f64> = std::iter::once(value).chain(slopes).collect();
        let what = format!("{} steps, labels {:?}, blank {}", example.steps, example.labels, example.blank);
        let values = reference::evaluate(&graph, &bindings, &outputs).unwrap_or_else(|error| panic!("{what}: {error}"));
        let found: Vec<f64> = outputs.iter().flat_map(|&output| values[output].data().to_vec()).collect();
        assert_close(&what, &found, &right, 1e-12);
        for (precision, relative) in [(Precision::F64, 1e-12), (Precision::F32, 1e-5)] {
            let options = Options { precision, ..Options::default() };
            let values = evaluate_compiled(&graph, &bindings, &outputs, &options).expect("it is computed");
            let found: Vec<f64> = outputs.iter().flat_map(|&output| values[output].data().to_vec()).collect();
            assert_close(&what, &found, &right, relative);
        }
    }
}

/// Labels of other lengths in each row.
#[test]
fn a_batch_is_that_of_its_rows() {
    let rows =
        [&EXAMPLES[1], &Example { labels: &[2, -1, -1], ..EXAMPLES[1] }, &Example { labels: &[-1; 3], ..EXAMPLES[1] }];
    let function = EXAMPLES[1].function();
    let objective = function.objective.expect("it has one");
    let (batched, of_rows) = batch_values(&function, rows.len(), &[objective]).expect("it takes a batch");
    let objective = of_rows[0];
    let graph = &batched.graph;
    let stack = |of: fn(&Example, usize) -> Tensor, shape: &[usize]| {
        let data: Vec<f64> =
            rows.iter().enumerate().flat_map(|(row, example)| of(example, row).data().to_vec()).collect();
        Tensor::new(shape, data).expect("all rows have a shape")
    };
    let given = [stack(Example::logits, &[3, 6, 4]), stack(|example, _| example.labels(), &[3, 3])];
    let bindings: Bindings = batched.inputs.iter().copied().zip(given).collect();
    let right: Vec<f64> = rows.iter().enumerate().map(|(row, example)| example.right(&example.logits(row)).0).collect();
    let values = reference::evaluate(graph, &bindings, &[objective]).expect("it is computed");
    assert_close("by the reference", values[objective].data(), &right, 1e-12);
    let values = evaluate_compiled(graph, &bindings, &[objective], &Options::default()).expect("it is computed");
    assert_close("compiled", values[objective].data(), &right, 1e-12);
}

#[test]
fn labels_that_take_too_many_steps_are_an_error() {
    // Two equal ones take three steps.
    let function = Example { steps: 2, classes: 3, labels: &[1, 1], blank: 0 }.function();
    let objective = function.objective.expect("it has one");
    let of = |labels: [f64; 2]| -> Bindings {
        function.inputs.iter().copied().zip([Tensor::zeros([2, 3]), Tensor::vector(labels)]).collect()
    };
    let errors = |labels: [f64; 2]| {
        let by_reference = reference::evaluate(&function.graph, &of(labels), &[objective]).map(|_| ());
        let compiled = evaluate_compiled(&function.graph, &of(labels), &[objective], &Options::default()).map(|_| ());
        [by_reference, compiled]
    };
    for result in errors([1.0, 1.0]) {
        let message = result.expect_err("two steps do not do").to_string();
        assert!(message.contains("steps") && message.contains('3'), "{message}");
    }
    for result in errors([1.0, 2.0]) {
        result.expect("two steps do");
    }
}

#[test]
fn mistakes_are_named() {
    let message = |build: &dyn Fn(&Builder)| {
        let b = Builder::new();
        build(&b);
        b.finish().expect_err("it is a mistake").to_string()
    };
    let of_blank = message(&|b| {
        let labels = b.input_of("labels", [2], Kind::Int, None);
        let _ = b.ctc(b.input("z", [4, 3]), labels, 3);
    });
    assert!(of_blank.contains("the blank is class 3, and the logits are of 3 classes"), "{of_blank}");
    let of_rank = message(&|b| {
        let labels = b.input_of("labels", [2], Kind::Int, None);
        let _ = b.ctc(b.input("z", [4]), labels, 0);
    });
    assert!(of_rank.contains("ctc takes logits of two axes, not `z` [4]"), "{of_rank}");
    let of_kind = message(&|b| {
        let _ = b.ctc(b.input("z", [4, 3]), b.input("labels", [2]), 0);
    });
    assert!(
        of_kind.contains("ctc takes labels of one axis, whole numbers, not `labels` [2] of kind real"),
        "{of_kind}"
    );
}
