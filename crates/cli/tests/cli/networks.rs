//! The networks of the gallery, fitted to real data as their first lines say.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Folder, Run, number};

/// Where `digits28_train.npz` and `digits28_test.npz` are, which are no part of the repository.
const DIGITS: &str = "CHAINRULE_DIGITS28";

/// What five seeds reach on the test data, on average.
struct Learned {
    network: &'static str,
    figure: &'static str,
    /// The least accuracy, or the greatest objective.
    bound: f64,
}

const LEARNED: &[Learned] = &[
    Learned { network: "lenet", figure: "valid_accuracy", bound: 0.958 },
    Learned { network: "resnet8", figure: "valid_accuracy", bound: 0.96 },
    Learned { network: "lstm_vowels", figure: "valid_accuracy", bound: 0.935 },
    Learned { network: "gru_vowels", figure: "valid_accuracy", bound: 0.97 },
    Learned { network: "gpt", figure: "valid_objective", bound: 1.98 },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with a network and the data that its commands name; none where those are not there.
fn folder_for(text: &str, network: &str) -> Option<Folder> {
    let folder = Folder::with(&[]);
    fs::create_dir(folder.path("models")).expect("the folder takes folders");
    folder.write(&format!("models/{network}.graph"), text.as_bytes());
    for file in ["data/vowels_train.npz", "data/vowels_test.npz", "data/hamlet.txt", "crates/learn/data/digits.csv.gz"]
    {
        if text.contains(file) {
            let to = folder.path(file);
            fs::create_dir_all(to.parent().expect("it is in a folder")).expect("the folder takes folders");
            fs::copy(root().join(file), to).expect("it is in the repository");
        }
    }
    for file in ["digits28_train.npz", "digits28_test.npz"].into_iter().filter(|file| text.contains(file)) {
        fs::copy(Path::new(&std::env::var_os(DIGITS)?).join(file), folder.path(file)).expect("it is in that folder");
    }
    Some(folder)
}

fn text_of(network: &str) -> String {
    fs::read_to_string(root().join(format!("models/{network}.graph"))).expect("the network is in the gallery")
}

/// The commands of the first lines, which go on where a line stands further right.
fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    for line in text.lines().map_while(|line| line.strip_prefix('#')) {
        match (line.strip_prefix("   chainrule "), line.strip_prefix("     "), commands.last_mut()) {
            (Some(command), ..) => commands.push(command.into()),
            (None, Some(rest), Some(command)) => *command += &format!(" {}", rest.trim()),
            _ => {}
        }
    }
    commands
}

/// The words of a command line, which may be quoted.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('"').enumerate();
    parts
        .flat_map(|(index, part)| if index % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect()
}

/// The command for fitting with more words, and without how long to train where those say so.
fn fit(folder: &Folder, command: &str, more: &[&str]) -> Run {
    let mut words = words(command);
    if more.contains(&"--steps") {
        for option in ["--epochs", "--steps"] {
            if let Some(place) = words.iter().position(|word| *word == option) {
                words.drain(place..place + 2);
            }
        }
    }
    folder.run(&[&words[..], more].concat())
}

#[test]
fn each_learns_in_a_few_steps_as_its_first_lines_say() {
    let graphs = fs::read_dir(root().join("models")).expect("the gallery is there");
    let mut networks = 0;
    for path in graphs.map(|entry| entry.expect("it is listed").path()) {
        let network = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        let text =
            if path.extension().is_some_and(|extension| extension == "graph") { text_of(&network) } else { continue };
        if text.contains("chainrule data gallery") {
            continue;
        }
        networks += 1;
        let Some(folder) = folder_for(&text, &network) else {
            println!("{network}: its data are not there; {DIGITS} says where they are");
            continue;
        };
        for command in commands(&text) {
            if command.starts_with("fit ") {
                let lines = fit(&folder, &command, &["--steps", "30", "--json"]).json();
                let [first, .., last] = &lines[..] else { panic!("{network}: {lines:?}") };
                let [before, after] = [first, last].map(|line| number(line, "train_objective"));
                println!("{network}: {before:.4} to {after:.4}");
                assert!(after < before - 0.02 * before.abs(), "{network}: {before} to {after}");
            } else {
                // A tenth of the text, without the overlap, is read in a moment.
                let command = command.replace(" --stride 1", "").replace("0:0.9", "0:0.1").replace("0.9:1", "0.9:0.95");
                folder.run(&words(&command)).succeeded();
            }
        }
    }
    assert!(networks >= LEARNED.len(), "{networks}");
}

#[test]
#[ignore = "five trainings of each network: prints what they reach"]
fn what_networks_reach() {
    let only = std::env::var("CHAINRULE_NETWORK").ok();
    for Learned { network, figure, bound } in LEARNED {
        if only.as_ref().is_some_and(|only| only != network) {
            continue;
        }
        let text = text_of(network);
        let Some(folder) = folder_for(&text, network) else {
            println!("{network}: its data are not there; {DIGITS} says where they are");
            continue;
        };
        let mut reached = Vec::new();
        for command in commands(&text) {
            if !command.starts_with("fit ") {
                folder.run(&words(&command)).succeeded();
                continue;
            }
            for seed in 0..5 {
                let lines = fit(&folder, &command, &["--seed", &seed.to_string(), "--json"]).json();
                reached.push(number(lines.last().expect("the figures"), figure));
                println!("{network}, seed {seed}: {figure} {:.4}", reached[seed]);
            }
        }
        let mean = reached.iter().sum::<f64>() / reached.len() as f64;
        println!("{network}: {figure} {mean:.4} on average, and {bound} is expected");
        assert!(if *figure == "valid_objective" { mean <= *bound } else { mean >= *bound }, "{network}: {reached:?}");
    }
}
