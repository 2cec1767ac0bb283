//! What a model says of its parameters, and values that a saved model lends.

use super::support::{Folder, ON_A_PLANE, PLANE};

/// `W` is in no objective.
const UNUSED: &str = "\
input   x []
outcome y []
param   W [2, 3] = 0.5
param   v [] = 0
prediction = v * x
objective  = (prediction - y)^2
";
const ROWS: &str = "x,y\n0.3,0.6\n1.7,3.1\n-1.4,-2.9\n";

/// The text of a saved model's parameter in `show`.
fn kept(folder: &Folder, parameter: &str) -> Vec<f64> {
    let bytes = folder.read("m.safetensors");
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let [begin, end] = [0, 1].map(|i| header[parameter]["data_offsets"][i].as_u64().unwrap() as usize);
    let data = &bytes[8 + length..][begin..end];
    data.chunks(8).map(|chunk| f64::from_le_bytes(chunk.try_into().unwrap())).collect()
}

#[test]
fn what_the_objective_does_not_depend_on_stays_whatever_the_optimizer() {
    let folder = Folder::with(&[("m.graph", UNUSED), ("t.csv", ROWS)]);
    for optimizer in ["adamw", "adam --weight-decay 0.1", "momentum --weight-decay 0.1", "sgd --weight-decay 0.1"] {
        let run =
            folder.line(&format!("fit m.graph --data t.csv --epochs 50 --optimizer {optimizer} --save m.safetensors"));
        run.succeeded();
        assert!(run.err.contains("the objective does not depend on `W`; training leaves it so"), "{}", run.err);
        assert_eq!(kept(&folder, "W"), [0.5; 6], "{optimizer}");
        assert_ne!(kept(&folder, "v"), [0.0], "{optimizer}");
    }
}

#[test]
fn a_frozen_parameter_stays_without_a_warning() {
    let model = PLANE.replace("param   w [d] = 0", "param   w [d] = [1.5, -1], frozen");
    let folder = Folder::with(&[("m.graph", &model), ("t.csv", ON_A_PLANE)]);
    let run = folder.line("fit m.graph --data t.csv --epochs 5 --optimizer adamw --save m.safetensors");
    run.succeeded();
    assert!(!run.err.contains("warning"), "{}", run.err);
    assert_eq!(kept(&folder, "w"), [1.5, -1.0]);
    assert_ne!(kept(&folder, "b"), [0.0]);
}

#[test]
fn rates_and_decays_show_in_the_step() {
    let model = PLANE.replace("param   w [d] = 0", "param   w [d] = 0, rate 0.1, weight_decay 0.5");
    let folder = Folder::with(&[("m.graph", &model)]);
    let out = folder.line("show m.graph --step --set d=2").succeeded().to_string();
    assert!(out.contains("rate of w") && out.contains("0.5"), "{out}");
}

#[test]
fn training_begins_with_the_values_of_a_saved_model() {
    let two = PLANE.replace("[d]", "[2]").replace("= 0\nparam   b", "= [3, 4]\nparam   b");
    let wider = "input x [2]\noutcome y []\nparam w [2] = 0\nparam b [1] = 7\nprediction = dot(w, x) + sum(b)\n\
                 objective = (prediction - y)^2\n";
    let other = "input x [2]\noutcome y []\nparam a [] = 0\nprediction = a\nobjective = (prediction - y)^2\n";
    let folder =
        Folder::with(&[("two.graph", &two), ("wider.graph", wider), ("other.graph", other), ("t.csv", ON_A_PLANE)]);
    folder.line("fit two.graph --data t.csv --epochs 1 --rate 1e-300 --save first.safetensors").succeeded();
    let run = folder
        .line("fit wider.graph --data t.csv --epochs 1 --rate 1e-300 --init first.safetensors --save m.safetensors");
    run.succeeded();
    assert!(
        run.err.contains("`w` [2] start with the values of first.safetensors; `b` [1] as the model says"),
        "{run:?}"
    );
    assert_eq!(kept(&folder, "w"), [3.0, 4.0]);
    assert_eq!(kept(&folder, "b"), [7.0]);
    let fails = "fit other.graph --data t.csv --init first.safetensors";
    folder.refuses(2, fails, &["--init", "no parameter of first.safetensors", "`w` [2]", "`a` []"]);
    folder.refuses(2, "fit two.graph --data t.csv --init nowhere.safetensors", &["nowhere.safetensors"]);
}
