//! Windows: blocks of elements that slide along axes, and their adjoint. A convolution is a contraction of windows with
//! weights, a pool a reduction over the axes within them; no rule knows of either.

use super::rules::{Contributions, batch_lifted};
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, exactly, must, must_be_real};
use crate::builder::{Builder, Var};
use crate::shape::Shape;

/// How windows lie: an entry for each axis along which they slide.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WindowDimensions {
    /// The axes, ascending.
    pub axes: Vec<usize>,
    /// How many elements a window has.
    pub sizes: Vec<usize>,
    /// How far the next window lies.
    pub strides: Vec<usize>,
    /// How far apart the elements of a window lie.
    pub dilations: Vec<usize>,
}

/// Windows and their adjoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Windows {
    /// The windows themselves: of each axis the number of windows stays in its place, and the axes within a window come last,
    /// y[…, p, …, j] = x[…, stride · p + dilation · j, …].
    Slide(WindowDimensions),
    /// The elements of windows added up where they lie: zeros of these lengths along the axes, and each
    /// w[…, p, …, j] added to […, stride · p + dilation · j, …].
    Fold {
        /// How the windows lie.
        dimensions: WindowDimensions,
        /// The lengths of the axes of the result, one for each along which the windows slide.
        lengths: Vec<usize>,
    },
}

use Windows::*;

names! {
    Windows:
    Slide(_) => "windows",
    Fold { .. } => "fold",
}

impl WindowDimensions {
    /// The place among the axes, the axis itself, the size, the stride and the dilation of each.
    fn entries(&self) -> impl Iterator<Item = (usize, usize, [usize; 3])> + '_ {
        let each = self.sizes.iter().zip(&self.strides).zip(&self.dilations);
        self.axes
            .iter()
            .zip(each)
            .enumerate()
            .map(|(place, (&axis, ((&size, &stride), &dilation)))| (place, axis, [size, stride, dilation]))
    }

    /// How many elements of an axis a window spans: from its first to its last.
    pub fn span(&self, place: usize) -> usize {
        let gaps = self.sizes[place].saturating_sub(1);
        self.dilations[place].saturating_mul(gaps).saturating_add(1)
    }

    /// How many windows fit along an axis of so many elements.
    fn count(&self, place: usize, length: usize) -> usize {
        (length - self.span(place)) / self.strides[place] + 1
    }

    /// Whether each list has an entry for each axis, and the numbers mean something.
    fn check(&self, rank: usize) -> Result<(), ShapeError> {
        let count = self.axes.len();
        let lists = [("sizes", &self.sizes), ("strides", &self.strides), ("dilations", &self.dilations)];
        for (what, list) in lists {
            must(list.len() == count, || format!("takes {count} {what}, one for each axis, not {}", list.len()))?;
            must(!list.contains(&0), || format!("takes {what} of at least 1, not {}", Shape::from(&list[..])))?;
        }
        must(self.axes.windows(2).all(|pair| pair[0] < pair[1]), || {
            format!("takes distinct axes in order, not {}", Shape::from(&self.axes[..]))
        })?;
        must(self.axes.iter().all(|&axis| axis < rank), || match self.axes.last() {
            Some(axis) => format!("has no axis {axis} among the {rank} along which windows could slide"),
            None => String::new(), // of no axes all are there
        })
    }

    /// The shape whose windows are asked for, with the number of windows in place of each length.
    fn counts(&self, shape: &[usize], lengths: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let mut counts = shape.to_vec();
        for (place, axis, [size, _, dilation]) in self.entries() {
            let (length, span) = (lengths[place], self.span(place));
            must(length >= span, || {
                let spaced =
                    if dilation == 1 { String::new() } else { format!(", {dilation} apart, so {span} in all") };
                let window = if size == 1 { "1 element".into() } else { format!("{size} elements") };
                format!("takes windows no longer than the axis, not of {window}{spaced}, along axis {axis} of {length}")
            })?;
            counts[axis] = self.count(place, length);
        }
        Ok(counts)
    }

    fn batched(&self) -> WindowDimensions {
        WindowDimensions { axes: self.axes.iter().map(|axis| axis + 1).collect(), ..self.clone() }
    }
}

/// Methods that build windows.
impl<'g> Var<'g> {
    /// The windows that slide along some axes: the number of windows takes the place of each axis, and the axes within a
    /// window come last. It is a view: overlapping windows share their elements.
    #[track_caller]
    pub fn windows(self, dimensions: WindowDimensions) -> Var<'g> {
        self.builder.push(Slide(dimensions), &[self])
    }

    /// The elements of windows added up where they lie, along axes of these lengths: the adjoint of
    /// [`windows`](Var::windows).
    #[track_caller]
    pub fn fold(self, dimensions: WindowDimensions, lengths: &[usize]) -> Var<'g> {
        self.builder.push(Fold { dimensions, lengths: lengths.to_vec() }, &[self])
    }
}

impl Rules for Windows {
    fn name(&self) -> &str {
        self.name()
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        let [x] = exactly(inputs)?;
        match self {
            Slide(dimensions) => {
                dimensions.check(x.shape.rank())?;
                let lengths: Vec<usize> = dimensions.axes.iter().map(|&axis| x.shape[axis]).collect();
                let counts = dimensions.counts(&x.shape, &lengths)?;
                let shape: Shape = counts.into_iter().chain(dimensions.sizes.iter().copied()).collect();
                Ok(vec![TensorType::new(shape, x.kind)])
            }
            Fold { dimensions, lengths } => {
                must_be_real(inputs)?;
                let rank = x.shape.rank().checked_sub(dimensions.axes.len());
                let Some(rank) = rank else {
                    return Err(ShapeError(format!(
                        "takes windows over {} axes, not {}",
                        dimensions.axes.len(),
                        x.shape
                    )));
                };
                dimensions.check(rank)?;
                must(lengths.len() == dimensions.axes.len(), || {
                    format!("takes {} lengths, one for each axis, not {}", dimensions.axes.len(), lengths.len())
                })?;
                let mut folded = x.shape[..rank].to_vec();
                let counts = dimensions.counts(&folded, lengths)?;
                let expected: Shape = counts.into_iter().chain(dimensions.sizes.iter().copied()).collect();
                must(expected == x.shape, || {
                    let lengths = Shape::from(&lengths[..]);
                    format!("takes the windows of axes of {lengths}, whose shape is {expected}, not {}", x.shape)
                })?;
                for (&axis, &length) in dimensions.axes.iter().zip(lengths) {
                    folded[axis] = length;
                }
                Ok(vec![TensorType::real(folded)])
            }
        }
    }

    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        let shape = node.x[0].shape();
        node.each(|_, _, dy| {
            Some(match self {
                // y_pj = x_{sp + dj}                     ∂J/∂x_i = Σ over p, j with sp + dj = i of ∂J/∂y_pj
                Slide(dimensions) => {
                    let lengths: Vec<usize> = dimensions.axes.iter().map(|&axis| shape[axis]).collect();
                    dy.fold(dimensions.clone(), &lengths)
                }
                // y_i = Σ over p, j with sp + dj = i of w_pj        ∂J/∂w_pj = ∂J/∂y_{sp + dj}
                Fold { dimensions, .. } => dy.windows(dimensions.clone()),
            })
        })
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        batch_lifted(builder, inputs, size, self.clone(), || match self {
            Slide(dimensions) => Slide(dimensions.batched()).into(),
            Fold { dimensions, lengths } => Fold { dimensions: dimensions.batched(), lengths: lengths.clone() }.into(),
        })
    }
}

impl From<Windows> for Op {
    fn from(op: Windows) -> Op {
        Op::Windows(op)
    }
}
