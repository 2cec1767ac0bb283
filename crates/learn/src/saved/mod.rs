//! After training: files that hold values, and the model as it is kept in one.

pub(crate) mod model;
#[cfg(feature = "training")]
pub(crate) mod rename;
pub(crate) mod tensor_file;
#[cfg(feature = "training")]
pub(crate) mod weights;
