//! Mistakes in compiling and running are errors that name the input and say what would be right.

use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_exec::Bindings;
use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::evaluate_compiled;
use chainrule_exec::program::Program;
use chainrule_exec::run::{End, Run};
use chainrule_graph::{Builder, Function, Initializer, Kind, Tensor, Value};

fn function() -> Function {
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    let class = builder.outcome_of("class", [], Kind::Int, Some(3));
    let w = builder.parameter("w", [3], Initializer::Constant(0.0));
    builder.objective(builder.nll((w * x).softmax(0), class));
    builder.update(w, w * 0.5);
    builder.finish().unwrap()
}

fn options(function: &Function) -> Options {
    let streams = [&function.inputs[..], &function.outcomes].concat();
    Options { streams, outputs: vec![function.objective.unwrap()], ..Options::default() }
}

fn program(function: &Function, precision: Precision) -> Program {
    compile(&function.graph, &Options { precision, ..options(function) }).unwrap()
}

fn refused(change: impl FnOnce(&Function, &mut Options)) -> String {
    let function = function();
    let mut options = options(&function);
    change(&function, &mut options);
    compile(&function.graph, &options).unwrap_err().to_string()
}

#[test]
fn options_that_do_not_fit_the_graph_are_named() {
    assert_eq!(refused(|_, options| options.threads = 0), "a program uses 1 to 1024 threads, not 0");
    assert_eq!(refused(|_, options| options.threads = 1_000_000), "a program uses 1 to 1024 threads, not 1000000");
    assert_eq!(refused(|_, options| options.batch = Some(0)), "a batch has at least one row");
    assert_eq!(
        refused(|_, options| options.batch = Some(2)),
        "`x` has shape [3]; a batch of 2 rows needs a leading axis of 2"
    );
    assert_eq!(refused(|f, o| o.streams.push(f.inputs[0])), "`x` takes rows of two tables");
    assert_eq!(refused(|f, o| o.streams.push(f.parameters[0].node)), "`w` takes rows of a table, and is updated");
    assert_eq!(
        refused(|f, o| o.streams.push(f.objective.unwrap().node)),
        "`objective` is computed; only an input takes rows"
    );
    let unlisted = refused(|f, o| (o.finite, o.outputs) = (f.objective, Vec::new()));
    assert_eq!(unlisted, "`objective` must stay finite, but is no output");
}

#[test]
fn nodes_of_another_graph_are_refused() {
    let larger = function_of_nodes(100);
    let foreign = larger.inputs[99];
    let names: [fn(&mut Options, Value); 3] = [
        |options, id| options.outputs.push(id),
        |options, id| options.streams.push(id.node),
        |options, id| options.finite = Some(id),
    ];
    for name in names {
        let message = refused(|_, options| name(options, foreign.into()));
        assert!(message.starts_with("node 99 is of another graph; this one has "), "{message}");
    }
    let asked = evaluate_compiled(&function().graph, &Bindings::new(), &[foreign], &Options::default())
        .unwrap_err()
        .to_string();
    assert!(asked.starts_with("node 99 is of another graph"), "{asked}");
}

fn function_of_nodes(count: usize) -> Function {
    let builder = Builder::new();
    for index in 0..count {
        builder.input(&format!("x{index}"), []);
    }
    builder.finish().unwrap()
}

#[test]
fn values_that_do_not_fit_are_named() {
    let program = program(&function(), Precision::F64);
    let mut workspace = program.workspace().expect("it has room");
    let mut set = |name, value| program.set(&mut workspace, name, &value).unwrap_err().to_string();
    assert_eq!(set("w", Tensor::zeros([2])), "`w` takes a value of shape [3], not [2]");
    assert_eq!(set("v", Tensor::zeros([2])), "the program has no input `v` that is set from outside");
    assert_eq!(set("x", Tensor::zeros([3])), "`x` takes rows of a table; give it one");
    let table = |stream, rows: &[f64]| program.table(stream, rows).unwrap_err().to_string();
    assert_eq!(table(0, &[1.0; 4]), "`x` takes rows of 3 elements, which 4 elements are not");
    assert_eq!(table(1, &[0.0, 3.0]), "row 1: `class` takes a whole number from 0 to 2, not 3");
    assert_eq!(table(2, &[]), "the program takes 2 tables");
}

#[test]
fn tables_and_workspaces_of_other_programs_are_refused() {
    let function = function();
    let [program, narrow] = [Precision::F64, Precision::F32].map(|precision| program(&function, precision));
    let (x, class) = (program.table(0, &[0.1; 6]).unwrap(), program.table(1, &[0.0, 2.0]).unwrap());
    let mut workspace = program.workspace().expect("it has room");
    let mut run = |tables: &[_], order: &[u32], record: usize| {
        let run = Run { tables, order, stop: None };
        program.run(&mut workspace, run, &mut vec![0.0; record]).map_err(|error| error.to_string())
    };
    assert!(run(&[&x, &class], &[0, 1], 2).is_ok());
    assert_eq!(run(&[&class, &x], &[0], 1).unwrap_err(), "`x` takes rows of shape [3], not []");
    assert_eq!(run(&[&x], &[0], 1).unwrap_err(), "the program takes 2 tables, not 1");
    assert_eq!(run(&[&x, &class], &[2], 1).unwrap_err(), "there is no row 2 in the table of `x`, which has 2");
    assert_eq!(run(&[&x, &class], &[0], 0).unwrap_err(), "there is no room to record the outputs of all steps");
    let other = narrow.table(0, &[0.1; 6]).unwrap();
    let precision = run(&[&other, &class], &[0], 1).unwrap_err();
    assert_eq!(precision, "the table of `x` is of another precision than the program's");
    let twin = self::program(&function, Precision::F64);
    for mut other in [narrow.workspace().expect("it has room"), twin.workspace().expect("it has room")] {
        let mine = "the workspace was made for another program";
        assert_eq!(program.set(&mut other, "w", &Tensor::zeros([3])).unwrap_err().to_string(), mine);
        assert_eq!(program.get(&other, "w").unwrap_err().to_string(), mine);
        let run = Run { tables: &[&x, &class], order: &[0], stop: None };
        assert_eq!(program.run(&mut other, run, &mut [0.0]).unwrap_err().to_string(), mine);
    }
    assert!(program.set(&mut workspace.clone(), "w", &Tensor::zeros([3])).is_ok(), "a copy is the program's too");
    let run = Run { tables: &[&x, &class], order: &[0], stop: None };
    let error = program.run_steps(&mut workspace, run, 2, &mut [0.0; 2]).unwrap_err().to_string();
    assert_eq!(error, "the order names fewer rows than the steps take");
}

#[test]
fn a_truth_value_is_0_or_1() {
    let builder = Builder::new();
    let holds = builder.input_of("holds", [2], Kind::Bool, None);
    let w = builder.parameter("w", [2], Initializer::Constant(1.0));
    holds.select(w, -w).named("chosen");
    let function = builder.finish().unwrap();
    let outputs: Vec<Value> = function.graph.find("chosen").into_iter().collect();
    let program = compile(&function.graph, &Options { outputs: outputs.clone(), ..Options::default() }).unwrap();
    let mut workspace = program.workspace().expect("it has room");
    let mut set = |values: [f64; 2]| program.set(&mut workspace, "holds", &Tensor::vector(values));
    assert!(set([0.0, 1.0]).is_ok());
    assert_eq!(set([0.0, 0.5]).unwrap_err().to_string(), "`holds` takes 0 or 1, not 0.5 (element 1)");
    let options = Options { streams: function.inputs.clone(), outputs, ..Options::default() };
    let error = compile(&function.graph, &options).unwrap().table(0, &[1.0, 0.0, 1.0, 2.0]).unwrap_err();
    assert_eq!(error.to_string(), "row 1: `holds` takes 0 or 1, not 2 (element 1)");
}

/// `w` doubles at each step and is reported.
fn doubling() -> Program {
    let builder = Builder::new();
    let w = builder.parameter("w", [], Initializer::Constant(1.0));
    builder.objective(w * 1.0);
    builder.update(w, w * 2.0);
    let function = builder.finish().unwrap();
    let outputs: Vec<Value> = function.objective.into_iter().collect();
    let options = Options { precision: Precision::F32, finite: function.objective, outputs, ..Options::default() };
    compile(&function.graph, &options).unwrap()
}

#[test]
fn a_run_ends_where_the_objective_is_not_finite() {
    let program = doubling();
    let mut workspace = program.workspace().expect("it has room");
    program.set(&mut workspace, "w", &Tensor::scalar(1.0)).unwrap();
    let mut record = [0.0; 200];
    let run = Run { tables: &[], order: &[], stop: None };
    // 2¹²⁷ is the last power in f32: steps 0 to 127 are finite, and step 128 is not.
    assert_eq!(program.run_steps(&mut workspace, run, 200, &mut record).unwrap(), (129, End::NotFinite));
    assert_eq!((record[127], record[128], record[129]), (2f64.powi(127), f64::INFINITY, 0.0));
}

#[test]
fn a_run_ends_where_the_flag_is_set() {
    let program = doubling();
    let mut workspace = program.workspace().expect("it has room");
    program.set(&mut workspace, "w", &Tensor::scalar(1.0)).unwrap();
    let stop = AtomicBool::new(true);
    let run = Run { tables: &[], order: &[], stop: Some(&stop) };
    assert_eq!(program.run_steps(&mut workspace, run, 5, &mut [0.0; 5]).unwrap(), (0, End::Stopped));
    assert_eq!(program.get(&workspace, "w").unwrap(), Tensor::scalar(1.0));
    stop.store(false, Ordering::Relaxed);
    assert_eq!(program.run_steps(&mut workspace, run, 5, &mut [0.0; 5]).unwrap(), (5, End::Finished));
    assert_eq!(program.get(&workspace, "w").unwrap(), Tensor::scalar(32.0));
}

#[test]
fn values_are_asked_of_a_program_as_of_the_reference() {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [2]), builder.input("y", []));
    let w = builder.parameter("w", [2], Initializer::Constant(0.0));
    let product = w.dot(x);
    let chosen = builder.constant(1.0).greater(0.0).select(product, y);
    builder.update(w, w * 2.0);
    builder.objective(chosen);
    let product = product.id().unwrap();
    let function = builder.finish().unwrap();
    let (graph, objective) = (&function.graph, function.objective.unwrap());
    let mut bindings = Bindings::new();
    bindings
        .set(function.inputs[0], Tensor::vector([1.0, 2.0]))
        .set(function.parameters[0].node, Tensor::vector([3.0, 4.0]));
    let targets = [product, objective];
    let f32 = Options { precision: Precision::F32, ..Options::default() };
    let missing = evaluate_compiled(graph, &bindings, &targets, &Options::default()).unwrap_err().to_string();
    assert_eq!(missing, "`y` has no value; it takes one of shape []");
    bindings.set(function.inputs[1], Tensor::scalar(f64::INFINITY));
    for precision in [Precision::F32, Precision::F64] {
        let values =
            evaluate_compiled(graph, &bindings, &targets, &Options { precision, ..Options::default() }).unwrap();
        assert_eq!((values[product].item(), values[objective].item()), (11.0, 11.0));
        assert!(values.get(function.inputs[0]).is_none(), "only what was asked for");
    }
    bindings.set(function.inputs[0], Tensor::vector([1e200, 0.0]));
    assert_eq!(evaluate_compiled(graph, &bindings, &targets, &Options::default()).unwrap()[objective].item(), 3e200);
    assert_eq!(evaluate_compiled(graph, &bindings, &targets, &f32).unwrap()[objective].item(), f64::INFINITY);
    bindings.set(function.inputs[0], Tensor::vector([1.0]));
    let shape = evaluate_compiled(graph, &bindings, &targets, &Options::default()).unwrap_err().to_string();
    assert_eq!(shape, "`x` takes a value of shape [2], not [1]");
}

#[test]
fn an_index_that_is_no_place_is_told_with_its_node() {
    let builder = Builder::new();
    let index = builder.input_of("index", [], Kind::Int, None);
    let table = builder.parameter("table", [3], Initializer::Constant(0.0));
    table.gather(index, 0).named("picked");
    let function = builder.finish().unwrap();
    let outputs = function.graph.find("picked").into_iter().collect();
    let streams = function.inputs.clone();
    let program = compile(&function.graph, &Options { streams, outputs, ..Options::default() }).unwrap();
    let table = program.table(0, &[2.0, -1.0]).unwrap();
    let run = Run { tables: &[&table], order: &[0, 1], stop: None };
    let error =
        program.run(&mut program.workspace().expect("it has room"), run, &mut [0.0; 2]).unwrap_err().to_string();
    assert!(error.contains("`picked`") && error.contains("mistakes.rs"), "{error}");
    assert!(error.ends_with("the index -1 is not a whole number from 0 below 3"), "{error}");
}

#[test]
fn more_steps_than_can_be_counted_have_no_room_and_no_rows() {
    let builder = Builder::new();
    let x = builder.input("x", [4]);
    let y = (x * 2.0).id().unwrap();
    let x = x.id().unwrap();
    let graph = builder.finish_graph().unwrap();
    let streams = vec![x.node];
    let program =
        compile(&graph, &Options { streams, batch: Some(4), outputs: vec![y], ..Options::default() }).unwrap();
    let mut workspace = program.workspace().unwrap();
    let table = program.table(0, &[1.0; 4]).unwrap();
    let run = Run { tables: &[&table], order: &[0; 4], stop: None };
    // Four times as many are none, if the product is cut off.
    let steps = usize::MAX / 4 + 1;
    let error = program.advance(&mut workspace, run, steps).unwrap_err().to_string();
    assert_eq!(error, "the order names fewer rows than the steps take");
    let program = compile(&graph, &Options { outputs: vec![y], ..Options::default() }).unwrap();
    let mut workspace = program.workspace().unwrap();
    let error = program.run_steps(&mut workspace, Run::default(), steps, &mut [0.0; 4]).unwrap_err().to_string();
    assert_eq!(error, "there is no room to record the outputs of all steps");
}
