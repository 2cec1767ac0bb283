//! Where the elements of a value lie.

use std::fmt;

/// Values of several elements begin at multiples of this many elements, a cache line of f32.
pub(crate) const ALIGNMENT: usize = 16;

/// Where an operand's first element lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub space: Space,
    /// In elements, from where the space begins.
    pub offset: usize,
}

/// What an operand lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// The workspace's arena.
    Arena,
    /// The row that this step takes from a table of data, by the table's number.
    Row(u16),
}

impl Address {
    /// An address in the arena.
    pub fn in_arena(offset: usize) -> Address {
        Address { space: Space::Arena, offset }
    }

    /// The offset in the arena; none for what lies elsewhere.
    pub fn arena_offset(self) -> Option<usize> {
        (self.space == Space::Arena).then_some(self.offset)
    }

    /// Whether whole vectors can be read from here on, up to behind the last element: a value of several elements that
    /// begins at the alignment has that room, and so has a row of a table.
    #[inline(always)]
    pub fn is_padded(self) -> bool {
        self.space != Space::Arena || self.offset.is_multiple_of(ALIGNMENT)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.space {
            Space::Arena => write!(f, "@{}", self.offset),
            Space::Row(table) => write!(f, "row{table}+{}", self.offset),
        }
    }
}
