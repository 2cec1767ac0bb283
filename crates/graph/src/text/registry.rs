//! The custom nodes that a text may call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ops::custom::CustomNode;

/// The custom nodes that a text may call, by name. A text that calls another is refused.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    nodes: BTreeMap<String, Arc<dyn CustomNode>>,
}

impl Registry {
    /// No custom nodes.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// These and one more, under the name it gives itself; one of that name before it is replaced.
    pub fn with(mut self, node: Arc<dyn CustomNode>) -> Registry {
        self.register(node);
        self
    }

    /// Adds a node under the name it gives itself; one of that name before it is replaced.
    pub fn register(&mut self, node: Arc<dyn CustomNode>) {
        self.nodes.insert(node.name().to_string(), node);
    }

    /// The node of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn CustomNode>> {
        self.nodes.get(name)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }
}
