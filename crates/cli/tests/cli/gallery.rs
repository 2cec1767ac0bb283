//! `chainrule data gallery`: each model of the gallery is tried as its first lines say.

use std::fs;
use std::path::Path;

use chainrule::learn::Arrays;

use crate::support::Folder;

/// The name and the text of each model that made-up data are made for.
fn gallery() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let paths = fs::read_dir(folder).expect("the gallery is there").map(|entry| entry.expect("it is listed").path());
    let graphs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "graph"));
    let named = |path: &Path| path.file_stem().expect("it has a name").to_string_lossy().into_owned();
    let models = graphs.map(|path| (named(&path), fs::read_to_string(&path).expect("it is a text")));
    models.filter(|(_, text)| text.contains("chainrule data gallery")).collect()
}

#[test]
fn every_model_is_fitted_as_its_first_lines_say() {
    let models = gallery();
    assert!(models.len() >= 18);
    for (name, text) in models {
        let folder = Folder::with(&[]);
        fs::create_dir(folder.path("models")).expect("the folder takes folders");
        folder.write(&format!("models/{name}.graph"), text.as_bytes());
        let lines = text.lines().map_while(|line| line.strip_prefix('#'));
        let commands: Vec<&str> = lines.filter_map(|line| line.trim().strip_prefix("chainrule ")).collect();
        let [make, fit] = commands[..] else { panic!("{name}: {commands:?}") };
        let made = folder.line(make);
        made.succeeded();
        assert!(made.err.contains("wrote T.csv: 200 rows of "), "{name}: {}", made.err);
        let csv = String::from_utf8(folder.read("T.csv")).expect("it is a text");
        assert_eq!(csv.lines().count(), 201, "{name}");
        let (fit, _) = fit.split_once(" --epochs").unwrap_or((fit, ""));
        let report = folder.line(&format!("{fit} --epochs 3 --json"));
        assert_eq!(report.json().len(), 5, "{name}: {report:?}");
        assert!(!report.err.contains("warning"), "{name}: {}", report.err);
    }
}

#[test]
fn seeds_rows_and_sizes_decide_what_is_made() {
    let folder = Folder::with(&[]);
    folder.line("data gallery ridge --out a.csv --rows 3 --set d=2 --seed 1").succeeded();
    folder.line("data gallery ridge --out b.csv --rows 3 --set d=2 --seed 1").succeeded();
    folder.line("data gallery ridge --out c.csv --rows 3 --set d=2").succeeded();
    assert!(folder.read("a.csv") == folder.read("b.csv") && folder.read("a.csv") != folder.read("c.csv"));
    assert!(folder.read("a.csv").starts_with(b"x0,x1,y\n"));
    folder.line("data gallery poisson --out p.npz").succeeded();
    let arrays = Arrays::from_bytes("p.npz", folder.read("p.npz")).expect("it holds arrays");
    assert_eq!(arrays.names(), ["x", "y"]);
    folder.line("data gallery poisson --out p.csv").succeeded();
    let counts = String::from_utf8(folder.read("p.csv")).expect("it is a text");
    assert!(counts.lines().skip(1).all(|line| line.rsplit(',').next().is_some_and(|y| y.parse::<u32>().is_ok())));

    folder.refuses(2, "data gallery rigde --out d.csv", &["'rigde'", "ridge"]);
    folder.refuses(2, "data gallery ridge --out d.csv --rows 0", &["--rows", "from 1 to 1000000"]);
    folder.refuses(2, "data gallery ridge --out d.csv --set e=3", &["models/ridge.graph", "`e`"]);
    folder.refuses(2, "data gallery ridge --out nowhere/d.csv", &["--out"]);
}
