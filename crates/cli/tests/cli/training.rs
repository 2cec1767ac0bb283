//! `chainrule fit`: how steps are taken, and training that is interrupted and goes on.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use chainrule::exec::compile::Level;

use crate::support::{Folder, ON_A_PLANE, PLANE, number};

const MLP: &str = "\
input   x [d]
outcome y []
let     m = 8
param   W [m, d] ~ normal(0, 0.5)
param   c [m]    = 0
param   v [m]    ~ normal(0, 0.5)
param   b []     = 0
prediction = dot(v, tanh(W @ x + c)) + b
objective  = (prediction - y)^2
";

fn curve() -> String {
    let row = |i: i32| format!("{},{}\n", f64::from(i) / 20.0, (f64::from(i) / 6.0).sin());
    format!("x,y\n{}", (0..40).map(row).collect::<String>())
}

fn folder() -> Folder {
    Folder::with(&[("m.graph", MLP), ("t.csv", &curve()), ("plane.graph", PLANE), ("plane.csv", ON_A_PLANE)])
}

fn start(folder: &Folder, words: &str) -> Child {
    let words: Vec<&str> = words.split_whitespace().collect();
    folder.command(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary was built")
}

/// Waits until the checkpoint is there and another than `before`, or the command has ended.
fn wait_for_checkpoint(folder: &Folder, child: &mut Child, before: &[u8]) {
    let started = Instant::now();
    while child.try_wait().expect("it is ours").is_none() {
        if std::fs::read(folder.path("c.ckpt")).is_ok_and(|bytes| bytes != before) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "no checkpoint came");
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn killed_at_any_moment_and_resumed_gives_the_same_bytes() {
    for level in Level::available() {
        killed_and_resumed(level);
    }
}

fn killed_and_resumed(level: Level) {
    let folder = folder();
    let fit = "fit m.graph --data t.csv --epochs 1500 --batch 3 --optimizer adam --schedule warmup-cosine \
               --clip-norm 1 --patience 1500 --valid-split 0.2 --standardize --threads 2 --simd";
    let fit = format!("{fit} {level}");
    folder.line(&format!("{fit} --save whole.safetensors")).succeeded();
    let kept = format!("{fit} --save m.safetensors --checkpoint c.ckpt --every 3 --resume");
    let mut killed = 0;
    for delay in [0, 3, 7, 20] {
        let before = std::fs::read(folder.path("c.ckpt")).unwrap_or_default();
        let mut child = start(&folder, &kept);
        wait_for_checkpoint(&folder, &mut child, &before);
        sleep(Duration::from_millis(delay));
        child.kill().expect("it is ours");
        killed += usize::from(child.wait().expect("it is ours").code().is_none());
    }
    assert!(killed > 0, "it always ended before it could be killed");
    let run = folder.line(&kept);
    run.succeeded();
    assert!(run.err.contains("training goes on after epoch"), "{}", run.err);
    assert_eq!(folder.read("m.safetensors"), folder.read("whole.safetensors"));
}

#[test]
#[cfg(unix)]
fn an_interrupt_keeps_where_training_is_and_exits_with_130() {
    let folder = folder();
    let fit = "fit m.graph --data t.csv --optimizer momentum --save m.safetensors";
    let mut child = start(&folder, &format!("{fit} --epochs 1000000000 --checkpoint c.ckpt --every 1"));
    wait_for_checkpoint(&folder, &mut child, &[]);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is a kill");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it is ours");
    let said = String::from_utf8(output.stderr).expect("it writes UTF-8");
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("c.ckpt") && said.contains("--resume") && !said.contains("error"), "{said}");
    assert!(!folder.names().contains(&"m.safetensors".to_string()), "no model is saved that is not trained");
    let words = said.split("after epoch ").nth(1).expect("it says where it is");
    let epoch: usize = words.split([' ', ';']).next().and_then(|word| word.parse().ok()).expect("a number");
    let epochs = epoch + 7;
    folder.line(&format!("{fit} --epochs {epochs} --checkpoint c.ckpt --resume")).succeeded();
    let resumed = folder.read("m.safetensors");
    folder.line(&format!("{fit} --epochs {epochs}")).succeeded();
    assert_eq!(folder.read("m.safetensors"), resumed);
}

#[test]
fn every_optimizer_fits_a_plane() {
    for words in [
        "sgd --rate 0.1",
        "momentum --rate 0.02 --momentum 0.8",
        "nesterov --rate 0.02",
        "adam --rate 0.02 --beta1 0.8 --beta2 0.99 --epsilon 1e-9 --schedule cosine",
        "adamw --rate 0.05 --weight-decay 0 --schedule warmup-cosine --warmup 2.5",
        "rmsprop --rate 0.02 --decay 0.9 --schedule step --schedule-every 100 --schedule-factor 0.5",
        "adagrad --rate 0.5 --clip-norm 10",
    ] {
        for precision in ["f64", "f32"] {
            let fit = "fit plane.graph --data plane.csv --epochs 600 --json";
            let run = folder().line(&format!("{fit} --precision {precision} --optimizer {words}"));
            let last = run.json().pop().expect("a last line");
            assert!(number(&last, "train_objective") < 1e-3, "{words}, {precision}: {last}");
        }
    }
}

#[test]
fn engines_agree() {
    let folder = folder();
    let objective = |engine: &str| {
        let run = folder.line(&format!("fit m.graph --data t.csv --epochs 3 --engine {engine} --json"));
        number(&run.json().pop().expect("a last line"), "train_objective")
    };
    assert!((objective("compiled") - objective("reference")).abs() < 1e-12);
}

#[test]
fn patience_takes_the_best_epoch() {
    let folder = folder();
    let run = folder.line("fit m.graph --data t.csv --valid-split 0.3 --rate 0.1 --epochs 500 --patience 4 --json");
    let last = run.json().pop().expect("a last line");
    let (best, epochs) = (number(&last, "best_epoch"), number(&last, "epochs"));
    assert!(epochs < 500.0 && best == epochs - 4.0, "{last}");
    let again = folder.line(&format!("fit m.graph --data t.csv --valid-split 0.3 --rate 0.1 --epochs {best} --json"));
    assert_eq!(again.json().pop().expect("a last line")["valid_objective"], last["valid_objective"]);
}

#[test]
fn wrong_values_name_the_option_and_its_range() {
    let folder = folder();
    for (words, says) in [
        ("--threads 0", &["--threads", "≥ 1"][..]),
        ("--rate x", &["--rate", "> 0"]),
        ("--rate nan", &["--rate", "> 0"]),
        ("--optimizer sdg", &["--optimizer", "sgd", "adagrad"]),
        ("--optimizer momentum --momentum -0.1", &["--momentum", "[0, 1)"]),
        ("--optimizer adam --beta1 1", &["--beta1", "[0, 1)"]),
        ("--optimizer adam --beta2 -1", &["--beta2", "[0, 1)"]),
        ("--optimizer adam --epsilon -1e-8", &["--epsilon", "> 0"]),
        ("--optimizer rmsprop --decay 2", &["--decay", "[0, 1)"]),
        ("--clip-norm 0", &["--clip-norm", "> 0"]),
        ("--weight-decay -1", &["--weight-decay", "≥ 0"]),
        ("--schedule linear", &["--schedule", "cosine"]),
        ("--schedule step --schedule-every 0", &["--schedule-every", "≥ 1"]),
        ("--schedule step --schedule-factor -1", &["--schedule-factor", "> 0"]),
        ("--schedule warmup-cosine --warmup 100", &["--warmup", "100"]),
        ("--patience 0", &["--patience", "≥ 1"]),
        ("--precision f16", &["--precision", "f32"]),
        ("--precision f32 --engine reference", &["--precision", "--engine"]),
        ("--simd mmx", &["--simd", "portable"]),
        ("--simd portable --engine reference", &["--simd", "--engine"]),
        ("--engine fast", &["--engine", "reference"]),
        ("--checkpoint c --every 0", &["--every", "≥ 1"]),
        ("--checkpoint nowhere/c", &["--checkpoint", "nowhere"]),
        ("--resume", &["--checkpoint"]),
        ("--every 3", &["--checkpoint"]),
        ("--momentum 0.9", &["--momentum", "sgd", "nesterov"]),
        ("--optimizer momentum --beta1 0.9", &["--beta1", "adamw"]),
        ("--warmup 3", &["--warmup", "warmup-cosine"]),
    ] {
        folder.refuses(2, &format!("fit m.graph --data t.csv {words}"), says);
    }
}

#[test]
fn a_checkpoint_that_does_not_fit_is_refused() {
    let folder = folder();
    folder.line("fit m.graph --data t.csv --epochs 3 --checkpoint c.ckpt").succeeded();
    let on = "--epochs 6 --checkpoint c.ckpt --resume";
    folder.refuses(2, &format!("fit plane.graph --data plane.csv {on}"), &["c.ckpt", "another model"]);
    let rate = ["c.ckpt", "; rate: the checkpoint has 0.01, this run 1; give the same settings"];
    folder.refuses(2, &format!("fit m.graph --data t.csv --rate 1 {on}"), &rate);
    let standardize = ["c.ckpt", "; standardize: the checkpoint has no, this run yes; give the same settings"];
    folder.refuses(2, &format!("fit m.graph --data t.csv --standardize {on}"), &standardize);
    let table = folder.read("t.csv");
    folder.write("other.csv", &[table.trim_ascii_end(), b"e1\n"].concat());
    let rows = ["c.ckpt", "; training rows: there are as many, but they hold other numbers; give the same"];
    folder.refuses(2, &format!("fit m.graph --data other.csv {on}"), &rows);
    folder.refuses(2, "predict c.ckpt --data t.csv", &["c.ckpt", "no model"]);
    let whole = folder.read("c.ckpt");
    folder.write("c.ckpt", &whole[..whole.len() / 2]);
    folder.refuses(2, &format!("fit m.graph --data t.csv {on}"), &["c.ckpt", "truncated"]);
    folder.write("c.ckpt", b"x,y\n1,2\n");
    folder.refuses(2, &format!("fit m.graph --data t.csv {on}"), &["c.ckpt", "no checkpoint"]);
}

#[test]
fn a_checkpoint_is_not_lost_for_want_of_a_word() {
    let folder = folder();
    let fit = "fit m.graph --data t.csv --epochs 3 --checkpoint c.ckpt";
    folder.line(fit).succeeded();
    folder.refuses(2, fit, &["--checkpoint", "c.ckpt", "--resume", "another name"]);
    folder.line(&format!("{fit} --epochs 5 --resume")).failed(2, &["--epochs"]); // said twice
    folder.line("fit m.graph --data t.csv --epochs 5 --checkpoint c.ckpt --resume").succeeded();
}
