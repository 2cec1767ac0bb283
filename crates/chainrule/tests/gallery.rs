//! Every model of the gallery is right, prints and parses back, and learns something from made-up data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chainrule::check::{CheckOptions, Draw, Draws, check_function_at};
use chainrule::learn::problems::{made_up, unaligned};
use chainrule::learn::{Parameters, Training, Unobserved, scores, train};
use chainrule::{Function, Phase, Tensor, batch, phase, text};

/// The rows of the made-up data.
const ROWS: usize = 60;

/// Networks, and sizes at which they are checked in a moment. Their first lines say how they are fitted to real data.
const NETWORKS: &[(&str, &[(&str, f64)])] = &[
    ("bidirectional_vowels", &[("m", 3.0)]),
    ("conv1d_vowels", &[("m", 2.0), ("t", 6.0)]),
    ("conv_autoencoder", &[("m", 2.0), ("k", 3.0)]),
    ("gpt", &[("m", 4.0), ("heads", 2.0)]),
    ("gru_vowels", &[("m", 4.0)]),
    ("lenet", &[("n", 12.0)]),
    ("lstm_language", &[("m", 5.0)]),
    ("lstm_vowels", &[("m", 4.0)]),
    ("resnet8", &[("n", 4.0), ("m", 2.0)]),
    ("separable", &[("m", 2.0)]),
    ("variational", &[("m", 4.0), ("k", 2.0)]),
];

fn gallery() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let entries = std::fs::read_dir(folder).expect("the gallery is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "graph"));
    files.sort();
    assert!(files.len() >= 18, "{files:?}");
    files
}

fn name(path: &Path) -> String {
    path.file_stem().expect("it has a name").to_string_lossy().into_owned()
}

/// The small sizes of a network; none of another model.
fn network(path: &Path) -> Option<&'static [(&'static str, f64)]> {
    NETWORKS.iter().find(|(network, _)| *network == name(path)).map(|(_, sizes)| *sizes)
}

/// The function of a file with small numbers for its free sizes.
fn built(path: &Path) -> Function {
    let source = std::fs::read_to_string(path).expect("it is a text");
    let settings: BTreeMap<String, f64> =
        network(path).unwrap_or_default().iter().map(|&(size, value)| (size.to_string(), value)).collect();
    let built = text::parse(&source).and_then(|model| model.build(&model.small_sizes(&settings)));
    built.unwrap_or_else(|mistake| panic!("{}", mistake.render(&source, &path.display().to_string(), false)))
}

#[test]
fn every_gradient_is_right() {
    for path in gallery() {
        for function in phases(built(&path)) {
            let report = check_function_at(&function, &states_as_they_start(&function), &CheckOptions::default());
            let report = report.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(report.passed(), "{}\n{report}", path.display());
        }
    }
}

/// The function in training, over a batch of three, and in prediction, if it has phases.
fn phases(function: Function) -> Vec<Function> {
    if !function.has_phases() {
        return vec![function];
    }
    let [training, prediction] =
        [Phase::Training, Phase::Prediction].map(|of| phase(&function, of).unwrap_or_else(|error| panic!("{error}")).0);
    vec![batch(&training, 3).unwrap_or_else(|error| panic!("{error}")), prediction]
}

/// A variance is no number drawn from the normal distribution.
fn states_as_they_start(function: &Function) -> Draws {
    function.state.iter().fold(Draws::new(), |draws, state| {
        let value = if function.name(state.node).ends_with("variance") { 1.0 } else { 0.0 };
        let shape = function.graph.shape(state.node);
        let values = Tensor::new(shape.clone(), vec![value; shape.size()]).expect("it has that many elements");
        draws.with(state.node, Draw::Fixed(values))
    })
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
        let data = if name(&path) == "ctc" { unaligned } else { made_up }(&function, ROWS, 7);
        let data = data.expect("data can be made up for it");
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
        let commands = match network(&path) {
            Some(_) => vec![format!("chainrule fit models/{file} --data ")],
            None => vec![
                format!("chainrule data gallery {} --out T.csv", name(&path)),
                format!("chainrule fit models/{file} --data T.csv"),
            ],
        };
        for command in commands {
            assert!(comments.contains(&command), "{file}: {command}");
        }
        assert!(table.contains(&format!("({file})")), "{file} is missing in the table");
    }
}
