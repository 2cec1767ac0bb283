//! A dense array of numbers with a shape.

use std::fmt;

use crate::shape::Shape;

/// A dense row-major array of `f64` with a shape. Integers and booleans (0 and 1) are held as whole numbers.
///
/// ```
/// use chainrule_graph::{Shape, Tensor};
///
/// let matrix = Tensor::new([2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!(matrix.shape(), &Shape::from([2, 3]));
/// assert_eq!(matrix.data()[matrix.shape().strides()[0]], 4.0); // the first element of the second row
/// let mistake = Tensor::new([2, 3], vec![1.0]).unwrap_err();
/// assert_eq!(mistake.to_string(), "a tensor of shape [2, 3] has 6 elements, not 1");
/// # Ok::<(), chainrule_graph::TensorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Shape,
    data: Vec<f64>,
}

/// As many elements as a shape does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorError {
    /// The shape.
    pub shape: Shape,
    /// How many elements there are.
    pub found: usize,
}

impl fmt::Display for TensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TensorError { shape, found } = self;
        match shape.checked_size() {
            Some(1) => write!(f, "a tensor of shape {shape} has 1 element, not {found}"),
            Some(size) => write!(f, "a tensor of shape {shape} has {size} elements, not {found}"),
            None => write!(f, "a tensor of shape {shape} is larger than any memory"),
        }
    }
}

impl std::error::Error for TensorError {}

impl Tensor {
    /// An array of the given shape from its elements in row-major order.
    ///
    /// # Errors
    /// The number of elements is not the shape's.
    pub fn new(shape: impl Into<Shape>, data: Vec<f64>) -> Result<Tensor, TensorError> {
        let shape = shape.into();
        match shape.checked_size() == Some(data.len()) {
            true => Ok(Tensor { shape, data }),
            false => Err(TensorError { shape, found: data.len() }),
        }
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
    ///
    /// # Errors
    /// The shape has another size.
    pub fn reshaped(self, shape: impl Into<Shape>) -> Result<Tensor, TensorError> {
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
