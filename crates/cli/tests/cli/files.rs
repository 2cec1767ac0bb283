//! No command overwrites what it reads, nor one result with another.

use crate::support::{Folder, ON_A_PLANE, PLANE};

fn folder() -> Folder {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE), ("v.csv", ON_A_PLANE)]);
    folder.line("fit m.graph --data t.csv --epochs 1 --save m.safetensors").succeeded();
    folder
}

#[test]
fn what_is_read_is_not_overwritten() {
    let folder = folder();
    std::fs::create_dir(folder.path("inner")).expect("the folder takes folders");
    let fit = "fit m.graph --data t.csv --valid v.csv --epochs 1";
    for (words, says) in [
        ("--save t.csv", ["--save", "t.csv", "--data"]),
        ("--save m.graph", ["--save", "m.graph", "the model"]),
        ("--save v.csv", ["--save", "v.csv", "--valid"]),
        ("--save ./inner/../t.csv", ["--save", "t.csv", "another name"]),
        ("--checkpoint t.csv", ["--checkpoint", "t.csv", "--data"]),
        ("--checkpoint t.csv --resume", ["--checkpoint", "t.csv", "--data"]),
    ] {
        let before = folder.read("t.csv");
        folder.line(&format!("{fit} {words}")).failed(2, &says);
        assert_eq!(folder.read("t.csv"), before, "{words}");
        assert_eq!(folder.read("m.graph"), PLANE.as_bytes(), "{words}");
    }
    folder.write("curves.svg", ON_A_PLANE.as_bytes());
    folder.line("fit m.graph --data curves.svg --plot curves.svg").failed(2, &["--plot", "--data"]);
    folder.line("predict m.safetensors --data t.csv --out t.csv").failed(2, &["--out", "t.csv", "--data"]);
    folder.line("predict m.safetensors --data t.csv --out m.safetensors").failed(2, &["--out", "the model"]);
    assert_eq!(folder.read("t.csv"), ON_A_PLANE.as_bytes());
}

#[test]
#[cfg(unix)]
fn links_are_followed() {
    let folder = folder();
    std::os::unix::fs::symlink(folder.path("t.csv"), folder.path("link")).expect("it can be linked");
    folder.line("predict m.safetensors --data t.csv --out link").failed(2, &["--out", "link", "--data"]);
    folder.line("predict m.safetensors --data link --out t.csv").failed(2, &["--out", "t.csv", "--data"]);
    assert_eq!(folder.read("t.csv"), ON_A_PLANE.as_bytes());
}

#[test]
fn each_result_has_a_file_of_its_own() {
    let folder = folder();
    let fit = "fit m.graph --data t.csv --epochs 1";
    folder.refuses(2, &format!("{fit} --save s.svg --plot s.svg"), &["--plot", "s.svg", "--save"]);
    folder.refuses(2, &format!("{fit} --save s.svg --plot ./s.svg"), &["--plot", "s.svg", "--save"]);
    folder.refuses(2, &format!("{fit} --save s --checkpoint s"), &["--checkpoint", "--save"]);
    folder.line(&format!("{fit} --save m.safetensors --plot s.svg --checkpoint s")).succeeded();
    folder.line("predict m.safetensors --data t.csv --out p.csv").succeeded();
    folder.line("predict m.safetensors --data t.csv --out p.csv").succeeded();
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_file_is_named_alone() {
    let run = folder().line("fit m.graph --data t.csv --save /proc/m.safetensors");
    run.failed(2, &["--save", "the folder /proc takes no new file"]);
    assert!(!run.err.contains("partial"), "{}", run.err);
}
