//! Blocks copied from one order of axes to another, against one element at a time.

use chainrule_kernels::strided::{CopyRun, copy_strided};

fn one_by_one(x: &[f32], runs: &[CopyRun], first: usize, y: &mut [f32]) {
    for index in 0..runs.iter().map(|run| run.n).product() {
        let (mut rest, mut from, mut to) = (index, 0, first as isize);
        for run in runs.iter().rev() {
            let i = rest % run.n;
            from += i * run.from;
            to += i as isize * run.to;
            rest /= run.n;
        }
        y[to as usize] = x[from];
    }
}

#[test]
fn axes_in_any_order() {
    let sizes = [[5, 7, 3], [16, 33, 20], [1, 40, 17], [18, 1, 31], [2, 2, 2], [0, 4, 3], [4, 0, 3]];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (sizes, order) in sizes.iter().flat_map(|sizes| orders.map(|order| (sizes, order))) {
        for padding in [0, 2] {
            // The axes of the result in this order of those of x, the last with room behind it
            let strides = [sizes[1] * sizes[2], sizes[2], 1];
            let shape = order.map(|axis| sizes[axis]);
            let width = shape[2] + padding;
            let steps = [(shape[1] * width) as isize, width as isize, 1];
            let runs: Vec<CopyRun> =
                (0..3).map(|i| CopyRun { n: shape[i], from: strides[order[i]], to: steps[i] }).collect();
            let x: Vec<f32> = (0..sizes.iter().product::<usize>()).map(|i| i as f32).collect();
            let mut found = vec![-1.0; shape[0] * shape[1] * width + 1];
            let mut right = found.clone();
            copy_strided(&x, &runs, 1.min(padding), &mut found);
            one_by_one(&x, &runs, 1.min(padding), &mut right);
            assert_eq!(found, right, "{sizes:?} {order:?}");
        }
    }
}

#[test]
fn windows_that_overlap_and_axes_that_run_backwards_or_repeat() {
    let x: Vec<f32> = (0..60).map(|i| i as f32).collect();
    let run = |n, from, to| CopyRun { n, from, to };
    for (runs, first) in [
        (vec![run(20, 1, 18), run(18, 2, 1)], 0),
        (vec![run(20, 1, -3), run(3, 20, 1)], 57),
        (vec![run(3, 20, 20), run(20, 1, -1)], 19),
        // one element repeated, beside an axis whose elements lie side by side
        (vec![run(20, 1, 18), run(18, 0, 1)], 0),
    ] {
        let (mut found, mut right) = (vec![-1.0; 400], vec![-1.0; 400]);
        copy_strided(&x, &runs, first, &mut found);
        one_by_one(&x, &runs, first, &mut right);
        assert_eq!(found, right, "{runs:?}");
    }
}
