//! The values that go into a run, and those that come out.

use std::collections::HashMap;
use std::ops::Index;

use chainrule_graph::{NodeId, Tensor, Value};

/// The values of input nodes for a run, by node; of the graph that runs, or of one that it extends.
///
/// ```
/// use chainrule_exec::Bindings;
/// use chainrule_graph::{NodeId, Tensor};
///
/// let (x, y) = (NodeId::from_index(0), NodeId::from_index(1));
/// let mut bindings: Bindings = [(x, Tensor::scalar(1.0))].into_iter().collect();
/// bindings.set(y, Tensor::vector([2.0, 3.0]));
/// assert_eq!(bindings.get(x).map(Tensor::item), Some(1.0));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bindings(HashMap<NodeId, Tensor>);

impl Bindings {
    /// No values yet.
    pub fn new() -> Bindings {
        Bindings::default()
    }

    /// Sets the value of an input node.
    pub fn set(&mut self, id: impl Into<NodeId>, value: Tensor) -> &mut Bindings {
        self.0.insert(id.into(), value);
        self
    }

    /// The same with one more value.
    pub fn with(mut self, id: impl Into<NodeId>, value: Tensor) -> Bindings {
        self.0.insert(id.into(), value);
        self
    }

    /// The nodes that have a value.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.0.keys().copied()
    }

    /// The value of an input node.
    pub fn get(&self, id: impl Into<NodeId>) -> Option<&Tensor> {
        self.0.get(&id.into())
    }
}

impl<N: Into<NodeId>> FromIterator<(N, Tensor)> for Bindings {
    fn from_iter<I: IntoIterator<Item = (N, Tensor)>>(values: I) -> Bindings {
        Bindings(values.into_iter().map(|(id, value)| (id.into(), value)).collect())
    }
}

/// What a run computed: for each node of the graph, its outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Vec<Vec<Option<Tensor>>>);

impl Values {
    /// Nothing computed yet of a graph of so many nodes.
    pub(crate) fn none(nodes: usize) -> Values {
        Values(vec![Vec::new(); nodes])
    }

    /// Sets the outputs of a node.
    pub(crate) fn set_outputs(&mut self, id: NodeId, outputs: Vec<Tensor>) {
        self.0[id.index()] = outputs.into_iter().map(Some).collect();
    }

    /// Sets one value.
    pub(crate) fn set(&mut self, value: Value, tensor: Tensor) {
        let outputs = &mut self.0[value.node.index()];
        let output = value.output as usize;
        outputs.resize(outputs.len().max(output + 1), None);
        outputs[output] = Some(tensor);
    }

    /// The value computed for one of the graph's, if the run computed it.
    pub fn get(&self, value: impl Into<Value>) -> Option<&Tensor> {
        let value = value.into();
        self.0.get(value.node.index())?.get(value.output as usize)?.as_ref()
    }
}

/// A value that was among the targets of the run, or was needed for one.
///
/// # Panics
///
/// If the run did not compute it.
impl<V: Into<Value>> Index<V> for Values {
    type Output = Tensor;

    fn index(&self, value: V) -> &Tensor {
        self.get(value).expect("the value was a target of the run, or is needed for one")
    }
}
