//! Elements that are left out at random while training.

use super::LayerName;
use crate::builder::Var;

/// While training, each element is 0 with the probability `rate`, and else divided by 1 − rate; in prediction x itself
/// (Srivastava and others, Dropout, 2014). What is left out is drawn anew for each example, training step and step of a loop.
///
/// ```
/// use chainrule_graph::layers::{Dense, Dropout};
/// use chainrule_graph::Builder;
///
/// let builder = Builder::new();
/// let x = builder.input("x", [8]);
/// let h = Dropout::new(0.5).apply(Dense::new(16).apply(x).relu());
/// assert_eq!(h.shape()[..], [16]);
/// # builder.prediction(h);
/// # assert!(builder.finish()?.has_phases());
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dropout {
    rate: f64,
    name: LayerName,
}

impl Dropout {
    /// Leaves out an element with this probability, from 0 to less than 1.
    pub fn new(rate: f64) -> Dropout {
        Dropout { rate, name: LayerName::new("dropout") }
    }

    /// The name of its scope, in place of `dropout`.
    #[must_use]
    pub fn name(self, name: &str) -> Dropout {
        Dropout { name: LayerName::new(name), ..self }
    }

    /// Of x, of any shape. A rate outside of [0, 1) is a mistake.
    #[track_caller]
    pub fn apply<'g>(&self, x: Var<'g>) -> Var<'g> {
        let rate = self.rate;
        if !(0.0..1.0).contains(&rate) {
            let help = "the rate is the share of elements that are left out: 0.1 leaves out a tenth";
            return x
                .builder
                .fail(format!("dropout takes a rate from 0 to less than 1, not {rate}"), Some(help.into()));
        }
        self.name.layer(x, |builder| {
            let x = x.to_real();
            let is_kept = builder.drawn(x.shape()).greater_equal(rate);
            is_kept.select(x / (1.0 - rate), 0.0).in_training(x)
        })
    }
}
