//! Faults of the outcomes: other rows', sorted, constant, rare, given away.

use chainrule_doctor::Cause;

use crate::healthy;
use crate::specimen::{Fault, Specimen};
use crate::tables::{self, Columns, Random};

/// All of them.
pub fn all() -> Vec<Fault> {
    [labels_unrelated(), constant_column(), class_imbalance(), leak(), rows_sorted()].into_iter().flatten().collect()
}

/// What a column holds moved down by so many rows.
fn moved(columns: Columns, name: &str, by: usize) -> Columns {
    let values = columns.values(name).to_vec();
    columns.with(name, |row, _| values[(row + values.len() - by) % values.len()])
}

fn shuffled(columns: Columns, name: &str) -> Columns {
    let values = columns.values(name).to_vec();
    let order = Random::new(99).order(values.len());
    columns.with(name, |row, _| values[order[row]])
}

/// What a column holds in its own order.
fn sorted_alone(columns: Columns, name: &str) -> Columns {
    let mut values = columns.values(name).to_vec();
    values.sort_by(f64::total_cmp);
    columns.with(name, |row, _| values[row])
}

fn reversed(columns: Columns, name: &str) -> Columns {
    let values = columns.values(name).to_vec();
    columns.with(name, |row, _| values[values.len() - 1 - row])
}

fn labels_unrelated() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, places: &[&'static str], made: &dyn Fn(Columns) -> Columns| {
        let columns = specimen.columns.clone();
        specimen.broken(Cause::LabelsUnrelated, name, places, |it| it.table(made)).on(&columns)
    };
    vec![
        fault(healthy::blobs(), "moved-3", &["kind"], &|it| moved(it, "kind", 3)),
        fault(healthy::logistic(), "moved-1", &["ill"], &|it| moved(it, "ill", 1)),
        fault(healthy::plane(), "shuffled", &["gain"], &|it| shuffled(it, "gain")),
        fault(healthy::ridge(), "sorted-alone", &["gain"], &|it| sorted_alone(it, "gain")),
        fault(healthy::surface(), "reversed", &["height"], &|it| reversed(it, "height")),
        fault(healthy::digits(), "shuffled", &["digit"], &|it| shuffled(it, "digit")),
        fault(healthy::moons(), "moved-7", &["moon"], &|it| moved(it, "moon", 7)),
        fault(healthy::spiral(), "shuffled", &["arm"], &|it| shuffled(it, "arm")),
        fault(healthy::poisson(), "moved-20", &["visits"], &|it| moved(it, "visits", 20)),
        fault(healthy::pairs(), "shuffled", &["force", "force0", "force1"], &|it| {
            shuffled(shuffled(it, "force0"), "force1")
        }),
    ]
}

fn constant_column() -> Vec<Fault> {
    let fault = |specimen: Specimen, name: &str, column: &'static str, node: &'static str, value: f64| {
        let columns = specimen.columns.clone();
        let broken = |it: Specimen| it.table(|table| table.with(column, |_, _| value));
        specimen.broken(Cause::ConstantColumn, name, &[column, node], broken).on(&columns)
    };
    vec![
        fault(healthy::plane(), "one-gain", "gain", "gain", 3.0),
        fault(healthy::digits(), "only-fours", "digit", "digit", 4.0),
        fault(healthy::wave(), "time-stands", "t", "t", 0.5),
        fault(healthy::logistic(), "none-ill", "ill", "ill", 0.0),
        fault(healthy::poisson(), "always-three", "visits", "visits", 3.0),
        fault(healthy::parabola(), "one-place", "x", "x", 1.0),
        fault(healthy::surface(), "flat", "height", "height", 0.0),
        fault(healthy::blobs(), "one-kind", "kind", "kind", 2.0),
    ]
}

/// Rows with only a share of a class.
fn with_few(columns: &Columns, name: &str, class: f64, keep: usize) -> Columns {
    let values = columns.values(name);
    let mut left = keep;
    let mut is_kept = |row: &usize| {
        let is_rare = values[*row] == class;
        left -= usize::from(is_rare && left > 0);
        !is_rare || left > 0
    };
    columns.picked(&(0..columns.rows()).filter(&mut is_kept).collect::<Vec<_>>())
}

/// With noise on some columns, so that classes overlap.
fn blurred(columns: Columns, names: &[&str], much: f64) -> Columns {
    let mut random = Random::new(41);
    names.iter().fold(columns, |columns, name| {
        let noise: Vec<f64> = (0..columns.rows()).map(|_| much * random.normal()).collect();
        columns.with(name, |row, x| x + noise[row])
    })
}

fn class_imbalance() -> Vec<Fault> {
    let rare = |rows, share, apart, seed| move |_: Columns| tables::two_classes(rows, share, apart, seed);
    let places = &["ill"];
    let likelihood = "ill * log(prediction) +";
    vec![
        healthy::logistic()
            .broken(Cause::ClassImbalance, "one-in-40", places, |it| it.table(rare(400, 0.025, 2.0, 31)))
            .mended(|it| it.text(likelihood, "40 * ill * log(prediction) +")),
        healthy::logistic()
            .broken(Cause::ClassImbalance, "one-in-20", places, |it| it.table(rare(500, 0.04, 2.4, 32)))
            .mended(|it| it.text(likelihood, "24 * ill * log(prediction) +")),
        healthy::logistic()
            .text("outcome ill []", "outcome ill [] int < 2")
            .text("-(ill * log(prediction) + (1 - ill) * log(1 - prediction))", "binary_cross_entropy(score, ill)")
            .broken(Cause::ClassImbalance, "one-in-30-int", places, |it| it.table(rare(450, 0.033, 1.8, 33)))
            .mended(|it| {
                it.text("binary_cross_entropy(score, ill)", "(1 + 29 * ill) * binary_cross_entropy(score, ill)")
            }),
        healthy::rings()
            .table(|it| blurred(it, &["place0", "place1"], 0.4))
            .broken(Cause::ClassImbalance, "few-inner", &["inner"], |it| {
                it.set("epochs=25").table(|table| with_few(&table, "inner", 1.0, 8))
            })
            .mended(|it| it.text("nll(prediction, inner)", "(1 + 15 * inner) * nll(prediction, inner)")),
        healthy::moons()
            .table(|_| blurred(tables::moons(400, 34), &["p0", "p1"], 0.4))
            .set("epochs=20 rate=0.02")
            .broken(Cause::ClassImbalance, "few-moons", &["moon"], |it| {
                it.table(|table| with_few(&table, "moon", 1.0, 12))
            })
            .mended(|it| {
                it.text(
                    "binary_cross_entropy(logit, moon)",
                    "where(moon == 1, 16, 1) * binary_cross_entropy(logit, moon)",
                )
            }),
        healthy::logistic()
            .text("prediction = sigmoid(score)\n", "prediction = score\n")
            .text("-(ill * log(prediction) + (1 - ill) * log(1 - prediction))", "hinge(score, ill)")
            .of_classes(0.0)
            .broken(Cause::ClassImbalance, "hinge-one-in-25", places, |it| it.table(rare(400, 0.04, 1.8, 35)))
            .mended(|it| it.text("hinge(score, ill)", "(1 + 24 * ill) * hinge(score, ill)")),
    ]
}

/// A column that is known only when the outcome is: where the model is used it holds anything.
fn leaking(specimen: Specimen, name: &'static str, column: &'static str, made: &dyn Fn(f64, f64) -> f64) -> Fault {
    let outcome = specimen.outcomes[0].clone();
    let mut random = Random::new(61);
    let base = specimen.columns.clone();
    let copies: Vec<f64> = base.values(&outcome).iter().map(|&y| made(y, random.normal())).collect();
    let in_use = random.order(copies.len()).into_iter().map(|row| copies[row]).collect();
    specimen.broken(Cause::Leak, name, &[column], |it| {
        it.table(|table| table.and(column, copies)).on(base.and(column, in_use))
    })
}

fn leak() -> Vec<Fault> {
    let open_logistic =
        || healthy::logistic().text("z [4]", "all [d]").text("w [4]", "w [d]").text("dot(w, z)", "dot(w, all)");
    let open_blobs = || {
        healthy::blobs()
            .text("m [6]", "all [d]")
            .text("W [4, 6]", "W [4, d]")
            .text("affine(W, m, b)", "affine(W, all, b)")
    };
    let open_surface = || healthy::surface().text("q [4]", "all [d]").text("dense(q, 32", "dense(all, 32");
    let noisy = || tables::plane(200, 2.0, 62);
    vec![
        leaking(healthy::ridge(), "copy", "final", &|y, _| y),
        leaking(healthy::plane().table(|_| noisy()), "other-unit", "cents", &|y, _| 0.3 * y - 1.0),
        leaking(healthy::ridge().set("valid-split=0.25"), "noisy-copy", "later", &|y, noise| y + 0.05 * noise),
        leaking(open_logistic().table(|_| tables::two_classes(240, 0.45, 1.6, 63)), "treated", "treated", &|y, _| y),
        leaking(
            open_logistic().table(|_| tables::two_classes(300, 0.4, 1.4, 64)).set("valid-split=0.3 epochs=120"),
            "code",
            "code",
            &|y, noise| 3.0 * y - 1.0 + 0.1 * noise,
        ),
        leaking(
            open_blobs().set("epochs=200").table(|table| blurred(table, &["m0", "m1", "m2", "m3", "m4", "m5"], 1.2)),
            "group",
            "group",
            &|y, _| y - 1.5,
        ),
        leaking(open_surface().table(|_| tables::surface(300, 65)), "mirror", "mirror", &|y, _| -y),
        leaking(open_surface().set("valid-split=0.2"), "noisy", "scan", &|y, noise| y + 0.02 * noise),
    ]
}

fn rows_sorted() -> Vec<Fault> {
    let fault = |specimen: Specimen, column: &'static str, set: &str| {
        let specimen = specimen.set(set);
        let name = if set.contains("batch=5 ") { "sorted-in-fives" } else { "sorted" };
        specimen.broken(Cause::RowsSorted, name, &["shuffle", column], |it| {
            it.set("no-shuffle").table(|table| table.sorted_by(column))
        })
    };
    vec![
        fault(healthy::digits(), "digit", "batch=1 epochs=6 rate=0.1"),
        fault(healthy::blobs(), "kind", "batch=1 epochs=3 rate=0.5"),
        fault(healthy::wave(), "t", "batch=4"),
        fault(healthy::plane(), "gain", "batch=1 rate=0.1 epochs=20"),
        fault(healthy::digits().set("optimizer=momentum"), "digit", "batch=5 epochs=8 rate=0.05"),
        fault(healthy::spiral(), "arm", "batch=1 epochs=15"),
        fault(healthy::surface(), "height", "batch=1 epochs=15"),
    ]
}
