//! Every model of the gallery is right, prints and parses back, and learns something from made-up data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chainrule::check::{CheckOptions, check_function};
use chainrule::learn::problems::made_up;
use chainrule::learn::{Parameters, Training, Unobserved, scores, train};
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
        let data = made_up(&function, ROWS, 7).expect("data can be made up for it");
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
        let name = file.trim_end_matches(".graph");
        for command in
            [format!("chainrule data gallery {name} --out T.csv"), format!("chainrule fit models/{file} --data T.csv")]
        {
            assert!(comments.contains(&command), "{file}: {command}");
        }
        assert!(table.contains(&format!("({file})")), "{file} is missing in the table");
    }
}
