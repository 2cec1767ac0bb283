//! `chainrule show`

use std::path::Path;

use crate::support::{CLASSIFIER, Folder, ON_A_PLANE, PLANE};

#[test]
fn what_is_shown_parses_back_to_itself() {
    let folder = Folder::with(&[("m.graph", PLANE), ("c.graph", CLASSIFIER)]);
    for words in ["m.graph", "m.graph --set d=5", "c.graph --batch 4", "m.graph --grad", "c.graph --batch 3 --grad"] {
        let first = folder.line(&format!("show {words}"));
        folder.write("shown.graph", first.succeeded().as_bytes());
        let without_aliases = first.out.split_once("\n# ").map_or(first.out.as_str(), |(graph, _)| graph);
        assert_eq!(folder.line("show shown.graph").succeeded(), without_aliases, "{words}");
    }
}

#[test]
fn sizes_are_bound() {
    let folder = Folder::with(&[("m.graph", PLANE)]);
    assert!(folder.line("show m.graph --set d=5").succeeded().contains("input x [5]"));
    assert!(folder.line("show m.graph --batch 4 --set d=5").succeeded().contains("input x [4, 5]"));
    folder.refuses(2, "show m.graph --set e=5", &["m.graph: --set: there is no size or setting `e`", "d"]);
    folder.refuses(2, "show m.graph --set d=1.5", &["m.graph: --set: `d`", "1.5"]);
}

#[test]
fn the_gradient_is_part_of_the_graph() {
    let folder = Folder::with(&[("m.graph", PLANE), ("none.graph", "input x [2]\ny = x * 2\n")]);
    assert!(folder.line("show m.graph --grad").succeeded().contains("`d objective / d w`"));
    folder.line("show none.graph").succeeded();
    folder.refuses(2, "show none.graph --grad", &["`objective`"]);
}

#[test]
fn dot_draws_the_nodes() {
    let folder = Folder::with(&[("m.graph", PLANE)]);
    let run = folder.line("show m.graph --format dot");
    assert!(run.succeeded().starts_with("digraph {") && run.out.contains("prediction"), "{}", run.out);
}

#[test]
fn the_step_is_shown_after_each_pass_and_as_a_program() {
    let folder = Folder::with(&[("m.graph", PLANE)]);
    let passes = folder.line("show m.graph --step --batch 4 --optimizer adam");
    for pass in ["simplify", "accumulate", "select", "hoist", "fuse", "schedule", "memory", "emit"] {
        assert!(passes.succeeded().contains(&format!("# after {pass}\n")), "{pass}: {}", passes.out);
    }
    let program = folder.line("show m.graph --step --program");
    assert!(program.succeeded().contains("dot 3 ") && program.out.contains("reported: `objective`"), "{}", program.out);
    assert!(!program.out.contains("# after"), "{}", program.out);
    folder.refuses(2, "show m.graph --program", &["--step"]);
    folder.refuses(2, "show m.graph --step --grad", &["--grad"]);
    folder.refuses(2, "show m.graph --precision f32", &["--step"]);
    folder.refuses(2, "show m.graph --step --threads 0", &["--threads"]);
}

#[test]
fn graphs_are_drawn_without_other_programs() {
    let folder = Folder::with(&[("m.graph", PLANE)]);
    let svg = folder.line("show m.graph --set d=3 --format svg");
    let svg = svg.succeeded();
    assert!(svg.starts_with("<svg") && svg.contains("input [3]") && svg.contains(">prediction<"), "{svg}");
    let run = folder.line("show m.graph --grad --out g.svg");
    assert!(run.succeeded().is_empty() && run.err.contains("wrote g.svg"), "{run:?}");
    let svg = String::from_utf8(folder.read("g.svg")).expect("it is text");
    assert!(svg.contains("d objective / d w"), "{svg}");
    folder.line("show m.graph --step --batch 4 --optimizer adam --out step.svg").succeeded();
    let svg = String::from_utf8(folder.read("step.svg")).expect("it is text");
    for title in [">forward<", ">derivative<", ">update<", ">new value<"] {
        assert!(svg.contains(title), "{title} is missing: {svg}");
    }
    folder.line("show m.graph --out m.png").succeeded();
    assert!(folder.read("m.png").starts_with(b"\x89PNG"));
    folder.refuses(2, "show m.graph --out m.graph", &["--out: m.graph is the model, which would be lost"]);
}

#[test]
fn a_trained_model_is_shown_with_its_parameters() {
    let folder = Folder::with(&[("m.graph", PLANE), ("t.csv", ON_A_PLANE)]);
    folder.line("fit m.graph --data t.csv --epochs 3 --rate 0.1 --no-shuffle --save m.safetensors").succeeded();
    let run = folder.line("show m.safetensors");
    let shown = run.succeeded();
    for words in [
        "# m.safetensors: a trained model",
        "#   epochs: 3",
        "#   input x from x0, x1",
        "#   w [2] = [",
        "\nobjective = ",
    ] {
        assert!(shown.contains(words), "{words} is missing: {shown}");
    }
    // What is printed is the model, which parses.
    folder.write("again.graph", shown.as_bytes());
    folder.line("check again.graph").succeeded();
    let held = &folder.line("show m.safetensors --json").json()[0];
    assert_eq!((&held["settings"]["epochs"], &held["columns"]["x"]), (&3.into(), &serde_json::json!(["x0", "x1"])));
    let w = held["parameters"]["w"].as_array().expect("it is whole").clone();
    let node = folder.line("show m.safetensors --node w");
    assert!(node.succeeded().contains("`w` [2] real") && node.out.contains("read by"), "{}", node.out);
    assert!(node.out.contains(&format!("{:.3}", w[0].as_f64().unwrap())), "{w:?}: {}", node.out);
    assert!(folder.line("show m.safetensors --format svg").succeeded().starts_with("<svg"));
    folder.refuses(2, "show m.safetensors --set d=2", &["--set d", "bound"]);
    folder.refuses(2, "show m.safetensors --node ww", &["no node of that name", "did you mean `w`?"]);
    let nodes = &folder.line("show m.graph --set d=3 --json").json()[0]["nodes"];
    assert!(
        nodes.as_array().unwrap().iter().any(|node| node["name"] == "objective" && node["op"] == "power"),
        "{nodes}"
    );
}

/// A step's parts stand under each other, also where none reads a value without a name of another.
#[test]
fn the_parts_of_a_step_stand_under_each_other() {
    let folder = Folder::with(&[("m.graph", PLANE)]);
    let run = folder.line("show m.graph --step --format svg");
    let height = |title: &str| {
        let before = run.succeeded().split(&format!(">{title}</text>")).next().expect("it is split");
        let y = before.rsplit(" y=\"").next().and_then(|rest| rest.split('"').next());
        y.and_then(|y| y.parse::<f64>().ok()).unwrap_or_else(|| panic!("no {title} in {}", run.out))
    };
    assert!(height("forward") < height("derivative") && height("derivative") < height("update"), "{}", run.out);
}

/// The pictures of the book and the README, each with its model and what else `show` is asked for.
const PICTURES: &[(&str, &str, &[&str])] = &[
    ("linear_gradient", "linear", &["--grad"]),
    ("ridge", "ridge", &[]),
    ("mlp_regression", "mlp_regression", &[]),
    ("mlp_classifier", "mlp_classifier", &[]),
    ("lenet", "lenet", &[]),
    ("resnet8", "resnet8", &[]),
    ("lstm_vowels", "lstm_vowels", &["--set", "t=25", "--set", "d=12"]),
    ("gpt", "gpt", &["--set", "t=64", "--set", "k=65"]),
];

/// `UPDATE_BOOK=1` draws the pictures anew.
#[test]
fn the_pictures_of_the_book_are_what_show_draws() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = Folder::with(&[]);
    for (picture, model, options) in PICTURES {
        let model = root.join(format!("models/{model}.graph"));
        let command = [&["show", model.to_str().expect("it is text"), "--format", "svg"], *options].concat();
        let run = folder.run(&command);
        let picture = root.join(format!("book/src/pictures/{picture}.svg"));
        if std::env::var_os("UPDATE_BOOK").is_some() {
            std::fs::write(&picture, run.succeeded()).expect("it can be written");
        }
        let drawn = std::fs::read_to_string(&picture).unwrap_or_default();
        assert!(drawn == run.succeeded(), "{} is another; UPDATE_BOOK=1 draws it anew", picture.display());
    }
}

#[test]
fn gradients_that_share_a_node_are_named() {
    let model = "input x []\nparam a [] = 1\nparam b [] = 2\nparam w [] = 3\nparam none [] = 4\nh = (a + b)^2\nobjective = h + w * x\n";
    let folder = Folder::with(&[("m.graph", model)]);
    let run = folder.line("show m.graph --grad");
    let (_, aliases) = run.succeeded().rsplit_once("\n\n").expect("they come last");
    let lines: Vec<&str> = aliases.lines().collect();
    assert_eq!(
        lines,
        [
            "# `d objective / d a` is `d objective / d b`",
            "# `d objective / d none` is 0: `objective` does not depend on it",
        ],
        "{}",
        run.out
    );
    // The text is a model still.
    folder.write("g.graph", run.out.as_bytes());
    folder.line("show g.graph").succeeded();
    assert!(!folder.line("show m.graph").succeeded().contains('#'));
}

#[test]
fn a_hole_among_words_has_a_name_and_an_input_is_listed_once() {
    let graph = "input x [d]\noutcome y []\nparam w [d] = 0\nprediction = dot(w, x)\nobjective = (prediction - y)^2\n";
    let folder = Folder::with(&[("m.graph", graph), ("t.csv", "a,b,y\n1,u,1\n,v,2\n3,,4\n")]);
    let fit = "fit m.graph --data t.csv --missing mean,class --standardize --epochs 1 --save m.safetensors";
    folder.line(fit).succeeded();
    let shown = folder.line("show m.safetensors").succeeded().to_string();
    assert!(shown.contains("the words of b: u, v, missing\n"), "{shown}");
    assert!(shown.contains("transformed as in training: x\n"), "{shown}");
}
