//! `chainrule doctor`: why a model does not learn.

mod explanation;
mod options;
mod pictures;
mod place;
mod report;
mod verdict;
mod wording;

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chainrule::doctor::{Case, CaseError, Diagnosis, Doctor, Examining, diagnose};
use chainrule::text::Registry;
use clap::{Args, FromArgMatches};

use super::fit::TrainingOptions;
use crate::data::PreparedData;
use crate::error::CommandError;
use crate::interrupt;
use crate::model_file::ModelFile;
use crate::output::StandardOutput;
use crate::progress::Waiting;

/// Says why a model does not learn: trains it, looks at every node, and tries what would mend it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorCommand {
    #[command(flatten)]
    options: TrainingOptions,

    /// How long trials may go on
    #[arg(long, value_name = "S", default_value = "30", value_parser = crate::options::above_zero, allow_hyphen_values = true)]
    seconds: f64,

    /// Prints the answer as a line of JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  chainrule doctor model.graph --data train.csv
  chainrule doctor model.graph --data train.csv --epochs 500 --batch 32 --rate 0.1

It takes the options that training takes. A finding is a cause, the node, column or option that is guilty, what speaks for \
it, the change that mends it, and what that change gave when it was tried: the same training with that one difference.";

/// What was examined, and what the doctor says of it.
pub struct Examination<'a> {
    /// The model.
    pub file: ModelFile,
    /// All that its training is made from.
    pub case: Case<'a>,
    /// What the doctor says.
    pub diagnosis: Diagnosis,
}

impl DoctorCommand {
    /// The command that words say, those that stand behind `chainrule doctor`.
    pub fn of_words(words: &[String]) -> Result<DoctorCommand, CommandError> {
        let command = DoctorCommand::augment_args(clap::Command::new("doctor").no_binary_name(true));
        let matches = command.try_get_matches_from(words);
        let parsed = matches.and_then(|matches| DoctorCommand::from_arg_matches(&matches));
        parsed.map_err(CommandError::mistake)
    }

    /// Examines, and says what was found.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let Examination { file, diagnosis, .. } = self.examine()?;
        match self.json {
            true => output.line(report::json(&diagnosis)),
            false => output.text(&report::text(&diagnosis, &file, &std::env::args().collect::<Vec<_>>())),
        }
    }

    /// Examines.
    pub fn examine(&self) -> Result<Examination<'_>, CommandError> {
        let mut settings = self.options.training()?;
        self.options.table.check_input(self.options.valid.as_deref())?;
        let file = ModelFile::read(&self.options.model.model)?;
        let PreparedData { function, data, sizes } = self.options.table.fit(&file, self.options.model.settings()?)?;
        file.objective(&function)?;
        let (training, validation) = self.options.split(data)?;
        settings.schedule = self.options.step.shortened(&settings, training.rows());
        let stop = interrupt::watch();
        settings.stop = Some(stop);
        let case = Case {
            source: file.source().into(),
            registry: Registry::new(),
            sizes,
            training,
            validation,
            scaling: self.options.standardize.scaling(),
            settings,
        };
        let doctor = Doctor { time: Duration::from_secs_f64(self.seconds) };
        let waiting = Waiting::new(wording::MEASURING);
        let mut observe = |examining: Examining<'_>| {
            if let Examining::Trying { suspicion, done, of } = examining {
                waiting.say(&wording::tried(suspicion), done, of);
            }
            match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let diagnosis = diagnose(&case, &doctor, &mut observe).map_err(|error| failed(&file, error))?;
        drop(waiting);
        if stop.load(Ordering::Relaxed) {
            return Err(CommandError::interrupted("the examination was stopped".into()));
        }
        Ok(Examination { file, case, diagnosis })
    }
}

impl Examination<'_> {
    /// What was found, for people; `words` are those of the command.
    pub fn report(&self, words: &[String]) -> String {
        report::text(&self.diagnosis, &self.file, words)
    }

    /// A mistake in the case.
    pub fn failed(&self, error: CaseError) -> CommandError {
        failed(&self.file, error)
    }
}

fn failed(file: &ModelFile, error: CaseError) -> CommandError {
    match error {
        CaseError::Model(mistake) => CommandError::in_text(&mistake, file.source(), file.name()),
        CaseError::Learn(error) => file.failed(error),
    }
}
