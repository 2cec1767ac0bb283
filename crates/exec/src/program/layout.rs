//! How a workspace's arena is laid out.

use super::address::Address;

/// Where each value lies, and how large the arena is.
#[derive(Clone, Debug)]
pub(crate) struct ArenaLayout {
    /// None for a value that is never stored.
    pub addresses: Vec<Option<Address>>,
    /// The arena's length in elements.
    pub length: usize,
    /// The elements that are shared by values which are not alive at once.
    pub shared: usize,
}
