//! Every model of the gallery is right, prints and parses back, and learns something from made-up data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chainrule::check::{CheckOptions, check_function};
use chainrule::learn::{Dataset, Field, Parameters, Training, Unobserved, random, scores, train};
use chainrule::{Function, text};

/// The rows of the made-up data.
const ROWS: usize = 60;

fn gallery() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let entries = std::fs::read_dir(folder).expect("the gallery is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "graph"));
    files.sort();
    assert!(files.len() >= 18, "{files:?}");
    files
}

/// The function of a file with small numbers for its free sizes.
fn built(path: &Path) -> Function {
    let source = std::fs::read_to_string(path).expect("it is a text");
    let built = text::parse(&source).and_then(|model| model.build(&model.small_sizes(&BTreeMap::new())));
    built.unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, &path.display().to_string(), false)))
}

/// Inputs spread evenly over ±√3, or whole numbers below their bound; outcomes that follow from the inputs, in sum, and
/// are not negative.
fn data(function: &Function) -> Dataset {
    let mut generator = random::generator(7, random::Purpose::Problem);
    let mut sums = vec![0.0; ROWS];
    let mut fields = Vec::new();
    for &id in &function.inputs {
        let field = Field::of(function, function.name(id)).expect("it is an input");
        let size = field.shape.size();
        let order = random::permutation(ROWS * size, &mut generator);
        // Of several inputs of whole numbers, each has smaller ones than the one before.
        let skew = 1 + fields.len() as i32;
        let value = |index: usize| {
            let part = index as f64 / (ROWS * size) as f64;
            field.bound.map_or((part - 0.5) * 12f64.sqrt(), |bound| (part.powi(skew) * bound as f64).floor())
        };
        let values: Vec<f64> = order.into_iter().map(value).collect();
        for (sum, elements) in sums.iter_mut().zip(values.chunks(size)) {
            *sum += elements.iter().sum::<f64>() / size as f64;
        }
        fields.push((field, values));
    }
    for &id in &function.outcomes {
        let field = Field::of(function, function.name(id)).expect("it is an outcome");
        let size = field.shape.size();
        let follows = |sum: f64| match field.bound {
            None => (1.0 + sum).abs(),
            Some(bound) => ((0.5 + sum / 4.0).clamp(0.0, 0.99) * bound as f64).floor(),
        };
        let values = sums.iter().flat_map(|&sum| vec![follows(sum); size]).collect();
        fields.push((field, values));
    }
    Dataset::new("made up", ROWS, fields).expect("each field has a value for each element of each row")
}

#[test]
fn every_gradient_is_right() {
    for path in gallery() {
        let report = check_function(&built(&path), &CheckOptions::default());
        let report = report.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(report.passed(), "{}\n{report}", path.display());
    }
}

#[test]
fn each_prints_and_parses_back() {
    for path in gallery() {
        let printed = text::print(&built(&path));
        let again = text::parse(&printed).and_then(|model| model.build(&BTreeMap::new()));
        let again = again.unwrap_or_else(|mistake| panic!("{}", mistake.render(&printed, "the printed model", false)));
        assert_eq!(text::print(&again), printed, "{}", path.display());
    }
}

#[test]
fn the_objective_falls() {
    for path in gallery() {
        let function = built(&path);
        let data = data(&function);
        let mut parameters = Parameters::initialize(&function, 1).expect("they can be drawn");
        let before = scores(&function, &parameters, &data).expect("the data fit").objective;
        let settings = Training { epochs: 60, batch: 4, rate: 0.005, reports: 1, ..Training::default() };
        let trained = train(&function, &mut parameters, &data, None, &settings, &mut Unobserved);
        let trained = trained.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let after = trained.history.last().expect("the last epoch is reported").train.objective;
        println!("{}: {before:.4} to {after:.4}", path.display());
        assert!(after < before - 0.02 * before.abs(), "{}: {before} to {after}", path.display());
    }
}

#[test]
fn each_says_how_to_fit_it_and_stands_in_the_table() {
    let table = include_str!("../../../models/README.md");
    for path in gallery() {
        let file = path.file_name().expect("it is a file").to_string_lossy().into_owned();
        let source = std::fs::read_to_string(&path).expect("it is a text");
        let comments: String = source.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(comments.contains(&format!("chainrule fit models/{file} --data ")), "{file}");
        assert!(table.contains(&format!("({file})")), "{file} is missing in the table");
    }
}
