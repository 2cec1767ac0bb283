//! The nodes: write each `forward` and `backward` where it says `not_written`.
//!
//! In place of `not_written(…)`, which only takes note of what you are given, write the loops, and end with `Ok(())`. What the
//! arguments are is told in [`given`](crate::given), where two nodes are written already.

use chainrule::{CustomNode, Shape, Tensor};

use super::not_written;
use crate::shapes;

/// a + b, for values of one shape.
#[derive(Debug)]
pub struct Sum;

impl CustomNode for Sum {
    fn name(&self) -> &str {
        "sum"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::sum(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let (a, b) = (x[0].data(), x[1].data());
        not_written((a, b, y))
    }

    fn backward(&self, _x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let g = g.data();
        not_written((g, dx))
    }
}

/// λ‖w‖², for w of any shape.
#[derive(Debug)]
pub struct L2Penalty {
    /// The constant λ, at least 0.
    pub lambda: f64,
}

impl CustomNode for L2Penalty {
    fn name(&self) -> &str {
        "l2_penalty"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::penalty(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let (w, lambda) = (x[0].data(), self.lambda);
        not_written((w, lambda, y))
    }

    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (w, lambda, g) = (x[0].data(), self.lambda, g.item());
        not_written((w, lambda, g, dx))
    }
}

/// Wx + b, for W `[m, d]`, x `[d]` and b `[m]`. The element of W in row i, column j is `w[i * d + j]`.
#[derive(Debug)]
pub struct Affine;

impl CustomNode for Affine {
    fn name(&self) -> &str {
        "affine"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::affine(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let (w, x, b) = (x[0].data(), x[1].data(), x[2].data());
        let d = x.len();
        not_written((w, x, b, d, y))
    }

    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (w, x, g) = (x[0].data(), x[1].data(), g.data());
        let d = x.len();
        not_written((w, x, g, d, dx))
    }
}

/// tanh a, element by element.
#[derive(Debug)]
pub struct Tanh;

impl CustomNode for Tanh {
    fn name(&self) -> &str {
        "tanh"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::elementwise(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let a = x[0].data();
        not_written((a, y))
    }

    fn backward(&self, _x: &[Tensor], h: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (h, g) = (h.data(), g.data());
        not_written((h, g, dx))
    }
}

/// s_k = e^{z_k} / Σ_j e^{z_j}, for logits z `[k]`. Take care that no e^z is infinite.
#[derive(Debug)]
pub struct Softmax;

impl CustomNode for Softmax {
    fn name(&self) -> &str {
        "softmax"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::softmax(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let z = x[0].data();
        not_written((z, y))
    }

    fn backward(&self, _x: &[Tensor], s: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (s, g) = (s.data(), g.data());
        not_written((s, g, dx))
    }
}

/// −log s_y, for probabilities s `[k]` and a class y, which has no derivative: `dx[1]` stays 0.
#[derive(Debug)]
pub struct Nll;

impl CustomNode for Nll {
    fn name(&self) -> &str {
        "nll"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::nll(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let (s, class) = (x[0].data(), x[1].item() as usize);
        not_written((s, class, y))
    }

    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (s, class, g) = (x[0].data(), x[1].item() as usize, g.item());
        not_written((s, class, g, dx))
    }
}
