//! `chainrule show`: a model's graph, its batched form, its gradient, and what the compiler makes of its training step.

mod gradient;
mod nodes;
mod trained;
mod weights;

use std::path::{Path, PathBuf};

use chainrule::draw::Drawing;
use chainrule::exec::compile::passes;
use chainrule::learn::{Training, Weights, atomic, step};
use chainrule::{Function, GraphError, batch, text};
use clap::{Args, ValueEnum};

use super::fit::StepSettings;
use crate::data::{Loaded, is_trained};
use crate::error::CommandError;
use crate::files;
use crate::model_file::ModelFile;
use crate::notes::notes;
use crate::options::{self, ModelOptions};
use crate::output::{StandardOutput, message};
use crate::plots;

/// Prints the graph of a model, its gradient, its batched form, or how its training step is compiled
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Show {
    #[command(flatten)]
    model: ModelOptions,

    /// The text form, which parses back to the same graph, a drawing as SVG or PNG, or DOT for other programs; without
    /// it, what the name of --out says, else text
    #[arg(long, value_enum)]
    format: Option<GraphFormat>,

    /// Writes a file instead of standard output
    #[arg(long, value_name = "F")]
    out: Option<PathBuf>,

    /// Appends the derivative of the objective with respect to every parameter
    #[arg(long)]
    grad: bool,

    /// Turns the graph of one example into that of a batch of N, before the derivative
    #[arg(long, value_name = "N", value_parser = options::count, allow_hyphen_values = true)]
    batch: Option<usize>,

    /// Prints the training step, on N rows with --batch, after each pass of the compiler, and the program at last; or
    /// draws it
    #[arg(long, conflicts_with = "grad")]
    step: bool,

    /// With --step, prints the program only: its kernels, what they compute, and where the numbers lie
    #[arg(long, requires = "step")]
    program: bool,

    /// Shows this node alone: what it computes, reads, is read by; of a trained parameter also its value
    #[arg(long, value_name = "NAME", conflicts_with_all = ["step", "format"])]
    node: Option<String>,

    /// Prints one line of JSON: of a trained model all that it holds, of another its nodes
    #[arg(long, conflicts_with_all = ["step", "format", "node"])]
    json: bool,

    #[command(flatten)]
    steps: StepSettings,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    Text,
    Dot,
    Svg,
    Png,
}

impl GraphFormat {
    fn of_name(path: &Path) -> Option<GraphFormat> {
        GraphFormat::from_str(path.extension()?.to_str()?, true).ok()
    }
}

const EXAMPLES: &str = "\
Examples:
  chainrule show model.graph --set d=5
  chainrule show model.graph --batch 32 --grad
  chainrule show model.graph --grad --out model.svg
  chainrule show model.graph --step --batch 32 --format png --out step.png
  chainrule show model.graph --step --program --batch 32 --optimizer adam
  chainrule show model.safetensors
  chainrule show model.safetensors --node W

Free sizes become small numbers that differ, unless --set says them.";

/// The weights of another program, if a file is named as one that may hold such, and is no model of chainrule.
fn weights_of(path: &Path) -> Result<Option<Weights>, CommandError> {
    let may_hold = path.extension().is_some_and(|extension| extension == "safetensors" || extension == "npz");
    let weights = if may_hold { Some(Weights::read(path)?) } else { None };
    Ok(weights.filter(|weights| !weights.is_model()))
}

impl Show {
    /// Prints it.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let read;
        files::check(&[("the model", Some(&self.model.model))], &[("--out", self.out.as_deref())])?;
        let path = &self.model.model;
        let settings = self.model.settings()?;
        if let Some(weights) = weights_of(path)? {
            return output.line(if self.json { weights::as_json(&weights) } else { weights::as_text(&weights) });
        }
        let trained = match is_trained(path) {
            true => Some(Loaded::read(path)?),
            false => None,
        };
        let (file, mut function) = match &trained {
            Some(loaded) => match settings.keys().next() {
                Some(name) => {
                    let problem = format!("--set {name}: the sizes of a trained model are bound; leave it out");
                    return Err(CommandError::mistake(problem));
                }
                None => (&loaded.file, loaded.function.clone()),
            },
            None => {
                read = ModelFile::read(path)?;
                (&read, read.build_small(&settings)?)
            }
        };
        let mistake = |error: GraphError| file.mistake(error);
        notes(&file.names(&function)).into_iter().for_each(message);
        if self.step {
            file.objective(&function)?;
            return self.step(&function, output);
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
        let mut aliases = String::new();
        if self.grad {
            aliases = gradient::append(&mut function).map_err(mistake)?;
        }
        if let Some(name) = &self.node {
            let value = trained.as_ref().and_then(|loaded| loaded.parameters.get(name).ok());
            return self.write(nodes::node(&function, name, value, file.name())?.into_bytes(), output);
        }
        let is_whole = !self.grad && self.batch.is_none();
        let shown = match trained.as_ref().filter(|_| is_whole && self.format() == GraphFormat::Text) {
            Some(loaded) if self.json => trained::as_json(loaded) + "\n",
            Some(loaded) => trained::as_text(path, loaded),
            None if self.json => nodes::as_json(&function) + "\n",
            None if self.format() == GraphFormat::Text => text::print_marked(&function) + &aliases,
            None => return self.write(self.graph(&function)?, output),
        };
        self.write(shown.into_bytes(), output)
    }
}

impl Show {
    fn format(&self) -> GraphFormat {
        let by_name = || self.out.as_deref().and_then(GraphFormat::of_name);
        self.format.or_else(by_name).unwrap_or(GraphFormat::Text)
    }

    fn graph(&self, function: &Function) -> Result<Vec<u8>, CommandError> {
        Ok(match self.format() {
            GraphFormat::Text => text::print_marked(function).into_bytes(),
            GraphFormat::Dot => text::dot(function).into_bytes(),
            GraphFormat::Svg => Drawing::new(function).svg().into_bytes(),
            GraphFormat::Png => plots::graph(&Drawing::new(function)).bytes(Path::new("graph.png"))?,
        })
    }

    fn write(&self, bytes: Vec<u8>, output: &mut StandardOutput) -> Result<(), CommandError> {
        match &self.out {
            Some(path) => {
                atomic::write(path, &bytes)?;
                message(format!("wrote {}", path.display()));
                Ok(())
            }
            None => output.bytes(&bytes),
        }
    }

    /// The training step, drawn; as text, what each pass makes of it.
    fn step(&self, function: &Function, output: &mut StandardOutput) -> Result<(), CommandError> {
        let training = self.steps.training(Training { batch: self.batch.unwrap_or(1), ..Training::default() })?;
        let step = step(function, &training.step_options(training.batch), self.batch)?;
        if self.format() != GraphFormat::Text {
            return self.write(self.graph(&step.function)?, output);
        }
        let stages = passes(&step.function.graph, &training.program_options(&step))?;
        let shown: Vec<String> = match stages.last() {
            Some((_, program)) if self.program => vec![program.clone()],
            _ => stages.iter().map(|(pass, text)| format!("# after {pass}\n\n{text}")).collect(),
        };
        self.write(shown.join("\n").into_bytes(), output)
    }
}
