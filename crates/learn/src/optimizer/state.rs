//! The state that a step keeps beside the parameters, and the names that it takes.

use chainrule_graph::{Builder, Graph, GraphError, Initializer, Shape, Value, Var};

/// The state of an optimizer: values beside each parameter, and a count of steps.
pub(crate) struct StateBuilder<'g> {
    builder: &'g Builder,
    /// The graph that is trained.
    taken: &'g Graph,
    /// A node of it that has a name of the step's.
    clash: Option<Value>,
    name: String,
    shape: Shape,
    steps: Option<Var<'g>>,
}

impl<'g> StateBuilder<'g> {
    /// For steps on a graph, whose names are taken.
    pub fn new(builder: &'g Builder, taken: &'g Graph) -> StateBuilder<'g> {
        StateBuilder { builder, taken, clash: None, name: String::new(), shape: Shape::scalar(), steps: None }
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

    /// Names what is computed for the parameter, such as `rate of W`.
    pub fn named(&mut self, value: Var<'g>, what: &str) -> Var<'g> {
        let name = format!("{what} of {}", self.name);
        value.named(self.claim(&name))
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
