//! Transformations do to new rows what they did to the rows they were made from, also once saved.

use chainrule_graph::{Kind, Shape};
use chainrule_learn::{Dataset, Field, Role, Standardize, StepFeatures, Transform, Transforms};
use proptest::prelude::*;

fn field(name: &str, role: Role, kind: Kind, shape: impl Into<Shape>) -> Field {
    let shape = shape.into();
    let columns = (0..shape.size()).map(|i| format!("{name}_{i}")).collect();
    Field { name: name.into(), role, kind, bound: None, shape, columns, reading: Default::default() }
}

fn rows(x: &[f64]) -> Dataset {
    let count = x.len() / 2;
    let whole: Vec<f64> = (0..count).map(|row| row as f64).collect();
    let fields = vec![
        (field("x", Role::Input, Kind::Real, [2]), x.to_vec()),
        (field("index", Role::Input, Kind::Int, []), whole.clone()),
        (field("y", Role::Outcome, Kind::Real, []), whole),
    ];
    Dataset::new("made", count, fields).unwrap()
}

fn scalars(x: &[f64]) -> Dataset {
    Dataset::new("made", x.len(), vec![(field("x", Role::Input, Kind::Real, []), x.to_vec())]).unwrap()
}

#[test]
fn columns_are_standardised_by_mean_and_population_deviation() {
    // Columns 1, 3, 5 (mean 3, deviation √(8/3)) and 10, 10, 40 (mean 20, deviation √200).
    let data = rows(&[1.0, 10.0, 3.0, 10.0, 5.0, 40.0]);
    let transforms = Transforms::standardizing(&data);
    let done = transforms.apply(&data).unwrap();
    let (a, b) = ((8.0f64 / 3.0).sqrt(), 200f64.sqrt());
    let expected = [-2.0 / a, -10.0 / b, 0.0, -10.0 / b, 2.0 / a, 20.0 / b];
    for (value, expected) in done.values("x").unwrap().iter().zip(expected) {
        assert!((value - expected).abs() < 1e-15, "{value} {expected}");
    }
    for name in ["index", "y"] {
        assert_eq!(done.values(name).unwrap(), data.values(name).unwrap());
    }
    // New rows go by the old statistics.
    let other = transforms.apply(&rows(&[3.0, 20.0])).unwrap();
    assert_eq!(other.values("x").unwrap()[..], [0.0, 0.0]);
}

#[test]
fn a_constant_column_is_only_centred() {
    // The mean of three times 0.1, summed, is not 0.1.
    let data = rows(&[0.1, 7.0, 0.1, 7.0, 0.1, 7.0]);
    let done = Transforms::standardizing(&data).apply(&data).unwrap();
    assert_eq!(done.values("x").unwrap()[..], [0.0; 6]);
    let other = Transforms::standardizing(&data).apply(&rows(&[1.1, 9.0])).unwrap();
    assert_eq!(other.values("x").unwrap()[..], [1.1 - 0.1, 2.0]);
}

#[test]
fn the_size_of_the_numbers_does_not_matter() {
    for unit in [2f64.powi(-1000), 1.0, 2f64.powi(1000)] {
        let Standardize { mean, std } = Standardize::of(&[unit, 3.0 * unit], 1);
        assert_eq!((mean[0], std[0]), (2.0 * unit, unit));
    }
}

#[test]
fn step_features_step_at_their_thresholds() {
    let features = Transforms::new().with("x", Transform::StepFeatures(StepFeatures { count: 4 }));
    let done = features.apply(&scalars(&[0.0, 0.25, 0.249, 0.999, -1.0])).unwrap();
    assert_eq!(done.fields()[0].shape[..], [4]);
    let expected = [[1., 0., 0., 0.], [1., 1., 0., 0.], [1., 0., 0., 0.], [1., 1., 1., 1.], [0., 0., 0., 0.]];
    assert_eq!(done.values("x").unwrap(), expected.concat());
    assert!(done.to_csv().starts_with(b"x0,x1,x2,x3\n1,0,0,0\n"));
}

#[test]
fn transformations_follow_one_another() {
    let data = scalars(&[0.0, 1.0]);
    let transforms = Transforms::standardizing(&data).with("x", Transform::StepFeatures(StepFeatures { count: 2 }));
    assert_eq!(transforms.apply(&data).unwrap().values("x").unwrap()[..], [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn an_input_of_another_size_is_refused() {
    let standardizing = Transforms::standardizing(&rows(&[1.0, 2.0, 3.0, 4.0]));
    let message = standardizing.apply(&scalars(&[1.0])).unwrap_err().to_string();
    assert!(message.contains("`x`") && message.contains("[2]") && message.contains("[]"), "{message}");
    let features = Transforms::new().with("x", Transform::StepFeatures(StepFeatures { count: 4 }));
    assert!(features.apply(&rows(&[1.0, 2.0])).is_err());
}

#[test]
fn more_features_than_any_machine_holds_are_refused() {
    let many = |count, rows: usize| {
        let features = Transforms::new().with("x", Transform::StepFeatures(StepFeatures { count }));
        features.apply(&scalars(&vec![0.0; rows])).unwrap_err().to_string()
    };
    let message = many(usize::MAX, 1);
    assert!(message.contains("step features") && message.contains("at most 1048576"), "{message}");
    let message = many(1 << 20, 1_000_000);
    assert!(message.contains("1000000 rows") && message.contains("memory"), "{message}");
}

#[test]
fn json_of_another_form_is_refused() {
    for text in [
        "{}",
        "[1]",
        r#"[{"input": "x"}]"#,
        r#"[{"input": "x", "transform": "whiten"}]"#,
        r#"[{"input": "x", "transform": "standardize", "mean": [1], "std": []}]"#,
        r#"[{"input": "x", "transform": "standardize", "mean": [null], "std": [1]}]"#,
        r#"[{"input": "x", "transform": "step_features", "count": -4}]"#,
    ] {
        assert_eq!(Transforms::from_json(&serde_json::from_str(text).unwrap()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn saved_transformations_are_the_same(x in prop::collection::vec(-1e9..1e9, 2..20), count in 0..1000usize) {
        let data = rows(&x[..x.len() / 2 * 2]);
        let transforms = Transforms::standardizing(&data).with("z", Transform::StepFeatures(StepFeatures { count }));
        let json = transforms.to_json().to_string();
        prop_assert_eq!(Transforms::from_json(&serde_json::from_str(&json).unwrap()).unwrap(), transforms);
    }
}
