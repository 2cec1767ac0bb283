//! The commands, a file each.

mod check;
mod completions;
mod data;
mod doctor;
mod eval;
mod fit;
mod grad;
mod man;
mod predict;
mod profile;
mod show;
mod tour;

use clap::Subcommand;

use crate::error::CommandError;
use crate::output::StandardOutput;

/// What can be asked for.
#[derive(Subcommand)]
pub enum Command {
    Tour(tour::Tour),
    Fit(Box<fit::Fit>),
    Predict(predict::Predict),
    Eval(eval::Eval),
    Grad(grad::Grad),
    Check(check::Check),
    Doctor(Box<doctor::DoctorCommand>),
    Show(Box<show::Show>),
    Profile(Box<profile::ProfileCommand>),
    Data(data::DataCommand),
    Completions(completions::Completions),
    Man(man::Manual),
}

impl Default for Command {
    fn default() -> Command {
        Command::Tour(tour::Tour::default())
    }
}

impl Command {
    /// Does it; the answer goes to `output`. `program` is all that the program can be asked for.
    pub fn run(self, program: impl FnOnce() -> clap::Command, output: &mut StandardOutput) -> Result<(), CommandError> {
        match self {
            Command::Tour(tour) => tour.run(output),
            Command::Fit(fit) => fit.run(output),
            Command::Predict(predict) => predict.run(output),
            Command::Eval(eval) => eval.run(output),
            Command::Grad(grad) => grad.run(output),
            Command::Check(check) => check.run(output),
            Command::Doctor(doctor) => doctor.run(output),
            Command::Show(show) => show.run(output),
            Command::Profile(profile) => profile.run(output),
            Command::Data(data) => data.run(),
            Command::Completions(completions) => completions.run(program(), output),
            Command::Man(manual) => manual.run(program()),
        }
    }
}
