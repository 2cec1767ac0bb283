//! The command line: `chainrule fit`, `predict`, `eval`, `grad`, `check`, `doctor`, `show`, `profile`, `data` and `tour`.
//!
//! A file for each command in `commands/`; what several of them need stands beside it: [`options`] reads option values,
//! [`model_file`] models, [`data`] tables; [`files`] sees to it that no file is lost; [`output`] writes the answer,
//! [`plots`] draws, [`spellings`] knows what other programs call our options. A command has no rules of its own; it translates.
#![forbid(unsafe_code)]

mod bypassed;
mod columns;
mod commands;
mod data;
mod dots;
mod dropped_slope;
mod error;
mod figures;
mod files;
mod format;
mod idle;
mod interrupt;
mod json;
mod model_file;
mod names;
mod nan_origin;
mod notes;
mod options;
mod output;
mod plots;
mod progress;
mod spellings;
mod standardize;
mod tables;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory, Parser};

use commands::Command;
use error::CommandError;
use output::{StandardOutput, message};

/// Write the function for one example as a graph of named nodes; get its values, checked gradients and a trained model
#[derive(Parser)]
#[command(name = "chainrule", version, after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  chainrule  # the tour: seven models on real input, a fault found and mended
  chainrule grad '(w*x + b - y)^2' w=2 x=3 b=1 y=4  # values and derivatives
  chainrule check model.graph  # is every gradient right?
  chainrule fit model.graph --data table.csv --save model.safetensors
  chainrule predict model.safetensors --data new.csv
  chainrule doctor model.graph --data table.csv  # why does it not learn?

Each command explains itself: chainrule fit --help";

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(error) = options::missing_value(Arguments::command(), &words) {
        return explain(error, &words);
    }
    let command = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments.command.unwrap_or_default(),
        Err(error) => return explain(error, &words),
    };
    let mut output = StandardOutput::default();
    let result = command.run(Arguments::command, &mut output).and_then(|()| output.finish());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

/// Says on standard error why a command did not succeed, and returns its exit code.
fn report(failure: &CommandError) -> ExitCode {
    message(failure);
    ExitCode::from(failure.code())
}

/// Prints the help that was asked for, or what is wrong with the options. No command takes a value that looks like an
/// option, so no tip to pass one is given.
fn explain(mut error: clap::Error, words: &[OsString]) -> ExitCode {
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
        spellings::answer(&mut error, Arguments::command(), words);
    }
    if error.kind() == ErrorKind::InvalidSubcommand {
        spellings::answer_command(&mut error);
    }
    match error.print() {
        Err(problem) if !error.use_stderr() && problem.kind() != io::ErrorKind::BrokenPipe => {
            report(&output::unwritable(&problem))
        }
        _ if error.use_stderr() => ExitCode::from(2),
        _ => ExitCode::SUCCESS,
    }
}
