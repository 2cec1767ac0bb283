//! The custom nodes that a text may call.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ops::custom::CustomNode;

/// The custom nodes that a text may call, by name. A text that calls another is refused. A node hides the built-in function of
/// its name, so that a new built-in changes no text of old.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    nodes: BTreeMap<String, Arc<dyn CustomNode>>,
    for_printed: bool,
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

    /// The same nodes for a text that [`print`](super::print) wrote: there a node that has the name of a built-in function is
    /// called `custom("name", x)`, and the bare name is the function.
    pub fn for_printed(self) -> Registry {
        Registry { for_printed: true, ..self }
    }

    /// The node that a bare name calls, if it is not the built-in function of that name.
    pub(super) fn called(&self, name: &str, is_built_in: bool) -> Option<&Arc<dyn CustomNode>> {
        self.get(name).filter(|_| !(is_built_in && self.for_printed))
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
