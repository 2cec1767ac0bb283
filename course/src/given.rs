//! Two nodes that are written already: read them before you write your own.
//!
//! `forward` fills in the output `y`, whose elements lie row by row. `backward` gets `g` = ∂J/∂y and fills in, for each
//! input, what this node adds to that input's cotangent; `dx[i]` has the shape of `x[i]` and begins as zeros. Adding up over
//! all nodes that read an input is not your business.

use chainrule::{CustomNode, Shape, Tensor};

use crate::shapes;

/// w·x + b, for vectors w and x `[d]` and a number b.
#[derive(Debug)]
pub struct VectorScalarAffine;

impl CustomNode for VectorScalarAffine {
    fn name(&self) -> &str {
        "vector_scalar_affine"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::vector_scalar_affine(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let (w, x, b) = (x[0].data(), x[1].data(), x[2].item());
        y[0] = b;
        for (w, x) in w.iter().zip(x) {
            y[0] += w * x;
        }
        Ok(())
    }

    // y = w·x + b        ∂J/∂w = g x        ∂J/∂x = g w        ∂J/∂b = g
    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (w, x, g) = (x[0].data(), x[1].data(), g.item());
        for (i, dw) in dx[0].data_mut().iter_mut().enumerate() {
            *dw = g * x[i];
        }
        for (i, dx) in dx[1].data_mut().iter_mut().enumerate() {
            *dx = g * w[i];
        }
        dx[2].data_mut()[0] = g;
        Ok(())
    }
}

/// ‖a − b‖², for values of one shape.
#[derive(Debug)]
pub struct SquaredDistance;

impl CustomNode for SquaredDistance {
    fn name(&self) -> &str {
        "squared_distance"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        shapes::distance(inputs)
    }

    fn forward(&self, x: &[Tensor], y: &mut [f64]) -> Result<(), String> {
        let (a, b) = (x[0].data(), x[1].data());
        for (a, b) in a.iter().zip(b) {
            y[0] += (a - b) * (a - b);
        }
        Ok(())
    }

    // y = Σ (aᵢ − bᵢ)²        ∂J/∂a = 2g (a − b)        ∂J/∂b = −2g (a − b)
    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (a, b, g) = (x[0].data(), x[1].data(), g.item());
        for (i, da) in dx[0].data_mut().iter_mut().enumerate() {
            *da = 2.0 * g * (a[i] - b[i]);
        }
        for (i, db) in dx[1].data_mut().iter_mut().enumerate() {
            *db = -2.0 * g * (a[i] - b[i]);
        }
        Ok(())
    }
}
