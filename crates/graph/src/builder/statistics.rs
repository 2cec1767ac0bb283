//! Products, norms and moments along axes, made of ops.

use super::Var;
use crate::shape::Shape;

impl<'g> Var<'g> {
    /// The product of all elements; 1 of none.
    #[track_caller]
    pub fn prod(self) -> Var<'g> {
        self.prod_axes(&self.all_axes())
    }

    /// The product over some axes, which vanish. It is taken by halves, so that an element's derivative is the product of
    /// the others, zeros among them or not.
    #[track_caller]
    pub fn prod_axes(self, axes: &[usize]) -> Var<'g> {
        if let Some(wrong) = self.without_axes("prod", axes) {
            return wrong;
        }
        self.builder.composed("prod", &[self], |builder| {
            let shape = self.shape().without(axes);
            let mut factors = self.numbers().merge_axes(axes);
            let (axis, mut count) = (factors.rank() - 1, factors.shape().last().copied().unwrap_or(1));
            if count == 0 {
                return builder.constant_of(crate::Tensor::scalar(1.0), factors.kind()).broadcast_to(shape);
            }
            while count > 1 {
                let half = count / 2;
                let products = factors.part(axis, 0, half) * factors.part(axis, half, 2 * half);
                let rest = (count % 2 == 1).then(|| factors.part(axis, 2 * half, count));
                factors = rest.map_or(products, |rest| products.concat(&[rest], axis));
                count = count.div_ceil(2);
            }
            factors.reshape(shape)
        })
    }

    /// √Σx² of all elements, with derivative 0 where all are 0.
    #[track_caller]
    pub fn norm(self) -> Var<'g> {
        self.norm_axes(&self.all_axes())
    }

    /// √Σx² over some axes, which vanish; where all elements are 0 the derivative is 0.
    #[track_caller]
    pub fn norm_axes(self, axes: &[usize]) -> Var<'g> {
        if let Some(wrong) = self.without_axes("norm", axes) {
            return wrong;
        }
        self.builder.composed("norm", &[self], |_| self.to_real().length(axes))
    }

    /// The mean squared distance of all elements from their mean.
    #[track_caller]
    pub fn variance(self) -> Var<'g> {
        self.variance_axes(&self.all_axes())
    }

    /// The mean squared distance from the mean over some axes, which vanish. That of no elements is an error.
    #[track_caller]
    pub fn variance_axes(self, axes: &[usize]) -> Var<'g> {
        if let Some(wrong) = self.without_axes("var", axes) {
            return wrong;
        }
        self.builder.composed("var", &[self], |_| self.to_real().centred(axes).power(2.0).average(axes))
    }

    /// The square root of the [`variance`](Var::variance) of all elements, with derivative 0 where they are equal.
    #[track_caller]
    pub fn std(self) -> Var<'g> {
        self.std_axes(&self.all_axes())
    }

    /// The square root of the variance over some axes, which vanish; where all elements are equal the derivative is 0.
    #[track_caller]
    pub fn std_axes(self, axes: &[usize]) -> Var<'g> {
        if let Some(wrong) = self.without_axes("std", axes) {
            return wrong;
        }
        self.builder.composed("std", &[self], |_| {
            let count: usize = axes.iter().map(|&axis| self.shape()[axis]).product();
            self.to_real().centred(axes).length(axes) / (count as f64).sqrt()
        })
    }

    /// (x − mean)/√(variance + `epsilon`) over some axes, which stay.
    #[track_caller]
    pub fn normalize(self, axes: &[usize], epsilon: f64) -> Var<'g> {
        if let Some(wrong) = self.without_axes("normalize", axes) {
            return wrong;
        }
        if !(epsilon >= 0.0 && epsilon.is_finite()) {
            return self.builder.fail(format!("normalize takes a finite epsilon of at least 0, not {epsilon}"), None);
        }
        self.builder.composed("normalize", &[self], |_| {
            let centred = self.to_real().centred(axes);
            let variance = centred.power(2.0).average(axes);
            centred * (variance + epsilon).rsqrt().copied_along(axes, &self.shape())
        })
    }

    /// Each element less the mean over some axes.
    #[track_caller]
    fn centred(self, axes: &[usize]) -> Var<'g> {
        self - self.average(axes).copied_along(axes, &self.shape())
    }

    #[track_caller]
    fn average(self, axes: &[usize]) -> Var<'g> {
        let shape = self.shape();
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        if count == 0 {
            return self.builder.fail(format!("the mean of no elements of {}", self.describe()), None);
        }
        self.sum_axes(axes) / count as f64
    }

    /// Copies along axes that a reduction took away from `shape`.
    #[track_caller]
    fn copied_along(self, axes: &[usize], shape: &Shape) -> Var<'g> {
        self.broadcast_axes(shape, (0..shape.rank()).filter(|axis| !axes.contains(axis)).collect())
    }

    /// √Σx² over some axes, in units of m^¾, m being the greatest |x|, so that no square overflows or vanishes, be it in f64 or
    /// in f32. The unit is held constant, since the norm does not depend on it, nor do its derivatives; in units of m itself
    /// they would leave the range on their way, multiplied by m before they are divided by it.
    #[track_caller]
    fn length(self, axes: &[usize]) -> Var<'g> {
        if self.failed() {
            return self;
        }
        let rows = self.merge_axes(axes);
        let axis = rows.rank() - 1;
        if rows.shape()[axis] == 0 {
            return self.power(2.0).sum_axes(axes).root();
        }
        let greatest = rows.abs().max_axis(axis).stop_gradient();
        let is_finite = greatest.less(f64::INFINITY);
        let unit = greatest.greater(0.0).select(is_finite.select(greatest, 1.0), 1.0).power(0.75);
        (rows / unit.copied_along(&[axis], &rows.shape())).power(2.0).sum_axes(&[axis]).root() * unit
    }

    /// √x of what is at least 0, with derivative 0 at 0. NaN stays NaN.
    #[track_caller]
    fn root(self) -> Var<'g> {
        let is_zero = self.equal(0.0);
        is_zero.select(0.0, is_zero.select(1.0, self).sqrt())
    }

    /// The elements from `start` up to `stop` along an axis.
    #[track_caller]
    fn part(self, axis: usize, start: usize, stop: usize) -> Var<'g> {
        let shape = self.shape();
        let (mut from, mut to) = (vec![0; shape.rank()], shape.to_vec());
        (from[axis], to[axis]) = (start, stop);
        self.slice(&from, &to)
    }

    /// Truth values as reals, other numbers as they are.
    #[track_caller]
    fn numbers(self) -> Var<'g> {
        if self.kind() == crate::Kind::Bool { self.to_real() } else { self }
    }

    fn all_axes(self) -> Vec<usize> {
        (0..self.rank()).collect()
    }

    /// The mistake of naming an axis that is not there, or one twice.
    #[track_caller]
    fn without_axes(self, name: &str, axes: &[usize]) -> Option<Var<'g>> {
        if self.failed() {
            return Some(self);
        }
        let odd = axes.iter().enumerate().find_map(|(index, &axis)| {
            if axis >= self.rank() {
                Some(format!("{name}: there is no axis {axis} in {}", self.describe()))
            } else {
                axes[..index].contains(&axis).then(|| format!("{name}: axis {axis} is named twice"))
            }
        });
        odd.map(|message| self.builder.fail(message, None))
    }
}
