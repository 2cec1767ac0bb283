//! Faults of the numbers: scales, extremes, too few rows for so many parameters.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};
use crate::tables::{self, Columns};

/// All of them.
pub fn all() -> Vec<Fault> {
    [inputs_not_scaled(), target_not_scaled(), outliers(), overfitting()].into_iter().flatten().collect()
}

/// A column in another unit.
fn scaled(columns: Columns, name: &str, times: f64, plus: f64) -> Columns {
    columns.with(name, |_, value| times * value + plus)
}

fn all_scaled(columns: Columns, outcome: &str, times: f64) -> Columns {
    let names: Vec<String> = columns.0.iter().map(|(name, _)| name.clone()).filter(|name| name != outcome).collect();
    names.iter().fold(columns, |columns, name| scaled(columns, name, times, 0.0))
}

fn inputs_not_scaled() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], made: &dyn Fn(Columns) -> Columns| {
        let places = [places, &["standardize"]].concat();
        let fault = specimen.broken(Cause::InputsNotScaled, name, &places, |it| it.table(made));
        fault.mended(|it| it.set("standardize"))
    };
    vec![
        fault(healthy::plane(), "grams", &["x", "size"], &|it| scaled(it, "size", 1000.0, 0.0)),
        fault(healthy::ridge().unset("standardize"), "years", &["x", "age"], &|it| scaled(it, "age", 20.0, 1950.0)),
        fault(healthy::moons(), "pixels", &["p", "p0", "p1"], &|it| all_scaled(it, "moon", 300.0)),
        fault(healthy::surface(), "one-large", &["q", "q0"], &|it| scaled(it, "q0", 2000.0, 500.0)),
        fault(healthy::digits(), "bytes", &["x"], &|it| all_scaled(it, "digit", 255.0)),
        fault(healthy::wave(), "far-off", &["t"], &|it| scaled(it, "t", 1.0, 300.0)),
        fault(healthy::spiral(), "kilometres", &["place", "place0", "place1"], &|it| all_scaled(it, "arm", 0.001)),
        fault(healthy::pairs(), "mixed", &["s", "s0"], &|it| scaled(it, "s0", 1500.0, 0.0)),
        fault(healthy::logistic(), "counts", &["z", "z0", "z1"], &|it| {
            scaled(scaled(it, "z0", 0.004, 0.0), "z1", 3000.0, 40000.0)
        }),
    ]
}

fn target_not_scaled() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], (times, plus): (f64, f64)| {
        let outcomes = specimen.outcomes.clone();
        specimen.broken(Cause::TargetNotScaled, name, places, |it| {
            it.table(|table| outcomes.iter().fold(table, |table, outcome| scaled(table, outcome, times, plus)))
        })
    };
    vec![
        fault(healthy::robust(), "thousands", &["gain"], (30.0, 2000.0))
            .healed(|it| it.on(tables::plane(180, 0.4, 13))),
        fault(healthy::wave(), "thousands", &["signal"], (2000.0, 0.0)),
        fault(healthy::parabola(), "cents", &["y"], (400.0, 0.0))
            .or_by(Cause::StepTooLarge, |it| it.set("rate=0.00002")),
        fault(healthy::surface(), "offset", &["height"], (3.0, 4000.0)),
        fault(healthy::pairs(), "newton", &["force", "force0", "force1"], (3000.0, 0.0)),
        fault(healthy::deep(), "grams", &["height"], (300.0, 1000.0))
            .or_by(Cause::StepTooLarge, |it| it.set("rate=0.00001")),
        fault(healthy::wave().set("optimizer=rmsprop rate=0.003"), "kelvin", &["signal"], (3.0, 290.0)),
    ]
}

/// Rows of which a measure is missing.
const EVERY_TWELFTH: &[usize] = &[3, 15, 27, 39, 51, 63, 75, 87, 99, 111];

fn outliers() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, column: &'static str, rows: &'static [usize], value: f64| {
        let columns = specimen.columns.clone();
        let with = |row: usize, own: f64| if rows.contains(&row) { value } else { own };
        let broken = |it: Specimen| it.table(|table| table.with(column, with));
        specimen.broken(Cause::Outliers, name, &[column], broken).on(&columns)
    };
    vec![
        fault(healthy::plane(), "missing-as-999", "size", &[17, 60, 101], -999.0),
        fault(healthy::plane().set("rate=0.005"), "wrong-unit", "gain", &[8, 90], 3000.0),
        fault(healthy::ridge(), "placeholder", "size", &[30, 31, 77], 9999.0),
        fault(healthy::surface().set("standardize"), "placeholder", "q1", &[12, 200], 99999.0),
        fault(healthy::poisson(), "one-day", "visits", &[55], 9999.0),
        fault(healthy::logistic().set("standardize epochs=20"), "broken-sensor", "z0", &[40, 41], 1e6),
        fault(healthy::moons().set("standardize"), "minus-9999", "p0", &[3, 50, 98, 140], -9999.0),
        fault(healthy::wave(), "spikes", "signal", &[19, 133], 800.0),
        fault(healthy::ridge(), "every-twelfth-missing", "size", EVERY_TWELFTH, -999.0),
    ]
}

/// A linear model of so many columns, of which three count, and few rows.
fn wide(name: &str, rows: usize, columns: usize, noise: f64, seed: u64) -> Fault {
    let fresh = tables::wide(500, columns, 0.0, seed + 100);
    let table = tables::wide(rows, columns, noise, seed);
    let specimen = Specimen::new(
        "wide",
        "out",
        1.0,
        table,
        "epochs=2000 batch=20 rate=0.02 valid-split=0.3",
        "
input   f [n]
outcome out []
param   w [n] = 0
param   b []  = 0
prediction = dot(w, f) + b
objective  = (prediction - out)^2
",
    );
    memorised(specimen, name, fresh, "weight-decay=0.5")
}

/// Rows that are learnt by heart: measured on others, without noise.
fn memorised(specimen: Specimen, name: &str, fresh: Columns, healed: &str) -> Fault {
    let places = ["patience", "weight_decay", "valid_split", "epochs"];
    specimen.broken(Cause::Overfitting, name, &places, |it| it).healed(|it| it.set(healed)).on(&fresh)
}

/// A layer of many ReLU units, or of many waves that stay as they are.
fn memory(kind: &str, units: usize) -> Specimen {
    let (bend, start) = match kind {
        "relu" => ("relu", "~ he"),
        _ => ("sin", "~ normal(0, 2.5), frozen"),
    };
    let text = format!(
        "
input   x [d]
outcome out []
param   W1 [{units}, d] {start}
param   b1 [{units}] ~ uniform(-2, 2)
param   w2 [{units}] ~ normal(0, 0.1)
param   b2 [] = 0
h          = {bend}(affine(W1, x, b1))
prediction = dot(w2, h) + b2
objective  = (prediction - out)^2
"
    );
    Specimen::new(
        kind,
        "out",
        1.0,
        Columns::default(),
        "epochs=1500 batch=10 rate=0.01 optimizer=adam valid-split=0.3",
        &text,
    )
}

fn overfitting() -> Vec<Fault> {
    let few = |kind: &str, units, rows, columns, noise, seed| {
        memory(kind, units).table(|_| tables::wide(rows, columns, noise, seed))
    };
    let clean = |columns, seed| tables::wide(500, columns, 0.0, seed);
    let wave = |rows, noise: f64, seed| {
        let table = tables::wave(rows, seed);
        let mut random = tables::Random::new(seed + 1);
        let noise: Vec<f64> = (0..rows).map(|_| noise * random.normal()).collect();
        healthy::renamed(table, &[("signal", "out")]).with("out", |row, y| y + noise[row])
    };
    vec![
        wide("36-of-60", 60, 36, 1.5, 71),
        wide("26-of-40", 40, 26, 1.0, 72),
        wide("50-of-80", 80, 50, 2.0, 73),
        memorised(few("relu", 100, 60, 5, 1.5, 74), "noisy-plane", clean(5, 75), "patience=40"),
        memorised(few("relu", 200, 50, 4, 2.0, 76), "noisier-plane", clean(4, 77), "patience=40"),
        memorised(
            memory("waves", 80).table(|_| wave(40, 0.5, 78)),
            "short-record",
            wave(400, 0.0, 79),
            "optimizer=adamw weight-decay=10",
        ),
        memorised(
            memory("waves", 120).table(|_| wave(60, 0.8, 80)),
            "loud-record",
            wave(400, 0.0, 79),
            "optimizer=adamw weight-decay=10",
        ),
    ]
}
