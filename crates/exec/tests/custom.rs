//! A user's own node in a program.

use std::sync::Arc;

use chainrule_exec::compile::{Options, passes};
use chainrule_exec::{Bindings, ExecError, evaluate_compiled, reference};
use chainrule_graph::ops::custom::{Custom, Pass};
use chainrule_graph::{Builder, CustomNode, Graph, Shape, Tensor, Value, grad};

/// [3, 4], of nothing.
#[derive(Debug)]
struct Pair;

impl CustomNode for Pair {
    fn name(&self) -> &str {
        "pair"
    }

    fn shape(&self, _: &[Shape]) -> Result<Shape, String> {
        Ok([2].into())
    }

    fn forward(&self, _: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        output.copy_from_slice(&[3.0, 4.0]);
        Ok(())
    }
}

#[test]
fn what_depends_on_a_node_without_operands_comes_after_it() {
    let builder = Builder::new();
    let sum = builder.custom(Arc::new(Pair), &[]).sum().id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let found = evaluate_compiled(&graph, &Bindings::new(), &[sum], &Options::default()).unwrap();
    assert_eq!(found[sum].item(), 7.0);
}

/// √x, of numbers that are not negative, with a derivative where x is not 0.
#[derive(Debug)]
struct Root;

impl CustomNode for Root {
    fn name(&self) -> &str {
        "root"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        for (y, &x) in output.iter_mut().zip(inputs[0].data()) {
            if x < 0.0 {
                return Err(format!("has no value at {x}"));
            }
            *y = x.sqrt();
        }
        Ok(())
    }

    fn backward(&self, _: &[Tensor], y: &Tensor, dy: &Tensor, contributions: &mut [Tensor]) -> Result<(), String> {
        for (i, dx) in contributions[0].data_mut().iter_mut().enumerate() {
            if y.data()[i] == 0.0 {
                return Err("has no derivative at 0".into());
            }
            *dx = dy.data()[i] / (2.0 * y.data()[i]);
        }
        Ok(())
    }
}

/// The error of the reference, and that of a program.
fn errors(graph: &Graph, bindings: &Bindings, wanted: Value) -> [ExecError; 2] {
    [
        reference::evaluate(graph, bindings, &[wanted]).unwrap_err(),
        evaluate_compiled(graph, bindings, &[wanted], &Options::default()).unwrap_err(),
    ]
}

#[test]
fn a_node_that_fails_is_named_with_the_place_where_it_was_written() {
    let builder = Builder::new();
    let x = builder.input("x", [2]);
    let line = line!() + 1;
    let y = builder.custom(Arc::new(Root), &[x]).named("y");
    let (x, y, sum) = (x.id().unwrap(), y.id().unwrap(), (y * 2.0).sum().id().unwrap());
    let graph = builder.finish_graph().unwrap();
    for error in errors(&graph, &Bindings::new().with(x, Tensor::vector([4.0, -1.0])), sum) {
        let ExecError::Node { name, origin, problem, .. } = &error else { panic!("{error:?}") };
        assert_eq!((&name[..], &problem[..]), ("`y`", "has no value at -1"));
        assert_eq!(origin, &graph.node(y).origin);
        assert!(error.to_string().contains(&format!("tests/custom.rs:{line}:")), "{error}");
    }

    let (graph, gradients) = grad(&graph, sum, &[x]).unwrap();
    for error in errors(&graph, &Bindings::new().with(x, Tensor::vector([4.0, 0.0])), gradients[0]) {
        assert!(matches!(&error, ExecError::Node { problem, .. } if problem == "has no derivative at 0"), "{error:?}");
        assert!(error.to_string().contains(&format!("tests/custom.rs:{line}:")), "{error}");
    }
}

#[test]
fn a_node_without_a_backward_says_so_when_it_is_differentiated() {
    let builder = Builder::new();
    let x = builder.input("x", [2]);
    let sum = builder.custom(Arc::new(Plain), &[x]).sum().id().unwrap();
    let x = x.id().unwrap();
    let (graph, gradients) = grad(&builder.finish_graph().unwrap(), sum, &[x]).unwrap();
    let bindings = Bindings::new().with(x, Tensor::vector([4.0, 9.0]));
    for error in errors(&graph, &bindings, gradients[0]) {
        assert!(matches!(&error, ExecError::Node { problem, .. } if problem == "has no derivative"), "{error:?}");
    }
    // The value is computed all the same.
    assert_eq!(reference::evaluate(&graph, &bindings, &[sum]).unwrap()[sum].item(), 13.0);
}

/// x, with no derivative.
#[derive(Debug)]
struct Plain;

impl CustomNode for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        output.copy_from_slice(inputs[0].data());
        Ok(())
    }
}

#[test]
fn a_listing_tells_the_outputs_of_a_node_apart() {
    let builder = Builder::new();
    let [a, b, y, dy] = ["a", "b", "y", "dy"].map(|name| builder.input(name, [2]));
    let backward = Custom { node: Arc::new(Plus), pass: Pass::Backward, loops: Vec::new() };
    let contributions = builder.push_all(backward.into(), &[a, b, y, dy]);
    let outputs = contributions.iter().map(|contribution| contribution.id().unwrap()).collect();
    let graph = builder.finish_graph().unwrap();
    let options = Options { outputs, ..Options::default() };
    for (pass, text) in passes(&graph, &options).unwrap().into_iter().skip(2) {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("= plus(") || pass == "memory").collect();
        let is_first = |word: &&str| word.starts_with('%') && !word.contains('_');
        let words: Vec<&str> = lines.iter().flat_map(|line| line.split([' ', ','])).collect();
        let first = words.iter().find(|word| is_first(word));
        assert!(first.is_some_and(|first| words.contains(&&format!("{first}_1")[..])), "{pass}:\n{text}");
    }
}

/// a + b, with a derivative by each.
#[derive(Debug)]
struct Plus;

impl CustomNode for Plus {
    fn name(&self) -> &str {
        "plus"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        output.iter_mut().enumerate().for_each(|(i, y)| *y = inputs[0].data()[i] + inputs[1].data()[i]);
        Ok(())
    }

    fn backward(&self, _: &[Tensor], _: &Tensor, dy: &Tensor, contributions: &mut [Tensor]) -> Result<(), String> {
        contributions.iter_mut().for_each(|dx| dx.data_mut().copy_from_slice(dy.data()));
        Ok(())
    }
}
