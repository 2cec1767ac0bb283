//! A model comes back from its file as it was, and a file that is none is told what it is.

use std::fs;
use std::path::Path;

use chainrule_graph::{Kind, Tensor};
use chainrule_learn::{Dataset, Field, LearnError, Role, SavedModel, Standardize, StepFeatures, Transform, Transforms};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn model() -> SavedModel {
    let field = |name: &str, role, kind, bound| Field {
        name: name.into(),
        role,
        kind,
        bound,
        shape: [].into(),
        columns: vec![format!("{name}, \"quoted\"")],
        reading: Default::default(),
    };
    let settings = json!({"epochs": 3, "rate": 0.1, "standardize": false});
    SavedModel {
        graph: "input x []\n# ä, \"quoted\"\n".into(),
        fields: vec![
            field("x", Role::Input, Kind::Real, None),
            field("y", Role::Outcome, Kind::Int, Some(3)),
            field("is_odd", Role::Input, Kind::Bool, None),
            Field { shape: [2, 3].into(), columns: vec!["a".into(); 6], ..field("z", Role::Input, Kind::Real, None) },
        ],
        transforms: Transforms::new().with("x", Transform::StepFeatures(StepFeatures { count: 4 })),
        settings: settings.as_object().unwrap().clone(),
        parameters: vec![
            ("W".into(), Tensor::new([2, 3], vec![0.1, -0.0, 1e300, 5e-324, 1.0 / 3.0, 6.0]).unwrap()),
            ("`odd name`/ä".into(), Tensor::scalar(2.0)),
            ("empty".into(), Tensor::zeros([0, 2])),
        ],
    }
}

fn saved(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let path = folder.join("m.safetensors");
    model().save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    (path, bytes)
}

fn refusal(path: &Path, bytes: &[u8]) -> String {
    fs::write(path, bytes).unwrap();
    let error = SavedModel::load(path).unwrap_err();
    let name = path.display().to_string();
    assert!(matches!(&error, LearnError::File { file, .. } if *file == name), "{error:?}");
    assert_eq!(SavedModel::from_bytes(&name, bytes), Err(error.clone()));
    error.to_string()
}

/// A file of safetensors with these metadata and no tensors.
fn with_metadata(metadata: Value) -> Vec<u8> {
    let header = json!({"__metadata__": metadata}).to_string().into_bytes();
    [&(header.len() as u64).to_le_bytes()[..], &header].concat()
}

fn own_metadata() -> Map<String, Value> {
    json!({"version": 1, "graph": "", "fields": [], "transforms": [], "settings": {}}).as_object().unwrap().clone()
}

fn with_own(key: &str, value: Value) -> Vec<u8> {
    let mut metadata = own_metadata();
    metadata.insert(key.into(), value);
    with_metadata(json!({"chainrule": Value::Object(metadata).to_string()}))
}

#[test]
fn a_model_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = saved(folder.path());
    let (mut back, model) = (SavedModel::load(&path).unwrap(), model());
    let bits = |model: &SavedModel| model.parameters[0].1.data().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back), bits(&model));
    back.parameters.sort_by_key(|(name, _)| model.parameters.iter().position(|(other, _)| other == name));
    assert_eq!(back, model);
}

#[test]
fn the_bytes_of_a_model_are_those_of_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = saved(folder.path());
    assert_eq!(model().to_bytes().as_ref(), Ok(&bytes));
    assert_eq!(SavedModel::from_bytes("the bytes", &bytes), SavedModel::load(&path));
    let message = SavedModel::from_bytes("the bytes", &bytes[..60]).unwrap_err().to_string();
    assert!(message.starts_with("the bytes: is truncated"), "{message}");
    let parameters = vec![("__metadata__".to_string(), Tensor::scalar(1.0))];
    let message = SavedModel { parameters, ..model() }.to_bytes().unwrap_err().to_string();
    assert!(message.starts_with("the model: cannot hold a parameter named `__metadata__`"), "{message}");
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (_, first) = saved(folder.path());
    for _ in 0..10 {
        assert_eq!(saved(folder.path()).1, first);
    }
}

#[test]
fn other_programs_can_read_the_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes) = saved(folder.path());
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let weights = tensors.tensor("W").unwrap();
    assert_eq!((weights.dtype(), weights.shape()), (safetensors::Dtype::F64, &[2, 3][..]));
    assert_eq!(weights.data()[..8], 0.1f64.to_le_bytes());
}

#[test]
fn a_truncated_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = saved(folder.path());
    for cut in [bytes.len() - 1, bytes.len() - 40, bytes.len() / 2, 60] {
        let message = refusal(&path, &bytes[..cut]);
        assert!(
            message.contains("truncated") && message.contains("from a backup, or write it anew"),
            "{cut}: {message}"
        );
    }
    assert!(refusal(&path, b"").contains("is empty"));
}

#[test]
fn a_foreign_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    for bytes in [&b"not a model"[..], b"abc", b"\x89PNG\r\n\x1a\n0123456789", b"x0,x1,y\n1,2,3\n"] {
        let message = refusal(&path, bytes);
        assert!(message.contains("no model of chainrule") && message.contains("which a trained model is"), "{message}");
    }
    for metadata in [json!({}), json!({"format": "pt"})] {
        let message = refusal(&path, &with_metadata(metadata));
        assert!(message.contains("a safetensors file, but no model of chainrule"), "{message}");
    }
}

#[test]
fn a_newer_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    // What else a newer format holds is not looked at.
    let metadata = with_metadata(json!({"chainrule": json!({"version": 2, "layers": []}).to_string()}));
    let message = refusal(&path, &metadata);
    assert!(message.contains("newer") && message.contains("is 2") && message.contains("up to 1"), "{message}");
}

#[test]
fn damaged_metadata_are_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    fs::write(&path, with_own("graph", json!("input x []"))).unwrap();
    assert_eq!(SavedModel::load(&path).unwrap().graph, "input x []");
    let field = json!({"name": "x", "role": "input", "kind": "real", "bound": null, "shape": [2], "columns": ["a"]});
    for bytes in [
        with_metadata(json!({"chainrule": "{"})),
        with_metadata(json!({"chainrule": "{}"})),
        with_own("version", json!("1")),
        with_own("graph", json!(1)),
        with_own("fields", json!([field])),
        with_own("fields", json!([{}])),
        with_own("transforms", json!({})),
        with_own("settings", json!([])),
    ] {
        let message = refusal(&path, &bytes);
        assert!(message.contains("damaged"), "{message}");
    }
}

#[test]
fn tensors_of_another_type_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = saved(folder.path());
    let position = bytes.windows(5).position(|window| window == b"\"F64\"").unwrap();
    let changed = [&bytes[..position], b"\"I64\"", &bytes[position + 5..]].concat();
    let message = refusal(&path, &changed);
    assert!(message.contains("I64") && message.contains("F64"), "{message}");
}

#[test]
fn what_is_no_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let message = SavedModel::load(folder.path().join("none.safetensors")).unwrap_err().to_string();
    assert!(message.contains("none.safetensors") && message.contains("no such file"), "{message}");
    assert!(SavedModel::load(folder.path()).unwrap_err().to_string().contains("is a folder"));
}

#[test]
fn a_model_that_cannot_be_saved_leaves_the_earlier_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = saved(folder.path());
    let parameters = vec![("__metadata__".to_string(), Tensor::scalar(1.0))];
    let message = SavedModel { parameters, ..model() }.save(&path).unwrap_err().to_string();
    assert!(message.contains("m.safetensors") && message.contains("`__metadata__`"), "{message}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Whatever number of step functions a file asks for, it is refused, or its rows are transformed.
#[test]
fn no_number_of_features_makes_loading_or_applying_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let count = prop_oneof![0..10u64, (0..64u32).prop_map(|power| 1 << power), any::<u64>()];
    proptest!(|(count in count, is_vector in any::<bool>())| {
        let shape = if is_vector { vec![1] } else { vec![] };
        let field = json!({"name": "x", "role": "input", "kind": "real", "bound": null, "shape": shape, "columns": ["x"]});
        let transform = json!({"input": "x", "transform": "step_features", "count": count});
        let mut metadata = own_metadata();
        metadata.insert("fields".into(), json!([field]));
        metadata.insert("transforms".into(), json!([transform]));
        fs::write(&path, with_metadata(json!({"chainrule": Value::Object(metadata).to_string()}))).unwrap();
        match SavedModel::load(&path) {
            Ok(SavedModel { fields, transforms, .. }) => {
                let rows = Dataset::new("made", 2, vec![(fields[0].clone(), vec![0.0, 1.0])]).unwrap();
                let count = count as usize;
                prop_assert_eq!(transforms.apply(&rows).unwrap().values("x").unwrap().len(), 2 * count);
            }
            Err(error) => {
                prop_assert!(error.to_string().contains("m.safetensors: is damaged"), "{}", error);
                prop_assert!(count > StepFeatures::MOST as u64);
            }
        }
    });
}

#[test]
fn transformations_that_do_not_fit_the_columns_are_said_to_be_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = saved(folder.path());
    let standardize = Standardize { mean: vec![0.0; 2], std: vec![1.0; 2] };
    let transforms = Transforms::new().with("x", Transform::Standardize(standardize));
    SavedModel { transforms, ..model() }.save(&path).unwrap();
    let message = SavedModel::load(&path).unwrap_err().to_string();
    assert!(message.contains("damaged") && message.contains("`x`") && message.contains("[2]"), "{message}");
}

/// A file with any bytes changed, or cut off, is refused or read, without a panic.
#[test]
fn no_bytes_make_loading_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (path, bytes) = saved(folder.path());
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    proptest!(|(changes in changes, cut in prop::option::of(any::<prop::sample::Index>()))| {
        let mut bytes = bytes.clone();
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, bytes).unwrap();
        if let Err(error) = SavedModel::load(&path) {
            prop_assert!(error.to_string().contains("m.safetensors"));
        }
    });
}
