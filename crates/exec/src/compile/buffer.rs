//! Buffers: what the kernels of a step read and fill.

use chainrule_graph::{Graph, NodeId, Value};

/// A buffer: that of a value of the graph, or one that a pass added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BufferId(u32);

impl BufferId {
    /// Where tables over all buffers have it.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All buffers of a plan.
#[derive(Clone, Debug)]
pub(crate) struct Buffers {
    /// For each buffer, its number of elements and the value that it holds.
    all: Vec<(usize, Option<Value>)>,
    /// For each node, the buffer of its first output; those of the others follow.
    of_node: Vec<BufferId>,
}

impl Buffers {
    /// One for each value of a graph.
    pub fn of_graph(graph: &Graph) -> Buffers {
        let mut buffers = Buffers { all: Vec::new(), of_node: Vec::new() };
        for id in graph.ids() {
            buffers.of_node.push(BufferId(buffers.all.len() as u32));
            for (index, output) in graph.node(id).outputs.iter().enumerate() {
                buffers.push(output.shape.size(), Some(id.output(index)));
            }
        }
        buffers
    }

    /// One more, of so many elements.
    pub fn add(&mut self, size: usize) -> BufferId {
        self.push(size, None)
    }

    fn push(&mut self, size: usize, value: Option<Value>) -> BufferId {
        self.all.push((size, value));
        BufferId(self.all.len() as u32 - 1)
    }

    /// The buffer of a value's own; a value that is a view of another fills none.
    pub fn of(&self, value: impl Into<Value>) -> BufferId {
        let value = value.into();
        BufferId(self.of_node[value.node.index()].0 + value.output)
    }

    /// The node whose output a buffer holds; none for one that a pass added.
    pub fn node(&self, buffer: BufferId) -> Option<NodeId> {
        self.value(buffer).map(|value| value.node)
    }

    /// The value that a buffer holds; none for one that a pass added.
    pub fn value(&self, buffer: BufferId) -> Option<Value> {
        self.all[buffer.index()].1
    }

    /// How many elements a buffer has.
    pub fn size(&self, buffer: BufferId) -> usize {
        self.all[buffer.index()].0
    }

    /// How many buffers there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = BufferId> + use<> {
        (0..self.all.len() as u32).map(BufferId)
    }
}
