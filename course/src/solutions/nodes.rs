//! The nodes, written out: the formula above, the loop below it.

use chainrule::{CustomNode, Shape, Tensor};

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
        for (i, y) in y.iter_mut().enumerate() {
            *y = a[i] + b[i];
        }
        Ok(())
    }

    // y = a + b        ∂J/∂a = g        ∂J/∂b = g
    fn backward(&self, _x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let g = g.data();
        dx[0].data_mut().copy_from_slice(g);
        dx[1].data_mut().copy_from_slice(g);
        Ok(())
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
        for w in w {
            y[0] += lambda * w * w;
        }
        Ok(())
    }

    // y = λ Σ wᵢ²        ∂J/∂w = 2gλ w
    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (w, lambda, g) = (x[0].data(), self.lambda, g.item());
        for (dw, w) in dx[0].data_mut().iter_mut().zip(w) {
            *dw = 2.0 * g * lambda * w;
        }
        Ok(())
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
        for (i, y) in y.iter_mut().enumerate() {
            *y = b[i];
            for (j, x) in x.iter().enumerate() {
                *y += w[i * d + j] * x;
            }
        }
        Ok(())
    }

    // yᵢ = Σⱼ Wᵢⱼ xⱼ + bᵢ        ∂J/∂W = g xᵀ        ∂J/∂x = Wᵀ g        ∂J/∂b = g
    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (w, x, g) = (x[0].data(), x[1].data(), g.data());
        let d = x.len();
        for (i, g) in g.iter().enumerate() {
            for (j, x) in x.iter().enumerate() {
                dx[0].data_mut()[i * d + j] = g * x;
                dx[1].data_mut()[j] += w[i * d + j] * g;
            }
            dx[2].data_mut()[i] = *g;
        }
        Ok(())
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
        for (y, a) in y.iter_mut().zip(a) {
            *y = a.tanh();
        }
        Ok(())
    }

    // h = tanh a        ∂J/∂a = g ⊙ (1 − h²)        uses the output, computes no tanh again
    fn backward(&self, _x: &[Tensor], h: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (h, g) = (h.data(), g.data());
        for (i, da) in dx[0].data_mut().iter_mut().enumerate() {
            *da = g[i] * (1.0 - h[i] * h[i]);
        }
        Ok(())
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
        let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        for (s, z) in y.iter_mut().zip(z) {
            *s = (z - largest).exp();
            total += *s;
        }
        for s in y {
            *s /= total;
        }
        Ok(())
    }

    // s = softmax z        ∂J/∂z = s ⊙ (g − g·s)
    fn backward(&self, _x: &[Tensor], s: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (s, g) = (s.data(), g.data());
        let along: f64 = g.iter().zip(s).map(|(g, s)| g * s).sum();
        for (k, dz) in dx[0].data_mut().iter_mut().enumerate() {
            *dz = s[k] * (g[k] - along);
        }
        Ok(())
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
        let probability = s.get(class).ok_or_else(|| format!("has no class {class} among {}", s.len()))?;
        y[0] = -probability.ln();
        Ok(())
    }

    // J = −log s_y        ∂J/∂s = −g e_y / s_y
    fn backward(&self, x: &[Tensor], _y: &Tensor, g: &Tensor, dx: &mut [Tensor]) -> Result<(), String> {
        let (s, class, g) = (x[0].data(), x[1].item() as usize, g.item());
        dx[0].data_mut()[class] = -g / s[class];
        Ok(())
    }
}
