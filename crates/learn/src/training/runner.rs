//! What runs training steps: the compiled engine, or the reference interpreter, with the same answers.

use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_exec::compile::compile;
use chainrule_exec::program::Program;
use chainrule_exec::run::{End, MemoryUse, Profile, Run, Workspace};
use chainrule_exec::{check_memory_of, reference};
use chainrule_graph::{Tensor, Value, random_key};

use crate::admission;
use crate::data::dataset::Dataset;
use crate::draws::KEY;
use crate::error::{LearnError, Remedy, find};
use crate::evaluation::bindings::bindings;
use crate::evaluation::tables::Tables;
use crate::parameters::Parameters;
use crate::training::settings::{Engine, Training};
use crate::training::step::{Step, step};

/// A step for batches of one size, ready to run.
enum Executable {
    Compiled(Box<Compiled>),
    Reference(Box<Step>),
}

struct Compiled {
    program: Program,
    /// The rows of its batches; none for single examples.
    batch: Option<usize>,
    workspace: Workspace,
}

/// Runs steps over rows of a dataset and holds the parameters and the optimizer's state meanwhile.
pub(crate) struct Runner<'a> {
    tables: &'a Tables<'a>,
    settings: &'a Training<'a>,
    /// Ends a run after the current step once it is set.
    stop: Option<&'a AtomicBool>,
    /// The current value of every parameter and state; of the compiled program in use, what it was before.
    values: Vec<(String, Tensor)>,
    /// By batch size.
    steps: Vec<(usize, Executable)>,
    in_use: Option<usize>,
}

impl<'a> Runner<'a> {
    pub fn new(
        tables: &'a Tables<'a>,
        parameters: &Parameters,
        settings: &'a Training<'a>,
    ) -> Result<Runner<'a>, LearnError> {
        let function = tables.function;
        admission::check_bound(function, function.objective.as_slice())?;
        let mut runner =
            Runner { tables, settings, stop: settings.stop, values: Vec::new(), steps: Vec::new(), in_use: None };
        let first = settings.batch.min(tables.data.rows());
        runner.check_batches(first)?;
        let step = runner.step(first)?;
        // What is held here, what it was before, at the last report, what it is now, and the best so far
        let kept = step.function.parameters.iter().chain(&step.function.state).map(|parameter| parameter.node.into());
        check_memory_of(&step.function.graph, std::iter::repeat_n(kept, 5).flatten())?;
        let starts = Parameters::initialize(&step.function, settings.seed)?;
        runner.values = starts.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        if function.is_random() {
            runner.set(KEY, random_key(settings.seed, 0));
        }
        for (name, value) in parameters.iter() {
            runner.set(name, value.clone());
        }
        Ok(runner)
    }

    /// An error if a batch, or what is left for the last, is too small for the function.
    fn check_batches(&self, size: usize) -> Result<(), LearnError> {
        let (function, rows) = (self.tables.function, self.tables.data.rows());
        let Some((least, node)) = function.smallest_batch() else { return Ok(()) };
        let sizes = [("a batch", size), ("the last batch", rows % size)];
        let Some((what, size)) = sizes.into_iter().find(|(_, size)| (1..least).contains(size)) else { return Ok(()) };
        let scope = function.graph.node(node).scope.map(|scope| function.graph.scope(scope).path.to_string());
        let layer = scope.unwrap_or_else(|| function.graph.describe(node));
        let sees = if size == 1 { "a single value".into() } else { format!("{size} values") };
        let problem = format!("`{layer}` would see {sees} in {what} of {size} row{}", if size == 1 { "" } else { "s" });
        Err(LearnError::Batch { problem, remedy: Some(Remedy::LargerBatch(least)) })
    }

    /// Sets a parameter or a state, before the first step.
    pub fn set(&mut self, name: &str, value: Tensor) {
        if let Some(held) = self.values.iter_mut().find(|(other, _)| other == name) {
            held.1 = value;
        }
    }

    /// The step for a batch size. A single row is one example, without a batch axis.
    pub fn step(&self, size: usize) -> Result<Step, LearnError> {
        let batch = (size > 1).then_some(size);
        Ok(step(self.tables.function, &self.settings.step_options(self.tables.data.rows()), batch)?)
    }

    /// Runs steps over the rows of `order`, `batch` at a time and the rest in a last, smaller one. Returns the number
    /// of rows that were used up, and how it ended. The objective of each step is put in `objectives`.
    pub fn run(&mut self, order: &[u32], objectives: &mut Vec<f64>) -> Result<(usize, End), LearnError> {
        let size = self.settings.batch.min(self.tables.data.rows());
        let whole = order.len() / size * size;
        objectives.clear();
        let mut used = 0;
        for (part, size) in [(&order[..whole], size), (&order[whole..], order.len() - whole)] {
            if part.is_empty() {
                continue;
            }
            let (steps, end) = self.run_part(part, size, objectives)?;
            used += steps * size;
            if end != End::Finished {
                return Ok((used, end));
            }
        }
        Ok((used, End::Finished))
    }

    fn run_part(&mut self, order: &[u32], size: usize, objectives: &mut Vec<f64>) -> Result<(usize, End), LearnError> {
        let index = self.ready(size)?;
        let start = objectives.len();
        objectives.resize(start + order.len() / size, 0.0);
        let record = &mut objectives[start..];
        let (steps, end) = match &mut self.steps[index].1 {
            Executable::Compiled(compiled) => {
                let run = Run { tables: &self.tables.of(&compiled.program, compiled.batch)?, order, stop: self.stop };
                compiled.program.run(&mut compiled.workspace, run, record)?
            }
            Executable::Reference(step) => {
                run_reference(step, self.tables.data, order, size, &mut self.values, self.stop, record)?
            }
        };
        objectives.truncate(start + steps);
        Ok((steps, end))
    }

    /// Runs steps of `size` rows, and times what they do. The reference has nothing to time.
    pub fn profile(&mut self, order: &[u32], size: usize) -> Result<(Profile, MemoryUse), LearnError> {
        let index = self.ready(size)?;
        let Executable::Compiled(compiled) = &mut self.steps[index].1 else {
            let problem = "runs no program, so there are no kernels to time; the compiled engine does".into();
            return Err(LearnError::Setting { name: "the reference engine", problem });
        };
        let run = Run { tables: &self.tables.of(&compiled.program, compiled.batch)?, order, stop: self.stop };
        let profile = compiled.program.profile(&mut compiled.workspace, run)?;
        Ok((profile, compiled.program.memory_use(&compiled.workspace)))
    }

    /// The steps for a batch size, with the current values in them.
    fn ready(&mut self, size: usize) -> Result<usize, LearnError> {
        let index = match self.steps.iter().position(|(other, _)| *other == size) {
            Some(index) => index,
            None => {
                let steps = self.prepare(size)?;
                self.steps.push((size, steps));
                self.steps.len() - 1
            }
        };
        if self.in_use != Some(index) {
            self.fetch()?;
            if let Executable::Compiled(compiled) = &mut self.steps[index].1 {
                for (name, value) in &self.values {
                    compiled.program.set(&mut compiled.workspace, name, value)?;
                }
            }
            self.in_use = Some(index);
        }
        Ok(index)
    }

    fn prepare(&mut self, size: usize) -> Result<Executable, LearnError> {
        let step = self.step(size)?;
        if self.settings.engine == Engine::Reference {
            return Ok(Executable::Reference(Box::new(step)));
        }
        let program = compile(&step.function.graph, &self.settings.program_options(&step))?;
        self.tables.of(&program, step.size)?; // mistakes in the data come before room is taken
        let workspace = program.workspace()?;
        Ok(Executable::Compiled(Box::new(Compiled { program, batch: step.size, workspace })))
    }

    /// Brings the values of the program in use up to date.
    fn fetch(&mut self) -> Result<(), LearnError> {
        if let Some(index) = self.in_use
            && let Executable::Compiled(compiled) = &self.steps[index].1
        {
            for (name, value) in &mut self.values {
                *value = compiled.program.get(&compiled.workspace, name)?;
            }
        }
        Ok(())
    }

    /// The current value of one of them.
    pub fn value(&self, name: &str) -> Result<Tensor, LearnError> {
        let index = find("parameter or state", name, self.values.iter().map(|(name, _)| name.as_str()))?;
        match self.in_use.map(|size| &self.steps[size].1) {
            Some(Executable::Compiled(compiled)) => Ok(compiled.program.get(&compiled.workspace, name)?),
            _ => Ok(self.values[index].1.clone()),
        }
    }

    /// The current value of every parameter and state, by name.
    pub fn values(&mut self) -> Result<&[(String, Tensor)], LearnError> {
        self.fetch()?;
        Ok(&self.values)
    }

    /// Runs to the end from now on, whatever the stop flag says.
    pub fn ignore_stop(&mut self) {
        self.stop = None;
    }

    /// Goes back to earlier values.
    pub fn restore(&mut self, values: &[(String, Tensor)]) {
        self.values = values.to_vec();
        self.in_use = None;
    }
}

fn run_reference(
    step: &Step,
    data: &Dataset,
    order: &[u32],
    size: usize,
    values: &mut [(String, Tensor)],
    stop: Option<&AtomicBool>,
    record: &mut [f64],
) -> Result<(usize, End), LearnError> {
    let graph = &step.function.graph;
    let targets: Vec<Value> = graph.updates().iter().map(|update| update.value).chain([step.objective]).collect();
    let order: Vec<usize> = order.iter().map(|&row| row as usize).collect();
    for (number, rows) in order.chunks(size).enumerate() {
        if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Ok((number, End::Stopped));
        }
        let held = values.iter().map(|(name, value)| (&name[..], value));
        let results = reference::evaluate(graph, &bindings(&step.function, data, rows, held), &targets)?;
        record[number] = results[step.objective].item();
        for update in graph.updates() {
            let name = step.function.name(update.target);
            if let Some(held) = values.iter_mut().find(|(other, _)| other == name) {
                held.1 = results[update.value].clone();
            }
        }
        if !record[number].is_finite() {
            return Ok((number + 1, End::NotFinite));
        }
    }
    Ok((order.len() / size, End::Finished))
}
