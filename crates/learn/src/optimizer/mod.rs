//! Optimizers: each builds, from a parameter, its gradient and its state, the nodes of the next values. One file each, the
//! formula beside the name.

mod adagrad;
mod adam;
mod adamw;
mod momentum;
mod nesterov;
mod rmsprop;
mod sgd;

use chainrule_graph::{Builder, Graph, GraphError, Initializer, NodeId, Shape, Var};

pub use adam::Adam;

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
        slots: &mut Slots<'g>,
    ) -> Var<'g> {
        match *self {
            Optimizer::Sgd => sgd::next(parameter, gradient, rate),
            Optimizer::Momentum { momentum } => momentum::next(parameter, gradient, rate, momentum, slots),
            Optimizer::Nesterov { momentum } => nesterov::next(parameter, gradient, rate, momentum, slots),
            Optimizer::Adam(adam) => adam::next(parameter, gradient, rate, adam, slots),
            Optimizer::AdamW { adam, decay } => adamw::next(parameter, gradient, rate, adam, decay, slots),
            Optimizer::RmsProp { decay, epsilon } => rmsprop::next(parameter, gradient, rate, decay, epsilon, slots),
            Optimizer::AdaGrad { epsilon } => adagrad::next(parameter, gradient, rate, epsilon, slots),
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

/// The state of an optimizer: values beside each parameter, and a count of steps.
pub(crate) struct Slots<'g> {
    builder: &'g Builder,
    /// The graph that is trained.
    taken: &'g Graph,
    /// A node of it that has a name of the step's.
    clash: Option<NodeId>,
    name: String,
    shape: Shape,
    steps: Option<Var<'g>>,
}

impl<'g> Slots<'g> {
    /// For steps on a graph, whose names are taken.
    pub fn new(builder: &'g Builder, taken: &'g Graph) -> Slots<'g> {
        Slots { builder, taken, clash: None, name: String::new(), shape: Shape::scalar(), steps: None }
    }

    /// Takes a name for the step.
    pub fn claim<'n>(&mut self, name: &'n str) -> &'n str {
        self.clash = self.clash.or_else(|| self.taken.find(name));
        name
    }

    /// An error if a node of the graph has a name that the step takes.
    pub fn check(&self) -> Result<(), GraphError> {
        let Some(id) = self.clash else { return Ok(()) };
        Err(GraphError::new(format!("{} has a name that the training step takes", self.taken.describe(id)))
            .help("another name would be right")
            .at(self.taken.node(id).origin.clone()))
    }

    /// Goes on to a parameter.
    pub fn of(&mut self, name: &str, shape: &Shape) {
        self.name = name.into();
        self.shape = shape.clone();
    }

    /// A value of the parameter's shape that starts at 0, such as `velocity of W`.
    pub fn zeros(&mut self, what: &str) -> Var<'g> {
        let name = format!("{what} of {}", self.name);
        self.builder.state(self.claim(&name), &self.shape, Initializer::Constant(0.0))
    }

    /// A number that belongs to no parameter.
    pub fn scalar(&mut self, name: &str, start: f64) -> Var<'g> {
        self.builder.state(self.claim(name), [], Initializer::Constant(start))
    }

    /// The number of this step, from 1; shared by all parameters and the schedule.
    pub fn step_number(&mut self) -> Var<'g> {
        if let Some(number) = self.steps {
            return number;
        }
        let count = self.scalar("step count", 0.0);
        let number = count + 1.0;
        self.update(count, number);
        *self.steps.insert(number)
    }

    /// Says the next value of a state.
    pub fn update(&self, state: Var<'g>, value: Var<'g>) {
        self.builder.update(state, value);
    }
}
