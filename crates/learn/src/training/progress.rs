//! Where training is, what an observer is told of it, and how it ended.

use crate::evaluation::scores::Scores;

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

/// What an observer of training is told.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Training goes on from a checkpoint, from there.
    Resumed(Position),
    /// An epoch is done.
    Step {
        /// The number of epochs so far.
        epoch: usize,
        /// How many there will be.
        of: usize,
    },
    /// An epoch is done whose scores are reported.
    Epoch(&'a Epoch),
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
