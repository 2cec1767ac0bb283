//! Predictions and scores over a whole dataset, by compiled programs.

use chainrule_exec::check_memory;
use chainrule_exec::compile::{Options, Precision, Run, Table, compile};
use chainrule_graph::{Function, NodeId, Shape, Tensor, batch_values};

use crate::dataset::Dataset;
use crate::engine::{data_nodes, tables, workspace};
use crate::error::LearnError;
use crate::parameters::Parameters;
use crate::score::Measure;

/// How many rows a program takes at once.
const ROWS: usize = 64;

/// How a function does on a dataset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// The mean objective over the rows.
    pub objective: f64,
    /// The mean squared error or the accuracy, where one fits the function.
    pub measure: Option<(Measure, f64)>,
}

/// The scores of a function over all rows.
pub fn scores(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<Scores, LearnError> {
    let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let measure = Measure::of(function).zip(function.prediction);
    let wanted: Vec<NodeId> = [objective].into_iter().chain(measure.map(|(_, prediction)| prediction)).collect();
    let mut results = over_rows(function, parameters, data, &wanted, true)?;
    let mean = results[0].data().iter().sum::<f64>() / data.rows() as f64;
    let measure = match measure {
        Some(((measure, outcome), _)) => {
            let outcomes = Tensor::vector(data.values(function.name(outcome))?);
            let predictions = results.swap_remove(1);
            Some((measure, measure.score(&predictions, &outcomes)))
        }
        None => None,
    };
    Ok(Scores { objective: mean, measure })
}

/// The objective of each row.
pub fn objectives(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<Vec<f64>, LearnError> {
    let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let mut results = over_rows(function, parameters, data, &[objective], true)?;
    Ok(results.swap_remove(0).into_data())
}

/// The predictions for all rows, [rows, …]. Outcomes are not needed.
pub fn predictions(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<Tensor, LearnError> {
    let prediction = function.prediction.ok_or(LearnError::Lacks("prediction"))?;
    Ok(over_rows(function, parameters, data, &[prediction], false)?.swap_remove(0))
}

/// The values of nodes for every row, each [rows, …].
fn over_rows(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    wanted: &[NodeId],
    with_outcomes: bool,
) -> Result<Vec<Tensor>, LearnError> {
    // Per row, so the objective must not be averaged: only wanted nodes are asked of the batched graph.
    let graph = function.graph.clone().without_updates();
    let mut each = Function { graph, objective: None, prediction: None, ..function.clone() };
    if !with_outcomes {
        each.outcomes.clear();
    }
    let shapes: Vec<Shape> = wanted.iter().map(|&id| function.graph.node(id).shape.clone()).collect();
    let mut gathered: Vec<Vec<f64>> = shapes.iter().map(|_| Vec::new()).collect();
    let rows = data.rows();
    // As they are recorded, and once more in order
    let entries = shapes.iter().map(Shape::size).fold(0, usize::saturating_add);
    check_memory(entries.saturating_mul(2 * rows), || format!("the results for {rows} rows"))?;
    let whole = rows / ROWS * ROWS;
    let order: Vec<u32> = (0..rows as u32).collect();
    for (part, size) in [(&order[..whole], ROWS), (&order[whole..], rows - whole)] {
        if !part.is_empty() {
            run_part(&each, parameters, data, wanted, part, size, &mut gathered)?;
        }
    }
    let tensor = |(shape, entries): (&Shape, Vec<f64>)| {
        Tensor::new(shape.with_leading(rows), entries).expect("each step reports every entry of its rows")
    };
    Ok(shapes.iter().zip(gathered).map(tensor).collect())
}

fn run_part(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    wanted: &[NodeId],
    order: &[u32],
    size: usize,
    gathered: &mut [Vec<f64>],
) -> Result<(), LearnError> {
    let (batched, outputs) = batch_values(function, size, wanted)?;
    let program = compile(
        &batched.graph,
        &Options {
            precision: Precision::F64,
            streams: data_nodes(&batched),
            batch: Some(size),
            outputs,
            ..Options::default()
        },
    )?;
    let mut workspace = workspace(&program)?;
    for parameter in batched.parameters.iter().chain(&batched.state) {
        let name = batched.name(parameter.node);
        program.set(&mut workspace, name, parameters.get(name)?)?;
    }
    let tables = tables(&program, function, data)?;
    let tables: Vec<&Table> = tables.iter().collect();
    let reported = program.reported();
    let mut record = vec![0.0; order.len() / size * reported];
    program.run(&mut workspace, Run { tables: &tables, order, stop: None }, &mut record)?;
    for step in record.chunks(reported.max(1)) {
        let mut rest = step;
        for (gathered, id) in gathered.iter_mut().zip(wanted) {
            let (entries, others) = rest.split_at(function.graph.node(*id).shape.size() * size);
            gathered.extend_from_slice(entries);
            rest = others;
        }
    }
    Ok(())
}
