//! Values, gradients and second derivatives computed with JAX in f64.

use chainrule_graph::{Builder, Tensor, Var};

use crate::support::{InputValue, assert_close, build, close, real, tensor, vector};

#[track_caller]
fn golden(
    arguments: &[InputValue],
    function: impl for<'g> FnOnce(&'g Builder, &[Var<'g>]) -> Var<'g>,
    value: f64,
    gradients: &[Tensor],
) {
    let built = build(arguments, function);
    assert_close(&built.value(), &Tensor::scalar(value), 1e-12);
    for (found, expected) in built.gradients().iter().zip(gradients) {
        assert_close(found, expected, 1e-12);
    }
}

#[track_caller]
fn golden_second(x: f64, function: impl for<'g> FnOnce(Var<'g>) -> Var<'g>, expected: [f64; 3]) {
    let built = build(&[real(x)], |_, x| function(x[0]));
    for (order, expected) in expected.into_iter().enumerate() {
        let found = built.derivative(order);
        assert!(close(found, expected, 1e-12), "derivative {order} is {found}, not {expected}");
    }
}

#[test]
fn functions_of_one_number_and_their_second_derivatives() {
    golden_second(2.0, |x| x.power(2.0) * x.exp(), [29.5562243957226, 59.1124487914452, 103.4467853850291]);
    golden_second(0.7, |x| (1.0 + x.exp()).log(), [1.103186048885458, 0.6681877721681662, 0.22171287329310907]);
    // The second derivative is 2 σ(x) σ(−x) = 2 e⁻⁴⁰; JAX, which forms 1 − σ, finds half of it.
    golden_second(40.0, |x| x.softplus() + (-x).softplus(), [40.0, 1.0, 2.0 * (-40.0f64).exp()]);
}

#[test]
fn a_neuron() {
    golden(
        &[real(0.5), real(-1.25), real(0.1)],
        |_, x| (x[0] * x[1] + x[2]).tanh(),
        -0.48154979836430806,
        &[-0.9601372396191178, 0.3840548958476471, 0.7681097916952943].map(Tensor::scalar),
    );
}

#[test]
fn a_squared_affine() {
    golden(
        &[
            real(tensor([2, 3], [1.0, -2.0, 0.5, 0.25, 3.0, -1.0])),
            real(vector([1., 2., 3.])),
            real(vector([0.1, -0.2])),
        ],
        |_, x| (x[0].matmul(x[1]) + x[2]).power(2.0).sum(),
        11.262499999999998,
        &[
            tensor([2, 3], [-2.8, -5.6, -8.399999999999999, 6.1, 12.2, 18.299999999999997]),
            vector([-1.275, 23.9, -7.5]),
            vector([-2.8, 6.1]),
        ],
    );
}

#[test]
fn the_ridge_objective_with_its_weight_used_twice() {
    golden(
        &[real(vector([0.5, -1.0, 2.0])), real(vector([1.0, 2.0, 3.0])), real(0.3), real(4.0), real(0.1)],
        |_, v| (v[0].dot(v[1]) + v[2] - v[3]).power(2.0) + v[4] * v[0].dot(v[0]),
        1.1649999999999996,
        &[
            vector([1.6999999999999997, 2.999999999999999, 5.199999999999999]),
            vector([0.7999999999999998, -1.5999999999999996, 3.1999999999999993]),
            Tensor::scalar(1.5999999999999996),
            Tensor::scalar(-1.5999999999999996),
            Tensor::scalar(5.25),
        ],
    );
}

#[test]
fn a_network_with_one_hidden_layer() {
    golden(
        &[
            real(tensor([3, 2], [0.1, -0.4, 0.7, 0.2, -0.3, 0.9])),
            real(vector([1.5, -2.0])),
            real(vector([0.01, 0.02, -0.3])),
            real(vector([1.0, -1.0, 0.5])),
            real(0.2),
            real(1.0),
        ],
        |_, v| (v[3].dot((v[0].matmul(v[1]) + v[2]).tanh()) + v[4] - v[5]).power(2.0),
        1.2874152231382183,
        &[
            tensor(
                [3, 2],
                [
                    -1.518329436506826,
                    2.024439248675768,
                    2.2390999373354346,
                    -2.9854665831139124,
                    -0.04100428312237292,
                    0.054672377496497226,
                ],
            ),
            vector([0.9518921982805554, 0.678831938173121]),
            vector([-1.012219624337884, 1.4927332915569562, -0.027336188748248613]),
            vector([-1.6889773938192223, -1.327486908906216, 2.241783577491501]),
            Tensor::scalar(-2.269286428054615),
            Tensor::scalar(2.269286428054615),
        ],
    );
}

#[test]
fn the_likelihood_of_a_softmax() {
    golden(
        &[real(vector([1.0, 2.0, -1.0, 0.5])), real(vector([0.0, 0.0, 1.0, 0.0]))],
        |_, v| -v[0].softmax(0).dot(v[1]).log(),
        3.495181898085856,
        &[
            vector([0.22420781804820117, 0.6094600375988772, -0.9696567714405837, 0.13598891579350553]),
            vector([-7.3890560989306495, -20.085536923187668, -1.0, -4.4816890703380645]),
        ],
    );
    golden(
        &[real(vector([1000.0, 1001.0, 999.0])), real(vector([0.2, 0.3, 0.5]))],
        |_, v| v[0].logsumexp(0) - v[0].dot(v[1]),
        1.607605964444474,
        &[vector([0.044728471054797575, 0.3652409557748218, -0.40996942682961957]), vector([-1000.0, -1001.0, -999.0])],
    );
}

#[test]
fn a_matrix_used_twice() {
    golden(
        &[real(tensor([3, 2], [0.3, -0.2, 1.0, 0.4, 0.5, -0.6]))],
        |_, v| v[0].matmul(v[0].transpose()).sigmoid().sum(),
        5.314744687062276,
        &[tensor(
            [3, 2],
            [
                0.8888650437035843,
                -0.19657754940186825,
                0.7574321153282628,
                -0.24842210417650454,
                0.867056943905619,
                -0.1752779199114363,
            ],
        )],
    );
}

#[test]
fn kinks() {
    golden(
        &[real(1.5), real(-0.5)],
        |_, v| v[0].max(v[1]).power(3.0) - v[0].min(v[1]),
        3.875,
        &[Tensor::scalar(6.75), Tensor::scalar(-1.0)],
    );
    golden(
        &[real(vector([1.0, -2.0, 3.5]))],
        |_, v| (v[0].abs() * (v[0].power(2.0) + 1.0).sqrt()).mean(),
        6.2088472745378605,
        &[vector([0.7071067811865475, -1.3416407864998736, 2.3351295871277133])],
    );
}
