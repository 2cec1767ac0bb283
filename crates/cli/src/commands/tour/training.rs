//! A model of the tour, trained.

use std::collections::BTreeMap;

use chainrule::learn::{self, Dataset, Epoch, Measure, Parameters, Scores, Slot, TrainError, Training, Transforms};
use chainrule::text::Dim;
use chainrule::{Function, Tensor};

use super::models::Model;
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::progress::Progress;

/// A trained model with its history.
pub struct Trained {
    /// What was trained.
    pub model: &'static Model,
    /// The rows held out, as the function takes them.
    pub validation: Dataset,
    function: Function,
    parameters: Parameters,
    history: Vec<Epoch>,
}

/// Trains a model, on inputs standardised by the training rows if that is asked for.
pub fn train(
    model: &'static Model,
    epochs: usize,
    training: &Dataset,
    validation: &Dataset,
    standardize: bool,
    seed: u64,
) -> Result<Trained, Failure> {
    let file = ModelFile::parse(model.file.into(), model.graph.into())?;
    let function = file.build(&sizes(&file, training))?;
    let transforms = if standardize { Transforms::standardizing(training) } else { Transforms::new() };
    let (training, validation) = (transforms.apply(training)?, transforms.apply(validation)?);
    let mut parameters = Parameters::initialize(&function, seed)?;
    let settings = Training { epochs, batch: model.batch, rate: model.rate, seed, ..Training::default() };
    let mut progress = Progress::new(model.name);
    let mut observe = |event: learn::Progress<'_>| {
        if let learn::Progress::Step { epoch, of } = event {
            progress.at(epoch, of);
        }
    };
    let trained = learn::train(&function, &mut parameters, &training, Some(&validation), &settings, &mut observe);
    let trained = trained.map_err(|error| match error {
        TrainError::Diverged(diverged) => file.diverged(*diverged),
        TrainError::Learn(error) => error.into(),
    })?;
    Ok(Trained { model, validation, function, parameters, history: trained.history })
}

/// The free sizes, each the size of a vector in the data.
fn sizes(file: &ModelFile, rows: &Dataset) -> BTreeMap<String, f64> {
    let named = |slot: &Slot| match &slot.dims[..] {
        [Dim::Size(name)] => {
            let field = rows.fields().iter().find(|field| field.name == slot.name)?;
            Some((name.clone(), field.shape.size() as f64))
        }
        _ => None,
    };
    Slot::all_of(&file.model).iter().filter_map(named).collect()
}

impl Trained {
    /// The mean squared error or the accuracy at the end, on the training rows and on those held out.
    pub fn final_scores(&self) -> [f64; 2] {
        let last = self.history.last();
        [last.map(|epoch| epoch.train), last.and_then(|epoch| epoch.valid)].map(score)
    }

    /// (epoch, score) on the training rows, or on those held out.
    pub fn curve(&self, on_training: bool) -> Vec<(f64, f64)> {
        let of = |epoch: &Epoch| score(if on_training { Some(epoch.train) } else { epoch.valid });
        self.history.iter().map(|epoch| (epoch.epoch as f64, of(epoch))).collect()
    }

    /// The predictions for rows, as the function takes them.
    pub fn predictions(&self, rows: &Dataset) -> Result<Tensor, Failure> {
        Ok(learn::predictions(&self.function, &self.parameters, rows)?)
    }
}

fn score(scores: Option<Scores>) -> f64 {
    let measured = |scores: Scores| scores.measure.map(|(_, score): (Measure, f64)| score);
    scores.and_then(measured).unwrap_or(f64::NAN)
}
