//! A dense array of numbers with a shape.

use crate::shape::Shape;

/// A dense row-major array of `f64` with a shape. Integers and booleans (0 and 1) are held as whole numbers.
///
/// ```
/// use chainrule_graph::{Shape, Tensor};
///
/// let matrix = Tensor::new([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).expect("2 · 3 elements are given");
/// assert_eq!(matrix.shape(), &Shape::from([2, 3]));
/// assert_eq!(matrix.data()[matrix.shape().strides()[0]], 4.0); // the first element of the second row
/// assert_eq!(Tensor::new([2, 3], vec![1.0]), None);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Shape,
    data: Vec<f64>,
}

impl Tensor {
    /// An array of the given shape from its elements in row-major order; none if their number is not the shape's.
    pub fn new(shape: impl Into<Shape>, data: Vec<f64>) -> Option<Tensor> {
        let shape = shape.into();
        (shape.checked_size() == Some(data.len())).then_some(Tensor { shape, data })
    }

    /// An array of shape `[]`.
    pub fn scalar(value: f64) -> Tensor {
        Tensor { shape: Shape::scalar(), data: vec![value] }
    }

    /// An array of shape `[n]`.
    pub fn vector(data: impl Into<Vec<f64>>) -> Tensor {
        let data = data.into();
        Tensor { shape: [data.len()].into(), data }
    }

    /// An array with the same value everywhere. Panics, as [`vec!`] does, where it is larger than any memory.
    pub fn filled(shape: impl Into<Shape>, value: f64) -> Tensor {
        let shape = shape.into();
        let data = vec![value; shape.size()];
        Tensor { shape, data }
    }

    /// An array of zeros.
    pub fn zeros(shape: impl Into<Shape>) -> Tensor {
        Tensor::filled(shape, 0.0)
    }

    /// An array whose element at flat row-major position `i` is `f(i)`.
    pub fn from_fn(shape: impl Into<Shape>, f: impl FnMut(usize) -> f64) -> Tensor {
        let shape = shape.into();
        let data = (0..shape.size()).map(f).collect();
        Tensor { shape, data }
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The elements in row-major order.
    pub fn data(&self) -> &[f64] {
        &self.data
    }

    /// The elements in row-major order, to be changed in place.
    pub fn data_mut(&mut self) -> &mut [f64] {
        &mut self.data
    }

    /// The elements in row-major order, taken out.
    pub fn into_data(self) -> Vec<f64> {
        self.data
    }

    /// The value of an array of one element; NaN if it has another number of elements.
    pub fn item(&self) -> f64 {
        match self.data[..] {
            [value] => value,
            _ => f64::NAN,
        }
    }

    /// The same elements under another shape of the same size.
    pub fn reshaped(self, shape: impl Into<Shape>) -> Option<Tensor> {
        Tensor::new(shape, self.data)
    }

    /// The number that every element is, if there is one.
    pub(crate) fn single_number(&self) -> Option<f64> {
        let first = *self.data.first()?;
        self.data.iter().all(|element| element.to_bits() == first.to_bits()).then_some(first)
    }

    /// Whether every element is finite.
    pub fn is_finite(&self) -> bool {
        self.data.iter().all(|value| value.is_finite())
    }
}
