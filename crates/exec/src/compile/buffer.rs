//! Buffers: what the kernels of a step read and fill.

use chainrule_graph::{Graph, NodeId};

/// A buffer: that of a node, or one that a pass added.
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
    /// For each buffer, its number of elements and the node whose value it holds.
    all: Vec<(usize, Option<NodeId>)>,
    /// For each node, its buffer.
    of_node: Vec<BufferId>,
}

impl Buffers {
    /// One for each node of a graph.
    pub fn of(graph: &Graph) -> Buffers {
        let mut buffers = Buffers { all: Vec::new(), of_node: Vec::new() };
        for (id, node) in graph.ids().zip(graph.nodes()) {
            let buffer = buffers.push(node.shape.size(), Some(id));
            buffers.of_node.push(buffer);
        }
        buffers
    }

    /// One more, of so many elements.
    pub fn add(&mut self, size: usize) -> BufferId {
        self.push(size, None)
    }

    fn push(&mut self, size: usize, node: Option<NodeId>) -> BufferId {
        self.all.push((size, node));
        BufferId(self.all.len() as u32 - 1)
    }

    /// The buffer of a node's own; a node that is a view of another fills none.
    pub fn of_node(&self, id: NodeId) -> BufferId {
        self.of_node[id.index()]
    }

    /// The node whose value a buffer holds; none for one that a pass added.
    pub fn node(&self, buffer: BufferId) -> Option<NodeId> {
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
