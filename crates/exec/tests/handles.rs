//! Arguments and outputs by handles, as slices of either precision; tables from borrowed and shared slices.

use std::sync::Arc;

use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{End, Run};
use chainrule_exec::{ExecError, Inadmissible, InputType};
use chainrule_graph::ops::Source;
use chainrule_graph::{Builder, Function, Graph, Initializer, Kind, NodeId, Op, Shape, Tensor, Value};

const PRECISIONS: [Precision; 2] = [Precision::F32, Precision::F64];

/// The sum over rows of x [2, 3], and x turned, repeated, cut, and as it is.
fn views() -> (Graph, [Value; 6]) {
    let builder = Builder::new();
    let x = builder.input("x", [2, 3]);
    let double = x * 2.0;
    let outputs = [
        double.sum_axes(&[0]),
        double.transpose(),
        double.sum().broadcast_to([2, 2]),
        double.slice(&[0, 1], &[2, 3]),
        double.slice(&[0, 1], &[0, 3]),
        x,
    ];
    let ids = outputs.map(|output| output.id().unwrap());
    (builder.finish_graph().unwrap(), ids)
}

fn program(graph: &Graph, outputs: &[Value], precision: Precision) -> Program {
    compile(graph, &Options { outputs: outputs.to_vec(), precision, ..Options::default() }).unwrap()
}

#[test]
fn values_go_in_and_come_out_as_slices_of_either_precision() {
    let (graph, outputs) = views();
    let expected: [&[f64]; 6] = [
        &[10.0, 14.0, 18.0],
        &[2.0, 8.0, 4.0, 10.0, 6.0, 12.0],
        &[42.0; 4],
        &[4.0, 6.0, 10.0, 12.0],
        &[],
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    ];
    for precision in PRECISIONS {
        let program = program(&graph, &outputs, precision);
        let mut workspace = program.workspace().unwrap();
        let x = program.argument("x").unwrap();
        program.write_argument(&mut workspace, x, &[1f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let mut record = vec![0.0; program.reported()];
        program.run_steps(&mut workspace, Run::default(), 1, &mut record).unwrap();
        // What a step reports stays when the argument is set anew.
        program.write_argument(&mut workspace, x, &[0f64; 6]).unwrap();
        for (&id, expected) in outputs.iter().zip(expected) {
            let output = program.output(id).unwrap();
            assert_eq!(&record[program.reported_range(output).unwrap()], expected);
            let (mut wide, mut narrow) = (vec![0f64; expected.len()], vec![0f32; expected.len()]);
            program.read_output(&workspace, output, &mut wide).unwrap();
            program.read_output(&workspace, output, &mut narrow).unwrap();
            assert_eq!(wide, expected, "{precision:?}");
            assert_eq!(narrow.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>(), expected);
        }
        let mut zeros = [1f32; 6];
        program.read_argument(&workspace, x, &mut zeros).unwrap();
        assert_eq!(zeros, [0.0; 6]);
    }
}

#[test]
fn a_handle_of_another_program_is_an_error() {
    let (graph, outputs) = views();
    let [mine, other] = PRECISIONS.map(|precision| program(&graph, &outputs, precision));
    let mut workspace = mine.workspace().unwrap();
    let (argument, output) = (other.argument("x").unwrap(), other.output(outputs[0]).unwrap());
    let errors = [
        mine.write_argument(&mut workspace, argument, &[0.0; 6]).unwrap_err(),
        mine.read_argument(&workspace, argument, &mut [0.0; 6]).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.to_string(), "the handle is of an argument of another program");
    }
    let errors =
        [mine.read_output(&workspace, output, &mut [0.0; 3]).unwrap_err(), mine.reported_range(output).unwrap_err()];
    for error in errors {
        assert_eq!(error.to_string(), "the handle is of an output of another program");
    }
    let error = other.write_argument(&mut workspace, argument, &[0.0; 6]).unwrap_err().to_string();
    assert_eq!(error, "the workspace was made for another program");
}

#[test]
fn what_is_no_argument_or_output_is_told() {
    let builder = Builder::new();
    let (x, rows) = (builder.input("x", [2]), builder.input("rows", [2]));
    let source = Source::Input { shape: [2].into(), kind: Kind::Real, bound: None };
    let nameless = builder.push(Op::Source(source), &[]);
    let sum = x + rows + nameless;
    let [x, rows, nameless, sum] = [x, rows, nameless, sum].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let options = Options { streams: vec![rows.node], outputs: vec![sum], ..Options::default() };
    let program = compile(&graph, &options).unwrap();
    let told = |id| program.argument_of(id).unwrap_err().to_string();
    assert_eq!(told(rows), "`rows` takes rows of a table; give it one");
    assert_eq!(told(sum), format!("the program has no input at node {} that is set from outside", sum.node.index()));
    let foreign = Value::from(NodeId::from_index(99));
    let count = graph.nodes().len();
    assert_eq!(told(foreign), format!("node 99 is of another graph; this one has {count} nodes"));
    assert_eq!(program.output(foreign).unwrap_err().to_string(), told(foreign));
    let error = program.output(x).unwrap_err().to_string();
    assert_eq!(error, "node 0 is no output; the options of the compilation name those");
    assert_eq!(program.argument("").unwrap_err().to_string(), "the program has no input `` that is set from outside");

    let mut workspace = program.workspace().unwrap();
    let handle = program.argument_of(nameless).unwrap();
    let error = program.write_argument(&mut workspace, handle, &[1.0; 3]).unwrap_err().to_string();
    let name = graph.describe(nameless);
    assert_eq!(error, format!("{name} takes 2 elements, a value of shape [2], not 3"));
    program.write_argument(&mut workspace, handle, &[1.0, 2.0]).unwrap();
    let table = program.table(0, &[10f32, 20.0]).unwrap();
    program.advance(&mut workspace, Run { tables: &[&table], order: &[0], stop: None }, 1).unwrap();
    let mut found = [0.0; 2];
    program.read_output(&workspace, program.output(sum).unwrap(), &mut found).unwrap();
    assert_eq!(found, [11.0, 22.0]);
    let error = program.read_output(&workspace, program.output(sum).unwrap(), &mut [0.0]).unwrap_err().to_string();
    assert_eq!(error, format!("{} has 2 elements; there is room for 1", graph.describe(sum)));
}

/// What is reported of a state is its value before the step that replaces it; so it is when it is read afterwards.
#[test]
fn an_output_that_a_step_replaces_is_the_one_reported() {
    let builder = Builder::new();
    let w = builder.state("w", [2], Initializer::Constant(0.0));
    builder.update(w, w * 2.0);
    let id = w.id().unwrap();
    let function = builder.finish().unwrap();
    let program = program(&function.graph, &[id], Precision::F64);
    let mut workspace = program.workspace().unwrap();
    program.write_argument(&mut workspace, program.argument("w").unwrap(), &[1.0, 3.0]).unwrap();
    let (mut record, mut read) = ([0.0; 6], [0.0; 2]);
    program.run_steps(&mut workspace, Run::default(), 3, &mut record).unwrap();
    program.read_output(&workspace, program.output(id).unwrap(), &mut read).unwrap();
    assert_eq!((record, read), ([1.0, 3.0, 2.0, 6.0, 4.0, 12.0], [4.0, 12.0]));
    assert_eq!(program.get(&workspace, "w").unwrap(), Tensor::vector([8.0, 24.0]));
}

/// A new value that is reported stays as it was when the state that it became is set anew.
#[test]
fn an_output_that_a_state_became_stays_when_the_state_is_set() {
    let builder = Builder::new();
    let (w, c, m) = (
        builder.state("w", [2], Initializer::Constant(0.0)),
        builder.state("c", [], Initializer::Constant(0.0)),
        builder.state("m", [2, 2], Initializer::Constant(0.0)),
    );
    let x = builder.input("x", [2]);
    let news = [w * 2.0 + x, c + 1.0, m + x.outer(x)];
    for (target, new) in [w, c, m].into_iter().zip(news) {
        builder.update(target, new);
    }
    // All of a new value, part of one, and one that is a sum of a product.
    let outputs = [news[0], news[0].slice(&[1], &[2]), news[1], news[2]].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let program = program(&graph, &outputs, Precision::F64);
    let mut workspace = program.workspace().unwrap();
    program.write_argument(&mut workspace, program.argument("x").unwrap(), &[1.0, 2.0]).unwrap();
    program.advance(&mut workspace, Run::default(), 2).unwrap();
    for (name, size) in [("w", 2), ("c", 1), ("m", 4)] {
        program.write_argument(&mut workspace, program.argument(name).unwrap(), &[9.0; 4][..size]).unwrap();
    }
    let expected: [&[f64]; 4] = [&[3.0, 6.0], &[6.0], &[2.0], &[2.0, 4.0, 4.0, 8.0]];
    for (output, expected) in outputs.into_iter().zip(expected) {
        let mut found = vec![0.0; expected.len()];
        program.read_output(&workspace, program.output(output).unwrap(), &mut found).unwrap();
        assert_eq!(found, expected);
    }
    // The next step begins with what was set.
    program.advance(&mut workspace, Run::default(), 1).unwrap();
    assert_eq!(program.get(&workspace, "w").unwrap(), Tensor::vector([19.0, 20.0]));
    assert_eq!(program.get(&workspace, "c").unwrap().item(), 10.0);
    assert_eq!(program.get(&workspace, "m").unwrap().data(), [10.0, 11.0, 11.0, 13.0]);
}

#[test]
fn steps_that_record_nothing_are_the_same_and_end_alike() {
    let builder = Builder::new();
    let w = builder.state("w", [3], Initializer::Constant(0.0));
    builder.update(w, w * 2.0);
    let turned = (w * 1.0).reshape([3, 1]).broadcast_to([3, 2]).transpose();
    let id = turned.id().unwrap();
    let function = builder.finish().unwrap();
    let options = Options { outputs: vec![id], finite: Some(id), precision: Precision::F32, ..Options::default() };
    let program = compile(&function.graph, &options).unwrap();
    let mut workspace = program.workspace().unwrap();
    program.write_argument(&mut workspace, program.argument("w").unwrap(), &[0f32, 0.0, 1.0]).unwrap();
    let mut recorded = workspace.clone();
    assert_eq!(program.advance(&mut workspace, Run::default(), 200).unwrap(), (129, End::NotFinite));
    let mut record = vec![0.0; 200 * program.reported()];
    assert_eq!(program.run_steps(&mut recorded, Run::default(), 200, &mut record).unwrap(), (129, End::NotFinite));
    assert_eq!(program.get(&workspace, "w").unwrap(), program.get(&recorded, "w").unwrap());
}

/// Rows are shared where they can be read as they are, and give the same result everywhere.
#[test]
fn tables_are_made_of_borrowed_and_shared_slices() {
    let builder = Builder::new();
    let (x, class) = (builder.input("x", [2, 3]), builder.input_of("class", [2], Kind::Int, Some(4)));
    let sum = x.sum_axes(&[1]) + class.to_real();
    let [x, class, sum] = [x, class, sum].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let rows: Vec<f64> = (0..12).map(f64::from).collect();
    let narrow: Vec<f32> = rows.iter().map(|&x| x as f32).collect();
    let (rows, narrow) = (Arc::new(rows), Arc::new(narrow));
    let classes = [3f32, 0.0, 1.0, 2.0];
    for precision in PRECISIONS {
        let options = Options {
            streams: vec![x.node, class.node],
            outputs: vec![sum],
            batch: Some(2),
            precision,
            ..Options::default()
        };
        let program = compile(&graph, &options).unwrap();
        let class = program.table(1, &classes).unwrap();
        let tables = [
            program.table(0, &rows).unwrap(),
            program.table(0, &narrow).unwrap(),
            program.shared_table(0, rows.clone()).unwrap(),
            program.shared_table(0, narrow.clone()).unwrap(),
        ];
        let shared = [Arc::strong_count(&narrow) - 1, Arc::strong_count(&rows) - 1];
        assert_eq!(shared, if precision == Precision::F32 { [1, 0] } else { [0, 1] });
        for table in &tables {
            let mut record = [0.0; 4];
            let run = Run { tables: &[table, &class], order: &[3, 1, 0, 2], stop: None };
            program.run(&mut program.workspace().unwrap(), run, &mut record).unwrap();
            assert_eq!(record, [30.0 + 2.0, 12.0, 3.0 + 3.0, 21.0 + 1.0]);
        }
        let told = |error: ExecError| error.to_string();
        assert_eq!(
            told(program.shared_table(1, Arc::new(vec![0.0, 4.0])).unwrap_err()),
            "row 1: `class` takes a whole number from 0 to 3, not 4"
        );
        assert_eq!(
            told(program.table(1, &[0.5f32]).unwrap_err()),
            "row 0: `class` takes a whole number from 0 to 3, not 0.5"
        );
        assert_eq!(
            told(program.table(0, &[1.0; 4]).unwrap_err()),
            "`x` takes rows of 3 elements, which 4 elements are not"
        );
        assert_eq!(told(program.shared_table(2, rows.clone()).unwrap_err()), "the program takes 2 tables");
    }
}

/// A row that is read where it lies needs room behind it, so such rows are copied.
#[test]
fn shared_rows_that_are_read_where_they_lie_are_copied() {
    let builder = Builder::new();
    let (x, w) = (builder.input("x", [5]), builder.parameter("w", [5], Initializer::Constant(0.0)));
    let product = w.dot(x);
    let [x, product] = [x, product].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let options = Options { streams: vec![x.node], outputs: vec![product], ..Options::default() };
    let program = compile(&graph, &options).unwrap();
    let mut workspace = program.workspace().unwrap();
    program.write_argument(&mut workspace, program.argument("w").unwrap(), &[1.0, 10.0, 100.0, 1e3, 1e4]).unwrap();
    let rows: Arc<Vec<f64>> = Arc::new((0..10).map(f64::from).collect());
    let table = program.shared_table(0, rows.clone()).unwrap();
    assert_eq!(Arc::strong_count(&rows), 1);
    let mut record = [0.0; 2];
    program.run(&mut workspace, Run { tables: &[&table], order: &[0, 1], stop: None }, &mut record).unwrap();
    assert_eq!(record, [43210.0, 98765.0]);
    // One that a program for batches shares has no such room.
    let function = Function { graph, inputs: vec![x.node], ..Default::default() };
    let batched = chainrule_graph::batch_values(&function, 2, &[product]).unwrap().0.graph;
    let x = batched.find("x").unwrap();
    let of_batches =
        compile(&batched, &Options { streams: vec![x.node], batch: Some(2), ..Options::default() }).unwrap();
    let shared = of_batches.shared_table(0, rows).unwrap();
    let run = Run { tables: &[&shared], order: &[0, 1], stop: None };
    let error = program.run(&mut workspace, run, &mut record).unwrap_err().to_string();
    assert_eq!(error, "`x` is read where its rows lie, and this table shares them; make one by this program");
}

#[test]
fn what_an_input_takes_is_asked_in_one_place() {
    let builder = Builder::new();
    let (x, class) = (builder.input("x", [2, 2]), builder.input_of("class", [2], Kind::Int, Some(3)));
    let holds = builder.input_of("holds", [], Kind::Bool, None);
    let ids = [x, class, holds].map(|var| var.id().unwrap());
    let graph = builder.finish_graph().unwrap();
    let [x, class, holds] = ids.map(|id| InputType::of(&graph, id.node));
    assert_eq!(x.check(&Tensor::filled([2, 2], f64::NAN)), Ok(()));
    let shape = x.check(&Tensor::zeros([4])).unwrap_err();
    assert_eq!(shape, Inadmissible::Shape { expected: Shape::from([2, 2]), found: Shape::from([4]) });
    assert_eq!(
        x.check_elements(&[0f32; 3]).unwrap_err().to_string(),
        "takes 4 elements, a value of shape [2, 2], not 3"
    );
    assert_eq!(class.check_elements(&[2.0, 0.0]), Ok(()));
    assert_eq!(
        class.check_elements(&[0f32, 3.0]).unwrap_err().to_string(),
        "takes a whole number from 0 to 2, not 3 (element 1)"
    );
    assert_eq!(holds.check(&Tensor::scalar(0.5)).unwrap_err().to_string(), "takes 0 or 1, not 0.5");
    assert_eq!([1.0, 0.0, 2.0].map(|x| holds.elements.contains(x)), [true, true, false]);
    let function = Function { graph, ..Function::default() };
    assert_eq!(InputType::within(&function, ids[1].node), Ok(class));
    let node = NodeId::from_index(3);
    assert_eq!(InputType::within(&function, node), Err(ExecError::ForeignNode { node, count: 3 }));
}
