//! The body of a loop: a graph with its inputs in order, and what a step gives.

use std::hash::{Hash, Hasher};

use super::source::Source;
use super::{Op, TensorType};
use crate::error::GraphError;
use crate::graph::Graph;
use crate::node::{Node, NodeId, Output, Value};
use crate::verify::verify;

/// A graph whose first nodes are its inputs, one after the other, and some of its values as outputs. It has no updates, no
/// other inputs and no node that no output needs.
///
/// Two are equal that compute the same in the same order; names, scopes and origins have no part in it.
#[derive(Clone, Debug)]
pub struct Body {
    graph: Graph,
    inputs: usize,
    outputs: Vec<Value>,
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        (self.inputs, &self.outputs) == (other.inputs, &other.outputs)
            && self.graph.nodes().len() == other.graph.nodes().len()
            && self.starts_as(other)
    }
}

impl Eq for Body {}

impl Hash for Body {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.graph, self.inputs, &self.outputs).hash(state);
    }
}

impl Body {
    /// Whether the nodes of two bodies compute the same in the same order, whatever is given of it, up to the end of the
    /// shorter one.
    pub(crate) fn starts_as(&self, other: &Body) -> bool {
        let mut pairs = self.graph.nodes().iter().zip(other.graph.nodes());
        pairs.all(|(a, b)| a.op == b.op && a.inputs == b.inputs)
    }

    /// The part of a graph that computes `outputs` from `inputs`, which may be any of its values.
    ///
    /// # Errors
    ///
    /// A value of another graph, or one twice among the inputs; an output that needs an input of the graph that is not
    /// among `inputs`.
    pub fn of(graph: &Graph, inputs: &[Value], outputs: &[Value]) -> Result<Body, GraphError> {
        graph.check_values(inputs.iter().chain(outputs).copied())?;
        let mut made = vec![None; graph.value_count()];
        let mut part = Graph::with_scopes(graph.scopes().to_vec());
        for (index, &input) in inputs.iter().enumerate() {
            let (node, output) = (graph.node(input), graph.output(input).clone());
            let bound = if let Op::Source(Source::Input { bound, .. }) = node.op { bound } else { None };
            let op = Source::Input { shape: output.shape.clone(), kind: output.kind, bound }.into();
            let (scope, origin) = (node.scope, node.origin.clone());
            let id = part.push(Node { op, inputs: Vec::new(), outputs: vec![output], scope, origin });
            if made[graph.value_index(input)].replace(Value::from(id)).is_some() {
                return Err(GraphError::new(format!(
                    "{} is input {index} of a body, and another",
                    graph.describe(input)
                )));
            }
        }
        let needed = needed(graph, &made, outputs);
        for id in graph.ids().filter(|id| needed[id.index()]) {
            let mut node = graph.node(id).clone();
            if node.op.is_input() {
                let what = graph.describe(id);
                return Err(
                    GraphError::new(format!("a body needs {what}, which is none of its inputs")).at(node.origin)
                );
            }
            // What is needed is made before it is read.
            node.inputs.iter_mut().for_each(|input| *input = made[graph.value_index(*input)].unwrap_or(*input));
            for (index, output) in node.outputs.iter_mut().enumerate() {
                if made[graph.value_index(id.output(index))].is_some() {
                    output.name = None; // an input of the body stands for it, and bears the name
                }
            }
            let count = node.outputs.len();
            let copy = part.push(node);
            for index in 0..count {
                made[graph.value_index(id.output(index))].get_or_insert(copy.output(index));
            }
        }
        let outputs = outputs.iter().map(|&output| made[graph.value_index(output)].unwrap_or(output)).collect();
        Ok(Body { graph: part, inputs: inputs.len(), outputs })
    }

    /// The same nodes with other ops, of the same operands; what is known of their outputs follows.
    ///
    /// # Errors
    ///
    /// An op does not take its operands, or gives more or fewer outputs than the one that it replaces.
    pub fn with_ops(&self, op: impl Fn(NodeId) -> Op) -> Result<Body, GraphError> {
        let mut graph = Graph::with_scopes(self.graph.scopes().to_vec());
        for id in self.graph.ids() {
            let mut node = Node { op: op(id), ..self.graph.node(id).clone() };
            let operands: Vec<TensorType> =
                node.inputs.iter().map(|&input| graph.output(input).tensor_type()).collect();
            let failed = |message: String| GraphError::new(message).at(node.origin.clone());
            let types = node.op.infer(&operands).map_err(|error| failed(error.0))?;
            if types.len() != node.outputs.len() {
                return Err(failed(format!(
                    "{} gives {} outputs, not {}",
                    node.op.name(),
                    types.len(),
                    node.outputs.len()
                )));
            }
            for (output, of_type) in node.outputs.iter_mut().zip(types) {
                (output.shape, output.kind) = (of_type.shape, of_type.kind);
            }
            graph.push(node);
        }
        Ok(Body { graph, inputs: self.inputs, outputs: self.outputs.clone() })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The inputs, which are the graph's first nodes.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = NodeId> + DoubleEndedIterator + Clone + use<> {
        (0..self.inputs).map(NodeId::from_index)
    }

    /// What a step gives.
    pub fn outputs(&self) -> &[Value] {
        &self.outputs
    }

    /// What the inputs are.
    pub fn input_types(&self) -> impl ExactSizeIterator<Item = TensorType> + '_ {
        self.inputs().map(|id| self.graph.output(id).tensor_type())
    }

    /// What the outputs are.
    pub fn output_types(&self) -> impl ExactSizeIterator<Item = TensorType> + '_ {
        self.outputs.iter().map(|&output| self.graph.output(output).tensor_type())
    }

    /// How a message calls an output.
    pub(super) fn output(&self, index: usize) -> &Output {
        self.graph.output(self.outputs[index])
    }

    /// An error unless it is what a body must be.
    pub(crate) fn verify(&self) -> Result<(), GraphError> {
        verify(&self.graph)?;
        self.graph.check_values(self.outputs.iter().copied())?;
        let is_input = |id: NodeId| self.graph.get(id).is_some_and(|node| node.op.is_input());
        let others = self.graph.ids().skip(self.inputs).any(is_input);
        if !self.inputs().all(is_input) || others || !self.graph.updates().is_empty() {
            return Err(GraphError::new("the body of a loop has other inputs than it says, or updates"));
        }
        Ok(())
    }
}

/// For each node, whether outputs need it of which nothing is made yet.
fn needed(graph: &Graph, made: &[Option<Value>], outputs: &[Value]) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes().len()];
    let missing = |value: &Value| made[graph.value_index(*value)].is_none();
    outputs.iter().filter(|value| missing(value)).for_each(|value| needed[value.node.index()] = true);
    for id in graph.ids().rev() {
        if needed[id.index()] {
            let inputs = graph.node(id).inputs.iter().filter(|value| missing(value));
            inputs.for_each(|input| needed[input.node.index()] = true);
        }
    }
    needed
}
