//! Optimizers: each builds, from a parameter, its gradient and its state, the nodes of the next values. One file each,
//! the formula beside the name.

mod adagrad;
mod adam;
mod adamw;
mod momentum;
mod nesterov;
mod rmsprop;
mod sgd;
pub(crate) mod state;

use chainrule_graph::Var;

pub use adam::Adam;
use state::StateBuilder;

/// How parameters move along gradients. The rate is the step's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Optimizer {
    /// Gradient descent.
    #[default]
    Sgd,
    /// Gradient descent with momentum.
    Momentum {
        /// How much of the velocity stays, in [0, 1); often 0.9.
        momentum: f64,
    },
    /// Gradient descent with Nesterov's momentum.
    Nesterov {
        /// How much of the velocity stays, in [0, 1); often 0.9.
        momentum: f64,
    },
    /// Adam.
    Adam(Adam),
    /// Adam with decoupled weight decay.
    AdamW {
        /// Adam's constants.
        adam: Adam,
        /// The weight decay a step, times the rate; often 0.01.
        decay: f64,
    },
    /// Steps over the root of a moving mean of squared gradients.
    RmsProp {
        /// How much of the mean stays, in [0, 1); often 0.99.
        decay: f64,
        /// Added to the root; often 1e-8.
        epsilon: f64,
    },
    /// Steps over the root of the sum of squared gradients.
    AdaGrad {
        /// Added to the root; often 1e-10.
        epsilon: f64,
    },
}

impl Optimizer {
    /// The parameter's next value; the next values of its state are set on the way.
    pub(crate) fn next<'g>(
        &self,
        parameter: Var<'g>,
        gradient: Var<'g>,
        rate: Var<'g>,
        state: &mut StateBuilder<'g>,
    ) -> Var<'g> {
        match *self {
            Optimizer::Sgd => sgd::next(parameter, gradient, rate),
            Optimizer::Momentum { momentum } => momentum::next(parameter, gradient, rate, momentum, state),
            Optimizer::Nesterov { momentum } => nesterov::next(parameter, gradient, rate, momentum, state),
            Optimizer::Adam(adam) => adam::next(parameter, gradient, rate, adam, state),
            Optimizer::AdamW { adam, decay } => adamw::next(parameter, gradient, rate, adam, decay, state),
            Optimizer::RmsProp { decay, epsilon } => rmsprop::next(parameter, gradient, rate, decay, epsilon, state),
            Optimizer::AdaGrad { epsilon } => adagrad::next(parameter, gradient, rate, epsilon, state),
        }
    }

    /// The rule and the λ of the penalty ½λ‖w‖² for a parameter with a decay of its `own`, which takes the place of
    /// AdamW's decay or, of other rules, of λ.
    pub(crate) fn with_decay(self, penalty: f64, own: Option<f64>) -> (Optimizer, f64) {
        match (self, own) {
            (Optimizer::AdamW { adam, .. }, Some(decay)) => (Optimizer::AdamW { adam, decay }, 0.0),
            (rule, own) => (rule, own.unwrap_or(penalty)),
        }
    }

    /// Its constants, by name.
    pub fn constants(&self) -> Vec<(&'static str, f64)> {
        let of_adam = |adam: Adam| vec![("beta1", adam.beta1), ("beta2", adam.beta2), ("epsilon", adam.epsilon)];
        match *self {
            Optimizer::Sgd => Vec::new(),
            Optimizer::Momentum { momentum } | Optimizer::Nesterov { momentum } => vec![("momentum", momentum)],
            Optimizer::Adam(adam) => of_adam(adam),
            Optimizer::AdamW { adam, decay } => [of_adam(adam), vec![("weight decay", decay)]].concat(),
            Optimizer::RmsProp { decay, epsilon } => vec![("decay", decay), ("epsilon", epsilon)],
            Optimizer::AdaGrad { epsilon } => vec![("epsilon", epsilon)],
        }
    }

    /// Its name, as the command line writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Optimizer::Sgd => "sgd",
            Optimizer::Momentum { .. } => "momentum",
            Optimizer::Nesterov { .. } => "nesterov",
            Optimizer::Adam(_) => "adam",
            Optimizer::AdamW { .. } => "adamw",
            Optimizer::RmsProp { .. } => "rmsprop",
            Optimizer::AdaGrad { .. } => "adagrad",
        }
    }
}
