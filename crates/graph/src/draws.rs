//! What random nodes depend on, given: the seed and the step as a constant or as a state, the examples as an input.

use std::sync::Arc;

use crate::error::GraphError;
use crate::function::{Function, Parameter};
use crate::graph::Graph;
use crate::initializer::Initializer;
use crate::node::{Kind, NodeId};
use crate::ops::random::key_digits;
use crate::ops::source::Constant;
use crate::ops::{Op, Source};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The value of a key: what draws depend on besides their node and their place.
pub fn random_key(seed: u64, step: u64) -> Tensor {
    Tensor::vector(key_digits(seed, step).map(|digit| digit as f64))
}

impl Function {
    /// Whether some node draws random numbers.
    pub fn is_random(&self) -> bool {
        self.graph.ids().any(|id| is_key(&self.graph, id))
    }

    /// The same with all draws by this seed, in this training step.
    #[must_use]
    pub fn with_seed(mut self, seed: u64, step: u64) -> Function {
        let constant = Constant { value: Arc::new(random_key(seed, step)), kind: Kind::Int };
        for id in self.graph.ids().filter(|&id| is_key(&self.graph, id)).collect::<Vec<_>>() {
            self.graph.nodes[id.index()].op = Source::Constant(constant.clone()).into();
        }
        self
    }

    /// The same with examples that are counted from a number.
    #[must_use]
    pub fn with_examples_from(mut self, first: usize) -> Function {
        for node in &mut self.graph.nodes {
            if let Op::Source(Source::RandomExample { shape }) = &node.op {
                let value = Arc::new(Tensor::from_fn(shape, |index| (first + index) as f64));
                node.op = Source::Constant(Constant { value, kind: Kind::Int }).into();
            }
        }
        self
    }

    /// The same with the key as a state of that name, whose value is a [`random_key`]; unchanged if nothing is drawn.
    ///
    /// # Errors
    ///
    /// The name is another node's.
    pub fn with_key_as_state(mut self, name: &str) -> Result<Function, GraphError> {
        let key = self.graph.ids().find(|&id| is_key(&self.graph, id));
        if let Some(key) = self.made_input(key, name)? {
            self.state.push(Parameter::new(key, Initializer::Constant(0.0)));
        }
        Ok(self)
    }

    /// The same with the number of the example as an input of that name, the last; unchanged if nothing is drawn.
    ///
    /// # Errors
    ///
    /// The name is another node's.
    pub fn with_example_as_input(mut self, name: &str) -> Result<Function, GraphError> {
        let is_example = |id: &NodeId| matches!(self.graph.node(*id).op, Op::Source(Source::RandomExample { .. }));
        let example = self.graph.ids().find(is_example);
        if let Some(example) = self.made_input(example, name)? {
            self.inputs.push(example);
        }
        Ok(self)
    }

    /// A source that becomes an input of that name.
    fn made_input(&mut self, source: Option<NodeId>, name: &str) -> Result<Option<NodeId>, GraphError> {
        let Some(id) = source else { return Ok(None) };
        if let Some(other) = self.graph.find(name).filter(|other| other.node != id) {
            let origin = self.graph.node(other).origin.clone();
            return Err(GraphError::new(format!("`{name}` is a name of what draws depend on"))
                .help("another name would be right")
                .at(origin));
        }
        let shape: Shape = self.graph.shape(id).clone();
        let node = &mut self.graph.nodes[id.index()];
        node.op = Source::Input { shape, kind: Kind::Int, bound: None }.into();
        let name: Arc<str> = name.into();
        if let Some(old) = node.outputs[0].name.replace(name.clone()) {
            self.graph.names.remove(&old);
        }
        node.outputs[0].generated_name = false;
        self.graph.names.insert(name, id.into());
        Ok(Some(id))
    }
}

fn is_key(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).op, Op::Source(Source::RandomKey))
}
