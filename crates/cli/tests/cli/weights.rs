//! Weights that PyTorch wrote are taken, and predict what PyTorch predicts. `tests/weights/make.py` says how they were made.

use std::fs;
use std::path::{Path, PathBuf};

use chainrule::learn::{ArrayValues, Arrays, DataFile, KeptValues, write_npz};

use crate::support::Folder;

fn weights(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/weights").join(name)
}

/// A folder with a model, the weights and the inputs that belong to it.
fn folder(name: &str, model: &str) -> Folder {
    let folder = Folder::with(&[("m.graph", model)]);
    for (file, as_file) in [(format!("{name}.safetensors"), "w.safetensors"), (format!("{name}.npz"), "t.npz")] {
        folder.write(as_file, &fs::read(weights(&file)).expect("the file is there"));
    }
    folder
}

/// The numbers of an array.
fn numbers(path: &Path, name: &str) -> Vec<f64> {
    let bytes = fs::read(path).expect("the file is there");
    assert!(Arrays::are_in(&bytes));
    let file = DataFile::from_bytes("t.npz", bytes, None).expect("it is an .npz");
    match &file.kept(&[name.to_string()]).expect("it holds the array")[0].values {
        KeptValues::Numbers(numbers) => numbers.clone(),
        KeptValues::Words(_) => panic!("`{name}` holds words"),
    }
}

/// Trains with a step that moves nothing, and predicts.
fn predicts_the_same(name: &str, model: &str, renames: &[String]) {
    let folder = folder(name, model);
    let renames: String = renames.iter().map(|rename| format!(" --rename {rename}")).collect();
    let line =
        format!("fit m.graph --data t.npz --epochs 1 --rate 1e-300 --init w.safetensors{renames} --save m.safetensors");
    let run = folder.line(&line);
    run.succeeded();
    assert!(
        run.err.contains("start with the values of w.safetensors") && !run.err.contains("as the model says"),
        "{run:?}"
    );
    folder.line("predict m.safetensors --data t.npz --out p.npz").succeeded();
    let (found, right) =
        (numbers(&folder.path("p.npz"), "prediction"), numbers(&weights(&format!("{name}.npz")), "probabilities"));
    assert_eq!(found.len(), right.len());
    for (index, (a, b)) in found.iter().zip(&right).enumerate() {
        assert!((a - b).abs() <= 1e-5 * b.abs().max(1e-3), "{name}, number {index}: {a}, by PyTorch {b}");
    }
}

const LENET: &str = "input x [1, 12, 12]\noutcome y [] int < 4\n\
    c1 = max_pool(relu(conv(x, 3, 5, padding=2)), 2)\nc2 = max_pool(relu(conv(c1, 5, 3)), 2)\n\
    h = relu(dense(flatten(c2), 12))\nlogits = dense(h, 4)\n\
    prediction = softmax(logits)\nobjective = cross_entropy(logits, y)\n";
const LSTM: &str = "input x [t, 3]\noutcome y [] int < 3\nhs = lstm(x, 5)\nlogits = dense(last(hs), 3)\n\
    prediction = softmax(logits)\nobjective = cross_entropy(logits, y)\n";

#[test]
fn of_a_convolutional_network() {
    let renames = [
        "conv*.weight=c*/conv/W",
        "conv*.bias=c*/conv/b",
        "fc1.weight=h/dense/W",
        "fc1.bias=h/dense/b",
        "fc2.weight=logits/dense/W",
        "fc2.bias=logits/dense/b",
    ];
    predicts_the_same("lenet", LENET, &renames.map(String::from));
}

/// With two biases, which are added.
#[test]
fn of_a_recurrent_network() {
    let renames = [
        "rnn.weight_ih_l0=hs/lstm/Wx",
        "rnn.weight_hh_l0=hs/lstm/Wh",
        "rnn.bias_*_l0=hs/lstm/b",
        "out.weight=logits/dense/W",
        "out.bias=logits/dense/b",
    ];
    predicts_the_same("lstm", LSTM, &renames.map(String::from));
}

/// With one product for what is asked, looked at and given, which is cut in three.
#[test]
fn of_a_transformer() {
    let model = "input x [6] int < 11\noutcome y [6] int < 11\ne = position(embedding(x, 11, 8))\n\
        body = repeat(transformer_block, 2, e, 2, causal=true)\nlogits = dense(layer_norm(body), 11, bias=false)\n\
        prediction = softmax(logits)\nobjective = cross_entropy(logits, y)\n";
    let mut renames: Vec<String> = [
        "tokens.weight=e/embedding/W",
        "places.weight=e/position/W",
        "norm.weight=logits/layer_norm/gain",
        "norm.bias=logits/layer_norm/shift",
        "head.weight=logits/dense/W",
    ]
    .map(String::from)
    .to_vec();
    for (block, path) in [("block0", "body/transformer_block"), ("block1", "body/transformer_block2")] {
        let attention = format!("{path}/a/self_attention");
        renames.extend([
            format!("{block}.attention.in_proj_weight={attention}/Wq,{attention}/Wk,{attention}/Wv"),
            format!("{block}.attention.out_proj.weight={attention}/Wo"),
            format!("{block}.up.weight={path}/dense/W"),
            format!("{block}.up.bias={path}/dense/b"),
            format!("{block}.down.weight={path}/dense2/W"),
            format!("{block}.down.bias={path}/dense2/b"),
        ]);
        for (norm, place) in [("norm1", format!("{path}/a")), ("norm2", path.to_string())] {
            renames.push(format!("{block}.{norm}.weight={place}/layer_norm/gain"));
            renames.push(format!("{block}.{norm}.bias={place}/layer_norm/shift"));
        }
    }
    predicts_the_same("gpt", model, &renames);
}

#[test]
fn what_does_not_fit_is_told() {
    let folder = folder("lenet", LENET);
    let fit = "fit m.graph --data t.npz --epochs 1 --init w.safetensors";
    folder.refuses(
        2,
        fit,
        &["no parameter of w.safetensors", "`conv1.weight` [3, 1, 5, 5]", "`c1/conv/W` [3, 1, 5, 5]", "--rename"],
    );
    for (rename, says) in [
        ("fc3.weight=h/dense/W", &["w.safetensors: holds no `fc3.weight`", "did you mean `fc1.weight`?"][..]),
        ("fc1.weight=h/dense/U", &["h/dense/U", "did you mean `h/dense/W`?"]),
        ("fc1.weight=logits/dense/W", &["`fc1.weight` [12, 20] does not fit `logits/dense/W` [4, 12]"]),
        (
            "fc1.weight=transpose(h/dense/W)",
            &["`fc1.weight` [12, 20] does not fit `h/dense/W` [12, 20]", "`fc1.weight=h/dense/W` would fit"],
        ),
        ("fc1.weight=h/dense/W,logits/dense/W", &["their rows would together be its rows"]),
        ("fc1.weight", &["--rename", "there is no `=`", "fc1.weight=h1/dense/W"]),
    ] {
        folder.refuses(2, &format!("{fit} --rename {rename}"), says);
    }
    folder.refuses(2, "fit m.graph --data t.npz --rename a=b", &["--init"]);
    let whole = folder.read("w.safetensors");
    folder.write("cut.safetensors", &whole[..whole.len() - 9]);
    for line in ["fit m.graph --data t.npz --init cut.safetensors", "show cut.safetensors"] {
        folder.refuses(2, line, &["cut.safetensors: is truncated"]);
    }
    folder.write("w.txt", b"no weights");
    folder.refuses(2, "fit m.graph --data t.npz --init w.txt", &["w.txt: is neither a safetensors file nor an .npz"]);
    folder.refuses(
        2,
        "fit m.graph --data t.npz --init none.safetensors",
        &["none.safetensors", "there is no such file"],
    );
}

#[test]
fn arrays_of_numpy_are_weights_too() {
    let model = "input x [2]\noutcome y []\nparam w [2] = 0\nparam V [1, 2] = 0\nprediction = dot(w, x) + sum(V @ x)\nobjective = (prediction - y)^2\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", "a,b,y\n1,2,3\n")]);
    let kernel = ("kernel", vec![2, 1], ArrayValues::Reals(&[3.0, 4.0]));
    write_npz(folder.path("w.npz"), &[("w", vec![2], ArrayValues::Reals(&[1.0, 2.0])), kernel]).expect("it is written");
    let line = "fit m.graph --data t.csv --map x=a,b --epochs 1 --rate 1e-300 --init w.npz --rename kernel=transpose(V) --save m.safetensors";
    folder.line(line).succeeded();
    let shown = folder.line("show m.safetensors").succeeded().to_string();
    assert!(shown.contains("V [1, 2] = [[3, 4]]") && shown.contains("w [2] = [1, 2]"), "{shown}");
    let table = folder.line("show w.npz").succeeded().to_string();
    assert!(
        table.contains("w.npz: tensors without a model") && table.contains("kernel   [2, 1]   [[3], [4]]"),
        "{table}"
    );
    assert_eq!(
        folder.line("show w.npz --json").succeeded().trim(),
        r#"{"tensors":{"w":[1.0,2.0],"kernel":[[3.0],[4.0]]}}"#
    );
}

/// By every command that reads it, also by one that takes any weights.
#[test]
fn a_model_of_a_newer_format_is_refused() {
    let model = "input x [2]\noutcome y []\nparam w [2] = 0\nprediction = dot(w, x)\nobjective = (prediction - y)^2\n";
    let folder = Folder::with(&[("m.graph", model), ("t.csv", "x0,x1,y\n1,2,3\n")]);
    folder.line("fit m.graph --data t.csv --epochs 1 --save m.safetensors").succeeded();
    let version = br#"\"version\":1"#;
    let mut bytes = folder.read("m.safetensors");
    let place = bytes.windows(version.len()).position(|window| window == version).expect("it says its version");
    bytes[place + version.len() - 1] = b'2';
    folder.write("newer.safetensors", &bytes);
    for line in [
        "fit m.graph --data t.csv --epochs 1 --init newer.safetensors",
        "predict newer.safetensors --data t.csv",
        "show newer.safetensors",
    ] {
        folder.refuses(2, line, &["newer.safetensors: was written by a newer chainrule: its format is 2"]);
    }
}
