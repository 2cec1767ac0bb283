//! Predictions and scores over a whole dataset, by compiled programs.

use chainrule_exec::check_memory;
use chainrule_exec::compile::{Level, Options, Precision, compile};
use chainrule_exec::program::Program;
use chainrule_exec::run::{Run, StreamTable, Workspace};
use chainrule_graph::{Function, NodeId, Phase, Shape, Tensor, Value, batch_values, phase};

use crate::admission;
use crate::data::dataset::Dataset;
use crate::draws::by_row;
use crate::error::LearnError;
use crate::evaluation::failing_row::failing_row;
use crate::evaluation::figures::{Confusion, Figures};
use crate::evaluation::score::Measure;
use crate::evaluation::scoring::Scoring;
use crate::evaluation::tables::{Tables, data_nodes};
use crate::parameters::Parameters;

/// How many rows a program takes at once.
const ROWS: usize = 64;

/// How many steps are made at once, where their rows are brought to another precision.
const STEPS: usize = 64;

/// How a function does on a dataset, in the phase of prediction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// The mean objective over the rows.
    pub objective: f64,
    /// How good the predictions are.
    pub figures: Figures,
}

impl Scores {
    /// The main figure: the mean squared error or the accuracy, where one has a meaning.
    pub fn measure(&self) -> Option<(Measure, f64)> {
        self.figures.main()
    }
}

/// The scores of a function over all rows.
///
/// # Errors
/// The function has no objective. The data lack an input or outcome, or have it of another shape or kind, or with a
/// value out of its bound. The results do not fit into memory. A node cannot be computed at a row, which the error
/// names.
pub fn scores(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<Scores, LearnError> {
    scores_by(&Scoring::of(function, data)?, function, parameters, data)
}

/// The scores of a function over all rows, its predictions scored as those of training were.
///
/// # Errors
/// Those of [`scores`()].
pub fn scores_by(
    scoring: &Scoring,
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
) -> Result<Scores, LearnError> {
    Scorer::new(&Tables::new(function, data), scoring, None)?.scores(parameters)
}

/// How often rows of each class were taken for each; none where predictions mean no classes.
///
/// # Errors
/// Those of [`predictions`()], and data without the outcome.
pub fn confusion(
    scoring: &Scoring,
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
) -> Result<Option<Confusion>, LearnError> {
    let (Some(_), Some(outcome)) = (scoring.labels(), scoring.outcome()) else { return Ok(None) };
    let outcomes = data.values(function.name(outcome))?.into_owned();
    let outcomes = Tensor::vector(outcomes);
    Confusion::of(scoring, &predictions(function, parameters, data)?, &outcomes).map(Some)
}

/// The objective of each row.
///
/// # Errors
/// Those of [`scores`()].
pub fn objectives(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<Vec<f64>, LearnError> {
    let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
    let tables = Tables::new(function, data);
    let mut results = OverRows::new(&tables, vec![objective], None)?.values(parameters)?;
    Ok(results.swap_remove(0).into_data())
}

/// The predictions for all rows, `[rows, …]`. Outcomes are not needed, nor inputs that the prediction does not read.
///
/// # Errors
/// The function has no prediction; else those of [`scores`()].
pub fn predictions(function: &Function, parameters: &Parameters, data: &Dataset) -> Result<Tensor, LearnError> {
    let prediction = function.prediction.ok_or(LearnError::Lacks("prediction"))?;
    Ok(node_values(function, parameters, data, &[prediction])?.swap_remove(0))
}

/// The values of nodes for all rows, each `[rows, …]`. Inputs and outcomes that none of them reads are not needed.
///
/// # Errors
/// Those of [`scores`()].
pub fn node_values(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    nodes: &[Value],
) -> Result<Vec<Tensor>, LearnError> {
    let tables = Tables::needed_for(function, data, nodes);
    OverRows::new(&tables, nodes.to_vec(), None)?.values(parameters)
}

/// What is said of a run over rows that failed: if the objective of one cannot be computed, that row.
#[cfg(feature = "training")]
pub(crate) fn at_its_row(
    error: LearnError,
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
) -> LearnError {
    match error {
        LearnError::Exec(_) => objectives(function, parameters, data).err().unwrap_or(error),
        other => other,
    }
}

/// Scores of one function on one dataset, at any parameters: it is compiled once.
pub(crate) struct Scorer<'a> {
    over: OverRows<'a>,
    /// What predictions are scored by, and the outcomes that they are compared with.
    compared: Option<(Scoring, Tensor)>,
}

impl<'a> Scorer<'a> {
    /// At a SIMD level; none is the machine's best.
    pub fn new(tables: &'a Tables<'a>, scoring: &Scoring, level: Option<Level>) -> Result<Scorer<'a>, LearnError> {
        let function = tables.function;
        let objective = function.objective.ok_or(LearnError::Lacks("objective"))?;
        let (mut wanted, mut compared) = (vec![objective], None);
        if let Some((outcome, prediction)) = scoring.outcome().zip(function.prediction) {
            let shape = function.graph.shape(outcome).with_leading(tables.data.rows());
            let values = tables.data.values(function.name(outcome))?.into_owned();
            let outcomes = Tensor::new(shape, values).map(|outcomes| tables.data.in_file_units(function, outcomes));
            compared = outcomes.ok().map(|outcomes| (scoring.clone(), outcomes));
            wanted.push(prediction);
        }
        Ok(Scorer { over: OverRows::new(tables, wanted, level)?, compared })
    }

    pub fn scores(&mut self, parameters: &Parameters) -> Result<Scores, LearnError> {
        let results = self.over.values(parameters)?;
        let objectives = results[0].data();
        let objective = objectives.iter().sum::<f64>() / objectives.len() as f64;
        let figures = match &self.compared {
            Some((scoring, outcomes)) => {
                let Tables { function, data, .. } = self.over.tables;
                Figures::of(scoring, &data.in_file_units(function, results[1].clone()), outcomes)?
            }
            None => Figures::None,
        };
        Ok(Scores { objective, figures })
    }
}

/// The values of some nodes for every row of a dataset.
struct OverRows<'a> {
    tables: &'a Tables<'a>,
    /// The function of each row, in the phase of prediction.
    each: Function,
    wanted: Vec<Value>,
    /// The shape of each wanted node, for one row.
    shapes: Vec<Shape>,
    /// For whole batches, and for the last, smaller one.
    batches: Vec<Batches>,
}

/// Rows that one program takes, so many at once.
struct Batches {
    size: usize,
    order: Vec<u32>,
    /// What is set by name.
    names: Vec<String>,
    program: Program,
    workspace: Workspace,
}

impl<'a> OverRows<'a> {
    fn new(tables: &'a Tables<'a>, wanted: Vec<Value>, level: Option<Level>) -> Result<OverRows<'a>, LearnError> {
        let function = tables.function;
        admission::check_bound(function, &wanted)?;
        // Per row, so the objective must not be averaged: only wanted nodes are asked of the batched graph.
        let (phased, map) = phase(function, Phase::Prediction)?;
        let phased = by_row(phased)?;
        let held = |ids: &[NodeId], now: &[NodeId]| -> Vec<NodeId> {
            // One more is the row.
            let more = now.iter().skip(ids.len());
            let of_data = ids.iter().zip(now).filter(|(id, _)| tables.hold(**id)).map(|(_, now)| now);
            of_data.chain(more).copied().collect()
        };
        let each = Function {
            inputs: held(&function.inputs, &phased.inputs),
            outcomes: held(&function.outcomes, &phased.outcomes),
            objective: None,
            prediction: None,
            ..phased
        };
        let shapes: Vec<Shape> = wanted.iter().map(|&id| function.graph.shape(id).clone()).collect();
        let rows = tables.data.rows();
        // As they are recorded, and once more in order
        let elements = shapes.iter().map(Shape::size).fold(0, usize::saturating_add);
        check_memory(elements.saturating_mul(2 * rows), || format!("the results for {rows} rows"))?;
        let whole = rows / ROWS * ROWS;
        let order: Vec<u32> = (0..rows as u32).collect();
        let stretches = [(&order[..whole], ROWS), (&order[whole..], rows - whole)].into_iter();
        let stretches = stretches.filter(|(order, _)| !order.is_empty());
        let wanted: Vec<Value> = wanted.iter().map(|&value| map.get(value).unwrap_or(value)).collect(); // they have a role
        let batches = |(order, size)| Batches::new(&each, &wanted, order, size, level);
        let batches = stretches.map(batches).collect::<Result<Vec<Batches>, _>>()?;
        if let Some(first) = batches.first() {
            // Mistakes in the data come before a run.
            if tables.are_wider(&first.program) {
                tables.check()?;
            } else {
                tables.of(&first.program, Some(first.size))?;
            }
        }
        Ok(OverRows { tables, each, wanted, shapes, batches })
    }

    /// The values at some parameters, each [rows, …]. An error names the first row, and the node, that cannot be
    /// computed.
    fn values(&mut self, parameters: &Parameters) -> Result<Vec<Tensor>, LearnError> {
        let mut gathered: Vec<Vec<f64>> = self.shapes.iter().map(|_| Vec::new()).collect();
        for batches in &mut self.batches {
            let record = match self.tables.are_wider(&batches.program) {
                true => batches.run_in_pieces(self.tables, parameters),
                false => {
                    let tables = self.tables.of(&batches.program, Some(batches.size))?;
                    batches.set(parameters)?;
                    batches.run(&tables)
                }
            };
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let tables = self.tables.of(&batches.program, Some(batches.size))?;
                    let data = self.tables.data;
                    let failing = failing_row(&self.each, parameters, data, batches.failing(&tables), &self.wanted);
                    return Err(failing.unwrap_or(error));
                }
            };
            for step in record.chunks(batches.program.reported().max(1)) {
                let mut rest = step;
                for (gathered, shape) in gathered.iter_mut().zip(&self.shapes) {
                    let (elements, others) = rest.split_at(shape.size() * batches.size);
                    gathered.extend_from_slice(elements);
                    rest = others;
                }
            }
        }
        let tensor = |(shape, elements): (&Shape, Vec<f64>)| {
            Tensor::new(shape.with_leading(self.tables.data.rows()), elements)
                .expect("each step reports every element of its rows")
        };
        Ok(self.shapes.iter().zip(gathered).map(tensor).collect())
    }
}

impl Batches {
    fn new(
        function: &Function,
        wanted: &[Value],
        order: &[u32],
        size: usize,
        level: Option<Level>,
    ) -> Result<Batches, LearnError> {
        let (batched, outputs) = batch_values(function, size, wanted)?;
        let program = compile(
            &batched.graph,
            &Options {
                precision: Precision::F64,
                level,
                streams: data_nodes(&batched),
                batch: Some(size),
                outputs,
                ..Options::default()
            },
        )?;
        let named = batched.parameters.iter().chain(&batched.state);
        let names = named.map(|parameter| batched.name(parameter.node).to_string()).collect();
        Ok(Batches { size, order: order.to_vec(), names, workspace: program.workspace()?, program })
    }

    fn set(&mut self, parameters: &Parameters) -> Result<(), LearnError> {
        for name in &self.names {
            self.program.set(&mut self.workspace, name, parameters.get(name)?)?;
        }
        Ok(())
    }

    /// What all steps over its rows report.
    fn run(&mut self, tables: &[&StreamTable]) -> Result<Vec<f64>, LearnError> {
        reported(&self.program, &mut self.workspace, self.size, Run { tables, order: &self.order, stop: None })
    }

    /// The same over all its rows, brought to the precision of the program so many at once: all of them would take more
    /// memory than the data.
    fn run_in_pieces(&mut self, tables: &Tables<'_>, parameters: &Parameters) -> Result<Vec<f64>, LearnError> {
        self.set(parameters)?;
        let mut record = Vec::new();
        for rows in self.order.chunks(self.size * STEPS) {
            let indices: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
            let piece = tables.data.select(&indices);
            let piece = tables.over(&piece, indices.first().copied().unwrap_or(0));
            let order: Vec<u32> = (0..rows.len() as u32).collect();
            let tables = piece.of(&self.program, Some(self.size))?;
            let run = Run { tables: &tables, order: &order, stop: None };
            record.extend(reported(&self.program, &mut self.workspace, self.size, run)?);
        }
        Ok(record)
    }

    /// The rows of the first step that fails; none if none does.
    fn failing(&mut self, tables: &[&StreamTable]) -> &[u32] {
        let mut record = vec![0.0; self.program.reported()];
        let fails = |rows: &&[u32]| {
            let run = Run { tables, order: rows, stop: None };
            self.program.run(&mut self.workspace, run, &mut record).is_err()
        };
        self.order.chunks(self.size).find(fails).unwrap_or_default()
    }
}

/// What all steps of a run report, each of `size` rows.
fn reported(program: &Program, workspace: &mut Workspace, size: usize, run: Run<'_>) -> Result<Vec<f64>, LearnError> {
    let mut record = vec![0.0; run.order.len() / size * program.reported()];
    program.run(workspace, run, &mut record)?;
    Ok(record)
}
