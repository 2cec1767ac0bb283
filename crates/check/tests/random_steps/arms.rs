//! What a random step may be besides a row of the case table: operands of any shapes, along any of their axes.

use chainrule_graph::layers::Dropout;
use chainrule_graph::ops::{Reduce, Reduction, WindowDimensions};
use chainrule_graph::{Builder, Shape, Steps, Tensor, Var};

/// More elements, or axes, a node does not get.
const LARGEST: usize = 400;
const MOST_AXES: usize = 4;

/// What a step is built from.
pub struct Operands<'g> {
    pub builder: &'g Builder,
    pub a: Var<'g>,
    pub b: Var<'g>,
    /// Two indices, 0 or 1 each.
    pub indices: Var<'g>,
    /// It decides what else there is to choose.
    pub number: usize,
}

/// Builds something, if the operands allow it.
pub type Arm = for<'g> fn(&Operands<'g>) -> Option<Var<'g>>;

/// Each as likely as another.
pub const ARMS: &[Arm] = &[
    |o| Some(o.a + o.together()?),
    |o| Some(o.a - o.together()?),
    |o| Some(tame(o.a) * o.together()?),
    |o| Some(o.a / (1.0 + o.together()? * o.b)),
    |o| Some(o.a.max(o.together()?)),
    |o| Some(o.a.min(o.together()?)),
    |o| Some(o.a.less(o.together()?).select(tame(o.a), o.b)),
    |o| Some(o.a.stop_gradient() * o.together()?),
    |o| Some(2.0 * o.a - 1.0),
    |o| Some(tame(o.a).power(2.0).sum()),
    |o| Some(o.a.sum()),
    reduction,
    reduction,
    reduction,
    windows,
    windows,
    looped,
    looped,
    looped,
    |o| (o.a.shape() == o.b.shape()).then(|| o.a.in_training(o.b)),
    |o| Some((o.a - o.a.batch_mean()) * o.builder.batch_size()),
    |o| Some(o.a * o.builder.uniform(o.a.shape())),
    |o| Some(Dropout::new(0.25).apply(o.a)),
    |o| o.a.shape().iter().all(|&n| n > 0).then(|| o.a.mean()),
    |o| (o.ranks() == (1, 1) && o.a.shape() == o.b.shape()).then(|| o.a.dot(o.b)),
    |o| (o.ranks() == (2, 1) && o.a.shape()[1] == o.b.shape()[0]).then(|| o.a.matmul(o.b)),
    |o| (o.ranks() == (1, 2) && o.a.shape()[0] == o.b.shape()[0]).then(|| o.a.matmul(o.b)),
    |o| (o.ranks() == (2, 2) && o.a.shape()[1] == o.b.shape()[0]).then(|| o.a.matmul(o.b)),
    |o| (o.ranks() == (1, 1)).then(|| o.a.outer(tame(o.b))),
    contraction,
    |o| Some(o.a.transpose()),
    |o| Some(o.a.transpose_axes(&(0..o.a.rank()).map(|i| (i + o.number) % o.a.rank()).collect::<Vec<_>>())),
    |o| Some(o.a.reshape([o.a.shape().size()])),
    |o| Some(o.a.reshape(o.a.shape().iter().copied().rev().collect::<Shape>())),
    |o| (o.a.rank() < MOST_AXES).then(|| o.a.expand(o.number % (o.a.rank() + 1), 1 + o.number % 3)),
    |o| {
        let shape = o.a.shape();
        let start: Vec<usize> = shape.iter().map(|&n| (o.number % 3).min(n)).collect();
        let stop: Vec<usize> = shape.iter().zip(&start).map(|(&n, &start)| n.min(start + 1 + o.number % 7)).collect();
        Some(o.a.slice(&start, &stop))
    },
    |o| o.a.shape().first().filter(|&&n| n > 0).map(|n| o.a.index(o.number % n)),
    |o| Some(o.a.pad(&vec![o.number % 2; o.a.rank()], &vec![o.number % 3; o.a.rank()])),
    |o| {
        let axis = o.axis()?;
        let others = |x: Var<'_>| (x.rank() == o.a.rank()).then(|| x.shape().without(&[axis]));
        (others(o.a) == others(o.b)).then(|| o.a.concat(&[o.b], axis))
    },
    |o| Some(o.a.reverse(&o.axes())),
    |o| o.axis().filter(|&axis| o.a.shape()[axis] > 1).map(|axis| o.a.gather(o.indices, axis)),
    |o| (o.a.shape().first() == Some(&2)).then(|| o.a.scatter_add(o.indices, 2 + o.number % 2)),
    |o| {
        let constant = o.builder.constant(Tensor::from_fn([1 + o.number % 2, 3], |i| i as f64 - 1.5));
        (o.a.rank() == 0).then(|| constant * o.a)
    },
];

/// The same, kept from growing without bound.
pub fn tame(x: Var<'_>) -> Var<'_> {
    x.tanh()
}

impl<'g> Operands<'g> {
    /// Whether what is built of both stays small.
    pub fn are_small(&self) -> bool {
        let small = |shape: Shape| shape.size() <= LARGEST && shape.rank() <= MOST_AXES;
        let together = self.a.shape().broadcast(&self.b.shape());
        small(self.a.shape()) && small(self.b.shape()) && together.is_none_or(|shape| shape.size() <= LARGEST)
    }

    /// The second, if it broadcasts with the first.
    fn together(&self) -> Option<Var<'g>> {
        self.a.shape().broadcast(&self.b.shape()).map(|_| self.b)
    }

    fn ranks(&self) -> (usize, usize) {
        (self.a.rank(), self.b.rank())
    }

    /// One of the first's axes.
    fn axis(&self) -> Option<usize> {
        self.number.checked_rem(self.a.rank())
    }

    fn axis_with_elements(&self) -> Option<usize> {
        self.axis().filter(|&axis| self.a.shape()[axis] > 0)
    }

    /// Some of the first's axes.
    fn axes(&self) -> Vec<usize> {
        (0..self.a.rank()).filter(|axis| self.number >> axis & 1 == 1).collect()
    }
}

/// Any op along axes.
fn reduction<'g>(operands: &Operands<'g>) -> Option<Var<'g>> {
    let op = Reduction::ALL[operands.number / 16 % Reduction::ALL.len()];
    let signature = op.signature();
    let axis = if signature.of_nothing { operands.axis() } else { operands.axis_with_elements() };
    let axes = if signature.several_axes { operands.axes() } else { vec![axis?] };
    Some(operands.builder.push(Reduce { op, axes }, &[operands.a]).to_real())
}

/// Windows over some axes, or their fold, or both.
fn windows<'g>(operands: &Operands<'g>) -> Option<Var<'g>> {
    let &Operands { a, number, .. } = operands;
    let (shape, size, dilation) = (a.shape(), 1 + number % 3, 1 + number / 3 % 2);
    let axes: Vec<usize> = operands.axes().into_iter().filter(|&axis| shape[axis] > dilation * (size - 1)).collect();
    let each = |n| vec![n; axes.len()];
    let lengths: Vec<usize> = axes.iter().map(|&axis| shape[axis]).collect();
    let (sizes, strides, dilations) = (each(size), each(1 + number / 6 % 3), each(dilation));
    let dimensions = WindowDimensions { axes, sizes, strides, dilations };
    let windows = a.windows(dimensions.clone());
    let is_small = windows.rank() <= MOST_AXES && windows.shape().size() <= LARGEST;
    if is_small && number % 2 == 0 { Some(windows) } else { Some(tame(windows).fold(dimensions, &lengths)) }
}

/// A loop over the first axis: forwards or backwards, with or without a carry, a loop in it, a value from around it, or random
/// numbers.
fn looped<'g>(operands: &Operands<'g>) -> Option<Var<'g>> {
    let &Operands { builder, a, b, number, .. } = operands;
    let row: Shape = a.shape().get(1..)?.into();
    let start = if b.shape() == row { b } else { builder.constant(0.25).broadcast_to(row) };
    let steps = Steps { length: None, reverse: number % 2 == 1 };
    let around = tame(b.sum());
    let outputs = match number / 2 % 6 {
        0 => builder.scan_by(steps, &[start], &[a], |h, x| vec![0.5 * tame(h[0]) + x[0]]),
        1 => builder.scan_by(steps, &[start], &[a], |h, x| vec![(h[0] * x[0]).sin() + around * tame(h[0])]),
        2 => builder.scan_by(steps, &[], &[a], |_, x| vec![tame(x[0]) * around]),
        3 => builder.scan_by(steps, &[start, around], &[a], |h, x| {
            let next = tame(h[0] + x[0] * h[1]);
            vec![next, tame(next.sum()), next * x[0] - h[0]]
        }),
        4 => builder.scan_by(steps, &[start], &[a], |h, x| vec![tame(h[0] + x[0] * builder.uniform(x[0].shape()))]),
        _ => {
            a.shape().get(1)?;
            builder.scan_by(steps, &[around], &[a], |h, x| {
                let inner = Steps { length: None, reverse: number % 4 > 1 };
                let columns = builder.scan_by(inner, &[], &[x[0]], |_, x| vec![tame(x[0]) + h[0]])[0];
                vec![tame(columns.sum()), columns]
            })
        }
    };
    outputs.last().copied()
}

/// A contraction of any kind that two operands allow: axes of equal size are summed over, shared or kept apart.
fn contraction<'g>(operands: &Operands<'g>) -> Option<Var<'g>> {
    const LETTERS: &[u8] = b"abcdefgh";
    let &Operands { a, b, number, .. } = operands;
    let (a_shape, b_shape) = (a.shape(), b.shape());
    if a.rank() + b.rank() > 6 {
        return None;
    }
    let lhs = &LETTERS[..a.rank()];
    let (mut rhs, mut out, mut own) = (Vec::new(), lhs.to_vec(), Vec::new());
    for (axis, &n) in b_shape.iter().enumerate() {
        let fits = |beside: &usize| a_shape[*beside] == n && !rhs.contains(&lhs[*beside]);
        let beside = (0..a.rank()).map(|axis| (axis + number) % a.rank()).find(fits);
        match (beside, number >> (2 * axis) & 3) {
            (Some(beside), 0 | 1) => {
                rhs.push(lhs[beside]);
                out.retain(|letter| *letter != lhs[beside]);
            }
            (Some(beside), 2) => rhs.push(lhs[beside]),
            _ => {
                let letter = LETTERS[a.rank() + axis];
                rhs.push(letter);
                own.push(letter);
            }
        }
    }
    out.extend(own);
    let size = |letter: &u8| match lhs.iter().position(|l| l == letter) {
        Some(axis) => a_shape[axis],
        None => rhs.iter().position(|l| l == letter).map_or(0, |axis| b_shape[axis]),
    };
    if out.iter().map(size).product::<usize>() > LARGEST {
        return None;
    }
    let turn = number / 5 % out.len().max(1);
    out.rotate_left(turn);
    let text = |letters: &[u8]| letters.iter().map(|&letter| letter as char).collect::<String>();
    Some(tame(a).contract(tame(b), &format!("{},{}->{}", text(lhs), text(&rhs), text(&out))))
}
