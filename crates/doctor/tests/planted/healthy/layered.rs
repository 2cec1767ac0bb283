//! Networks of ready layers: norms, dropout, recurrence, convolution; and bells around a few middles.

use crate::specimen::Specimen;
use crate::tables;

/// A surface by layers whose values are normed over the batch.
pub fn normed() -> Specimen {
    let table = tables::surface(400, 18);
    Specimen::new(
        "normed",
        "height",
        0.15,
        table,
        "epochs=80 batch=40 rate=0.01 optimizer=adam",
        "
input   q [4]
outcome height []
first      = relu(batch_norm(dense(q, 24, init=\"he\")))
second     = relu(batch_norm(dense(first, 24, init=\"he\")))
prediction = dense(second, 1)[0]
objective  = (prediction - height)^2
",
    )
}

/// Digits by a layer of which a part is left out while training.
pub fn thinned() -> Specimen {
    let table = tables::digit_images(600, 400);
    Specimen::new(
        "thinned",
        "digit",
        0.05,
        table,
        "epochs=40 batch=20 rate=0.1",
        "
input   x [64]
outcome digit [] int < 10
h          = dropout(relu(dense(x, 48, init=\"he\")), 0.3)
logits     = dense(h, 10)
prediction = softmax(logits)
objective  = cross_entropy(logits, digit)
",
    )
    .of_classes(0.5)
}

/// Digits as pictures.
pub fn pictures() -> Specimen {
    let table = tables::digit_images(1000, 300);
    Specimen::new(
        "pictures",
        "digit",
        0.05,
        table,
        "epochs=20 batch=20 rate=0.005 optimizer=adam",
        "
input   x [64]
outcome digit [] int < 10
picture    = reshape(x, [1, 8, 8])
maps       = max_pool(relu(conv(picture, 8, 3, padding=\"same\")), 2)
logits     = dense(flatten(maps), 10)
prediction = softmax(logits)
objective  = cross_entropy(logits, digit)
",
    )
    .of_classes(0.5)
}

/// Six steps of a walk, and whether it ends above its start.
pub fn gated() -> Specimen {
    let table = tables::walks(250, 19);
    Specimen::new(
        "gated",
        "up",
        0.15,
        table,
        "epochs=60 batch=25 rate=0.02 optimizer=adam",
        "
input   step [6]
outcome up [] int < 2
states     = gru(reshape(step, [6, 1]), 8)
score      = dense(last(states), 1)[0]
prediction = sigmoid(score)
objective  = binary_cross_entropy(score, up)
",
    )
    .of_classes(0.5)
}

/// A wave by bells around middles that move.
pub fn bells() -> Specimen {
    let table = tables::wave(150, 20);
    Specimen::new(
        "bells",
        "signal",
        0.1,
        table,
        "epochs=300 batch=15 rate=0.02 optimizer=adam",
        "
input   t []
outcome signal []
let     k = 14
param   middle [k] ~ uniform(-3, 3)
param   height [k] ~ normal(0, 0.3)
bell       = exp(-2 * (t - middle)^2)
prediction = dot(height, bell)
objective  = (prediction - signal)^2
",
    )
}
