//! What can be reached: small models that are known to be good, on the same columns, judged on rows that they were not
//! trained on.

use chainrule_learn::{Dataset, LearnError};

use crate::measure::Measured;
use crate::places;
use crate::table::{HIDDEN, Table};
use crate::task::Task;

/// What small models reach on rows that they were not trained on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baselines {
    /// Of linear regression, or multinomial logistic regression; of a sequence of classes, of a table of how often each stands
    /// beside each token.
    pub linear: Measured,
    /// Of a network of one hidden layer.
    pub network: Measured,
}

impl Baselines {
    /// What they reach on these rows, as the file has them; none where small models say nothing: without an outcome, with
    /// a sequence of outcomes that has no input beside it, with too few rows.
    ///
    /// # Errors
    /// The rows lack the outcome.
    pub fn of(task: &Task, rows: &Dataset) -> Result<Option<Baselines>, LearnError> {
        let target = rows.fields().iter().find(|field| field.name == task.target);
        if let Some(target) = target.filter(|target| target.shape.rank() > 0 && task.classes().is_some()) {
            let reached = places::references(task, rows, target)?;
            return Ok(reached.map(|(linear, network)| Baselines { linear, network }));
        }
        let Some(table) = Table::of(task, rows)? else { return Ok(None) };
        let linear = table.cross_validated(&[])?;
        let network = table.cross_validated(&[HIDDEN])?;
        Ok(linear.zip(network).map(|(linear, network)| Baselines { linear, network }))
    }

    /// The better of them.
    pub fn best(&self) -> Measured {
        if self.linear.unexplained <= self.network.unexplained { self.linear } else { self.network }
    }
}
