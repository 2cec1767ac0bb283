//! Sums of sums: two sums of which one is all that the other reads become one, where the axes that they run along lie side by
//! side. The gradient of a shift that was spread over examples and places is summed over the one, then over the other.

use chainrule_kernels::reduce::Axis;

use super::buffer::BufferId;
use super::plan::{ClosingSum, Kernel, KernelKind, Loop, Plan};

/// The plan with such sums joined. It stands before the loops are fused, so that each sum is a loop of its own.
pub(crate) fn join_nested_sums(mut plan: Plan) -> Plan {
    let reads = plan.count_reads();
    let mut sum_of: Vec<Option<usize>> = vec![None; plan.buffers.count()];
    for (index, kernel) in plan.kernels.iter().enumerate() {
        if let Some((_, sum)) = only_sum(kernel) {
            sum_of[sum.out.index()] = Some(index);
        }
    }
    let mut is_joined = vec![false; plan.kernels.len()];
    for index in 0..plan.kernels.len() {
        let is_read_once = |buffer: BufferId| reads[buffer.index()] == 1;
        if let Some((inner, joined)) = joined(&plan, index, &sum_of, is_read_once) {
            let nodes = [&plan.kernels[inner].nodes[..], &plan.kernels[index].nodes].concat();
            plan.kernels[index] = Kernel { kind: KernelKind::Loop(joined), nodes };
            is_joined[inner] = true;
        }
    }
    let mut is_joined = is_joined.into_iter();
    plan.kernels.retain(|_| !is_joined.next().unwrap_or_default());
    plan
}

/// A sum of a sum as one loop, and the kernel whose place it takes.
fn joined(
    plan: &Plan,
    index: usize,
    sum_of: &[Option<usize>],
    is_read_once: impl Fn(BufferId) -> bool,
) -> Option<(usize, Loop)> {
    let (_, outer) = only_sum(&plan.kernels[index])?;
    let read = &outer.operand;
    let is_all_read = read.is_whole(plan.buffers.size(read.buffer)) && is_read_once(read.buffer);
    let inner_index = sum_of[read.buffer.index()].filter(|_| is_all_read)?;
    let (size, inner) = only_sum(&plan.kernels[inner_index])?;
    let axis = joined_axis(inner.axis, outer.axis)?;
    let sums = vec![ClosingSum { operand: inner.operand.clone(), axis, out: outer.out }];
    Some((inner_index, Loop { size, body: Vec::new(), sums }))
}

/// The sum of a kernel that does nothing else, and over how many elements it is.
fn only_sum(kernel: &Kernel) -> Option<(usize, &ClosingSum)> {
    match &kernel.kind {
        KernelKind::Loop(Loop { size, body, sums }) if body.is_empty() => match &sums[..] {
            [sum] => Some((*size, sum)),
            _ => None,
        },
        _ => None,
    }
}

/// The axis of a sum along one axis, and then along another of what is left, if the two lie side by side.
fn joined_axis(first: Axis, second: Axis) -> Option<Axis> {
    let Axis { outer, inner, .. } = second;
    let is_outside = first.outer == outer * second.n && first.inner == inner;
    let is_inside = first.outer == outer && first.inner == second.n * inner;
    (is_outside || is_inside).then_some(Axis { outer, n: first.n * second.n, inner })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_lie_side_by_side_are_one() {
        let axis = |outer, n, inner| Axis { outer, n, inner };
        assert_eq!(joined_axis(axis(1, 3, 20), axis(1, 4, 5)), Some(axis(1, 12, 5)));
        assert_eq!(joined_axis(axis(12, 5, 1), axis(3, 4, 1)), Some(axis(3, 20, 1)));
        assert_eq!(joined_axis(axis(3, 4, 5), axis(1, 3, 5)), Some(axis(1, 12, 5)));
        // between the two lies an axis that stays
        assert_eq!(joined_axis(axis(1, 3, 20), axis(4, 5, 1)), None);
        assert_eq!(joined_axis(axis(12, 5, 1), axis(1, 3, 4)), None);
    }
}
