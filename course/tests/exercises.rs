//! Judges what was written. All of these fail until it is right:
//!
//! cargo exercises           all, the first to write first
//! cargo exercises affine    one
//!
//! Tests of the repository leave them out.

use course::exercises::homework;
use course::judge::{Wrong, graphs, nodes};

#[test]
#[ignore = "fails until it is written"]
fn e1_sum() -> Result<(), Wrong> {
    nodes::sum(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e2_l2_penalty() -> Result<(), Wrong> {
    nodes::l2_penalty(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e3_ridge() -> Result<(), Wrong> {
    graphs::ridge(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e4_affine() -> Result<(), Wrong> {
    nodes::affine(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e5_tanh() -> Result<(), Wrong> {
    nodes::tanh(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e6_mlp() -> Result<(), Wrong> {
    graphs::mlp(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e7_softmax() -> Result<(), Wrong> {
    nodes::softmax(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e8_nll() -> Result<(), Wrong> {
    nodes::nll(&homework())
}

#[test]
#[ignore = "fails until it is written"]
fn e9_multiclass() -> Result<(), Wrong> {
    graphs::multiclass(&homework())
}
