//! Problems to learn that need no file: some that are generated, and one that is embedded.

pub mod digits;
mod made_up;
mod regression;
mod unaligned;

pub use made_up::made_up;
pub use regression::Regression;
pub use unaligned::unaligned;
