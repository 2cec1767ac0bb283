//! Where the time and the memory of a training step go.

use std::time::Instant;

use chainrule_exec::run::{End, MemoryUse, Profile};
use chainrule_graph::{Function, Tensor};

use crate::data::dataset::Dataset;
use crate::error::LearnError;
use crate::evaluation::scores::at_its_row;
use crate::evaluation::tables::Tables;
use crate::parameters::Parameters;
use crate::training::runner::Runner;
use crate::training::settings::Training;
use crate::training::step::RATE;

/// How long steps run untimed, and then about as long timed one by one.
const SECONDS: f64 = 0.5;
/// How many steps are timed at most.
const MOST_STEPS: usize = 100_000;

/// What a step costs.
#[derive(Clone, Debug)]
pub struct StepCost {
    /// How many rows a step takes.
    pub rows: usize,
    /// How many threads it may use.
    pub threads: usize,
    /// Seconds of a step of a run that is not timed instruction by instruction.
    pub seconds: f64,
    /// Its instructions.
    pub profile: Profile,
    /// What its values take.
    pub memory: MemoryUse,
}

/// Runs steps for about a second, with the batches, the optimizer and the precision of `settings`, and says where the
/// time goes. The rate is 0 meanwhile, so that the parameters stay as they are.
///
/// # Errors
/// Settings out of their range, data that do not fit, the reference as engine, or an objective that is not finite.
pub fn profile(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    settings: &Training<'_>,
) -> Result<StepCost, LearnError> {
    settings.check(data.rows())?;
    let tables = Tables::new(function, data);
    let mut runner = Runner::new(&tables, parameters, settings)?;
    runner.set(RATE, Tensor::scalar(0.0));
    let rows = settings.batch.min(data.rows());
    let steps = data.rows() / rows;
    let epoch: Vec<u32> = (0..(steps * rows) as u32).collect();
    let (mut seconds, mut spent) = (f64::INFINITY, 0.0);
    while spent < SECONDS {
        let start = Instant::now();
        let run = runner.run(&epoch, &mut Vec::new());
        let (_, end) = run.map_err(|error| at_its_row(error, function, parameters, data))?;
        check(end)?;
        let passed = start.elapsed().as_secs_f64();
        seconds = seconds.min(passed / steps as f64);
        spent += passed;
    }
    let timed = ((SECONDS / seconds) as usize).clamp(1, MOST_STEPS).max(steps);
    let order: Vec<u32> = epoch.iter().copied().cycle().take(timed * rows).collect();
    let (profile, memory) = runner.profile(&order, rows)?;
    check(profile.end)?;
    Ok(StepCost { rows, threads: settings.threads, seconds, profile, memory })
}

fn check(end: End) -> Result<(), LearnError> {
    let problem = "is not finite at the initial parameters, so there is no step to time".into();
    if end == End::NotFinite { Err(LearnError::Setting { name: "the objective", problem }) } else { Ok(()) }
}
