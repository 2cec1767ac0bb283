//! A batch equals a loop over its examples: results, the mean objective and its gradients, gradients of each example.

use chainrule_check::{CheckOptions, Draw, Draws, check_output};
use chainrule_exec::{Bindings, reference::evaluate};
use chainrule_graph::{Function, Graph, Initializer, NodeId, Parameter, Tensor, Value, batch, grad, verify};
use chainrule_kernels::philox::Philox;

use crate::rows::{Row, assert_close, reals, rows};

/// How many examples a batch has.
const BATCH: usize = 3;

/// A row of which some inputs are data, and the others parameters that all examples share; with values for all.
struct Split {
    name: String,
    function: Function,
    /// The inputs of each example.
    examples: Vec<Bindings>,
}

/// Every choice of the inputs that are data, of at least one.
fn splits(row: &Row, generator: &mut Philox) -> Vec<Split> {
    let (weighted, inputs) = (row.weighted(), &row.function.inputs);
    let chosen = |bits: usize| inputs.iter().enumerate().filter(move |(index, _)| bits >> index & 1 == 1);
    let choices = (1..1usize << inputs.len()).map(|bits| chosen(bits).map(|(_, &id)| id).collect::<Vec<NodeId>>());
    choices
        .map(|data| {
            let shared = row.bindings(generator);
            let example = |_| {
                let own = row.bindings(generator);
                let value = |id| own.get(id).expect("it is bound").clone();
                data.iter().fold(shared.clone(), |bindings, &id| bindings.with(id, value(id)))
            };
            let examples = (0..BATCH).map(example).collect();
            let name = format!("{}, batched over {data:?}", row.case.name);
            Split { name, function: with_parameters(&weighted, &data), examples }
        })
        .collect()
}

/// The same function, with the inputs that are not data as parameters: these stay unbatched.
fn with_parameters(function: &Function, data: &[NodeId]) -> Function {
    let (inputs, others): (Vec<NodeId>, Vec<NodeId>) = function.inputs.iter().partition(|id| data.contains(id));
    let parameter = |node| Parameter::new(node, Initializer::Constant(0.0));
    Function { inputs, parameters: others.into_iter().map(parameter).collect(), ..function.clone() }
}

impl Split {
    /// A function of this one's inputs, batched, with the bindings of all examples.
    fn batched(&self, function: &Function) -> (Function, Bindings) {
        let batched = batch(function, BATCH).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        verify(&batched.graph).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let mut bindings = Bindings::new();
        for (&old, &new) in function.inputs.iter().zip(&batched.inputs) {
            let values = self.examples.iter().map(|example| example.get(old).expect("it is bound"));
            bindings.set(new, stacked(values));
        }
        for (old, new) in function.parameters.iter().zip(&batched.parameters) {
            bindings.set(new.node, self.examples[0].get(old.node).expect("it is bound").clone());
        }
        (batched, bindings)
    }

    /// The value of a node at each example.
    fn of_each(&self, graph: &Graph, target: Value) -> Vec<Tensor> {
        let function = Function { graph: graph.clone(), ..Function::default() };
        let of_one = |(number, example)| run(&function.clone().with_examples_from(number).graph, example, target);
        self.examples.iter().enumerate().map(of_one).collect()
    }
}

fn run(graph: &Graph, bindings: &Bindings, target: Value) -> Tensor {
    evaluate(graph, bindings, &[target]).expect("it runs")[target].clone()
}

fn stacked<'a>(examples: impl Iterator<Item = &'a Tensor> + Clone) -> Tensor {
    let shape = examples.clone().next().expect("a batch has examples").shape().with_leading(BATCH);
    let elements = examples.flat_map(|example| example.data().to_vec()).collect();
    Tensor::new(shape, elements).expect("each example has the shape")
}

fn mean(examples: &[Tensor]) -> Tensor {
    let of_element = |i: usize| examples.iter().map(|example| example.data()[i]).sum::<f64>() / BATCH as f64;
    Tensor::from_fn(examples[0].shape(), of_element)
}

/// The rows in which no example sees another: a loop knows only one.
fn rows_by_example() -> Vec<Row> {
    let is_across = |row: &Row| row.function.graph.nodes().iter().any(|node| node.op.is_across_examples());
    rows().into_iter().filter(|row| !is_across(row)).collect()
}

#[test]
fn a_batch_is_a_loop() {
    let mut generator = Philox::new(2, 0);
    for split in rows_by_example().iter().flat_map(|row| splits(row, &mut generator)) {
        let Split { name, function, .. } = &split;
        let (batched, bindings) = split.batched(function);
        let prediction = |function: &Function| function.prediction.expect("the result is the prediction");
        let found = run(&batched.graph, &bindings, prediction(&batched));
        let expected = stacked(split.of_each(&function.graph, prediction(function)).iter());
        assert_eq!(found.shape(), expected.shape(), "{name}");
        assert_close(name, found.data(), expected.data());
    }
}

/// Of a parameter the gradient is the mean of those of the examples; of data it is each example's share.
#[test]
fn the_mean_objective_has_the_gradients_of_a_loop() {
    let mut generator = Philox::new(3, 0);
    for split in rows_by_example().iter().flat_map(|row| splits(row, &mut generator)) {
        let Split { name, function, .. } = &split;
        let Some(objective) = function.objective else { continue };
        let (batched, bindings) = split.batched(function);
        let found = run(&batched.graph, &bindings, batched.objective.expect("it has one, too"));
        assert_close(name, found.data(), mean(&split.of_each(&function.graph, objective)).data());
        let wrt = |function: &Function| {
            let parameters = function.parameters.iter().map(|parameter| parameter.node);
            reals(&function.graph, &function.inputs.iter().copied().chain(parameters).collect::<Vec<_>>())
        };
        let (alone, each) = grad(&function.graph, objective, &wrt(function)).expect("it has derivatives");
        let (together, gradients) =
            grad(&batched.graph, batched.objective.expect("it has one, too"), &wrt(&batched)).expect("so has this");
        verify(&together).unwrap_or_else(|error| panic!("{name}: {error}"));
        for ((id, of_one), of_all) in wrt(function).into_iter().zip(each).zip(gradients) {
            let each = split.of_each(&alone, of_one);
            let expected = if function.inputs.contains(&id) {
                let stacked = stacked(each.iter());
                Tensor::from_fn(stacked.shape(), |i| stacked.data()[i] / BATCH as f64)
            } else {
                mean(&each)
            };
            assert_close(&format!("{name}, by {id:?}"), run(&together, &bindings, of_all).data(), expected.data());
        }
    }
}

#[test]
fn a_batched_gradient_is_the_gradient_of_each_example() {
    let mut generator = Philox::new(4, 0);
    for split in rows_by_example().iter().flat_map(|row| splits(row, &mut generator)) {
        let Split { name, function, .. } = &split;
        let Some(objective) = function.objective else { continue };
        let wrt = reals(&function.graph, &function.inputs);
        let (graph, gradients) = grad(&function.graph, objective, &wrt).expect("it has derivatives");
        for target in gradients {
            let prediction = Some(target);
            let of_one = Function { graph: graph.clone(), prediction, objective: None, ..function.clone() };
            let (batched, bindings) = split.batched(&of_one);
            let found = run(&batched.graph, &bindings, batched.prediction.expect("it is the gradient"));
            let expected = stacked(split.of_each(&graph, target).iter());
            assert_close(name, found.data(), expected.data());
        }
    }
}

/// The rules of what batching makes of an op.
#[test]
fn derivatives_of_a_batch_are_right() {
    let options = CheckOptions { draws: 1, second: false, ..CheckOptions::default() };
    for row in rows().into_iter().filter(|row| row.case.derivatives > 0 && !row.function.inputs.is_empty()) {
        let name = &row.case.name;
        let batched = batch(&row.function, BATCH).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut draws = Draws::new();
        for (&id, input) in batched.inputs.iter().zip(&row.case.inputs) {
            let draw = match &input.draw {
                Draw::Fixed(values) => Draw::Fixed(stacked(std::iter::repeat_n(values, BATCH))),
                draw => draw.clone(),
            };
            draws.set(id, draw);
        }
        let result = batched.prediction.expect("the batched function predicts");
        let report = check_output(&batched.graph, result, &draws, &options);
        let report = report.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(report.passed(), "{name}:\n{report}");
    }
}

/// Where examples see each other, none has a gradient of its own.
#[test]
fn gradients_of_each_example_across_examples_are_refused() {
    let across = |row: &Row| row.function.graph.nodes().iter().any(|node| node.op.name() == "batch_mean");
    let rows: Vec<Row> = rows().into_iter().filter(across).collect();
    assert!(rows.len() > 2, "few rows are across examples");
    for row in rows.iter().filter(|row| row.function.objective.is_some()) {
        let name = &row.case.name;
        let objective = row.function.objective.expect("it has one");
        let wrt = reals(&row.function.graph, &row.function.inputs);
        let (graph, _) = grad(&row.function.graph, objective, &wrt).expect("it has derivatives");
        let error = batch(&Function { graph, ..row.function.clone() }, BATCH).expect_err(name);
        assert!(error.message.contains("a gradient of each example through"), "{name}: {error}");
    }
}

#[test]
fn a_batch_of_no_examples_is_refused() {
    let row = rows().into_iter().find(|row| !row.function.inputs.is_empty()).expect("a row has inputs");
    assert!(batch(&row.function, 0).expect_err("there is no example").message.contains("no examples"));
}
