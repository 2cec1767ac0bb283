//! `chainrule fit`: trains a model on a table.

mod curves;
mod figures;
mod init;
mod rows;
mod settings;
mod training_options;

use std::ops::ControlFlow;
use std::path::PathBuf;

use chainrule::Function;
use chainrule::learn::{
    self, Checkpointing, Dataset, Ending, Epoch, Parameters, Position, Rename, SavedModel, Scores, Scoring, TrainError,
    Trained, Training,
};
use clap::Args;
use serde_json::{Map, Value, json};

use self::figures::Scored;
use crate::columns;
use crate::data::{PreparedData, check_finite};
use crate::dropped_slope;
use crate::error::CommandError;
use crate::figures::{figures_left_out, warn_of_single_labels};
use crate::files;
use crate::format;
use crate::idle;
use crate::interrupt;
use crate::json::Object;
use crate::model_file::ModelFile;
use crate::notes::notes;
use crate::options;
use crate::output::{StandardOutput, message};
use crate::plots::picture_path;
use crate::progress::ProgressMeter;
use crate::standardize;

use rows::TrainingRows;
pub use settings::StepSettings;
pub use training_options::TrainingOptions;

/// Where the settings of a saved model keep how well it did at the end of training.
pub const SCORES: &str = "scores";

/// Trains a model on a table, by stochastic gradient descent or another optimizer
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Fit {
    #[command(flatten)]
    options: TrainingOptions,

    /// Begins with the values that a file has under the names of the parameters, in their shapes, and says which: a saved
    /// model, or weights of another program as safetensors or .npz
    #[arg(long, value_name = "M.safetensors")]
    init: Option<PathBuf>,

    /// Says which tensor of --init is which parameter, as in fc1.weight=h1/dense/W; a * stands for any characters. Several
    /// for one parameter are added; transpose(W) exchanges the axes, and Wq,Wk,Wv share the rows
    #[arg(long, value_name = "NAME=PARAMETER", requires = "init")]
    rename: Vec<Rename>,

    /// Keeps training in a file, to go on with --resume: every so often, at the end, and at Ctrl-C
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    checkpoint: Option<PathBuf>,

    /// After how many epochs the checkpoint is written, each time
    #[arg(long, value_name = "N", default_value = "10", value_parser = options::count, allow_hyphen_values = true,
        requires = "checkpoint", help_heading = "Files")]
    every: usize,

    /// Goes on from the checkpoint, if there is one, to the same result as if training had never stopped. The model,
    /// the data and the options must be the same; there may be more epochs, unless the schedule depends on them
    #[arg(long, requires = "checkpoint", help_heading = "Files")]
    resume: bool,

    /// Saves the trained model, for predict and eval
    #[arg(long, value_name = "M.safetensors", help_heading = "Files")]
    save: Option<PathBuf>,

    /// Draws the learning curves, as .svg or .png
    #[arg(long, value_name = "F.svg", value_parser = picture_path, help_heading = "Files")]
    plot: Option<PathBuf>,

    /// Prints a line of JSON for each reported epoch, and a last one of the final figures
    #[arg(long)]
    json: bool,
}

/// Who says why.
const DOCTOR: &str = "chainrule doctor, with the same options, tries to say why";

/// An objective that is as large as before but for rounding has not risen.
const ROUNDING: f64 = 1e-9;

const EXAMPLES: &str = "\
Examples:
  chainrule fit model.graph --data train.csv
  chainrule fit model.graph --data train.csv --valid-split 0.2 --standardize \\
    --epochs 500 --batch 32 --rate 0.1
  chainrule fit model.graph --data train.csv --map x=age,weight \\
    --save model.safetensors --plot curves.svg
  chainrule fit model.graph --data train.csv --optimizer adam --rate 0.001 \\
    --batch 32 --schedule warmup-cosine
  chainrule fit model.graph --data train.csv --epochs 10000 \\
    --checkpoint training.ckpt --every 100 --resume

An input or outcome NAME takes the columns that --map says, else the column NAME, else NAME0, NAME1, …, and an only input \
else all columns that no outcome took. Free sizes are bound by the number of columns. No file that is read is overwritten, \
nor a checkpoint that training does not go on from.";

impl Fit {
    /// Trains.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let mut settings = self.training()?;
        self.check_files()?;
        let file = ModelFile::read(&self.options.model.model)?;
        let PreparedData { function, data, .. } = self.options.table.fit(&file, self.options.model.settings()?)?;
        if self.save.is_some() {
            file.check_savable(&function)?;
        }
        idle::warn(&file, &function, file.objective(&function)?);
        notes(&file.names(&function)).into_iter().for_each(message);
        if function.parameters.is_empty() {
            message(format!("warning: {}: the model has no `param`; training changes nothing", file.name()));
        }
        let fields = data.fields().to_vec();
        let rows = TrainingRows::new(&self.options, &function, data)?.at(settings.precision);
        settings.schedule = self.options.step.shortened(&settings, rows.training.rows());
        let scoring = Scoring::of(&function, &rows.training)?;
        figures_left_out(&file, &scoring);
        columns::warn_of_constants(&function, &rows.training);
        warn_of_single_labels(&function, &scoring, &rows.training, " to train on");
        if let Some(rows) = &rows.validation {
            warn_of_single_labels(&function, &scoring, rows, " to validate on");
        }
        let mut parameters = Parameters::initialize(&function, self.options.seed)?;
        if let Some(path) = &self.init {
            init::take(path, &self.rename, &mut parameters)?;
        }
        let initial = parameters.clone();
        settings.stop = Some(interrupt::watch());
        let trained = self.train(&file, &function, &mut parameters, &rows, &settings, output)?;
        if trained.ending == Ending::Stopped {
            return Err(self.interrupted(trained.position, rows.training.rows()));
        }
        let result =
            Scored::new(&scoring, &function, &parameters, &rows, &trained).map_err(|error| file.failed(error))?;
        self.print(&result, &rows, &trained, output)?;
        warn_of_rise(&trained.history, &result.training, self.options.rate, !rows.transforms.is_empty());
        check_finite(&file, &function, &parameters, &rows.training, &result.training)?;
        if result.is_no_better_than_a_constant() {
            message(format!("note: that is no better than the best constant; {}", DOCTOR));
        }
        if let Some(path) = &self.save {
            let settings = self.saved_settings(&settings, &result);
            let transforms = rows.transforms.clone();
            SavedModel::of(&function, &parameters, fields, transforms, settings, &scoring).save(path)?;
            message(format!("saved {}", path.display()));
        }
        if let Some(path) = &self.plot {
            curves::of(&self.options.model.model, &trained.history).write(path)?;
            message(format!("drew {}", path.display()));
        }
        // What is only told, and validation rows, spoil no model, so it is saved before they are looked at.
        let taken = trained.position.epoch * rows.training.rows() + trained.position.rows;
        dropped_slope::tell(&file, &function, [&initial, &parameters], &rows.training, taken)?;
        match (&rows.validation, &result.validation) {
            (Some(rows), Some(scores)) => check_finite(&file, &function, &parameters, rows, scores),
            _ => Ok(()),
        }
    }

    fn check_files(&self) -> Result<(), CommandError> {
        self.options.table.check_input(self.options.valid.as_deref())?;
        files::check(
            &[
                ("the model", Some(&self.options.model.model)),
                ("the table of --data", Some(&self.options.table.data)),
                ("the table of --valid", self.options.valid.as_deref()),
                ("the model of --init", self.init.as_deref()),
            ],
            &[
                ("--save", self.save.as_deref()),
                ("--plot", self.plot.as_deref()),
                ("--checkpoint", self.checkpoint.as_deref()),
            ],
        )?;
        match &self.checkpoint {
            Some(path) if path.is_file() && !self.resume => Err(CommandError::mistake(format!(
                "--checkpoint: {} is there already, and would be lost; --resume goes on from it, another name begins anew",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    fn training(&self) -> Result<Training<'_>, CommandError> {
        let checkpoint = self.checkpoint.as_deref();
        let checkpoint = checkpoint.map(|path| Checkpointing { path, every: self.every, resume: self.resume });
        Ok(Training { checkpoint, ..self.options.training()? })
    }

    fn train(
        &self,
        file: &ModelFile,
        function: &Function,
        parameters: &mut Parameters,
        rows: &TrainingRows,
        settings: &Training<'_>,
        output: &mut StandardOutput,
    ) -> Result<Trained, CommandError> {
        if let Some(path) = self.checkpoint.as_deref().filter(|path| self.resume && !path.exists()) {
            message(format!("there is no checkpoint {} yet: training begins", path.display()));
        }
        let mut progress = ProgressMeter::new("training");
        let mut written = Ok(());
        let mut observe = |event: learn::Progress<'_>| {
            match event {
                learn::Progress::Resumed(position) => {
                    message(format!("training goes on {}", described(position, rows.training.rows())));
                }
                learn::Progress::EpochDone { epoch, of } if !self.json => progress.at(epoch, of),
                learn::Progress::Scored(epoch) if !self.json => progress.say(told(epoch)),
                learn::Progress::Scored(epoch) => {
                    let line = Object::default().with("epoch", epoch.epoch);
                    written = output.line(figures::with_scores(line, &epoch.train, epoch.valid.as_ref()));
                }
                _ => {}
            }
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let trained =
            learn::train(function, parameters, &rows.training, rows.validation.as_ref(), settings, &mut observe);
        drop(progress);
        let trained = trained.map_err(|error| match error {
            TrainError::Diverged(diverged) => {
                let remedy = standardize::remedy(&diverged, rows.transforms.standardized());
                file.diverged(*diverged).with(remedy).with(Some(DOCTOR.into()))
            }
            TrainError::Learn(error) => file.failed(error),
        })?;
        written.map(|()| trained)
    }

    /// What is said when the user has stopped training.
    fn interrupted(&self, position: Position, rows: usize) -> CommandError {
        let kept = match &self.checkpoint {
            Some(path) => format!("kept in {}, and goes on from there with --resume", path.display()),
            None => "not kept; --checkpoint FILE would keep it".into(),
        };
        CommandError::interrupted(format!("training stopped {}; it is {kept}", described(position, rows)))
    }

    fn print(
        &self,
        result: &Scored,
        rows: &TrainingRows,
        trained: &Trained,
        output: &mut StandardOutput,
    ) -> Result<(), CommandError> {
        let epochs = trained.position.epoch;
        if self.json {
            let line = Object::default().with("final", true).with("epochs", epochs);
            let line = line.with_some("best_epoch", trained.best);
            return output.line(figures::with_scores(line, &result.training, result.validation.as_ref()));
        }
        let length = match self.options.steps {
            Some(steps) if epochs < self.options.epochs => counted(steps, "step"),
            _ => counted(epochs, "epoch"),
        };
        let best =
            trained.best.map(|best| format!(", with the parameters of epoch {best}, the best")).unwrap_or_default();
        output.line(format!("{}, after {length}{best}\n", self.options.model.model.display()))?;
        output.line(result.table(rows.training.rows(), rows.validation.as_ref().map_or(0, Dataset::rows)))?;
        match &result.confusion {
            Some(confusion) => output.line(format!("\n{confusion}")),
            None => Ok(()),
        }
    }

    /// What a saved model says of its training.
    fn saved_settings(&self, training: &Training<'_>, result: &Scored) -> Map<String, Value> {
        let mut settings = training.settings();
        settings.insert("standardize".into(), self.options.standardize.as_json());
        settings.insert("valid_split".into(), json!(self.options.valid_split));
        settings.insert(SCORES.into(), figures::saved(result).into());
        settings
    }
}

/// What the progress bar says of the scores: `objective 0.52, validation 0.61`.
fn told(epoch: &Epoch) -> String {
    let objective = |scores: &Scores| format::number(scores.objective);
    let validation = epoch.valid.as_ref().map(|valid| format!(", validation {}", objective(valid))).unwrap_or_default();
    format!("objective {}{validation}", objective(&epoch.train))
}

/// `1 epoch`, `3 epochs`
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Says so if training ended above where it began.
fn warn_of_rise(history: &[Epoch], end: &Scores, rate: f64, standardized: bool) {
    let Some(start) = history.first().filter(|first| first.epoch == 0).map(|first| first.train.objective) else {
        return;
    };
    if end.objective > start + ROUNDING * start.abs() {
        let [start, end] = [start, end.objective].map(format::number);
        let also = if standardized { "" } else { ", or standardized inputs" };
        message(format!(
            "warning: the objective ended at {end}, above the {start} that it began with: a smaller rate than {rate} may \
             help{also}"
        ));
    }
}

/// `after epoch 3`, or `after epoch 3 and 40 of the 100 rows of the next`.
fn described(Position { epoch, rows }: Position, of: usize) -> String {
    let more = if rows == 0 { String::new() } else { format!(" and {rows} of the {of} rows of the next") };
    format!("after epoch {epoch}{more}")
}
