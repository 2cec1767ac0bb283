//! The text form: what parses, what it builds, what is refused and how, and that printing and parsing are inverse.

mod builds;
mod deep;
mod definitions;
mod errors;
mod functions;
mod garbage;
mod layers;
mod loops;
mod parameters;
mod prints;
mod random;
mod round_trip;
mod support;
mod unstable;
mod windows;
