//! check
#![forbid(unsafe_code)]
