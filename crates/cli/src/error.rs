//! Why a command did not succeed, as a person reads it, and the exit code that goes with it.

use std::fmt::{self, Display};

use chainrule::GraphError;
use chainrule::exec::ExecError;
use chainrule::learn::{LearnError, Remedy};
use chainrule::text::{Diagnostic, Help};

use crate::interrupt::INTERRUPTED;

/// A wrong gradient, training that diverged, a result that is not finite.
const RESULT: u8 = 1;
/// Everything else.
const MISTAKE: u8 = 2;

/// Why a command did not succeed.
#[derive(Debug)]
pub struct CommandError {
    code: u8,
    text: String,
}

impl CommandError {
    /// A mistake in what the user gave, or in what surrounds the program: exit code 2.
    pub fn mistake(problem: impl Display) -> CommandError {
        CommandError { code: MISTAKE, text: titled(problem) }
    }

    /// The work was done, and its result is not good: exit code 1.
    pub fn result(problem: impl Display) -> CommandError {
        CommandError { code: RESULT, text: titled(problem) }
    }

    /// A mistake in the value of an option, in words of the library.
    pub fn of_option(option: &str, error: &LearnError) -> CommandError {
        CommandError::mistake(format!("{option}: {}", in_options(error)))
    }

    /// The user has stopped the work: exit code 130.
    pub fn interrupted(message: String) -> CommandError {
        CommandError { code: INTERRUPTED, text: message }
    }

    /// A mistake in a text, shown with its line. `name` is what the text is called.
    pub fn in_text(diagnostic: &Diagnostic, source: &str, name: &str) -> CommandError {
        CommandError { code: MISTAKE, text: worded(diagnostic).render(source, name, true) }
    }

    /// A mistake in what a text is built with. `name` is what the text is called.
    pub fn of_text(diagnostic: &Diagnostic, name: &str) -> CommandError {
        CommandError::mistake(format!("{name}: {}", worded(diagnostic)))
    }

    /// The same with one thing more to do.
    pub fn with(mut self, remedy: Option<String>) -> CommandError {
        if let Some(remedy) = remedy {
            self.text += &format!("; {remedy}");
        }
        self
    }

    /// The exit code of the command.
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What is wrong, with the options of the command line for what the library leaves to its callers to word.
fn in_options(error: &LearnError) -> String {
    let worded = error.worded(|remedy| match remedy {
        Remedy::MapColumns(name) => format!("or say which by --map {name}=…"),
        Remedy::BindSizes(_) => "say one by --set".into(),
        Remedy::DropColumn(name) => format!("--drop {name} leaves it out"),
        Remedy::NameClasses(name) => {
            format!("or fit with --classes {name}, which takes its numbers as names of classes")
        }
        Remedy::Missing { numbers, words } => {
            let mean = if *numbers { ", --missing mean fills numbers in by the column's mean" } else { "" };
            let class = if *words { ", --missing class makes a word of its own of a hole among words" } else { "" };
            format!("--missing drop leaves out the rows{mean}{class}")
        }
        Remedy::FilledHoles { numbers, words } => {
            let mean =
                if *numbers { ", or fit with --missing mean, which fills numbers in as in training" } else { "" };
            let class = match words {
                true => ", or fit with --missing class, on a table that has such holes, too",
                false => "",
            };
            format!("leave such rows out of the table{mean}{class}")
        }
        Remedy::LargerBatch(least) => {
            format!("take another --batch, by which the last batch, too, has at least {least} rows")
        }
        Remedy::NameSeparator => {
            "say what separates its cells by --separator, as in --separator ';' or --separator space".into()
        }
    });
    match error {
        LearnError::Mapping { name, .. } => {
            worded.replacen(&format!("the mapping of `{name}`"), &format!("--map {name}"), 1)
        }
        _ => worded,
    }
}

/// The same with the options of the command line for what the library leaves to its callers to word.
fn worded(diagnostic: &Diagnostic) -> Diagnostic {
    let mut worded = diagnostic.clone();
    if worded.binding.is_some() {
        worded.message = format!("--set: {}", worded.message);
    }
    match diagnostic.help.as_deref() {
        Some(Help::BindSize(name)) => {
            worded.help(format!("say it by `--set {name}=…`, by a line `let {name} = …`, or by data"))
        }
        Some(Help::BindName(name)) => worded.help(format!("give it one: {name}=…")),
        _ => worded,
    }
}

/// Codes for colours are taken out where they would not show, see [`message`](crate::output::message).
fn titled(problem: impl Display) -> String {
    let style = anstyle_error();
    format!("{style}error{style:#}: {problem}")
}

fn anstyle_error() -> clap::builder::styling::Style {
    use clap::builder::styling::{AnsiColor, Color, Style};
    Style::new().bold().fg_color(Some(Color::Ansi(AnsiColor::BrightRed)))
}

impl From<LearnError> for CommandError {
    fn from(error: LearnError) -> CommandError {
        CommandError::mistake(in_options(&error))
    }
}

impl From<ExecError> for CommandError {
    fn from(error: ExecError) -> CommandError {
        CommandError::mistake(error)
    }
}

impl From<GraphError> for CommandError {
    fn from(error: GraphError) -> CommandError {
        CommandError::mistake(error)
    }
}
