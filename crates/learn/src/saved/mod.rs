//! After training: files that hold values, and the model as it is kept in one.

pub(crate) mod model;
pub(crate) mod tensor_file;
