//! `chainrule profile`: where the time and the memory of a training step go.

use chainrule::exec::run::{KernelTime, Phase};
use chainrule::learn::{Parameters, StepCost, Training, Transforms, profile};
use clap::Args;

use super::fit::StepSettings;
use crate::data::{PreparedData, TableOptions};
use crate::error::CommandError;
use crate::format;
use crate::json::{self, Object};
use crate::model_file::ModelFile;
use crate::options::{self, ModelOptions};
use crate::output::StandardOutput;
use crate::standardize::StandardizeOption;

/// Says where the time and the memory of a training step go, kernel by kernel
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ProfileCommand {
    #[command(flatten)]
    model: ModelOptions,

    #[command(flatten)]
    table: TableOptions,

    /// How many rows a step takes; more than there are means all
    #[arg(long, value_name = "N", default_value = "1", value_parser = options::count, allow_hyphen_values = true)]
    batch: usize,

    #[command(flatten)]
    standardize: StandardizeOption,

    #[command(flatten)]
    steps: StepSettings,

    /// Prints a line of JSON for each kernel, and a last one for the whole
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  chainrule profile model.graph --data train.csv
  chainrule profile model.graph --data train.csv --batch 32 \\
    --optimizer adam --precision f32

Steps run for about a second, with the options that fit takes. A fused kernel's time is divided over forward, backward and \
update as its nodes are. chainrule show MODEL.graph --step --program prints the program itself.";

impl ProfileCommand {
    /// Measures.
    pub fn run(self, output: &mut StandardOutput) -> Result<(), CommandError> {
        let settings = self.steps.training(Training { batch: self.batch, ..Training::default() })?;
        let file = ModelFile::read(&self.model.model)?;
        let PreparedData { function, data, .. } = self.table.fit(&file, self.model.settings()?)?;
        file.objective(&function)?;
        let data = Transforms::filling(&data).apply(&data)?;
        let transforms = self.standardize.transforms(&function, &data)?;
        let parameters = Parameters::initialize(&function, settings.seed)?;
        let cost = profile(&function, &parameters, &transforms.apply(&data)?, &settings);
        let cost = cost.map_err(|error| file.failed(error))?;
        if self.json { print_json(&cost, output) } else { print(&cost, output) }
    }
}

const PHASES: [Phase; 4] = [Phase::Rows, Phase::Forward, Phase::Backward, Phase::Update];

fn print(cost: &StepCost, output: &mut StandardOutput) -> Result<(), CommandError> {
    let total = total(cost);
    let share = |seconds: f64| format::percent(seconds / total);
    let mut lines = Vec::new();
    for kernel in &cost.profile.kernels {
        let phases: Vec<&str> = kernel.phases.iter().map(|(phase, _)| phase.name()).collect();
        for (index, computes) in kernel.computes.iter().enumerate() {
            let computes = format::shortened(computes, 72);
            lines.push(match index {
                0 => {
                    let (seconds, bytes) = (kernel.seconds, kernel.bytes);
                    let numbers = [microseconds(seconds), share(seconds), format::bytes(bytes)];
                    let texts = [kernel.kernel.clone(), phases.join(", "), computes];
                    texts.into_iter().chain(numbers).collect()
                }
                _ => [String::new(), String::new(), computes].into_iter().chain([const { String::new() }; 3]).collect(),
            });
        }
    }
    let heading = ["kernel", "for", "computes", "µs a step", "share", "written"];
    output.line(format::table(&heading, 3, lines, format::Narrow { shorten: 2, leave_out: &[1, 5, 0] }))?;
    let phases = PHASES.iter().map(|&phase| {
        let seconds = of_phase(cost, phase);
        vec![phase.name().to_string(), microseconds(seconds), share(seconds)]
    });
    output.line(format::table(&["", "µs a step", "share"], 1, phases, format::Narrow::default()))?;
    let memory = cost.memory;
    let memory = [
        ("parameters, state and fixed inputs", memory.inputs),
        ("rows of a step", memory.rows),
        ("constants and single numbers", memory.scalars),
        ("results, in turns", memory.shared),
        ("registers of the loops", memory.registers),
        ("in all", memory.workspace),
    ];
    output.line(format::table(
        &["memory", ""],
        1,
        memory.map(|(what, bytes)| vec![what.into(), format::bytes(bytes)]),
        format::Narrow::default(),
    ))?;
    let rows = if cost.rows == 1 { "1 row".to_string() } else { format!("{} rows", cost.rows) };
    let threads = if cost.threads == 1 { "1 thread".to_string() } else { format!("{} threads", cost.threads) };
    output.line(format!("a step on {rows} takes {} µs on {threads}", microseconds(cost.seconds)))
}

fn print_json(cost: &StepCost, output: &mut StandardOutput) -> Result<(), CommandError> {
    for kernel in &cost.profile.kernels {
        let phases = kernel
            .phases
            .iter()
            .fold(Object::default(), |object, (phase, share)| object.with(phase.name(), json::number(*share)));
        let line = Object::default()
            .with("kernel", json::text(&kernel.kernel))
            .with("computes", json::array(kernel.computes.iter().map(|text| json::text(text))))
            .with("phases", phases)
            .with("seconds", json::number(kernel.seconds))
            .with("bytes", kernel.bytes);
        output.line(line)?;
    }
    let phases = PHASES
        .iter()
        .fold(Object::default(), |object, &phase| object.with(phase.name(), json::number(of_phase(cost, phase))));
    let memory = Object::default()
        .with("inputs", cost.memory.inputs)
        .with("rows", cost.memory.rows)
        .with("numbers", cost.memory.scalars)
        .with("shared", cost.memory.shared)
        .with("registers", cost.memory.registers)
        .with("workspace", cost.memory.workspace);
    let last = Object::default()
        .with("final", true)
        .with("rows", cost.rows)
        .with("threads", cost.threads)
        .with("steps", cost.profile.steps)
        .with("seconds", json::number(cost.seconds))
        .with("phases", phases)
        .with("memory", memory);
    output.line(last)
}

fn total(cost: &StepCost) -> f64 {
    cost.profile.kernels.iter().map(|kernel| kernel.seconds).sum::<f64>().max(f64::MIN_POSITIVE)
}

fn of_phase(cost: &StepCost, phase: Phase) -> f64 {
    let share = |kernel: &KernelTime| {
        let share = kernel.phases.iter().find(|(other, _)| *other == phase).map_or(0.0, |(_, share)| *share);
        kernel.seconds * share
    };
    cost.profile.kernels.iter().map(share).sum()
}

fn microseconds(seconds: f64) -> String {
    format!("{:.3}", seconds * 1e6)
}
