//! Mistakes in compiling and running are errors that name the input and say what would be right.

use chainrule_exec::compile::{Options, Precision, Program, Run, compile};
use chainrule_graph::{Builder, Function, Initializer, Kind, Tensor};

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
        refused(|f, o| o.streams.push(f.objective.unwrap())),
        "`objective` is computed; only an input takes rows"
    );
    let unlisted = refused(|f, o| (o.finite, o.outputs) = (f.objective, Vec::new()));
    assert_eq!(unlisted, "`objective` must stay finite, but is no output");
}

#[test]
fn values_that_do_not_fit_are_named() {
    let program = program(&function(), Precision::F64);
    let mut workspace = program.workspace();
    let mut set = |name, value| program.set(&mut workspace, name, &value).unwrap_err().to_string();
    assert_eq!(set("w", Tensor::zeros([2])), "`w` has shape [3], not [2]");
    assert_eq!(set("v", Tensor::zeros([2])), "the program has no input `v` that is set from outside");
    assert_eq!(set("x", Tensor::zeros([3])), "`x` takes rows of a table; give it one");
    let table = |stream, rows: &[f64]| program.table(stream, rows).unwrap_err().to_string();
    assert_eq!(table(0, &[1.0; 4]), "`x` takes rows of 3 entries, which 4 entries are not");
    assert_eq!(table(1, &[0.0, 3.0]), "row 1: `class` takes a whole number from 0 to 2, not 3");
    assert_eq!(table(2, &[]), "the program takes 2 tables");
}

#[test]
fn tables_and_workspaces_of_other_programs_are_refused() {
    let function = function();
    let [program, narrow] = [Precision::F64, Precision::F32].map(|precision| program(&function, precision));
    let (x, class) = (program.table(0, &[0.1; 6]).unwrap(), program.table(1, &[0.0, 2.0]).unwrap());
    let mut workspace = program.workspace();
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
    let mut other = narrow.workspace();
    let error = program.set(&mut other, "w", &Tensor::zeros([3])).unwrap_err();
    assert_eq!(error.to_string(), "the workspace was made for another program");
}

#[test]
fn an_index_that_is_no_place_is_told_with_its_node() {
    let builder = Builder::new();
    let place = builder.input_of("place", [], Kind::Int, None);
    let table = builder.parameter("table", [3], Initializer::Constant(0.0));
    table.gather(place, 0).named("picked");
    let function = builder.finish().unwrap();
    let outputs = function.graph.find("picked").into_iter().collect();
    let streams = function.inputs.clone();
    let program = compile(&function.graph, &Options { streams, outputs, ..Options::default() }).unwrap();
    let table = program.table(0, &[2.0, -1.0]).unwrap();
    let run = Run { tables: &[&table], order: &[0, 1], stop: None };
    let error = program.run(&mut program.workspace(), run, &mut [0.0; 2]).unwrap_err().to_string();
    assert!(error.contains("`picked`") && error.contains("mistakes.rs"), "{error}");
    assert!(error.ends_with("the index -1 is not a whole number from 0 below 3"), "{error}");
}
