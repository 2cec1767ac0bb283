//! A custom node that the tests share.

use chainrule_graph::{CustomNode, Shape, Tensor};

/// x² of each element, with a backward that is `slope` · x instead of 2 x.
#[derive(Debug)]
pub struct Square {
    pub slope: f64,
}

impl CustomNode for Square {
    fn name(&self) -> &str {
        "square"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs {
            [x] => Ok(x.clone()),
            _ => Err("takes one input".into()),
        }
    }

    fn forward(&self, inputs: &[Tensor], output: &mut [f64]) -> Result<(), String> {
        for (y, x) in output.iter_mut().zip(inputs[0].data()) {
            *y = x * x;
        }
        Ok(())
    }

    fn backward(&self, x: &[Tensor], _: &Tensor, dy: &Tensor, contributions: &mut [Tensor]) -> Result<(), String> {
        for ((c, x), dy) in contributions[0].data_mut().iter_mut().zip(x[0].data()).zip(dy.data()) {
            *c = self.slope * x * dy;
        }
        Ok(())
    }
}
