//! The order in which results are stored: that in which their operands lie, so that loops run along memory. A convolution's
//! result comes with its channels last, and what is made of it element by element keeps them there.

use chainrule_kernels::reduce::Axis;

use super::view::View;

/// The order of axes in which most operands of an elementwise op lie, if it is another than that of the axes; where as many lie
/// in that, it stays. An operand that repeats elements has no say.
pub(super) fn common_order(operands: &[View]) -> Option<Vec<usize>> {
    let mut orders: Vec<(Vec<usize>, usize)> = Vec::new();
    let (mut own, mut most) = (0, 0);
    for view in operands {
        let Some(order) = view.memory_order() else { continue };
        if view.other_order().is_none() {
            own += 1;
            continue;
        }
        let place = orders.iter().position(|(other, _)| *other == order).unwrap_or_else(|| {
            orders.push((order, 0));
            orders.len() - 1
        });
        orders[place].1 += 1;
        most = orders[place].1.max(most);
    }
    orders.into_iter().find(|(_, count)| *count == most).filter(|_| most > own).map(|(order, _)| order)
}

/// A view whose axes are taken together as one, in [outer, n, inner], and the order in which the axes that are left are stored,
/// if it is another than theirs.
pub(super) struct Along {
    pub view: View,
    pub axis: Axis,
    pub order: Option<Vec<usize>>,
}

/// A view with these axes as one, along memory where it lies in another order than that of its axes: what is left and lies
/// within the axes stays within. With `in_order`, what is left stays in order all the same.
pub(super) fn along(view: View, axes: &[usize], in_order: bool) -> Along {
    if in_order || view.other_order().is_none() {
        let (view, axis) = along_one_axis(view, axes);
        return Along { view, axis, order: None };
    }
    let mut left: Vec<usize> = (0..view.shape.rank()).filter(|axis| !axes.contains(axis)).collect();
    let several = axes.iter().filter(|&&axis| view.shape[axis] != 1);
    let least = several.map(|&axis| view.strides[axis]).min().unwrap_or(0);
    let names = left.clone();
    // Those of one element lie nowhere.
    let stride = |axis: usize| if view.shape[axis] == 1 { usize::MAX } else { view.strides[axis] };
    left.sort_by_key(|&axis| std::cmp::Reverse(stride(axis)));
    let (outer, inner): (Vec<usize>, Vec<usize>) = left.iter().partition(|&&axis| stride(axis) >= least);
    let size = |axes: &[usize]| axes.iter().map(|&axis| view.shape[axis]).product();
    let axis = Axis { outer: size(&outer), n: size(axes), inner: size(&inner) };
    let place = |axis: &usize| names.iter().position(|name| name == axis);
    let order = left.iter().filter_map(place).collect();
    Along { view: view.permuted(&[&outer[..], axes, &inner].concat()), axis, order: Some(order) }
}

/// A view whose axes are taken together as one; axes that stand apart are brought to the end.
fn along_one_axis(mut view: View, axes: &[usize]) -> (View, Axis) {
    let rank = view.shape.rank();
    let adjacent = axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if !adjacent {
        let kept = (0..rank).filter(|axis| !axes.contains(axis));
        let order: Vec<usize> = kept.chain(axes.iter().copied()).collect();
        view = view.permuted(&order);
    }
    let first = if adjacent { axes.first().copied().unwrap_or(rank) } else { rank - axes.len() };
    let size_of = |axes: std::ops::Range<usize>| view.shape[axes].iter().product();
    let axis = Axis {
        outer: size_of(0..first),
        n: size_of(first..first + axes.len()),
        inner: size_of(first + axes.len()..rank),
    };
    (view, axis)
}
