//! Rows of the ops that rearrange.

use chainrule_graph::{Kind, Tensor};

use super::{Case, below, case, real};

/// The elements of x at these indices.
fn at(x: &Tensor, indices: &[usize]) -> Vec<f64> {
    indices.iter().map(|&index| x.data()[index]).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [arrangements(), copies(), blocks(), joins()].into_iter().flatten().collect()
}

fn arrangements() -> Vec<Case> {
    vec![
        case("reshape", [real([2, 3])], [3, 2], |_, x| x[0].reshape([3, 2])).gives(|x| x[0].data().to_vec()),
        case("reshape to a vector", [real([2, 3])], [6], |_, x| x[0].reshape([6])).gives(|x| x[0].data().to_vec()),
        case("reshape of a scalar", [real([])], [1, 1], |_, x| x[0].reshape([1, 1])).gives(|x| x[0].data().to_vec()),
        case("reshape to a scalar", [real([1])], [], |_, x| x[0].reshape([])).gives(|x| x[0].data().to_vec()),
        case("reshape of no elements", [real([0, 3])], [2, 0], |_, x| x[0].reshape([2, 0])).gives(|_| vec![]),
        case("transpose", [real([2, 3])], [3, 2], |_, x| x[0].transpose()).gives(|x| at(&x[0], &[0, 3, 1, 4, 2, 5])),
        case("transpose of three axes", [real([2, 1, 3])], [3, 2, 1], |_, x| x[0].transpose_axes(&[2, 0, 1]))
            .gives(|x| at(&x[0], &[0, 3, 1, 4, 2, 5])),
        case("transpose in a cycle", [real([2, 2, 2])], [2, 2, 2], |_, x| x[0].transpose_axes(&[1, 2, 0]))
            .gives(|x| at(&x[0], &[0, 4, 1, 5, 2, 6, 3, 7])),
        case("transpose of no elements", [real([0, 2])], [2, 0], |_, x| x[0].transpose()).gives(|_| vec![]),
        case("transpose of integers", [below(9, [2, 2])], [2, 2], |_, x| x[0].transpose())
            .of_kind(Kind::Int)
            .gives(|x| at(&x[0], &[0, 2, 1, 3])),
        case("reverse", [real([4])], [4], |_, x| x[0].reverse(&[0])).gives(|x| at(&x[0], &[3, 2, 1, 0])),
        case("reverse of both axes", [real([2, 3])], [2, 3], |_, x| x[0].reverse(&[1, 0]))
            .gives(|x| at(&x[0], &[5, 4, 3, 2, 1, 0])),
        case("reverse of the last axis", [real([2, 3])], [2, 3], |_, x| x[0].reverse(&[1]))
            .gives(|x| at(&x[0], &[2, 1, 0, 5, 4, 3])),
        case("reverse of no elements", [real([0])], [0], |_, x| x[0].reverse(&[0])).gives(|_| vec![]),
    ]
}

fn copies() -> Vec<Case> {
    vec![
        case("broadcast of a scalar", [real([])], [2, 3], |_, x| x[0].broadcast_to([2, 3]))
            .gives(|x| vec![x[0].item(); 6]),
        case("broadcast of a row", [real([3])], [2, 3], |_, x| x[0].broadcast_to([2, 3]))
            .gives(|x| at(&x[0], &[0, 1, 2, 0, 1, 2])),
        case("broadcast of a column", [real([2, 1])], [2, 3], |_, x| x[0].broadcast_to([2, 3]))
            .gives(|x| at(&x[0], &[0, 0, 0, 1, 1, 1])),
        case("broadcast along the first axis", [real([2])], [2, 3], |_, x| x[0].broadcast_axes([2, 3], vec![0]))
            .gives(|x| at(&x[0], &[0, 0, 0, 1, 1, 1])),
        case("broadcast along an axis between", [real([2, 2])], [2, 3, 2], |_, x| x[0].expand(1, 3))
            .gives(|x| at(&x[0], &[0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3])),
        case("broadcast to nothing", [real([2])], [0, 2], |_, x| x[0].broadcast_to([0, 2])).gives(|_| vec![]),
        case("broadcast of integers", [below(9, [2])], [2, 2], |_, x| x[0].broadcast_to([2, 2]))
            .of_kind(Kind::Int)
            .gives(|x| at(&x[0], &[0, 1, 0, 1])),
    ]
}

fn blocks() -> Vec<Case> {
    vec![
        case("slice", [real([5])], [2], |_, x| x[0].slice(&[1], &[3])).gives(|x| at(&x[0], &[1, 2])),
        case("slice of both axes", [real([3, 4])], [2, 2], |_, x| x[0].slice(&[1, 1], &[3, 3]))
            .gives(|x| at(&x[0], &[5, 6, 9, 10])),
        case("slice of nothing", [real([3])], [0], |_, x| x[0].slice(&[2], &[2])).gives(|_| vec![]),
        case("slice of one row", [real([3, 2])], [2], |_, x| x[0].index(1)).gives(|x| at(&x[0], &[2, 3])),
        case("slice of one element", [real([3])], [], |_, x| x[0].index(2)).gives(|x| at(&x[0], &[2])),
        case("slice of integers", [below(9, [3])], [2], |_, x| x[0].slice(&[0], &[2]))
            .of_kind(Kind::Int)
            .gives(|x| at(&x[0], &[0, 1])),
        case("pad", [real([2])], [5], |_, x| x[0].pad(&[1], &[2]))
            .gives(|x| vec![0.0, x[0].data()[0], x[0].data()[1], 0.0, 0.0]),
        case("pad of both axes", [real([1, 2])], [2, 3], |_, x| x[0].pad(&[0, 1], &[1, 0]))
            .gives(|x| vec![0.0, x[0].data()[0], x[0].data()[1], 0.0, 0.0, 0.0]),
        case("pad of nothing", [real([0])], [2], |_, x| x[0].pad(&[1], &[1])).gives(|_| vec![0.0; 2]),
        case("pad by nothing", [real([2])], [2], |_, x| x[0].pad(&[0], &[0])).gives(|x| x[0].data().to_vec()),
        // Zeros that a relu after it finds at its kink at every draw
        case("pad before a relu", [real([2])], [4], |_, x| x[0].pad(&[1], &[1]).relu())
            .gives(|x| vec![0.0, x[0].data()[0].max(0.0), x[0].data()[1].max(0.0), 0.0]),
    ]
}

fn joins() -> Vec<Case> {
    vec![
        case("concat", [real([2]), real([1])], [3], |_, x| x[0].concat(&[x[1]], 0))
            .gives(|x| vec![x[0].data()[0], x[0].data()[1], x[1].data()[0]]),
        case("concat along the last axis", [real([2, 1]), real([2, 2])], [2, 3], |_, x| x[0].concat(&[x[1]], 1)).gives(
            |x| {
                let (a, b) = (x[0].data(), x[1].data());
                vec![a[0], b[0], b[1], a[1], b[2], b[3]]
            },
        ),
        case("concat of three, one empty", [real([1]), real([0]), real([2])], [3], |_, x| {
            x[0].concat(&[x[1], x[2]], 0)
        })
        .gives(|x| [x[0].data(), x[2].data()].concat()),
        case("concat of a value with itself", [real([2])], [4], |_, x| x[0].concat(&[x[0]], 0))
            .gives(|x| at(&x[0], &[0, 1, 0, 1])),
        case("concat of one value", [real([2])], [2], |_, x| x[0].concat(&[], 0)).gives(|x| x[0].data().to_vec()),
        case("concat of integers", [below(9, [2]), below(9, [1])], [3], |_, x| x[0].concat(&[x[1]], 0))
            .of_kind(Kind::Int)
            .gives(|x| [x[0].data(), x[1].data()].concat()),
        case("concat: stack of scalars", [real([]), real([])], [2], |_, x| x[0].stack(&[x[1]], 0))
            .gives(|x| vec![x[0].item(), x[1].item()]),
        case("concat: stack along the last axis", [real([2]), real([2])], [2, 2], |_, x| x[0].stack(&[x[1]], 1)).gives(
            |x| {
                let (a, b) = (x[0].data(), x[1].data());
                vec![a[0], b[0], a[1], b[1]]
            },
        ),
    ]
}
