//! Healthy models that look otherwise: a symptom without a consequence is no fault.

use crate::healthy;
use crate::specimen::Specimen;
use crate::tables::{self, Columns, Random};

/// All of them.
pub fn all() -> Vec<Specimen> {
    [of_units(), of_starts_and_settings(), of_data(), of_objectives()].into_iter().flatten().collect()
}

fn called(name: &str, at_most: f64, specimen: Specimen) -> Specimen {
    Specimen { name: name.into(), at_most, ..specimen }
}

/// Units that are dead, saturated, frozen, linear on purpose.
fn of_units() -> Vec<Specimen> {
    let frozen = healthy::wave()
        .text("[16]", "[60]")
        .text("W1 [60]    ~ normal(0, 1)", "W1 [60] ~ normal(0, 2), frozen")
        .text("b1 [60]    ~ normal(0, 1)", "b1 [60] ~ normal(0, 2), frozen");
    let dead = healthy::digits().text("32", "80").text("b1 [80]     = 0", "b1 [80] ~ uniform(-7, 1)");
    let saturated = healthy::wave().text("[16]", "[60]").text("b1 [60]    ~ normal(0, 1)", "b1 [60] ~ normal(0, 8)");
    let low_rank = healthy::curve()
        .text("param   W [6, 2] ~ glorot", "param   U [3, 2] ~ glorot\nparam   W [6, 3] ~ glorot")
        .text("W @ knobs + b", "W @ (U @ knobs) + b");
    let attention = healthy::surface()
        .text("outer      =", "weights    = softmax(dense(q, 32))\nmixed      = 32 * weights * inner\nouter      =");
    let attention = attention.text("gelu(dense(inner, 16", "gelu(dense(mixed, 16");
    let positive = healthy::surface()
        .table(|table| table.with("height", |_, y| y + 6.0))
        .text("dense(outer, 1)[0]", "relu(dense(outer, 1)[0] + 1)");
    let no_intercept = healthy::plane()
        .table(|table| table.with("gain", |_, y| y - 2.0))
        .text(" + start", "")
        .text("param   start []   = 0\n", "");
    let held = healthy::wave()
        .text("(prediction - signal)^2", "stop_gradient(1 / (1 + abs(prediction - signal))) * (prediction - signal)^2");
    vec![
        called("frozen-hidden-layer", 0.1, frozen),
        called("many-dead-units", 0.05, dead),
        called("saturated-units", 0.1, saturated),
        called("two-linear-layers-on-purpose", 0.05, low_rank),
        called("softmax-as-a-gate", 0.1, attention),
        called("relu-over-a-positive-outcome", 0.1, positive),
        called("no-intercept-and-none-needed", 0.05, no_intercept),
        called("stopped-on-purpose", 0.1, held),
    ]
}

fn of_starts_and_settings() -> Vec<Specimen> {
    let zeros = healthy::blobs().text("~ glorot", "= 0");
    let counts_from_zero = healthy::poisson().text("~ normal(0, 0.1)", "= 0").text("base []   = 1", "base [] = 0");
    let momentum = healthy::plane().set("optimizer=momentum momentum=0.97 rate=0.0008");
    let clipped = healthy::plane().set("rate=3 clip-norm=0.02 schedule=cosine epochs=120");
    let stopped = healthy::surface().set("valid-split=0.25 patience=15 epochs=600");
    let sorted = healthy::digits().table(|table| table.sorted_by("digit"));
    let in_order = healthy::spiral().set("no-shuffle");
    let one_batch = healthy::curve().set("batch=150 epochs=400 rate=0.3");
    let decayed = healthy::digits().set("weight-decay=0.001");
    vec![
        called("zeros-of-a-convex-model", 0.1, zeros),
        called("counts-from-zero", 0.35, counts_from_zero),
        called("high-momentum", 0.05, momentum),
        called("huge-rate-with-clipping", 0.06, clipped),
        called("early-stopping", 0.1, stopped),
        called("sorted-but-shuffled", 0.05, sorted),
        called("in-order-but-mixed", 0.1, in_order),
        called("one-batch", 0.05, one_batch),
        called("a-little-decay", 0.05, decayed),
    ]
}

fn with_noise(columns: Columns, names: &[String], made: impl Fn(&mut Random, f64) -> f64) -> Columns {
    let mut random = Random::new(91);
    names.iter().fold(columns, |columns, name| {
        let values: Vec<f64> = columns.values(name).iter().map(|&value| made(&mut random, value)).collect();
        columns.with(name, |row, _| values[row])
    })
}

fn of_data() -> Vec<Specimen> {
    let noisy = healthy::plane().table(|_| tables::plane(250, 4.5, 81)).set("rate=0.005");
    let scales = healthy::plane()
        .table(|table| table.with("age", |_, x| 2.5 * x + 3.0).with("size", |_, x| 0.4 * x - 1.0))
        .set("rate=0.01 epochs=150");
    let pixels = healthy::digits()
        .table(|table| {
            let names: Vec<String> = (0..64).map(|i| format!("x{i}")).collect();
            names.iter().fold(table, |table, name| table.with(name, |_, x| 16.0 * x))
        })
        .set("rate=0.01");
    let rare = healthy::logistic().table(|_| tables::two_classes(400, 0.07, 7.0, 82));
    let ones = healthy::plane().table(|table| {
        let ones = vec![1.0; table.rows()];
        table.and("unit", ones)
    });
    let two_thirds = Specimen::new(
        "",
        "out",
        0.15,
        tables::wide(300, 18, 0.5, 83),
        "epochs=60 batch=20 rate=0.01",
        "
input   f [n]
outcome out []
param   w [n] = 0
param   b []  = 0
prediction = dot(w, f) + b
objective  = (prediction - out)^2
",
    );
    let tails = two_thirds.clone().table(|table| {
        let names: Vec<String> = (0..18).map(|i| format!("f{i}")).collect();
        let heavy = with_noise(table, &names, |random, x| x / (0.4 + 0.6 * random.share()));
        let of = |row: usize, name: &str| heavy.values(name)[row];
        let noise = tables::wide(300, 3, 1.0, 84);
        let noise = noise.values("f0").to_vec();
        let out: Vec<f64> = (0..300).map(|row| of(row, "f0") - of(row, "f1") + 0.4 * noise[row]).collect();
        heavy.with("out", |row, _| out[row])
    });
    let flipped = healthy::moons()
        .table(|_| {
            with_noise(
                tables::moons(400, 85),
                &["moon".into()],
                |random, y| {
                    if random.share() < 0.1 { 1.0 - y } else { y }
                },
            )
        })
        .set("epochs=40 rate=0.03");
    let offset = healthy::plane().table(|table| table.with("gain", |_, y| y + 25.0)).set("epochs=120");
    let strong = healthy::plane().table(|table| {
        let age = table.values("age").to_vec();
        table.with("gain", |row, y| 8.0 * age[row] + 0.7 * y)
    });
    let few = healthy::plane().table(|_| tables::plane(24, 0.3, 86)).set("batch=6 epochs=200");
    let switches = healthy::plane().table(|_| switches());
    let line = healthy::parabola().table(|table| table.with("y", |_, y| y)).set("epochs=400");
    vec![
        called("noise-is-most", 0.85, noisy),
        called("scales-that-do-not-hurt", 0.05, scales),
        called("raw-pixels", 0.05, pixels),
        called("rare-but-learnt", 0.15, rare),
        called("a-column-of-ones", 0.05, ones),
        called("mostly-noise-columns", 0.15, two_thirds),
        called("heavy-tails", 0.15, tails),
        called("a-tenth-of-labels-flipped", 0.32, flipped),
        called("an-outcome-far-from-zero", 0.05, offset),
        called("one-strong-column", 0.05, strong),
        called("few-rows", 0.05, few),
        called("rare-switches", 0.1, switches),
        called("long-training", 0.05, line),
    ]
}

/// Columns that are 0 in nearly all rows, and count.
fn switches() -> Columns {
    let mut random = Random::new(87);
    let rows: Vec<Vec<f64>> = (0..300)
        .map(|_| {
            let mut row: Vec<f64> =
                (0..5).map(|i| f64::from(u8::from(random.share() < 0.04 + 0.1 * f64::from(i)))).collect();
            let y = 3.0 * row[0] - 2.0 * row[1] + row[2] + 2.0 * row[3] - row[4] + 0.2 * random.normal();
            row.push(y);
            row
        })
        .collect();
    Columns::of_rows(&["on0", "on1", "on2", "on3", "on4", "gain"], &rows)
}

fn of_objectives() -> Vec<Specimen> {
    let lasso = Specimen::new(
        "",
        "out",
        0.2,
        tables::wide(200, 12, 0.6, 88),
        "epochs=80 batch=20 rate=0.01",
        "
input   f [12]
outcome out []
param   w [12] = 0
param   b []   = 0
prediction = dot(w, f) + b
objective  = (prediction - out)^2 + 0.1 * sum(abs(w))
",
    );
    let squares = healthy::moons().text("binary_cross_entropy(logit, moon)", "(prediction - moon)^2").set("rate=0.3");
    let spread = healthy::plane()
        .set("epochs=120 rate=0.01")
        .text("param   start []   = 0\n", "param   start []   = 0\nparam   width [] = 0\n")
        .text("(prediction - gain)^2", "width + 0.5 * (prediction - gain)^2 * exp(-2 * width)");
    let words = words();
    let hit = healthy::robust().table(|table| table.with("gain", |row, y| if row % 17 == 3 { y + 40.0 } else { y }));
    let hinge = healthy::logistic()
        .text("prediction = sigmoid(score)\n", "prediction = score\n")
        .text("-(ill * log(prediction) + (1 - ill) * log(1 - prediction))", "hinge(score, ill) + 0.01 * sum(w^2)")
        .of_classes(0.0);
    let absolute = healthy::wave().text("(prediction - signal)^2", "abs(prediction - signal)");
    vec![
        called("lasso-on-purpose", 0.25, lasso),
        called("squares-of-a-probability-that-work", 0.05, squares),
        called("an-objective-below-zero", 0.05, spread),
        called("words", 0.1, words),
        called("extremes-that-the-loss-bears", 0.06, hit),
        called("support-vectors", 0.2, hinge),
        called("absolute-errors", 0.1, absolute),
    ]
}

/// Outcomes that depend on a word.
fn words() -> Specimen {
    let mut random = Random::new(89);
    let rows: Vec<Vec<f64>> = (0..300)
        .map(|_| {
            let (word, place) = (random.below(12), random.between(-1.0, 1.0));
            let y = [0.5, -1.0, 2.0][word % 3] + place * if word < 6 { 1.0 } else { -1.0 } + 0.1 * random.normal();
            vec![word as f64, place, y]
        })
        .collect();
    let table = Columns::of_rows(&["word", "place", "y"], &rows);
    Specimen::new(
        "",
        "y",
        0.1,
        table,
        "epochs=80 batch=15 rate=0.02 optimizer=adam",
        "
input   word [] int < 12
input   place []
outcome y []
meaning    = embedding(word, 12, 4)
h          = tanh(dense(concat(meaning, reshape(place, [1])), 16))
prediction = dense(h, 1)[0]
objective  = (prediction - y)^2
",
    )
}
