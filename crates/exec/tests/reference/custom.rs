//! A user's own node: called once, looped over a batch, looped twice, differentiated.

use std::sync::Arc;

use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::ops::custom::Pass;
use chainrule_graph::{
    Builder, CustomNode, Function, Graph, Initializer, Node, Op, Shape, Tensor, Value, Var, batch, grad, verify,
};

use crate::support::{assert_close, build, real, spread, tensor, vector};

/// yᵢ = sin aᵢ · sin bᵢ
#[derive(Debug)]
struct ProductOfSines;

impl CustomNode for ProductOfSines {
    fn name(&self) -> &str {
        "product_of_sines"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs {
            [a, b] if a == b => Ok(a.clone()),
            _ => Err("takes two of one shape".into()),
        }
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        for (i, y) in output.iter_mut().enumerate() {
            *y = inputs[0].data()[i].sin() * inputs[1].data()[i].sin();
        }
        Ok(())
    }

    fn backward(
        &self,
        inputs: &[Tensor],
        output: &Tensor,
        cotangent: &Tensor,
        contributions: &mut [Tensor],
    ) -> Result<(), String> {
        for (input, contribution) in inputs.iter().zip(contributions) {
            for (i, dx) in contribution.data_mut().iter_mut().enumerate() {
                // ∂y/∂x = y cos x / sin x
                let x = input.data()[i];
                *dx = cotangent.data()[i] * output.data()[i] * x.cos() / x.sin();
            }
        }
        Ok(())
    }
}

pub fn product_of_sines<'g>(builder: &'g Builder, a: Var<'g>, b: Var<'g>) -> Var<'g> {
    builder.custom(Arc::new(ProductOfSines), &[a, b])
}

#[test]
fn forward_and_backward() {
    let (a, b, g) = (vector([0.3, -0.7]), vector([1.1, 0.2]), vector([2.0, 3.0]));
    let built = build(&[real(a.clone()), real(b.clone())], |builder, x| product_of_sines(builder, x[0], x[1]));
    let both = |f: fn(f64) -> f64, h: fn(f64) -> f64| Tensor::from_fn([2], |i| f(a.data()[i]) * h(b.data()[i]));
    assert_close(&built.value(), &both(f64::sin, f64::sin), 1e-15);
    let back = built.pulled_back(&g);
    let scaled = |y: Tensor| Tensor::from_fn([2], |i| g.data()[i] * y.data()[i]);
    assert_close(&back[0], &scaled(both(f64::cos, f64::sin)), 1e-14);
    assert_close(&back[1], &scaled(both(f64::sin, f64::cos)), 1e-14);
}

#[test]
fn batched_twice_it_loops_twice() {
    // aᵢ varies over the inner batch alone, bᵢ over the outer.
    let builder = Builder::new();
    let (a, b) = (builder.input("a", [2]), builder.parameter("b", [2], Initializer::Constant(0.0)));
    builder.prediction(product_of_sines(&builder, a, b));
    let function = builder.finish().unwrap();
    let inner = batch(&function, 3).unwrap();
    let swapped =
        Function { inputs: inner.parameters.iter().map(|p| p.node).collect(), parameters: Vec::new(), ..inner.clone() };
    let outer = batch(&swapped, 4).unwrap();
    verify(&outer.graph).unwrap();
    let prediction = outer.prediction.unwrap();
    let (a, b) = (spread([3, 2], -1.0, 1.0, 1), spread([4, 2], -1.0, 1.0, 2));
    let (a_id, b_id) = (outer.graph.find("a").unwrap(), outer.graph.find("b").unwrap());
    let bindings = [(a_id, a.clone()), (b_id, b.clone())].into_iter().collect();
    let found = evaluate(&outer.graph, &bindings, &[prediction]).unwrap()[prediction].clone();
    let expected = Tensor::from_fn([4, 3, 2], |index| {
        let (o, n, i) = (index / 6, index / 2 % 3, index % 2);
        a.data()[2 * n + i].sin() * b.data()[2 * o + i].sin()
    });
    assert_close(&found, &expected, 1e-15);
}

#[test]
fn what_the_examples_of_a_loop_share_gets_the_sum_of_their_contributions() {
    let builder = Builder::new();
    let (a, b) = (builder.input("a", [2]), builder.parameter("b", [2], Initializer::Constant(0.0)));
    builder.objective(product_of_sines(&builder, a, b).sum());
    let function = batch(&builder.finish().unwrap(), 2).unwrap();
    let (a, b) = (function.graph.find("a").unwrap(), function.graph.find("b").unwrap());
    let (graph, gradients) = grad(&function.graph, function.objective.unwrap(), &[a, b]).unwrap();
    verify(&graph).unwrap();
    let bindings = [(a, tensor([2, 2], [0.3, -0.7, 1.2, 0.4])), (b, vector([1.1, 0.2]))].into_iter().collect();
    let found = evaluate(&graph, &bindings, &gradients).unwrap()[gradients[1]].clone();
    let mean = |a0: f64, a1: f64, b: f64| (a0.sin() + a1.sin()) / 2.0 * b.cos();
    assert_close(&found, &vector([mean(0.3, 1.2, 1.1), mean(-0.7, 0.4, 0.2)]), 1e-14);
}

#[test]
fn a_second_derivative_is_refused_with_the_name_of_the_node() {
    let built = build(&[real(0.3), real(0.4)], |builder, x| product_of_sines(builder, x[0], x[1]));
    let (graph, first) = grad(&built.graph, built.output, &built.inputs).unwrap();
    let error = grad(&graph, first[0], &built.inputs).unwrap_err();
    assert!(error.to_string().contains("`product_of_sines`"), "{error}");
}

/// y = x² with a derivative and a batch made of nodes; those of `wrong` have another shape.
#[derive(Debug)]
struct Square {
    wrong: bool,
}

impl CustomNode for Square {
    fn name(&self) -> &str {
        "square"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        output.iter_mut().zip(inputs[0].data()).for_each(|(y, x)| *y = x * x);
        Ok(())
    }

    fn backward(&self, inputs: &[Tensor], _: &Tensor, cotangent: &Tensor, to: &mut [Tensor]) -> Result<(), String> {
        for (i, dx) in to[0].data_mut().iter_mut().enumerate() {
            *dx = 2.0 * inputs[0].data()[i] * cotangent.data()[i];
        }
        Ok(())
    }

    fn derivative<'g>(&self, _: usize, x: &[Var<'g>], _: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        let contribution = 2.0 * x[0] * dy;
        Some(if self.wrong { contribution.sum() } else { contribution })
    }

    fn batch<'g>(&self, x: &[Var<'g>], batched: &[bool], size: usize) -> Option<Var<'g>> {
        assert_eq!((batched, size), (&[true][..], 4));
        let squares = x[0] * x[0];
        Some(if self.wrong { squares.sum() } else { squares })
    }
}

#[test]
fn a_derivative_made_of_nodes_has_further_derivatives() {
    let built = build(&[real(3.0)], |b, x| b.custom(Arc::new(Square { wrong: false }), x) * x[0]);
    for (order, expected) in [27.0, 27.0, 18.0, 6.0, 0.0].into_iter().enumerate() {
        assert_eq!(built.derivative(order), expected);
    }
}

#[test]
fn a_derivative_of_another_shape_is_refused() {
    let built = build(&[real(vector([1.0, 2.0]))], |b, x| b.custom(Arc::new(Square { wrong: true }), x).sum());
    let error = grad(&built.graph, built.output, &built.inputs).unwrap_err();
    assert_eq!(error.message, "the derivative of square [2] (node 1) by `x0` has shape [], not [2]");
}

/// W a for a matrix and a vector. Its derivative is right; its backward is not, and never called.
#[derive(Debug)]
struct Product;

impl CustomNode for Product {
    fn name(&self) -> &str {
        "product"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok([inputs[0][0]].into())
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        let (w, a) = (inputs[0].data(), inputs[1].data());
        for (y, row) in output.iter_mut().zip(w.chunks(a.len())) {
            *y = row.iter().zip(a).map(|(w, a)| w * a).sum();
        }
        Ok(())
    }

    fn backward(&self, _: &[Tensor], _: &Tensor, _: &Tensor, _: &mut [Tensor]) -> Result<(), String> {
        Ok(())
    }

    fn derivative<'g>(&self, input: usize, x: &[Var<'g>], _: Var<'g>, dy: Var<'g>) -> Option<Var<'g>> {
        Some(if input == 0 { dy.outer(x[1]) } else { dy.matmul(x[0]) })
    }
}

/// First and second derivatives of sin(W a), the mean over a batch of a, or over nested ones of W and a; the product by
/// the custom node or by the op.
fn over_batches(is_custom: bool, nested: bool) -> (Graph, Vec<Value>, Vec<Tensor>) {
    let builder = Builder::new();
    let (w, a) = (builder.parameter("w", [2, 3], Initializer::Constant(0.0)), builder.input("a", [3]));
    let y = if is_custom { builder.custom(Arc::new(Product), &[w, a]) } else { w.matmul(a) };
    builder.objective(y.sin().sum());
    let mut function = batch(&builder.finish().unwrap(), 4).unwrap();
    if nested {
        let parameters = function.parameters.iter().map(|p| p.node).collect();
        function = batch(&Function { inputs: parameters, parameters: Vec::new(), ..function }, 2).unwrap();
    }
    let inputs = ["w", "a"].map(|name| function.graph.find(name).unwrap());
    let objective = function.objective.unwrap();
    let (first, gradients) = grad(&function.graph, objective, &inputs).unwrap();
    // ⟨∂J/∂w, ∂J/∂w⟩ differentiated: the derivative of the derivative.
    let square = Builder::extend_graph(first);
    let length = (square.var(gradients[0]) * square.var(gradients[0])).sum().id().unwrap();
    let first = square.finish_graph().unwrap();
    let (graph, second) = grad(&first, length, &inputs).unwrap();
    let bindings =
        inputs.iter().zip(1..).map(|(&id, seed)| (id, spread(graph.shape(id).clone(), -1.0, 1.0, seed))).collect();
    let targets: Vec<_> = gradients.iter().chain(&second).copied().collect();
    let values = evaluate(&graph, &bindings, &targets).unwrap();
    let values = targets.iter().map(|&id| values[id].clone()).collect();
    (graph, targets, values)
}

#[test]
fn over_a_batch_the_derivative_in_nodes_is_used() {
    for nested in [false, true] {
        let (custom, targets, found) = over_batches(true, nested);
        let (_, _, expected) = over_batches(false, nested);
        found.iter().zip(&expected).for_each(|(found, expected)| assert_close(found, expected, 1e-13));
        let needed = custom.needed_for(targets);
        let backward = |node: &Node| matches!(&node.op, Op::Custom(op) if op.pass != Pass::Forward);
        assert!(!custom.nodes().iter().zip(needed).any(|(node, needed)| needed && backward(node)));
    }
}

#[test]
fn a_node_may_say_how_it_is_batched() {
    let function = |wrong: bool| {
        let builder = Builder::new();
        let a = builder.input("a", [3]);
        builder.objective(builder.custom(Arc::new(Square { wrong }), &[a]).sum());
        builder.finish().unwrap()
    };
    let batched = batch(&function(false), 4).unwrap();
    let is_custom = |node: &Node| matches!(node.op, Op::Custom(_));
    assert!(!batched.graph.nodes().iter().any(is_custom), "{}", chainrule_graph::text::print(&batched));
    let (a, objective) = (batched.graph.find("a").unwrap(), batched.objective.unwrap());
    let (graph, gradient) = grad(&batched.graph, objective, &[a]).unwrap();
    let values = Tensor::from_fn([4, 3], |i| i as f64);
    let results = evaluate(&graph, &Bindings::new().with(a, values), &[objective, gradient[0]]).unwrap();
    // (0² + … + 11²) / 4, and its derivative by each
    assert_eq!(results[objective].item(), 126.5);
    assert_eq!(results[gradient[0]], Tensor::from_fn([4, 3], |i| i as f64 / 2.0));
    let error = batch(&function(true), 4).unwrap_err();
    assert_eq!(error.message, "4 of `square` have shape [] and kind real, not [4, 3] and real");
}
