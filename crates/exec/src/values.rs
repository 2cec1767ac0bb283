//! The values that go into a run, and those that come out.

use std::collections::HashMap;
use std::ops::Index;

use chainrule_graph::{NodeId, Tensor};

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
    pub fn set(&mut self, id: NodeId, value: Tensor) -> &mut Bindings {
        self.0.insert(id, value);
        self
    }

    /// The same with one more value.
    pub fn with(mut self, id: NodeId, value: Tensor) -> Bindings {
        self.0.insert(id, value);
        self
    }

    /// The nodes that have a value.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.0.keys().copied()
    }

    /// The value of an input node.
    pub fn get(&self, id: NodeId) -> Option<&Tensor> {
        self.0.get(&id)
    }
}

impl FromIterator<(NodeId, Tensor)> for Bindings {
    fn from_iter<I: IntoIterator<Item = (NodeId, Tensor)>>(values: I) -> Bindings {
        Bindings(values.into_iter().collect())
    }
}

/// The value of each node that a run computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(pub(crate) Vec<Option<Tensor>>);

impl Values {
    /// The value of a node, if the run computed it.
    pub fn get(&self, id: NodeId) -> Option<&Tensor> {
        self.0.get(id.index())?.as_ref()
    }
}

/// The value of a node that was among the targets of the run, or was needed for one.
impl Index<NodeId> for Values {
    type Output = Tensor;

    fn index(&self, id: NodeId) -> &Tensor {
        self.get(id).expect("the node was a target of the run, or is needed for one")
    }
}
