//! Rows of gather and scatter_add.

use chainrule_graph::{Kind, Tensor};

use super::{Case, below, case, integers, real};

/// Rows of `n` elements of a table, gathered.
fn gathered(table: &Tensor, indices: &Tensor, n: usize) -> Vec<f64> {
    indices.data().iter().flat_map(|&i| table.data()[i as usize * n..][..n].to_vec()).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [gathers(), scatters()].into_iter().flatten().collect()
}

fn gathers() -> Vec<Case> {
    vec![
        case("gather rows", [real([4, 2]), below(4, [3])], [3, 2], |_, x| x[0].gather(x[1], 0))
            .gives(|x| gathered(&x[0], &x[1], 2)),
        case("gather one row twice", [real([4, 2]), integers([3], &[2.0, 0.0, 2.0])], [3, 2], |_, x| {
            x[0].gather(x[1], 0)
        })
        .gives(|x| gathered(&x[0], &x[1], 2)),
        case("gather one element", [real([4]), below(4, [])], [], |_, x| x[0].gather(x[1], 0))
            .gives(|x| gathered(&x[0], &x[1], 1)),
        case("gather by a matrix", [real([4]), below(4, [2, 3])], [2, 3], |_, x| x[0].gather(x[1], 0))
            .gives(|x| gathered(&x[0], &x[1], 1)),
        case("gather columns", [real([2, 4]), below(4, [3])], [2, 3], |_, x| x[0].gather(x[1], 1)).gives(|x| {
            let indices = x[1].data();
            (0..6).map(|index| x[0].data()[index / 3 * 4 + indices[index % 3] as usize]).collect()
        }),
        case("gather in a batch", [real([2, 3]), below(3, [2])], [2], |_, x| x[0].gather_batched(x[1], 1))
            .gives(|x| (0..2).map(|row| x[0].data()[row * 3 + x[1].data()[row] as usize]).collect()),
        case("gather rows in a batch", [real([2, 3, 2]), below(3, [2, 2])], [2, 2, 2], |_, x| {
            x[0].gather_batched(x[1], 1)
        })
        .gives(|x| {
            let row = |index: usize| index / 2 * 6 + x[1].data()[index] as usize * 2;
            (0..4).flat_map(|index| x[0].data()[row(index)..][..2].to_vec()).collect()
        }),
        case("gather nothing", [real([3, 2]), below(3, [0])], [0, 2], |_, x| x[0].gather(x[1], 0)).gives(|_| vec![]),
        case("gather nothing from nothing", [real([0]), below(1, [0])], [0], |_, x| x[0].gather(x[1], 0))
            .gives(|_| vec![]),
        case("gather from one element", [real([1]), below(1, [3])], [3], |_, x| x[0].gather(x[1], 0))
            .gives(|x| vec![x[0].data()[0]; 3]),
        case("gather integers", [below(9, [4]), below(4, [3])], [3], |_, x| x[0].gather(x[1], 0))
            .of_kind(Kind::Int)
            .gives(|x| gathered(&x[0], &x[1], 1)),
        case("gather: nll of probabilities", [real([4]), below(4, [])], [], |b, x| b.nll(x[0].sigmoid(), x[1]))
            .gives(|x| vec![(1.0 + (-x[0].data()[x[1].item() as usize]).exp()).ln()]),
        case("gather: nll of a softmax", [real([4]), below(4, [])], [], |b, x| b.nll(x[0].softmax(0), x[1])).gives(
            |x| {
                let sum: f64 = x[0].data().iter().map(|x| x.exp()).sum();
                vec![sum.ln() - x[0].data()[x[1].item() as usize]]
            },
        ),
    ]
}

fn scatters() -> Vec<Case> {
    vec![
        case("scatter_add", [integers([3], &[2.0, 0.0, 2.0]), real([3])], [4], |_, x| x[1].scatter_add(x[0], 4))
            .gives(|x| vec![x[1].data()[1], 0.0, x[1].data()[0] + x[1].data()[2], 0.0]),
        case("scatter_add anywhere", [below(3, [4]), real([4])], [3], |_, x| x[1].scatter_add(x[0], 3)).gives(|x| {
            let of = |index: usize| x[0].data().iter().zip(x[1].data()).filter(move |(i, _)| **i == index as f64);
            (0..3).map(|index| of(index).map(|(_, u)| u).sum()).collect()
        }),
        case("scatter_add of rows", [integers([2], &[1.0, 1.0]), real([2, 2])], [3, 2], |_, x| {
            x[1].scatter_add(x[0], 3)
        })
        .gives(|x| {
            let u = x[1].data();
            vec![0.0, 0.0, u[0] + u[2], u[1] + u[3], 0.0, 0.0]
        }),
        case("scatter_add of one element", [below(3, []), real([])], [3], |_, x| x[1].scatter_add(x[0], 3))
            .gives(|x| (0..3).map(|index| if x[0].item() == index as f64 { x[1].item() } else { 0.0 }).collect()),
        case("scatter_add in a batch", [integers([2, 2], &[1.0, 0.0, 1.0, 1.0]), real([2, 2])], [2, 3], |_, x| {
            x[1].scatter_add_batched(x[0], 3, 1)
        })
        .gives(|x| {
            let u = x[1].data();
            vec![u[1], u[0], 0.0, 0.0, u[2] + u[3], 0.0]
        }),
        case("scatter_add of one element for each of a batch", [below(3, [2]), real([2])], [2, 3], |_, x| {
            x[1].scatter_add_batched(x[0], 3, 1)
        })
        .gives(|x| {
            let element =
                |row: usize, index: usize| if x[0].data()[row] == index as f64 { x[1].data()[row] } else { 0.0 };
            (0..6).map(|index| element(index / 3, index % 3)).collect()
        }),
        case("scatter_add of nothing", [below(3, [0]), real([0])], [3], |_, x| x[1].scatter_add(x[0], 3))
            .gives(|_| vec![0.0; 3]),
        case("scatter_add of empty rows", [below(3, [2]), real([2, 0])], [3, 0], |_, x| x[1].scatter_add(x[0], 3))
            .gives(|_| vec![]),
    ]
}
