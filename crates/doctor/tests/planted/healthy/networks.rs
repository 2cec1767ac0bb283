//! Networks of one to three hidden layers.

use super::renamed;
use crate::specimen::Specimen;
use crate::tables;

/// A wave by one layer of tanh.
pub fn wave() -> Specimen {
    let table = tables::wave(200, 5);
    Specimen::new(
        "wave",
        "signal",
        0.1,
        table,
        "epochs=400 batch=20 rate=0.01 optimizer=adam",
        "
input   t []
outcome signal []
param   W1 [16]    ~ normal(0, 1)
param   b1 [16]    ~ normal(0, 1)
param   W2 [16]    ~ normal(0, 0.3)
param   b2 []      = 0
hidden     = tanh(W1 * t + b1)
prediction = dot(W2, hidden) + b2
objective  = (prediction - signal)^2
",
    )
}

/// A parabola by ReLU units.
pub fn parabola() -> Specimen {
    let table = tables::parabola(160, 6);
    Specimen::new(
        "parabola",
        "y",
        0.05,
        table,
        "epochs=200 batch=16 rate=0.02",
        "
input   x [1]
outcome y []
param   A [24, 1] ~ he
param   a [24]    ~ uniform(-0.5, 0.5)
param   v [24]    ~ normal(0, 0.2)
param   c []      = 0
units      = relu(A @ x + a)
prediction = dot(v, units) + c
objective  = (prediction - y)^2
",
    )
}

/// Two moons by two layers of tanh.
pub fn moons() -> Specimen {
    let table = tables::moons(200, 7);
    Specimen::new(
        "moons",
        "moon",
        0.05,
        table,
        "epochs=150 batch=20 rate=0.1 optimizer=momentum",
        "
input   p [2]
outcome moon [] int < 2
param   W1 [12, 2]  ~ glorot
param   b1 [12]     = 0
param   W2 [12, 12] ~ glorot
param   b2 [12]     = 0
param   w3 [12]     ~ normal(0, 0.3)
param   b3 []       = 0
h1         = tanh(affine(W1, p, b1))
h2         = tanh(affine(W2, h1, b2))
logit      = dot(w3, h2) + b3
prediction = sigmoid(logit)
objective  = binary_cross_entropy(logit, moon)
",
    )
    .of_classes(0.5)
}

/// Exclusive or by a few tanh units.
pub fn xor() -> Specimen {
    let table = tables::xor(120, 8);
    Specimen::new(
        "xor",
        "same",
        0.05,
        table,
        "epochs=200 batch=12 rate=0.02 optimizer=adam",
        "
input   a []
input   b []
outcome same [] int < 2
param   wa [8] ~ normal(0, 1)
param   wb [8] ~ normal(0, 1)
param   s  [8] ~ normal(0, 0.5)
param   v  [8] ~ normal(0, 0.5)
param   c  []  = 0
h          = tanh(wa * a + wb * b + s)
logit      = dot(v, h) + c
prediction = sigmoid(logit)
objective  = softplus(logit) - same * logit
",
    )
    .of_classes(0.5)
}

/// Rings, with a softmax over two classes as Keras programs have it.
pub fn rings() -> Specimen {
    let table = tables::rings(180, 9);
    Specimen::new(
        "rings",
        "inner",
        0.05,
        table,
        "epochs=120 batch=18 rate=0.02 optimizer=adam",
        "
input   place [2] 
outcome inner [] int < 2
dense1     = relu(dense(place, 16, init=\"he\"))
dense2     = relu(dense(dense1, 8, init=\"he\"))
prediction = softmax(dense(dense2, 2))
objective  = nll(prediction, inner)
",
    )
    .of_classes(0.5)
    .table(|table| renamed(table, &[("east", "place0"), ("north", "place1")]))
}

/// A spiral by three layers.
pub fn spiral() -> Specimen {
    let table = tables::spiral(300, 10);
    Specimen::new(
        "spiral",
        "arm",
        0.1,
        table,
        "epochs=150 batch=20 rate=0.01 optimizer=adam",
        "
input   place [2]
outcome arm [] int < 3
first      = tanh(dense(place, 24))
second     = tanh(dense(first, 24))
logits     = dense(second, 3)
prediction = softmax(logits)
objective  = cross_entropy(logits, arm)
",
    )
    .of_classes(0.5)
    .table(|table| renamed(table, &[("u", "place0"), ("v", "place1")]))
}

/// An additive surface by two layers of GELU.
pub fn surface() -> Specimen {
    let table = tables::surface(500, 11);
    Specimen::new(
        "surface",
        "height",
        0.1,
        table,
        "epochs=80 batch=25 rate=0.005 optimizer=adam",
        "
input   q [4]
outcome height []
inner      = gelu(dense(q, 32, init=\"he\"))
outer      = gelu(dense(inner, 16, init=\"he\"))
prediction = dense(outer, 1)[0]
objective  = (prediction - height)^2
",
    )
}

/// Eight columns through two units and back.
pub fn autoencoder() -> Specimen {
    let table = tables::factors(200, 14);
    let columns = "c0 c1 c2 c3 c4 c5 c6 c7";
    Specimen::new(
        "autoencoder",
        columns,
        0.1,
        table,
        "epochs=150 batch=20 rate=0.005 optimizer=adam",
        "
input   c [8]
param   E [2, 8] ~ glorot
param   e [2]    = 0
param   D [8, 2] ~ glorot
param   d [8]    = 0
code       = affine(E, c, e)
prediction = affine(D, code, d)
objective  = squared_l2_distance(prediction, c)
",
    )
}

/// Handwritten digits by one layer.
pub fn digits() -> Specimen {
    let table = tables::digit_images(0, 500);
    Specimen::new(
        "digits",
        "digit",
        0.05,
        table,
        "epochs=30 batch=20 rate=0.1",
        "
input   x [64]
outcome digit [] int < 10
param   W1 [32, 64] ~ he
param   b1 [32]     = 0
param   W2 [10, 32] ~ glorot
param   b2 [10]     = 0
h          = relu(affine(W1, x, b1))
logits     = affine(W2, h, b2)
prediction = softmax(logits)
objective  = cross_entropy(logits, digit)
",
    )
    .of_classes(0.5)
}

/// Two outcomes at once.
pub fn pairs() -> Specimen {
    let table = tables::pairs(300, 15);
    Specimen::new(
        "pairs",
        "force0 force1",
        0.1,
        table,
        "epochs=150 batch=20 rate=0.01 optimizer=adam",
        "
input   s [3]
outcome force [2]
param   W1 [24, 3] ~ glorot
param   b1 [24]    ~ normal(0, 0.3)
param   W2 [2, 24] ~ glorot
param   b2 [2]     = 0
middle     = tanh(affine(W1, s, b1))
prediction = affine(W2, middle, b2)
objective  = sum((prediction - force)^2)
",
    )
}

/// A deep one of sigmoids' better cousins, on the additive surface.
pub fn deep() -> Specimen {
    let table = tables::surface(300, 16);
    Specimen::new(
        "deep",
        "height",
        0.1,
        table,
        "epochs=150 batch=20 rate=0.02 optimizer=momentum",
        "
input   q [4]
outcome height []
param   W1 [16, 4]  ~ he
param   b1 [16]     = 0
param   W2 [16, 16] ~ glorot
param   b2 [16]     = 0
param   W3 [16, 16] ~ glorot
param   b3 [16]     = 0
param   w4 [16]     ~ normal(0, 0.2)
param   b4 []       = 0
h1         = tanh(affine(W1, q, b1))
h2         = tanh(affine(W2, h1, b2))
h3         = tanh(affine(W3, h2, b3))
prediction = dot(w4, h3) + b4
objective  = 0.5 * (prediction - height)^2
",
    )
}
