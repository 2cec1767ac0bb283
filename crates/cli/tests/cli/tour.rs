//! `chainrule tour`

use std::process::{Command, Stdio};

use crate::support::Folder;

#[test]
fn the_tour_trains_seven_models_and_draws_them() {
    let folder = Folder::with(&[]);
    let run = folder.line("tour --quick");
    let rows = run.succeeded();
    let regressions = ["the target itself", "linear", "ridge", "MLP, on x", "MLP, on features"];
    for name in regressions.into_iter().chain(["MLP classifier", "convolutional network", "GRU"]) {
        assert!(rows.contains(&format!("\n {name}")), "{name}: {rows}");
    }
    let words: Vec<&str> = rows.split_whitespace().collect();
    let checked = "rules that the gradients of these models are made of agree with differences.";
    assert!(words.join(" ").contains(checked), "{rows}");
    assert!(run.err.contains("chainrule-tour/"), "{}", run.err);
    for name in ["functions", "curves", "confusion", "mended"] {
        assert!(folder.path(&format!("chainrule-tour/{name}.svg")).exists(), "{name}");
        assert!(folder.path(&format!("chainrule-tour/{name}.png")).exists(), "{name}");
    }
    for (name, part) in [("convnet", "c2/max_pool"), ("gru", "states: 25 steps")] {
        let drawing = folder.read(&format!("chainrule-tour/{name}.svg"));
        assert!(String::from_utf8_lossy(&drawing).contains(part), "{name}: {part} is drawn");
    }
}

#[test]
#[cfg(unix)]
fn what_it_says_to_try_next_can_be_copied_into_a_shell() {
    let folder = Folder::with(&[]);
    // As after `cargo run`, when the program is not on the path.
    let run = folder.run(&["tour", "--quick", "--seed", "3", "--out", "here it is"]);
    let (_, commands) = run.succeeded().split_once("What to try next:\n").expect("it says what to try next");
    assert!(commands.lines().filter(|line| line.contains("chainrule ")).count() >= 5, "{commands}");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", commands]).env("PATH", "").current_dir(folder.path("")).stdout(Stdio::null());
    let output = shell.output().expect("there is a shell");
    assert!(output.status.success(), "{commands}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path("here it is/predictions.csv").exists() && folder.path("here it is/ridge.svg").exists());
}

#[test]
#[cfg(unix)]
fn it_ends_with_a_fault_that_the_doctor_finds_and_that_is_mended() {
    let folder = Folder::with(&[]);
    let run = folder.line("tour --quick --seed 1");
    let said = run.succeeded();
    let (_, tale) = said.split_once("A fault, found and mended").expect("it tells of a fault");
    let (command, _) = tale.split_once("$ ").and_then(|(_, rest)| rest.split_once("\n\n")).expect("it shows a command");
    let shell = Command::new("/bin/sh").args(["-e", "-c", command]).current_dir(folder.path("")).output();
    let doctor = crate::support::Run::from_output(shell.expect("there is a shell"));
    assert!(doctor.succeeded().contains("(symmetric_init)"), "{}", doctor.out);
    assert!(tale.contains(&doctor.out), "it said what the command says: {tale}\n{}", doctor.out);
    let text = |name: &str| String::from_utf8(folder.read(&format!("chainrule-tour/{name}"))).expect("a model is text");
    assert_eq!(text("mended.graph"), text("digits.graph"));
    assert_eq!(text("faulty.graph"), text("digits.graph").replace("~ glorot", "= 0"));
    let right = |file: &str| {
        let line = tale.lines().find(|line| line.contains(file) && line.ends_with('%')).expect("it has a line");
        line.split_whitespace().rev().nth(1).and_then(|share| share.parse::<f64>().ok()).expect("it ends in a share")
    };
    assert!(right("faulty.graph") < 20.0 && right("mended.graph") > 80.0, "{tale}");
}

#[test]
fn only_its_own_files_are_replaced() {
    let folder = Folder::with(&[("notes.txt", "mine")]);
    folder.line("tour --quick --out .").succeeded();
    folder.line("tour --quick --seed 1 --out .").succeeded(); // over its own
    assert_eq!(folder.read("notes.txt"), b"mine");
    folder.write("mlp.graph", b"# my network\n");
    folder.refuses(2, "tour --quick --out .", &["--out", "mlp.graph", "another folder"]);
    let foreign = Folder::with(&[("training.csv", "x,y\n1,2\n")]);
    foreign.refuses(2, "tour --quick --out .", &["--out", "training.csv", "would be lost"]);
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let folder = Folder::with(&[("file", "")]);
    folder.refuses(2, "tour --quick --out file", &["--out", "file is a file"]);
    folder.refuses(2, "tour --quick --out file/inner", &["--out", "file is a file"]);
}

/// The figures of a tour's table line: its name, then training, expected, validation, expected.
fn figures(line: &str) -> Option<(String, [String; 4])> {
    let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let [name, figures @ ..] = &cells[..] else { return None };
    let figures: [&str; 4] = figures.try_into().ok()?;
    figures[0].starts_with(|c: char| c.is_ascii_digit()).then(|| (name.to_string(), figures.map(str::to_string)))
}

#[test]
#[ignore = "twenty tours: prints the ranges that a tour expects"]
fn twenty_tours_give_the_ranges_that_a_tour_expects() {
    let folder = Folder::with(&[]);
    let mut seen: Vec<(String, [String; 2], [[f64; 2]; 2])> = Vec::new();
    for seed in 0..20 {
        let run = folder.line(&format!("tour --seed {seed}"));
        for (name, [training, of_training, validation, of_validation]) in run.succeeded().lines().filter_map(figures) {
            let number = |text: String| text.trim_end_matches(" %").parse::<f64>().expect("a score is a number");
            let scores = [training, validation].map(number);
            let known = seen.iter_mut().find(|(known, ..)| *known == name);
            match known {
                None => seen.push((name, [of_training, of_validation], scores.map(|score| [score; 2]))),
                Some((_, _, ranges)) => ranges.iter_mut().zip(scores).for_each(|([least, greatest], score)| {
                    *least = least.min(score);
                    *greatest = greatest.max(score);
                }),
            }
        }
    }
    assert_eq!(seen.len(), 8);
    let mut is_as_expected = true;
    for (name, expected, ranges) in seen {
        println!("{name}: {ranges:?}; a tour expects {expected:?}");
        for (expected, [least, greatest]) in expected.iter().zip(ranges) {
            let expected = expected.trim_end_matches(" %");
            let (low, high) = expected.split_once('–').unwrap_or((expected, expected));
            let expected: [f64; 2] = [low, high].map(|text| text.parse().expect("an end of a range is a number"));
            is_as_expected &= expected == [least, greatest];
        }
    }
    assert!(is_as_expected, "put these ranges into crates/cli/src/commands/tour/models.rs");
}
