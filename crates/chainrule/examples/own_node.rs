//! A node of your own: a forward and a backward in Rust, and what the checker says to each of two attempts.
//!
//! The node is Student's loss ln (1 + e²) of an error e, which large errors pull at less and less. `cargo run --example
//! own_node` shows the reports.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;

use chainrule::check::{CheckOptions, Report, check_function};
use chainrule::{Builder, CustomNode, Function, Initializer, Shape, Tensor};

/// y = ln (1 + e²), element by element.
#[derive(Debug)]
pub struct StudentLoss {
    /// Whether the backward forgets the factor e, as a first attempt may.
    pub forgetful: bool,
}

impl CustomNode for StudentLoss {
    fn name(&self) -> &str {
        "student_loss"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs {
            [error] => Ok(error.clone()),
            _ => Err(format!("takes one error, not {} inputs", inputs.len())),
        }
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        for (y, e) in y.iter_mut().zip(x[0].data()) {
            *y = (e * e).ln_1p();
        }
        Ok(())
    }

    // y = ln (1 + e²)        ∂J/∂e = ∂J/∂y · 2e / (1 + e²)
    fn backward(&self, x: &[Tensor], _y: &Tensor, dy: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        for ((de, e), dy) in dx[0].data_mut().iter_mut().zip(x[0].data()).zip(dy.data()) {
            let inner = if self.forgetful { 2.0 } else { 2.0 * e };
            *de = dy * inner / (1.0 + e * e);
        }
        Ok(())
    }
}

/// Linear regression under the node's loss.
///
/// # Errors
/// None: its shapes fit.
pub fn regression(node: StudentLoss) -> Result<Function, Box<dyn Error>> {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [3]), builder.outcome("y", []));
    let w = builder.parameter("w", [3], Initializer::Constant(0.0));
    let b = builder.parameter("b", [], Initializer::Constant(0.0));
    let prediction = builder.vector_scalar_affine(x, w, b);
    builder.prediction(prediction);
    builder.objective(builder.custom(Arc::new(node), &[prediction - y]));
    Ok(builder.finish()?)
}

/// What the checker says to a function with the node in it.
///
/// # Errors
/// If the function can't be checked.
pub fn report(forgetful: bool) -> Result<Report, Box<dyn Error>> {
    Ok(check_function(&regression(StudentLoss { forgetful })?, &CheckOptions::default())?)
}

/// Shows both.
pub fn main() -> Result<(), Box<dyn Error>> {
    println!("A backward that forgets a factor:\n\n{}\n", report(true)?);
    println!("The right one:\n\n{}", report(false)?);
    Ok(())
}
