//! Options, help, and where output goes.

use std::io::Read;
use std::process::Stdio;

use crate::support::{CLASSIFIER, Folder, ON_A_PLANE, PLANE};

const COMMANDS: [&str; 14] = [
    "",
    "tour",
    "fit",
    "predict",
    "eval",
    "grad",
    "check",
    "show",
    "profile",
    "data",
    "data images",
    "data text",
    "completions",
    "man",
];

#[test]
fn wrong_option_values_name_the_option_and_the_range() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    for (words, says) in [
        ("--rate -1", &["--rate", "-1", "> 0"][..]),
        ("--rate 0", &["--rate", "> 0"]),
        ("--rate inf", &["--rate", "finite"]),
        ("--rate=-0.5", &["--rate", "-0.5"]),
        ("--epochs 0", &["--epochs", "≥ 1"]),
        ("--epochs -3", &["--epochs", "-3", "≥ 1"]),
        ("--epochs 2.5", &["--epochs", "integer"]),
        ("--epochs 99999999999999999999", &["--epochs", "from 1 to 18446744073709551615"]),
        ("--batch 0", &["--batch", "≥ 1"]),
        ("--batch -1", &["--batch", "≥ 1"]),
        ("--seed x", &["--seed", "from 0 to"]),
        ("--seed -1", &["--seed", "from 0 to"]),
        ("--valid-split 1.5", &["--valid-split", "(0, 1)"]),
        ("--valid-split 0", &["--valid-split", "(0, 1)"]),
        ("--valid-split -0.2", &["--valid-split", "(0, 1)"]),
        ("--set d", &["--set", "d=400"]),
        ("--set d=nan", &["--set", "finite"]),
        ("--set d=2 --set d=3", &["--set d", "2", "3"]),
        ("--map x", &["--map", "x=age,weight"]),
        ("--plot curves.pdf", &["--plot", ".svg or .png"]),
        ("--valid t.csv --valid-split 0.5", &["--valid", "--valid-split"]),
        ("--epoch 3", &["--epoch", "--epochs"]),
        ("--epochs --save m.safetensors", &["--epochs"]),
        ("--map --save m.safetensors", &["--map"]),
        ("--rate -1e-3", &["--rate", "-1e-3", "> 0"]),
    ] {
        folder.refuses(2, &format!("fit m.graph --data t.csv {words}"), says);
    }
    folder.refuses(2, "show m.graph --batch 0", &["--batch", "≥ 1"]);
    folder.refuses(2, "show m.graph --format pdf", &["--format", "text", "svg"]);
    folder.refuses(2, "check m.graph --seed -1", &["--seed"]);
    folder.refuses(2, "tour --seed x", &["--seed"]);
    folder.refuses(2, "fitt m.graph", &["fitt", "fit"]);
    folder.refuses(2, "fit m.graph", &["--data"]);
    let run = folder.line("predict m.safetensors --data t.csv --json");
    run.failed(2, &["--json", "Usage"]);
    assert!(!run.err.contains("to pass"), "{}", run.err);
}

#[test]
fn what_others_call_an_option_is_answered_with_ours() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    for (words, says) in [
        ("fit m.graph --data t.csv --lr 0.1", "'--rate'"),
        ("fit m.graph --data t.csv --learning-rate=0.1", "'--rate'"),
        ("fit m.graph --data t.csv --learning_rate 0.1", "'--rate'"),
        ("fit m.graph --data t.csv --batch_size 4", "'--batch'"),
        ("fit m.graph --data t.csv --num-epochs 4", "'--epochs'"),
        ("fit m.graph --data t.csv --weight_decay 4", "'--weight-decay'"),
        ("fit m.graph --data t.csv --device cuda", "`fit --threads N`"),
        ("fit m.graph --data t.csv --output m.safetensors", "'--save'"),
        ("fit m.graph --train t.csv", "'--data'"),
        ("fit m.graph --data t.csv --loss mse", "`objective = …`"),
        ("predict m.safetensors --data t.csv --output p.csv", "'--out'"),
        ("check m.graph --random-state 3", "'--seed'"),
        ("eval --model m.safetensors --data t.csv", "chainrule COMMAND MODEL"),
    ] {
        folder.refuses(2, words, &["unexpected argument", says, "tip: "]);
    }
    for (words, says) in [("train m.graph", "'fit'"), ("plot m.graph", "'show'"), ("evaluate m.safetensors", "'eval'")]
    {
        folder.refuses(2, words, &["unrecognized subcommand", "tip: here it is called", says]);
    }
    // A command that lacks it is not told of it.
    let run = folder.line("eval m.safetensors --data t.csv --lr 0.1");
    run.failed(2, &["--lr"]);
    assert!(!run.err.contains("--rate"), "{}", run.err);
}

#[test]
fn shells_complete_and_the_manual_has_every_command() {
    let folder = Folder::with(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = folder.line(&format!("completions {shell}"));
        assert!(["chainrule", "fit", "epochs"].iter().all(|word| run.succeeded().contains(word)), "{shell}");
    }
    folder.refuses(2, "completions tcsh", &["tcsh", "bash", "zsh"]);
    folder.line("man pages/man1").succeeded();
    let pages = std::fs::read_dir(folder.path("pages/man1")).expect("it was made");
    let pages: Vec<_> = pages.map(|page| page.expect("it can be listed").file_name()).collect();
    for page in ["chainrule.1", "chainrule-fit.1", "chainrule-data-images.1", "chainrule-man.1"] {
        assert!(pages.iter().any(|name| name == page), "{page} is not in {pages:?}");
    }
    let page = String::from_utf8(folder.read("pages/man1/chainrule-fit.1")).expect("it is text");
    assert!(
        page.contains("chainrule\\-fit") && page.contains("\\-\\-valid\\-split") && page.contains("Examples:"),
        "{page}"
    );
    folder.write("file", b"");
    folder.line("man file/pages").failed(2, &["file/pages"]);
}

#[test]
fn every_command_explains_itself_with_examples() {
    let folder = Folder::with(&[]);
    for command in COMMANDS {
        let run = folder.line(&format!("{command} --help"));
        assert!(run.succeeded().contains("Examples:\n  chainrule"), "{}", run.out);
        let help = folder.line(&format!("help {command}"));
        assert_eq!(help.succeeded(), folder.line(&format!("{command} --help")).out);
    }
    assert!(folder.line("grad -h").succeeded().contains("EXPR"));
    assert!(folder.line("--version").succeeded().starts_with("chainrule "));
}

#[test]
fn examples_can_be_copied() {
    let folder = Folder::with(&[]);
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = folder.command(&words).env("COLUMNS", "80").output().expect("it runs");
        let help = String::from_utf8(output.stdout).expect("it is text");
        let (_, rest) = help.split_once("Examples:\n").expect("there are examples");
        let (examples, notes) = rest.split_once("\n\n").unwrap_or((rest, ""));
        // A line is a command, or goes on with the one before, which says so.
        for example in examples.replace("\\\n", "").lines() {
            assert!(example.starts_with("  chainrule"), "{command}: {example}");
        }
        // Notes are broken where the terminal ends, and nowhere else.
        let lines: Vec<&str> = notes.lines().collect();
        for pair in lines.windows(2).filter(|pair| !pair[0].is_empty() && !pair[1].is_empty()) {
            let next = pair[1].split_whitespace().next().unwrap_or_default();
            assert!(pair[0].chars().count() + 1 + next.chars().count() > 80, "{command}: {}", pair[0]);
        }
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    let folder = Folder::with(&[("m.graph", "input x [2\n")]);
    let run = |variable: &str| {
        let output = folder.command(&["check", "m.graph"]).env(variable, "1").output().expect("it runs");
        String::from_utf8(output.stderr).expect("it is text")
    };
    assert!(!run("NO_COLOR").contains('\u{1b}'));
    assert!(run("CLICOLOR_FORCE").contains('\u{1b}'));
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let folder = Folder::with(&[("c.graph", CLASSIFIER), ("t.csv", "x0,x1,y\n1,2,0\n2,1,2\n")]);
    let words = ["fit", "c.graph", "--data", "t.csv", "--epochs", "2000", "--json", "--save", "m.safetensors"];
    let mut child = folder.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut err).expect("it is text");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{err}");
    assert!(err.ends_with("\nsaved m.safetensors\n") && !err.contains("error"), "{err}");
    assert!(folder.path("m.safetensors").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let run = folder.command(&["show", "m.graph"]).stdout(full).output().expect("it runs");
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("standard output cannot be written"));
    folder.line("fit m.graph --data t.csv --save /dev/full").failed(2, &["/dev/full", "No space left"]);
}
