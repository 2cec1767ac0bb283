//! Where training is, what an observer is told of it, and how it ended.

use std::fmt;
use std::ops::ControlFlow;

use chainrule_graph::Tensor;

use crate::error::LearnError;
use crate::evaluation::scores::Scores;
use crate::training::runner::Runner;

/// The scores after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// The number of epochs so far.
    pub epoch: usize,
    /// The scores on the training rows.
    pub train: Scores,
    /// The scores on the validation rows, if there are any.
    pub valid: Option<Scores>,
}

/// Where training is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// How many epochs are done.
    pub epoch: usize,
    /// How many rows of the next epoch are.
    pub rows: usize,
}

/// What is told how training goes, and may end it.
///
/// A closure that takes a [`Progress`] is an observer that is told of epochs; [`EverySteps`] makes one that is told of
/// steps, too; [`Unobserved`] is for whoever wants to know nothing.
pub trait Observer {
    /// After how many steps it is told of them. None: of no steps, and the engine runs an epoch in one go. It is asked
    /// before each run of the engine, so the answer may change as training goes on; the result of training does not
    /// depend on it.
    fn every_steps(&self) -> Option<usize> {
        None
    }

    /// Is told how training goes. `Break` ends it there, as [`Training::stop`](crate::Training::stop) does: it can go
    /// on from its checkpoint, to the same result.
    fn observe(&mut self, progress: Progress<'_>) -> ControlFlow<()>;
}

impl<F: FnMut(Progress<'_>) -> ControlFlow<()>> Observer for F {
    fn observe(&mut self, progress: Progress<'_>) -> ControlFlow<()> {
        self(progress)
    }
}

/// An observer that is told of every so many steps, too.
#[derive(Clone, Copy, Debug)]
pub struct EverySteps<F> {
    /// How many steps; 0 counts as 1. An epoch's last stretch may be shorter.
    pub steps: usize,
    /// What is told.
    pub observe: F,
}

impl<F: FnMut(Progress<'_>) -> ControlFlow<()>> Observer for EverySteps<F> {
    fn every_steps(&self) -> Option<usize> {
        Some(self.steps)
    }

    fn observe(&mut self, progress: Progress<'_>) -> ControlFlow<()> {
        (self.observe)(progress)
    }
}

/// The observer that lets training go on and looks at nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn observe(&mut self, _: Progress<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What an observer of training is told.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Training goes on from a checkpoint, from there.
    Resumed(Position),
    /// Steps are done; said to those who ask for steps.
    Steps(StepReport<'a>),
    /// An epoch is done.
    EpochDone {
        /// The number of epochs so far.
        epoch: usize,
        /// How many there will be.
        of: usize,
    },
    /// An epoch is done whose scores are reported.
    Scored(&'a Epoch),
}

/// The steps since the last report.
#[derive(Clone, Copy)]
pub struct StepReport<'a> {
    /// Where training is after them.
    pub position: Position,
    /// The rows that they took, in their order: indices into the training rows.
    pub rows: &'a [u32],
    /// The mean objective over the rows of each step, before it.
    pub objectives: &'a [f64],
    pub(crate) runner: &'a Runner<'a>,
}

impl StepReport<'_> {
    /// The value of a parameter or a state, the optimizer's too, after these steps. It is copied from the engine, so
    /// what is not asked for costs nothing.
    ///
    /// # Errors
    /// There is no parameter or state of that name.
    pub fn value(&self, name: &str) -> Result<Tensor, LearnError> {
        self.runner.value(name)
    }
}

impl fmt::Debug for StepReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut report = f.debug_struct("StepReport");
        report.field("position", &self.position).field("rows", &self.rows).field("objectives", &self.objectives);
        report.finish_non_exhaustive()
    }
}

/// How training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All epochs are done.
    Finished,
    /// No better epoch came for as long as the patience lasts.
    OutOfPatience,
    /// It was stopped.
    Stopped,
}

/// How training went.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// How it ended.
    pub ending: Ending,
    /// Where it ended.
    pub position: Position,
    /// The epoch that the parameters are of, if patience chose it.
    pub best: Option<usize>,
    /// The scores of the reported epochs, with those from before a checkpoint.
    pub history: Vec<Epoch>,
}
