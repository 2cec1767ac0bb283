//! Models with one best answer.

use crate::specimen::Specimen;
use crate::tables;

/// Least squares by steps.
pub fn plane() -> Specimen {
    let table = tables::plane(150, 0.5, 1);
    Specimen::new(
        "plane",
        "gain",
        0.05,
        table,
        "epochs=60 batch=10 rate=0.02",
        "
input   x [n]
outcome gain []
param   slopes [n] ~ normal(0, 0.3)
param   start []   = 0
prediction = dot(slopes, x) + start
objective  = (prediction - gain)^2
",
    )
}

/// Least squares with a penalty.
pub fn ridge() -> Specimen {
    let table = tables::plane(120, 1.5, 2);
    Specimen::new(
        "ridge",
        "gain",
        0.35,
        table,
        "epochs=80 batch=12 rate=0.02 standardize",
        "
input   x [n]
outcome gain []
let     strength = 0.02
param   w [n] = 0
param   c []  = 0
prediction = dot(w, x) + c
objective  = (prediction - gain)^2 + strength * sum(w^2)
",
    )
}

/// Logistic regression by its likelihood.
pub fn logistic() -> Specimen {
    let table = tables::two_classes(240, 0.45, 2.6, 3);
    Specimen::new(
        "logistic",
        "ill",
        0.2,
        table,
        "epochs=60 batch=16 rate=0.1",
        "
input   z [4]
outcome ill []
param   w [4] ~ normal(0, 0.1)
param   b []  = 0
score      = dot(w, z) + b
prediction = sigmoid(score)
objective  = -(ill * log(prediction) + (1 - ill) * log(1 - prediction))
",
    )
    .of_classes(0.5)
}

/// Multinomial logistic regression on blobs.
pub fn blobs() -> Specimen {
    let table = tables::blobs(280, 4, 4);
    Specimen::new(
        "blobs",
        "kind",
        0.1,
        table,
        "epochs=60 batch=20 rate=0.05",
        "
input   m [6]
outcome kind [] int < 4
param   W [4, 6] ~ glorot
param   b [4]    = 0
logits     = affine(W, m, b)
prediction = softmax(logits)
objective  = nll(prediction, kind)
",
    )
    .of_classes(0.5)
}

/// Counts by their likelihood.
pub fn poisson() -> Specimen {
    let table = tables::counts(200, 12);
    Specimen::new(
        "poisson",
        "visits",
        0.35,
        table,
        "epochs=60 batch=20 rate=0.01",
        "
input   heat []
input   wind []
input   rain []
outcome visits []
param   slope [3] ~ normal(0, 0.1)
param   base []   = 1
log_mean   = dot(slope, stack(heat, wind, rain)) + base
prediction = exp(log_mean)
objective  = prediction - visits * log_mean
",
    )
}

/// A plane by a loss that bears extremes.
pub fn robust() -> Specimen {
    let table = tables::plane(180, 0.4, 13);
    let clean = tables::plane(180, 0.4, 113);
    Specimen::new(
        "robust",
        "gain",
        0.06,
        table,
        "epochs=80 batch=15 rate=0.05",
        "
input   x [5]
outcome gain []
param   w [5] = 0
param   b []  = 0
prediction = dot(w, x) + b
objective  = huber(prediction, gain)
",
    )
    .on(clean)
}

/// Six points of a curve, all linear.
pub fn curve() -> Specimen {
    let table = tables::curve(150, 17);
    Specimen::new(
        "curve",
        "at0 at1 at2 at3 at4 at5",
        0.05,
        table,
        "epochs=60 batch=15 rate=0.03",
        "
input   bend []
input   slope []
outcome at [6]
param   W [6, 2] ~ glorot
param   b [6]    = 0
knobs      = stack(bend, slope)
prediction = W @ knobs + b
objective  = mean((prediction - at)^2)
",
    )
}
