//! The reference interpreter against closed forms, hand-computed numbers and golden numbers; and with it the graph's
//! passes, whose results it runs.

mod support;

mod bindings;
mod bounds;
mod composed;
mod convolutions;
mod custom;
mod derivatives;
mod elementwise;
mod golden;
mod long;
mod nodes;
mod rearranged;
mod reductions;
mod simplify;
mod stable_forms;
