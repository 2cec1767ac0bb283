//! Early stopping: the best epoch so far, and when to wait no longer for a better one (Prechelt 1998).

use crate::parameters::Parameters;

/// The epoch with the least objective.
#[derive(Clone, Debug)]
pub(crate) struct Best {
    /// The number of epochs up to it.
    pub epoch: usize,
    /// Its objective.
    pub objective: f64,
    /// The parameters after it.
    pub parameters: Parameters,
}

/// Keeps the parameters if the objective is less than that of the best epoch. One that is NaN is no better.
pub(crate) fn keep(best: &mut Option<Best>, epoch: usize, objective: f64, parameters: &Parameters) {
    if objective.is_finite() && best.as_ref().is_none_or(|best| objective < best.objective) {
        *best = Some(Best { epoch, objective, parameters: parameters.clone() });
    }
}

/// Whether `patience` epochs in a row were not better.
pub(crate) fn is_over(best: Option<&Best>, epoch: usize, patience: usize) -> bool {
    epoch - best.map_or(0, |best| best.epoch.min(epoch)) >= patience
}
