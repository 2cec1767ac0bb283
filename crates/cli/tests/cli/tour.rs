//! `chainrule tour`

use crate::support::Folder;

#[test]
fn the_tour_trains_five_models_and_draws_them() {
    let folder = Folder::with(&[]);
    let run = folder.line("tour --quick");
    let rows = run.succeeded();
    for name in ["the target itself", "linear", "ridge", "MLP, on x", "MLP, on features", "MLP classifier"] {
        assert!(rows.contains(name), "{name}: {rows}");
    }
    assert!(run.err.contains("chainrule-tour/"), "{}", run.err);
    for name in ["functions", "curves", "confusion"] {
        assert!(folder.path(&format!("chainrule-tour/{name}.svg")).exists(), "{name}");
        assert!(folder.path(&format!("chainrule-tour/{name}.png")).exists(), "{name}");
    }
}

#[test]
fn what_it_says_to_try_next_works() {
    let folder = Folder::with(&[]);
    let run = folder.line("tour --quick --seed 3 --out here");
    let text = run.succeeded().replace("\\\n", " ").replace('\'', "");
    let commands: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("chainrule ")).collect();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        folder.line(command).succeeded();
    }
    assert!(folder.path("here/digits.safetensors").exists() && folder.path("here/ridge.svg").exists());
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let folder = Folder::with(&[("file", "")]);
    folder.refuses(2, "tour --quick --out file", &["--out", "file"]);
    folder.refuses(2, "tour --quick --out file/inner", &["--out", "file/inner"]);
}
