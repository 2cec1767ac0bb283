//! A graph and the roles of its nodes.

use crate::error::GraphError;
use crate::graph::Graph;
use crate::initializer::Initializer;
use crate::node::{NodeId, Value};

/// A named value that is kept from run to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its input node.
    pub node: NodeId,
    /// How it starts.
    pub initializer: Initializer,
    /// How training steps move it; of a state, which none moves, the default.
    pub learning: Learning,
}

impl Parameter {
    /// A parameter that steps move as they do others, or a state.
    pub fn new(node: NodeId, initializer: Initializer) -> Parameter {
        Parameter { node, initializer, learning: Learning::default() }
    }
}

/// How training steps move a parameter, where that is not how they move the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learning {
    /// No step moves it, whatever the optimizer and the decay.
    pub frozen: bool,
    /// What the rate of the others is times, a finite number from 0 up.
    pub rate: f64,
    /// The weight decay, in place of that of the others; a finite number from 0 up.
    pub weight_decay: Option<f64>,
}

impl Default for Learning {
    fn default() -> Learning {
        Learning { frozen: false, rate: 1.0, weight_decay: None }
    }
}

impl Learning {
    /// Why a parameter can't be moved so, if it can't.
    pub(crate) fn problem(&self) -> Option<String> {
        let wrong = |what: &str, x: f64| {
            (!(x.is_finite() && x >= 0.0)).then(|| format!("has a {what} of {x}; a finite number ≥ 0 would be right"))
        };
        wrong("rate", self.rate).or_else(|| wrong("weight decay", self.weight_decay?))
    }
}

/// A graph and the roles of its nodes. It holds no values: parameters belong to the caller.
///
/// ```
/// use chainrule_graph::{Builder, Initializer, differentiate};
///
/// let builder = Builder::new();
/// let (x, y) = (builder.input("x", [2]), builder.outcome("y", []));
/// let w = builder.parameter("w", [2], Initializer::Constant(0.0));
/// builder.prediction(w.dot(x));
/// builder.objective((w.dot(x) - y).power(2.0));
/// let function = builder.finish()?;
///
/// let parameters: Vec<&str> = function.parameters.iter().map(|w| function.name(w.node)).collect();
/// assert_eq!(parameters, ["w"]);
/// let objective = function.objective.expect("it was said");
/// let derivatives = differentiate(&function.graph, objective, &[function.parameters[0].node])?;
/// assert!(derivatives.cotangent(function.parameters[0].node).is_some());
/// # Ok::<(), chainrule_graph::GraphError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// The nodes.
    pub graph: Graph,
    /// What a prediction is made from.
    pub inputs: Vec<NodeId>,
    /// What the prediction is compared with.
    pub outcomes: Vec<NodeId>,
    /// What is learned.
    pub parameters: Vec<Parameter>,
    /// What is kept from run to run without a gradient; its next value is one of the graph's updates.
    pub state: Vec<Parameter>,
    /// The prediction; it needs no outcome.
    pub prediction: Option<Value>,
    /// What is to be made small, a scalar.
    pub objective: Option<Value>,
}

impl Function {
    /// The name of an input, outcome, parameter or state. All of them have one; a node of another graph has the empty one.
    pub fn name(&self, id: impl Into<NodeId>) -> &str {
        let output = self.graph.get(id).and_then(|node| node.outputs.first());
        output.and_then(|output| output.name.as_deref()).unwrap_or_default()
    }

    /// An error unless every node with a role is one of the graph's.
    pub(crate) fn check_roles(&self) -> Result<(), GraphError> {
        let kept = self.parameters.iter().chain(&self.state).map(|parameter| parameter.node);
        let nodes = self.inputs.iter().chain(&self.outcomes).copied().chain(kept).map(Value::from);
        self.graph.check_values(nodes.chain(self.prediction).chain(self.objective))
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| self.name(parameter.node) == name)
    }
}
