//! Small models that are known to be good, on rows as a table, judged on rows that they were not trained on.

use chainrule_graph::{Builder, Function, Initializer, Kind, Tensor, Var};
use chainrule_learn::{
    Adam, Dataset, Field, LearnError, Optimizer, Parameters, Role, Schedule, TrainError, Training, Unobserved,
    predictions, train,
};

use crate::features;
use crate::measure::Measured;
use crate::statistics::{moments, quantiles};
use crate::task::{Decision, Task, TaskKind};

/// Of more elements, an example is summed up; of more columns, small models say nothing of it.
const MOST_FEATURES: usize = 1024;
/// Of more rows, so many are taken.
const MOST_ROWS: usize = 2000;
/// How many parts the rows are split into, each of which is held out once.
pub(crate) const FOLDS: usize = 4;
/// How many steps each is trained.
const STEPS: usize = 1500;
/// How many rows a step takes.
const BATCH: usize = 32;

/// A class is rare if it has less than this part of an even share of the rows.
pub(crate) const RARE: f64 = 0.35;

/// How wide the hidden layer is.
pub(crate) const HIDDEN: usize = 32;

/// Rows as plain features, each of mean 0 and deviation 1, and an outcome.
pub(crate) struct Table {
    /// What is learned.
    pub task: Task,
    /// How many features there are.
    pub width: usize,
    /// The features, row by row.
    pub features: Vec<f64>,
    /// The outcomes, row by row.
    pub outcomes: Vec<f64>,
    /// How many elements the outcome has.
    pub size: usize,
    /// Whether the rows are the places of sequences, which count as they are, by the likelihood.
    are_places: bool,
}

impl Table {
    /// These rows, some of them if there are many, in an order in which neighbours of the file are apart.
    pub fn of(task: &Task, rows: &Dataset) -> Result<Option<Table>, LearnError> {
        Table::of_rows(task, rows, &spread(rows.rows()), MOST_FEATURES)
    }

    /// The first rows in their order; of more, those behind are left out. Sequences and images are summed up if they have more
    /// elements than half of the rows.
    pub fn in_order(task: &Task, rows: &Dataset) -> Result<Option<Table>, LearnError> {
        let picked: Vec<usize> = (0..rows.rows().min(MOST_ROWS)).collect();
        Table::of_rows(task, rows, &picked, picked.len() / 2)
    }

    fn of_rows(task: &Task, rows: &Dataset, picked: &[usize], most: usize) -> Result<Option<Table>, LearnError> {
        let Some(target) = rows.fields().iter().find(|field| field.name == task.target) else { return Ok(None) };
        let is_sequence = target.shape.rank() > 0 && task.classes().is_some();
        let is_given_back = target.role == Role::Input;
        if is_sequence || is_given_back || rows.rows() < 2 * FOLDS {
            return Ok(None);
        }
        let rows = rows.select(picked);
        let mut columns = Vec::new();
        for field in rows.fields().iter().filter(|field| field.role == Role::Input) {
            // Of plain columns all or none.
            let most = if field.shape.rank() < 2 { MOST_FEATURES } else { most };
            match features::columns(field, &rows, most)? {
                Some(more) => columns.extend(more),
                None => return Ok(None),
            }
        }
        let (count, width) = (rows.rows(), columns.len());
        if width == 0 || width > MOST_FEATURES {
            return Ok(None);
        }
        let mut features = vec![0.0; count * width];
        for (element, column) in columns.into_iter().enumerate() {
            for (row, value) in standardized(&column).into_iter().enumerate() {
                features[row * width + element] = value;
            }
        }
        let (low, high) = task.range;
        let outcomes = rows.values(&task.target)?.iter().map(|y| y.clamp(low, high)).collect();
        Ok(Some(Table { task: task.clone(), width, features, outcomes, size: target.shape.size(), are_places: false }))
    }

    /// A table of these values, of each of which there are so many in a row, for an outcome of one element.
    pub fn of_columns(task: &Task, values: Vec<f64>, width: usize, outcomes: Vec<f64>) -> Table {
        let mut features = values;
        for element in 0..width {
            let column: Vec<f64> = features.iter().skip(element).step_by(width).copied().collect();
            let places = features.iter_mut().skip(element).step_by(width);
            places.zip(standardized(&column)).for_each(|(place, value)| *place = value);
        }
        Table { task: task.clone(), width, features, outcomes, size: 1, are_places: true }
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.outcomes.len() / self.size.max(1)
    }

    /// How good a network with these hidden layers is on rows that it was not trained on.
    pub fn cross_validated(&self, hidden: &[usize]) -> Result<Option<Measured>, LearnError> {
        let count = self.count();
        let size = self.task.classes().unwrap_or(self.size);
        let mut held_out = vec![0.0; count * size];
        for fold in 0..FOLDS {
            let (out, kept): (Vec<usize>, Vec<usize>) = (0..count).partition(|row| row % FOLDS == fold);
            let Some(predicted) = self.predicted(hidden, &kept, &out)? else { return Ok(None) };
            for (row, values) in out.iter().zip(predicted.chunks(size)) {
                held_out[row * size..][..size].copy_from_slice(values);
            }
        }
        let rows = if self.are_places { vec![1, count] } else { vec![count] };
        let shape: Vec<usize> = if size == 1 { rows } else { rows.into_iter().chain([size]).collect() };
        let Ok(held_out) = Tensor::new(shape, held_out) else { return Ok(None) };
        let judged = match &self.task.kind {
            TaskKind::Numbers => self.task.clone(),
            TaskKind::Classes { labels, .. } if self.are_places => by_probabilities(&self.task, labels),
            TaskKind::Classes { labels, .. } => Task { kind: decided_by_greatest(labels), ..self.task.clone() },
        };
        Ok(Some(judged.measure(&held_out, &self.outcomes)))
    }

    /// The rows, those of rare classes so often that no class is rare.
    fn balanced(&self, rows: &[usize], labels: &[f64]) -> Vec<usize> {
        let of: Vec<Vec<usize>> = labels
            .iter()
            .map(|label| rows.iter().copied().filter(|&row| self.outcomes[row] == *label).collect())
            .collect();
        let even = rows.len() / of.iter().filter(|rows| !rows.is_empty()).count().max(1);
        let times = |class: &Vec<usize>| match (class.len() as f64) < RARE * even as f64 {
            true => even / class.len().max(1),
            false => 1,
        };
        of.iter().flat_map(|class| std::iter::repeat_n(class, times(class)).flatten().copied()).collect()
    }

    /// What such a network that was trained on some rows predicts for others; of classes, the probability of each.
    fn predicted(&self, hidden: &[usize], kept: &[usize], out: &[usize]) -> Result<Option<Vec<f64>>, LearnError> {
        let labels = match &self.task.kind {
            TaskKind::Numbers => None,
            TaskKind::Classes { labels, .. } => Some(labels),
        };
        let kept = &match labels {
            Some(labels) if !self.are_places => self.balanced(kept, labels),
            _ => kept.to_vec(),
        };
        let Ok(function) = network(self.width, hidden, self.size, labels.map(Vec::len)) else { return Ok(None) };
        let targets: Vec<f64> = match labels {
            Some(labels) => self.outcomes.iter().map(|outcome| place(labels, *outcome) as f64).collect(),
            None => self.outcomes.clone(),
        };
        let of_kept: Vec<f64> = picked(&targets, self.size, kept);
        let (mean, deviation) = if labels.is_some() { (0.0, 1.0) } else { moments(&of_kept) };
        let scale = if deviation > 0.0 { deviation } else { 1.0 };
        let scaled = |values: Vec<f64>| -> Vec<f64> { values.into_iter().map(|y| (y - mean) / scale).collect() };
        let data = |rows: &[usize]| {
            let fields = [Field::of(&function, "x")?, Field::of(&function, "y")?];
            let values = [picked(&self.features, self.width, rows), scaled(picked(&targets, self.size, rows))];
            Dataset::new("the rows", rows.len(), fields.into_iter().zip(values))
        };
        let (training, others) = (data(kept)?, data(out)?);
        let mut parameters = Parameters::initialize(&function, 0)?;
        match train(&function, &mut parameters, &training, None, &settings(kept.len()), &mut Unobserved) {
            Ok(_) => {}
            Err(TrainError::Learn(error)) => return Err(error),
            Err(TrainError::Diverged(_)) => return Ok(None),
        }
        let predicted = predictions(&function, &parameters, &others)?.into_data();
        Ok(Some(match labels {
            Some(_) => predicted,
            None => predicted.into_iter().map(|value| mean + scale * value).collect(),
        }))
    }
}

/// The task, of a prediction of a probability for each class.
pub(crate) fn by_probabilities(task: &Task, labels: &[f64]) -> Task {
    let are_probabilities = matches!(task.kind, TaskKind::Classes { are_probabilities: true, .. });
    let kind = TaskKind::Classes { labels: labels.to_vec(), decision: Decision::Greatest, are_probabilities };
    Task { kind, ..task.clone() }
}

fn decided_by_greatest(labels: &[f64]) -> TaskKind {
    TaskKind::Classes { labels: labels.to_vec(), decision: Decision::Greatest, are_probabilities: false }
}

fn settings(rows: usize) -> Training<'static> {
    let epochs = (STEPS * BATCH).div_ceil(rows.max(1)).max(1);
    Training {
        epochs,
        batch: BATCH,
        rate: 0.01,
        schedule: Schedule::Cosine,
        optimizer: Optimizer::AdamW { adam: Adam::default(), decay: 0.01 },
        reports: 1,
        ..Training::default()
    }
}

/// A network of tanh layers: of so many classes by softmax, else of so many numbers.
fn network(
    width: usize,
    hidden: &[usize],
    size: usize,
    classes: Option<usize>,
) -> Result<Function, chainrule_graph::GraphError> {
    let builder = Builder::new();
    let (mut h, mut inner) = (builder.input("x", [width]), width);
    for (index, &units) in hidden.iter().enumerate() {
        h = affine(&builder, &format!("{index}"), h, inner, units).tanh();
        inner = units;
    }
    match classes {
        Some(classes) => {
            let y = builder.outcome_of("y", [], Kind::Int, Some(classes));
            let prediction = affine(&builder, "last", h, inner, classes).softmax(0);
            builder.prediction(prediction);
            builder.objective(builder.nll(prediction, y));
        }
        None => {
            let shape: Vec<usize> = if size == 1 { Vec::new() } else { vec![size] };
            let y = builder.outcome("y", shape.clone());
            let prediction = affine(&builder, "last", h, inner, size).reshape(shape);
            builder.prediction(prediction);
            builder.objective((prediction - y).power(2.0).sum());
        }
    }
    builder.finish()
}

fn affine<'g>(builder: &'g Builder, name: &str, x: Var<'g>, inputs: usize, outputs: usize) -> Var<'g> {
    let w = builder.parameter(&format!("W{name}"), [outputs, inputs], Initializer::Glorot);
    let b = builder.parameter(&format!("b{name}"), [outputs], Initializer::Constant(0.0));
    builder.affine(w, x, b)
}

fn place(labels: &[f64], outcome: f64) -> usize {
    labels.iter().position(|label| *label == outcome).unwrap_or(0)
}

/// Rows of so many elements.
fn picked(values: &[f64], size: usize, rows: &[usize]) -> Vec<f64> {
    rows.iter().flat_map(|row| values[row * size..][..size].iter().copied()).collect()
}

/// Some of so many rows, evenly spread, in an order in which neighbours of the file are apart.
pub(crate) fn spread(rows: usize) -> Vec<usize> {
    let mut generator = chainrule_learn::random::generator(0, chainrule_learn::random::Purpose::Split);
    let mut order = chainrule_learn::random::permutation(rows, &mut generator);
    order.truncate(MOST_ROWS);
    order
}

/// Of about mean 0 and deviation 1, by the median and the middle two thirds, so that a few extremes do not decide, and cut
/// off at so many deviations; 0 where the column is constant.
fn standardized(column: &[f64]) -> Vec<f64> {
    const MOST: f64 = 5.0;
    let [low, median, high] = quantiles(column, [0.16, 0.5, 0.84]);
    let middle = (high - low) / 2.0;
    let (mean, deviation) = moments(column);
    let (center, scale) = if middle > 0.0 { (median, middle) } else { (mean, deviation) };
    let scaled = |value: &f64| if scale > 0.0 { ((value - center) / scale).clamp(-MOST, MOST) } else { 0.0 };
    column.iter().map(scaled).collect()
}
