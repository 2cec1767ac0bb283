//! A model of the tour, trained.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chainrule::draw::Drawing;
use chainrule::learn::{
    self, Dataset, Epoch, FieldDeclaration, Measure, Parameters, Scores, TrainError, Training, Transforms,
};
use chainrule::text::Dim;
use chainrule::{Function, Tensor};

use super::models::TourModel;
use crate::error::CommandError;
use crate::model_file::ModelFile;
use crate::progress::ProgressMeter;

/// A trained model with its history.
pub struct TrainedModel {
    /// What was trained.
    pub model: &'static TourModel,
    /// The rows held out, as the function takes them.
    pub validation: Dataset,
    function: Function,
    parameters: Parameters,
    history: Vec<Epoch>,
}

/// Trains a model, on inputs standardised by the training rows if that is asked for.
pub fn train(
    model: &'static TourModel,
    epochs: usize,
    training: &Dataset,
    validation: &Dataset,
    standardize: bool,
    seed: u64,
) -> Result<TrainedModel, CommandError> {
    let file = ModelFile::parse(model.file.into(), model.graph.into())?;
    let function = file.build(&sizes(&file, training))?;
    let transforms = if standardize { Transforms::standardizing(training) } else { Transforms::new() };
    let (training, validation) = (transforms.apply(training)?, transforms.apply(validation)?);
    let mut parameters = Parameters::initialize(&function, seed)?;
    let TourModel { optimizer, batch, rate, .. } = *model;
    let settings = Training { epochs, batch, optimizer, rate, seed, ..Training::default() };
    let mut progress = ProgressMeter::new(model.name);
    let mut observe = |event: learn::Progress<'_>| {
        if let learn::Progress::EpochDone { epoch, of } = event {
            progress.at(epoch, of);
        }
        ControlFlow::Continue(())
    };
    let trained = learn::train(&function, &mut parameters, &training, Some(&validation), &settings, &mut observe);
    let trained = trained.map_err(|error| match error {
        TrainError::Diverged(diverged) => file.diverged(*diverged),
        TrainError::Learn(error) => error.into(),
    })?;
    Ok(TrainedModel { model, validation, function, parameters, history: trained.history })
}

/// The free sizes, each that of an axis in the data.
fn sizes(file: &ModelFile, rows: &Dataset) -> BTreeMap<String, f64> {
    let mut sizes = BTreeMap::new();
    for declaration in FieldDeclaration::all_of(&file.model) {
        let Some(field) = rows.fields().iter().find(|field| field.name == declaration.name) else { continue };
        for (dim, &size) in declaration.dims.iter().zip(field.shape.iter()) {
            if let Dim::Size(name) = dim {
                sizes.insert(name.clone(), size as f64);
            }
        }
    }
    sizes
}

impl TrainedModel {
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

    /// Its graph, drawn as SVG.
    pub fn drawing(&self) -> Vec<u8> {
        Drawing::new(&self.function).svg().into_bytes()
    }

    /// The predictions for rows, as the function takes them.
    pub fn predictions(&self, rows: &Dataset) -> Result<Tensor, CommandError> {
        Ok(learn::predictions(&self.function, &self.parameters, rows)?)
    }
}

fn score(scores: Option<Scores>) -> f64 {
    let measured = |scores: Scores| scores.measure().map(|(_, score): (Measure, f64)| score);
    scores.and_then(measured).unwrap_or(f64::NAN)
}
