//! Rows of the contraction.

use chainrule_graph::Tensor;

use super::{Case, case, real};

/// Σⱼ aᵢⱼ bⱼₖ for a [m, n] and b [n, p].
fn product(a: &Tensor, b: &Tensor, [m, n, p]: [usize; 3]) -> Vec<f64> {
    let element = |index: usize| (0..n).map(|j| a.data()[index / p * n + j] * b.data()[j * p + index % p]).sum();
    (0..m * p).map(element).collect()
}

pub(super) fn cases() -> Vec<Case> {
    [vectors(), matrices(), layouts(), layers()].into_iter().flatten().collect()
}

fn vectors() -> Vec<Case> {
    vec![
        case("contract: dot", [real([4]), real([4])], [], |_, x| x[0].dot(x[1]))
            .gives(|x| product(&x[0], &x[1], [1, 4, 1])),
        case("contract: dot with itself", [real([4])], [], |_, x| x[0].dot(x[0]))
            .gives(|x| vec![x[0].data().iter().map(|x| x * x).sum()]),
        case("contract: dot of nothing", [real([0]), real([0])], [], |_, x| x[0].dot(x[1])).gives(|_| vec![0.0]),
        case("contract: matvec", [real([2, 3]), real([3])], [2], |_, x| x[0].matvec(x[1]))
            .gives(|x| product(&x[0], &x[1], [2, 3, 1])),
        case("contract: matvec over nothing", [real([2, 0]), real([0])], [2], |_, x| x[0].matvec(x[1]))
            .gives(|_| vec![0.0; 2]),
        case("contract: matvec to nothing", [real([0, 2]), real([2])], [0], |_, x| x[0].matvec(x[1])).gives(|_| vec![]),
        case("contract: matvec of one element", [real([1, 1]), real([1])], [1], |_, x| x[0].matvec(x[1]))
            .gives(|x| product(&x[0], &x[1], [1, 1, 1])),
        case("contract: outer", [real([2]), real([3])], [2, 3], |_, x| x[0].outer(x[1]))
            .gives(|x| product(&x[0], &x[1], [2, 1, 3])),
        case("contract: outer of nothing", [real([2]), real([0])], [2, 0], |_, x| x[0].outer(x[1])).gives(|_| vec![]),
    ]
}

fn matrices() -> Vec<Case> {
    vec![
        case("contract: matmul", [real([2, 3]), real([3, 4])], [2, 4], |_, x| x[0].matmul(x[1]))
            .gives(|x| product(&x[0], &x[1], [2, 3, 4])),
        case("contract: matmul with itself", [real([3, 3])], [3, 3], |_, x| x[0].matmul(x[0]))
            .gives(|x| product(&x[0], &x[0], [3, 3, 3])),
        case("contract: vector times matrix", [real([2]), real([2, 3])], [3], |_, x| x[0].matmul(x[1]))
            .gives(|x| product(&x[0], &x[1], [1, 2, 3])),
        case("contract: matmul of vectors", [real([3]), real([3])], [], |_, x| x[0].matmul(x[1]))
            .gives(|x| product(&x[0], &x[1], [1, 3, 1])),
    ]
}

/// Axes in every order, shared by both operands, or summed over in twos.
fn layouts() -> Vec<Case> {
    vec![
        case("contract: first transposed", [real([3, 2]), real([3, 4])], [2, 4], |_, x| {
            x[0].contract(x[1], "ji,jk->ik")
        })
        .gives(|x| {
            let turned = Tensor::from_fn([2, 3], |index| x[0].data()[index % 3 * 2 + index / 3]);
            product(&turned, &x[1], [2, 3, 4])
        }),
        case("contract: second transposed", [real([2, 3]), real([4, 3])], [2, 4], |_, x| {
            x[0].contract(x[1], "ij,kj->ik")
        })
        .gives(|x| {
            let turned = Tensor::from_fn([3, 4], |index| x[1].data()[index % 4 * 3 + index / 4]);
            product(&x[0], &turned, [2, 3, 4])
        }),
        case("contract: result transposed", [real([2, 3]), real([3, 4])], [4, 2], |_, x| {
            x[0].contract(x[1], "ij,jk->ki")
        })
        .gives(|x| {
            let straight = product(&x[0], &x[1], [2, 3, 4]);
            (0..8).map(|index| straight[index % 2 * 4 + index / 2]).collect()
        }),
        case("contract: batched matmul", [real([2, 2, 3]), real([2, 3, 2])], [2, 2, 2], |_, x| {
            x[0].contract(x[1], "bij,bjk->bik")
        })
        .gives(|x| {
            let of = |x: &Tensor, batch: usize| Tensor::vector(&x.data()[6 * batch..6 * batch + 6]);
            (0..2).flat_map(|batch| product(&of(&x[0], batch), &of(&x[1], batch), [2, 3, 2])).collect()
        }),
        case("contract: over two axes", [real([2, 3]), real([2, 3])], [], |_, x| x[0].contract(x[1], "ij,ij->"))
            .gives(|x| vec![x[0].data().iter().zip(x[1].data()).map(|(a, b)| a * b).sum()]),
        case("contract: over two axes turned", [real([2, 3]), real([3, 2])], [], |_, x| x[0].contract(x[1], "ij,ji->"))
            .gives(|x| vec![(0..6).map(|index| x[0].data()[index] * x[1].data()[index % 3 * 2 + index / 3]).sum()]),
        case("contract: elementwise", [real([3]), real([3])], [3], |_, x| x[0].contract(x[1], "i,i->i"))
            .gives(|x| x[0].data().iter().zip(x[1].data()).map(|(a, b)| a * b).collect()),
        case("contract: scalars", [real([]), real([])], [], |_, x| x[0].contract(x[1], ",->"))
            .gives(|x| vec![x[0].item() * x[1].item()]),
        case("contract: a batch of rows and one matrix", [real([2, 1, 3]), real([3, 2])], [2, 1, 2], |_, x| {
            x[0].contract(x[1], "bij,jk->bik")
        })
        .gives(|x| product(&x[0], &x[1], [2, 3, 2])),
    ]
}

/// What the builder composes of a contraction.
fn layers() -> Vec<Case> {
    vec![
        case("contract: affine", [real([2, 3]), real([3]), real([2])], [2], |b, x| b.affine(x[0], x[1], x[2])).gives(
            |x| {
                let product = product(&x[0], &x[1], [2, 3, 1]);
                product.iter().zip(x[2].data()).map(|(wx, b)| wx + b).collect()
            },
        ),
        case("contract: vector_scalar_affine", [real([3]), real([3]), real([])], [], |b, x| {
            b.vector_scalar_affine(x[0], x[1], x[2])
        })
        .gives(|x| vec![product(&x[0], &x[1], [1, 3, 1])[0] + x[2].item()]),
    ]
}
