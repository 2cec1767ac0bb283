//! A batch equals a loop over its examples: values, the mean objective and its gradients, gradients of each example.

use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Builder, Function, Initializer, Kind, NodeId, Shape, Tensor, batch, grad, verify};

use crate::support::{Built, InputValue, assert_close};
use crate::zoo::{Animal, weighted_sum, zoo};

const SIZE: usize = 3;

/// The function with some inputs as data and the others, reals, as parameters.
fn split(animal: &Animal, arguments: &[InputValue], is_data: &[bool]) -> Function {
    let builder = Builder::new();
    let inputs: Vec<_> = arguments
        .iter()
        .zip(is_data)
        .enumerate()
        .map(|(index, (argument, &is_data))| match is_data {
            true => builder.input_of(&format!("x{index}"), argument.value.shape(), argument.kind, None),
            false => builder.parameter(&format!("x{index}"), argument.value.shape(), Initializer::Constant(0.0)),
        })
        .collect();
    let y = (animal.function)(&builder, &inputs);
    builder.prediction(y);
    builder.objective(weighted_sum(y));
    builder.finish().unwrap()
}

/// Every choice of the inputs that are data: all whole numbers, and at least one input.
fn choices(arguments: &[InputValue]) -> Vec<Vec<bool>> {
    (1..1usize << arguments.len())
        .map(|bits| (0..arguments.len()).map(|index| bits >> index & 1 == 1).collect::<Vec<bool>>())
        .filter(|is_data| {
            arguments.iter().zip(is_data).all(|(argument, &is_data)| is_data || argument.kind == Kind::Real)
        })
        .collect()
}

/// One input's values over the batch: those of each example, or one shared by all.
fn values(examples: &[Vec<InputValue>], index: usize, is_data: bool) -> Vec<&Tensor> {
    examples.iter().map(|example| if is_data { &example[index].value } else { &examples[0][index].value }).collect()
}

fn stacked(parts: &[&Tensor]) -> Tensor {
    let shape: Shape = parts[0].shape().with_leading(parts.len());
    Tensor::new(shape, parts.iter().flat_map(|part| part.data().to_vec()).collect()).unwrap()
}

fn mean(parts: &[&Tensor]) -> Tensor {
    Tensor::from_fn(parts[0].shape(), |i| parts.iter().map(|part| part.data()[i]).sum::<f64>() / parts.len() as f64)
}

fn run(graph: &chainrule_graph::Graph, bindings: &Bindings, target: NodeId) -> Tensor {
    evaluate(graph, bindings, &[target]).unwrap()[target].clone()
}

fn reals(function: &Function, arguments: &[InputValue]) -> Vec<(usize, NodeId)> {
    let id = |index: usize| function.graph.find(&format!("x{index}")).unwrap();
    (0..arguments.len()).filter(|&index| arguments[index].kind == Kind::Real).map(|index| (index, id(index))).collect()
}

#[test]
fn values_objective_and_gradients_are_those_of_a_loop() {
    for animal in zoo() {
        let examples: Vec<Vec<InputValue>> = (1..=SIZE as u64).map(animal.draw).collect();
        for is_data in choices(&examples[0]) {
            let function = split(&animal, &examples[0], &is_data);
            let batched = batch(&function, SIZE).unwrap();
            verify(&batched.graph).unwrap();
            let mut bindings = Bindings::new();
            for (index, &is_data) in is_data.iter().enumerate() {
                let parts = values(&examples, index, is_data);
                let id = batched.graph.find(&format!("x{index}")).unwrap();
                bindings.set(id, if is_data { stacked(&parts) } else { parts[0].clone() });
            }
            let alone: Vec<Built> = (0..SIZE)
                .map(|example| {
                    let arguments = (0..is_data.len()).map(|index| InputValue {
                        value: values(&examples, index, is_data[index])[example].clone(),
                        ..examples[example][index].clone()
                    });
                    crate::support::build(&arguments.collect::<Vec<_>>(), |b, x| (animal.function)(b, x))
                })
                .collect();
            let outputs: Vec<Tensor> = alone.iter().map(Built::value).collect();
            let prediction = run(&batched.graph, &bindings, batched.prediction.unwrap());
            assert_close(&prediction, &stacked(&outputs.iter().collect::<Vec<_>>()), 1e-13);

            let loose: Vec<(Tensor, Vec<Tensor>)> = alone.iter().map(objective_alone).collect();
            let objective = run(&batched.graph, &bindings, batched.objective.unwrap());
            assert_close(&objective, &mean(&loose.iter().map(|(value, _)| value).collect::<Vec<_>>()), 1e-12);

            // The gradient of the mean: of a parameter the mean of the gradients, of data each example's share.
            let wrt: Vec<(usize, NodeId)> = reals(&batched, &examples[0]);
            let ids: Vec<NodeId> = wrt.iter().map(|&(_, id)| id).collect();
            let (graph, gradients) = grad(&batched.graph, batched.objective.unwrap(), &ids).unwrap();
            verify(&graph).unwrap();
            for (position, (&(index, _), &found)) in wrt.iter().zip(&gradients).enumerate() {
                let each: Vec<&Tensor> = loose.iter().map(|(_, gradients)| &gradients[position]).collect();
                let expected = if is_data[index] {
                    let stacked = stacked(&each);
                    Tensor::from_fn(stacked.shape(), |i| stacked.data()[i] / SIZE as f64)
                } else {
                    mean(&each)
                };
                assert_close(&run(&graph, &bindings, found), &expected, 1e-11);
            }
        }
    }
}

fn objective_alone(built: &Built) -> (Tensor, Vec<Tensor>) {
    let builder = Builder::extend_graph(built.graph.clone());
    let output = weighted_sum(builder.var(built.output)).id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let weighted = Built { graph, inputs: built.inputs.clone(), output, bindings: built.bindings.clone() };
    (weighted.value(), weighted.gradients())
}

#[test]
fn a_batched_gradient_is_the_gradient_of_each_example() {
    for animal in zoo() {
        let examples: Vec<Vec<InputValue>> = (1..=SIZE as u64).map(animal.draw).collect();
        for is_data in choices(&examples[0]) {
            let function = split(&animal, &examples[0], &is_data);
            let wrt = reals(&function, &examples[0]);
            let ids: Vec<NodeId> = wrt.iter().map(|&(_, id)| id).collect();
            let (graph, gradients) = grad(&function.graph, function.objective.unwrap(), &ids).unwrap();
            for &target in &gradients {
                let of_one =
                    Function { graph: graph.clone(), prediction: Some(target), objective: None, ..function.clone() };
                let batched = batch(&of_one, SIZE).unwrap();
                verify(&batched.graph).unwrap();
                let (mut bindings, mut alone) = (Bindings::new(), vec![Bindings::new(); SIZE]);
                for (index, &is_data) in is_data.iter().enumerate() {
                    let parts = values(&examples, index, is_data);
                    let name = format!("x{index}");
                    let id = batched.graph.find(&name).unwrap();
                    bindings.set(id, if is_data { stacked(&parts) } else { parts[0].clone() });
                    for (bindings, part) in alone.iter_mut().zip(parts) {
                        bindings.set(graph.find(&name).unwrap(), part.clone());
                    }
                }
                let expected: Vec<Tensor> = alone.iter().map(|bindings| run(&graph, bindings, target)).collect();
                let found = run(&batched.graph, &bindings, batched.prediction.unwrap());
                assert_close(&found, &stacked(&expected.iter().collect::<Vec<_>>()), 1e-12);
            }
        }
    }
}

#[test]
fn a_batch_of_no_examples_is_refused() {
    let zoo = zoo();
    let function = split(&zoo[0], &(zoo[0].draw)(1), &[true, true]);
    assert!(batch(&function, 0).unwrap_err().message.contains("no examples"));
}
