//! `chainrule show`: a model's graph, its batched form, its gradient, and what the compiler makes of its training step.

use chainrule::exec::compile::passes;
use chainrule::learn::{Training, step};
use chainrule::{Function, GraphError, Kind, NodeId, batch, differentiate, text};
use clap::{Args, ValueEnum};

use super::fit::StepSettings;
use crate::error::CommandError;
use crate::model_file::ModelFile;
use crate::options::{self, ModelOptions};
use crate::output::StandardOutput;

/// Prints the graph of a model, its gradient, its batched form, or how its training step is compiled
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Show {
    #[command(flatten)]
    model: ModelOptions,

    /// The text form, which parses back to the same graph, or DOT for drawing
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    format: GraphFormat,

    /// Appends the derivative of the objective with respect to every parameter
    #[arg(long)]
    grad: bool,

    /// Turns the graph of one example into that of a batch of N, before the derivative
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true)]
    batch: Option<usize>,

    /// Prints the training step, on N rows with --batch, after each pass of the compiler, and the program at last
    #[arg(long, conflicts_with_all = ["grad", "format"])]
    step: bool,

    /// With --step, prints the program only: its kernels, what they compute, and where the numbers lie
    #[arg(long, requires = "step")]
    program: bool,

    #[command(flatten)]
    steps: StepSettings,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    Text,
    Dot,
}

const EXAMPLES: &str = "\
Examples:
  chainrule show model.graph --set d=5
  chainrule show model.graph --batch 32 --grad
  chainrule show model.graph --format dot | dot -Tsvg > model.svg
  chainrule show model.graph --step --program --batch 32 --optimizer adam

Free sizes become small numbers that differ, unless --set says them.";

impl Show {
    /// Prints it.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let file = ModelFile::read(&self.model.model)?;
        let mut function = file.build_small(&self.model.settings()?)?;
        let mistake = |error: GraphError| file.mistake(error);
        if self.step {
            file.objective(&function)?;
            return self.compiled(&function, output);
        }
        if !self.steps.are_default() {
            return Err(CommandError::mistake(
                "the options of steps, such as --optimizer, have no meaning without --step",
            ));
        }
        if self.grad {
            file.objective(&function)?;
        }
        if let Some(size) = self.batch {
            function = batch(&function, size).map_err(mistake)?;
        }
        if self.grad {
            let objective = file.objective(&function)?;
            function.graph =
                differentiate(&function.graph, objective, &differentiated(&function)).map_err(mistake)?.graph;
        }
        let shown = match self.format {
            GraphFormat::Text => text::print(&function),
            GraphFormat::Dot => text::dot(&function),
        };
        output.text(&shown)
    }
}

impl Show {
    /// What each pass makes of the training step.
    fn compiled(&self, function: &Function, output: &mut StandardOutput) -> Result<(), CommandError> {
        let training = self.steps.training(Training { batch: self.batch.unwrap_or(1), ..Training::default() })?;
        let step = step(function, &training.step_options(training.batch), self.batch)?;
        let stages = passes(&step.function.graph, &training.program_options(&step))?;
        let shown: Vec<String> = match stages.last() {
            Some((_, program)) if self.program => vec![program.clone()],
            _ => stages.iter().map(|(pass, text)| format!("# after {pass}\n\n{text}")).collect(),
        };
        output.text(&shown.join("\n"))
    }
}

/// The parameters; of a function without, the real inputs.
fn differentiated(function: &Function) -> Vec<NodeId> {
    let parameters: Vec<NodeId> = function.parameters.iter().map(|parameter| parameter.node).collect();
    if !parameters.is_empty() {
        return parameters;
    }
    function.inputs.iter().copied().filter(|&id| function.graph.kind(id) == Kind::Real).collect()
}
