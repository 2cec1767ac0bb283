//! Every row of the case table through the compiled engine: value, first gradient and updated state, within the error
//! bound that the reference carries along, at every SIMD level and precision.

use chainrule_exec::bounds::{Rounding, evaluate_with_bounds};
use chainrule_exec::compile::{Options, Precision, compile};
use chainrule_exec::run::Run;
use chainrule_exec::{Bindings, ExecError};
use chainrule_graph::{Builder, Function, Graph, Initializer, Kind, NodeId, Tensor, Value, grad, text};
use chainrule_kernels::Level;
use chainrule_kernels::philox::Philox;

use crate::rows::{Row, reals, rows};

/// By how many times its bound the engine may be off. The reference has rounding errors of its own, which makes 2; the
/// engine multiplies the scalars of an update in another order, which adds roundings that its graph does not have.
const MOST: f64 = 4.0;

/// How many steps the state takes.
const STEPS: usize = 2;

/// A row with what is computed from it.
struct TrainingStep {
    name: String,
    function: Function,
    wanted: Vec<Value>,
}

/// The row's graph with the gradient of its weighted sum, and a state that moves along its result.
fn training_step(row: &Row) -> TrainingStep {
    let weighted = row.weighted();
    let objective = weighted.objective;
    let builder = Builder::extend(weighted);
    let value = builder.var(row.result);
    if value.kind() == Kind::Real {
        let state = builder.state("moving", value.shape(), Initializer::Constant(0.5));
        builder.update(state, state - 0.1 * (value + 0.25 * state));
    }
    let function = builder.finish().expect("the row is well formed");
    let mut step = TrainingStep { name: row.case.name.clone(), function, wanted: vec![row.result] };
    if let Some(objective) = objective {
        let real = reals(&step.function.graph, &step.function.inputs);
        let (graph, gradients) = grad(&step.function.graph, objective, &real).expect("the row can be differentiated");
        step.wanted.extend(gradients);
        step.function.graph = graph;
    }
    step
}

fn name(graph: &Graph, id: NodeId) -> &str {
    graph.name(id).expect("what is bound has a name")
}

/// How many elements were compared, and how many of them had no bound or hung on a close comparison.
#[derive(Default)]
struct Count {
    compared: usize,
    left_out: usize,
}

/// Runs the steps of a row, and compares each with the reference at the state that the engine had before it.
fn compare(step: &TrainingStep, bindings: &Bindings, options: &Options, count: &mut Count) -> Result<(), ExecError> {
    let TrainingStep { function: Function { graph, inputs, state, .. }, wanted, .. } = step;
    let rounding = match options.precision {
        Precision::F32 => Rounding::F32,
        Precision::F64 => Rounding::F64,
    };
    let program = compile(graph, &Options { outputs: wanted.clone(), ..options.clone() })?;
    let mut workspace = program.workspace().expect("it has room");
    for &id in inputs {
        program.set(&mut workspace, name(graph, id), bindings.get(id).expect("every input is drawn"))?;
    }
    for parameter in state {
        let start = Tensor::filled(graph.shape(parameter.node), 0.5);
        program.set(&mut workspace, name(graph, parameter.node), &start)?;
    }
    for _ in 0..STEPS {
        let mut bindings = bindings.clone();
        for parameter in state {
            bindings.set(parameter.node, program.get(&workspace, name(graph, parameter.node))?);
        }
        let mut record = vec![f64::NAN; program.reported()];
        program.run_steps(&mut workspace, Run { tables: &[], order: &[], stop: None }, 1, &mut record)?;
        let targets: Vec<Value> = wanted.iter().copied().chain(graph.updates().iter().map(|u| u.value)).collect();
        let bounded = evaluate_with_bounds(graph, &bindings, &targets, &rounding)?;
        let mut rest = &record[..];
        let mut found = Vec::new();
        for &id in wanted {
            let (elements, others) = rest.split_at(graph.shape(id).size());
            found.push((id, Tensor::new(graph.shape(id), elements.to_vec()).expect("as many as the shape says")));
            rest = others;
        }
        for update in graph.updates() {
            found.push((update.value, program.get(&workspace, name(graph, update.target))?));
        }
        for (id, found) in found {
            let deviation = bounded.deviation(id, &found).expect("the shapes are the same");
            count.compared += found.data().len();
            count.left_out += deviation.left_out;
            let expected = bounded.value(id).expect("it was a target");
            assert!(
                deviation.ratio <= MOST,
                "{}: {}, element {}: {} times the bound at {:?}, {}\n{found:?}\nwhere this is right: {expected:?}\n{}\n{program}",
                step.name,
                graph.describe(id),
                deviation.element,
                deviation.ratio,
                options.precision,
                program.level(),
                text::print(&step.function),
            );
        }
    }
    Ok(())
}

#[test]
fn every_row_compiled_is_within_the_bound_of_the_reference() {
    let mut generator = Philox::new(3, 0);
    let mut count = Count::default();
    for row in rows() {
        let step = training_step(&row);
        for precision in [Precision::F64, Precision::F32] {
            let bindings = row.bindings(&mut generator);
            for level in Level::available() {
                let options = Options { precision, level: Some(level), ..Options::default() };
                compare(&step, &bindings, &options, &mut count)
                    .unwrap_or_else(|error| panic!("{}: {error}", step.name));
            }
        }
    }
    assert!(count.compared > 1000, "{} elements were compared", count.compared);
    let share = count.left_out as f64 / count.compared as f64;
    assert!(share <= 0.01, "{} of {} elements were left out", count.left_out, count.compared);
}
