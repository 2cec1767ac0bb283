//! The pass that takes one phase of a function.

use chainrule_graph::{Builder, Function, Initializer, Op, Phase, Tensor, batch, phase, text, verify};

fn in_phase(function: &Function, which: Phase) -> Function {
    let (taken, _) = phase(function, which).expect("the function is whole");
    verify(&taken.graph).expect("so is what is taken of it");
    assert!(!taken.graph.nodes().iter().any(|node| node.op.name() == "in_training"));
    taken
}

/// y = in_training(a, b) with a state that follows the mean of the batch.
fn both() -> Function {
    text::parse(
        "input x [3]\nstate m [3] = 0\nmean = batch_mean(x)\nupdate m = 0.9 * m + 0.1 * mean\n\
         y = in_training(x - mean, x - m)\nn = batch_size()\nprediction = y * n\n",
    )
    .and_then(|model| model.build(&Default::default()))
    .expect("it is a model")
}

#[test]
fn training_keeps_the_first_operand_and_the_updates() {
    let function = both();
    let training = in_phase(&function, Phase::Training);
    assert_eq!(training.graph.updates().len(), 1);
    assert!(training.has_phases(), "the mean over the batch stays");
    let y = training.graph.find("y").expect("the name goes with the value");
    let operand = training.graph.node(y).inputs[1];
    assert_eq!(training.graph.name(operand), Some("mean"));
}

#[test]
fn prediction_keeps_the_second_operand_and_no_updates() {
    let function = both();
    let (prediction, map) = phase(&function, Phase::Prediction).expect("the function is whole");
    verify(&prediction.graph).expect("so is what is taken of it");
    assert!(prediction.graph.updates().is_empty() && !prediction.has_phases());
    assert_eq!((prediction.inputs.len(), prediction.state.len()), (1, 1));
    let y = prediction.graph.find("y").expect("the name goes with the value");
    assert_eq!(map.get(function.graph.find("y").expect("it is there")), Some(y));
    assert_eq!(prediction.graph.name(prediction.graph.node(y).inputs[1]), Some("m"));
    assert_eq!(prediction.graph.find("mean"), None, "only training needs it");
    let n = prediction.graph.find("n").expect("it is there");
    assert!(matches!(prediction.graph.node(n).op, Op::Source(_)));
}

/// An operand that has a name of its own keeps it.
#[test]
fn both_names_stay() {
    let builder = Builder::new();
    let x = builder.input("x", [2]);
    let a = x.sin().named("a");
    builder.prediction(a.in_training(x).named("y"));
    let function = builder.finish().expect("it is whole");
    for which in [Phase::Training, Phase::Prediction] {
        let taken = in_phase(&function, which);
        assert_eq!(taken.prediction, taken.graph.find("y"));
        assert!(taken.graph.find("x").is_some());
    }
    assert!(in_phase(&function, Phase::Training).graph.find("a").is_some());
}

#[test]
fn the_body_of_a_loop_is_taken_in_the_phase_too() {
    let builder = Builder::new();
    let (start, xs) = (builder.input("h", [2]), builder.input("xs", [3, 2]));
    let states = builder.scan(&[start], &[xs], |h, x| vec![(h[0] + x[0].batch_mean()).in_training(h[0].tanh())])[0];
    builder.prediction(states);
    let function = builder.finish().expect("it is whole");
    assert!(function.has_phases());
    let names = |function: &Function| -> Vec<String> {
        let scan = function.graph.nodes().iter().find_map(|node| match &node.op {
            Op::Scan(scan) => Some(scan),
            _ => None,
        });
        let body = &scan.expect("the loop is there").body;
        body.graph().nodes().iter().map(|node| node.op.name().to_string()).collect()
    };
    assert_eq!(names(&in_phase(&function, Phase::Training)), ["input", "input", "batch_mean", "add"]);
    let prediction = in_phase(&function, Phase::Prediction);
    assert_eq!(names(&prediction), ["input", "input", "tanh"]);
    assert!(!prediction.has_phases());
}

#[test]
fn a_batch_has_one_mean_and_a_size() {
    let batched = batch(&both(), 4).expect("it can be batched");
    let mean = batched.graph.find("mean").expect("it keeps its name");
    assert_eq!(batched.graph.shape(mean).to_string(), "[3]");
    let n = batched.graph.find("n").expect("so does this");
    let Op::Source(chainrule_graph::ops::Source::Constant(constant)) = &batched.graph.node(n).op else {
        panic!("the size of a batch is a number");
    };
    assert_eq!(*constant.value, Tensor::scalar(4.0));
    let update = batched.graph.updates()[0];
    assert_eq!(batched.graph.shape(update.value).to_string(), "[3]");
}

/// Also in a loop that reads nothing that differs between the examples.
#[test]
fn a_loop_knows_the_size_of_the_batch() {
    let builder = Builder::new();
    let xs = builder.parameter("xs", [3], Initializer::Constant(0.0));
    let all = builder.scan(&[], &[xs], |_, x| vec![x[0] / builder.batch_size_of_at_least(2)])[0];
    builder.prediction(builder.input("x", []) * all.sum());
    let function = builder.finish().expect("it is whole");
    assert!(batch(&function, 1).expect_err("one example is too few").message.contains("at least 2"));
    let batched = batch(&function, 4).expect("it can be batched");
    let is_left = |node: &chainrule_graph::Node| node.op.is_across_examples();
    assert!(!batched.graph.nodes().iter().any(is_left));
}

#[test]
fn a_state_follows_no_single_example() {
    let builder = Builder::new();
    let x = builder.input("x", []);
    let m = builder.state("m", [], Initializer::Constant(0.0));
    builder.update(m, m + x);
    let function = builder.finish().expect("it is whole");
    let error = batch(&function, 2).expect_err("the examples differ");
    assert!(error.message.contains("the next value of `m` differs between examples"), "{error}");
    assert!(error.to_string().contains("batch_mean"), "{error}");
}

#[test]
fn a_batch_that_is_too_small_is_refused() {
    let builder = Builder::new();
    builder.prediction(builder.input("x", []) / builder.batch_size_of_at_least(2));
    let function = builder.finish().expect("it is whole");
    let error = batch(&function, 1).expect_err("one example is too few");
    assert_eq!(error.message, "batch_size would see a single value in a batch of 1; it takes a batch of at least 2");
    assert_eq!(function.smallest_batch().map(|(least, _)| least), Some(2));
    assert!(batch(&function, 2).is_ok());
    let (prediction, _) = phase(&function, Phase::Prediction).expect("it is whole");
    assert!(batch(&prediction, 1).is_ok());
}

#[test]
fn two_shapes_and_two_kinds_are_refused() {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [2]), builder.input("y", [3]));
    let _ = x.in_training(y);
    let error = builder.finish().expect_err("the shapes differ");
    assert_eq!(error.message, "in_training(`x`, `y`) takes two values of one shape, not [2] and [3]");
    let builder = Builder::new();
    let (x, i) = (builder.input("x", [2]), builder.iota(2));
    let _ = x.in_training(i);
    let error = builder.finish().expect_err("the kinds differ");
    assert!(error.message.contains("takes two values of one kind, not real and int"), "{error}");
}

/// Before the batch is made, in a loop, too; where the mean is held, each example has its gradient.
#[test]
fn gradients_of_each_example_are_refused_where_examples_see_each_other() {
    let gradients = |text: &str| {
        let function = text::parse(text).and_then(|model| model.build(&Default::default())).expect("it is a model");
        let (w, objective) = (function.graph.find("w").expect("it is named"), function.objective.expect("it has one"));
        let (graph, _) = chainrule_graph::grad(&function.graph, objective, &[w]).expect("it has derivatives");
        batch(&Function { graph, ..function }, 3)
    };
    let model = |m: &str| format!("input x []\nparam w [] = 1\nm = {m}\nobjective = (w * x - m)^2\n");
    let error = gradients(&model("batch_mean(w * x)")).expect_err("the mean is of all");
    assert!(error.message.starts_with("a gradient of each example through `m`, a mean over the batch"), "{error}");
    assert!(error.help.as_ref().is_some_and(|help| help.contains("`batch` first")), "{error:?}");
    assert!(error.to_string().contains("line 3"), "{error}");
    gradients(&model("stop_gradient(batch_mean(w * x))")).expect("the mean is held");
    let body = "def f(h, z) {\n  return h + batch_mean(h * z)\n}\n";
    let loop_of = "hs = scan(f, w, stack(x, x))\nobjective = last(hs)^2\n";
    let error = gradients(&format!("input x []\nparam w [] = 1\n{body}{loop_of}")).expect_err("so is this one");
    assert!(error.message.contains("through `hs`"), "{error}");
}
