//! A dataset holds the rows of a table by input and outcome, splits them by a seed, and writes them back.

use std::sync::Arc;

use chainrule_exec::compile::Precision;
use chainrule_graph::{Builder, Kind, Shape};
use chainrule_learn::models::LinearRegression;
use chainrule_learn::{
    Dataset, Field, LearnError, Parameters, Role, RowPlace, Table, Training, Transforms, Unobserved, train,
};
use proptest::prelude::*;

fn field(name: &str, role: Role, kind: Kind, shape: impl Into<Shape>, columns: &[&str]) -> Field {
    let columns = columns.iter().map(|column| column.to_string()).collect();
    Field { name: name.into(), role, kind, bound: None, shape: shape.into(), columns, reading: Default::default() }
}

fn fields() -> [Field; 2] {
    [
        field("x", Role::Input, Kind::Real, [2], &["b", "a"]),
        Field { bound: Some(3), ..field("y", Role::Outcome, Kind::Int, [], &["class"]) },
    ]
}

fn read(text: &str) -> Result<Dataset, LearnError> {
    Dataset::read(&Table::from_bytes("t.csv", text.as_bytes().to_vec())?, &fields())
}

fn numbered(rows: usize) -> Dataset {
    let values: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    Dataset::new("numbers", rows, vec![(field("x", Role::Input, Kind::Real, [], &["x"]), values)]).unwrap()
}

#[test]
fn values_are_had_by_name_and_row() {
    let data = read("a,name,b,class\n1,p,2,0\n\n3,q,4,2.0\n5,r,6,1\n").unwrap();
    assert_eq!((data.rows(), data.file(), data.place(1)), (3, "t.csv", RowPlace::Line(4)));
    assert_eq!(data.values("x").unwrap()[..], [2.0, 1.0, 4.0, 3.0, 6.0, 5.0]);
    let batch = data.batch_of(Role::Input, &[2, 0]);
    let [("x", batch)] = &batch[..] else { panic!("{batch:?}") };
    assert_eq!((&batch.shape()[..], batch.data()), (&[2, 2][..], &[6.0, 5.0, 2.0, 1.0][..]));
    let outcomes = data.batch_of(Role::Outcome, &[0, 1]);
    assert_eq!((outcomes[0].0, outcomes[0].1.data()), ("y", &[0.0, 2.0][..]));
    let inputs = data.example_of(Role::Input, 0);
    assert_eq!((inputs.len(), inputs[0].0, inputs[0].1.data()), (1, "x", &[2.0, 1.0][..]));
    assert_eq!(inputs[0].1.shape()[..], [2]);
    let chosen = data.select(&[2, 1]);
    assert_eq!((&chosen.values("y").unwrap()[..], chosen.place(0)), (&[1.0, 2.0][..], RowPlace::Line(5)));
    assert!(data.values("z").unwrap_err().to_string().contains("`z`"));
}

#[test]
fn whole_numbers_without_a_bound_may_be_negative() {
    let count = field("n", Role::Input, Kind::Int, [], &["n"]);
    let table = Table::from_bytes("t.csv", b"n\n1\n-2\n".to_vec()).unwrap();
    let data = Dataset::read(&table, std::slice::from_ref(&count)).unwrap();
    assert_eq!(data.values("n").unwrap()[..], [1.0, -2.0]);
}

#[test]
fn a_truth_value_is_0_or_1() {
    let truth = [field("y", Role::Outcome, Kind::Bool, [], &["y"])];
    let read = |text: &str| Dataset::read(&Table::from_bytes("t.csv", text.as_bytes().to_vec()).unwrap(), &truth);
    assert_eq!(read("y\n1\n0\n").unwrap().values("y").unwrap()[..], [1.0, 0.0]);
    for cell in ["3", "-1", "0.5", "true"] {
        let message = read(&format!("y\n1\n{cell}\n")).unwrap_err().to_string();
        for word in ["t.csv", "line 3", "`y`", cell, "0 or 1 would be right"] {
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn a_class_must_be_a_whole_number_in_its_range() {
    for (cell, says) in [
        ("1.5", &["`class`", "line 3", "found 1.5; a whole number"][..]),
        ("3", &["`class`", "line 3", "found 3", "3 classes", "0 to 2"]),
        ("-1", &["`class`", "line 3", "-1", "3 classes"]),
        ("1e300", &["`class`", "line 3", "3 classes"]),
        ("two", &["`class`", "line 3", "`two`", "a whole number from 0 to 2"]),
        ("", &["`class`", "line 3", "empty", "a whole number from 0 to 2"]),
    ] {
        let message = read(&format!("a,b,class\n1,2,0\n1,2,{cell}\n")).unwrap_err().to_string();
        assert!(says.iter().all(|word| message.contains(word)), "{message}");
    }
    let unbounded = [field("y", Role::Outcome, Kind::Int, [], &["y"])];
    let table = Table::from_bytes("t.csv", b"y\n\n7.5\n".to_vec()).unwrap();
    let message = Dataset::read(&table, &unbounded).unwrap_err().to_string();
    assert_eq!(message, "t.csv, line 3, column `y`: found 7.5; a whole number would be right");
}

#[test]
fn an_index_is_no_class() {
    let user = [Field { bound: Some(2), ..field("user", Role::Input, Kind::Int, [], &["user"]) }];
    let table = Table::from_bytes("t.csv", b"user\n2\n".to_vec()).unwrap();
    let message = Dataset::read(&table, &user).unwrap_err().to_string();
    assert!(message.contains("found 2, but `user` is less than 2; a whole number from 0 to 1"), "{message}");
}

#[test]
fn a_column_that_is_taken_is_not_what_was_meant() {
    let x = [field("x", Role::Input, Kind::Real, [3], &["x0", "x1", "x2"])];
    let missing = |header: &str| {
        let table = Table::from_bytes("t.csv", format!("{header}\n1,2\n").into_bytes()).unwrap();
        Dataset::read(&table, &x).unwrap_err().to_string()
    };
    assert!(missing("x0,x1,x_2").contains("did you mean `x_2`?"), "{}", missing("x0,x1,x_2"));
    assert!(missing("x0,x1").contains("the others are taken: `x0`, `x1`"), "{}", missing("x0,x1"));
    let named = [field("x", Role::Input, Kind::Real, [3], &["age", "petal_length", "y"])];
    for (header, says) in [
        (
            "y,Age,petal length (cm)",
            "takes 3 columns, of which 2 are not there, `age`, `petal_length`; did you mean `Age` for",
        ),
        ("y,Age,petal length (cm)", "`petal length (cm)` for `petal_length`?"),
        ("y,age,Petal.Length", "takes the column `petal_length`, which is not there; did you mean `Petal.Length`?"),
        ("u,v,w", "takes 3 columns, none of which is there, `age`, `petal_length`, `y`; there are `u`, `v`, `w`"),
        ("y,u,v", "of which 2 are not there, `age`, `petal_length`; there are `u`, `v`"),
    ] {
        let table = Table::from_bytes("t.csv", format!("{header}\n1,2,3\n").into_bytes()).unwrap();
        let found = Dataset::read(&table, &named).unwrap_err().to_string();
        assert!(found.contains(says), "{found}");
    }
}

#[test]
fn the_bound_of_a_class_is_what_the_function_says() {
    let builder = Builder::new();
    let x = builder.input("x", [5]);
    let y = builder.outcome_of("y", [], Kind::Int, None);
    builder.objective(builder.nll(x.softmax(0), y));
    let function = builder.finish().unwrap();
    assert_eq!(field("y", Role::Outcome, Kind::Int, [], &["y"]).bounded(&function).bound, Some(5));
    assert_eq!(field("x", Role::Input, Kind::Real, [], &["x"]).bounded(&function).bound, None);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let message = read("a,c,class\n1,2,0\n").unwrap_err().to_string();
    assert!(message.contains("t.csv") && message.contains("input `x`") && message.contains("`b`"), "{message}");
}

#[test]
fn a_split_takes_the_share_that_was_asked_for() {
    for (rows, fraction, held) in [(10, 0.2, 2), (10, 0.01, 1), (10, 0.25, 3), (2, 0.5, 1), (1797, 0.2, 359)] {
        let (training, validation) = numbered(rows).split(fraction, 1).unwrap();
        assert_eq!((training.rows(), validation.rows()), (rows - held, held), "{rows} {fraction}");
    }
}

#[test]
fn a_split_that_leaves_nothing_to_train_on_is_refused() {
    for (rows, fraction) in [(1, 0.5), (2, 0.9), (10, 0.96)] {
        let message = numbered(rows).split(fraction, 1).unwrap_err().to_string();
        assert!(message.contains("none to train on"), "{message}");
    }
    for fraction in [0.0, 1.0, -0.5, f64::NAN, f64::INFINITY] {
        let message = numbered(10).split(fraction, 1).unwrap_err().to_string();
        assert!(message.contains("(0, 1)"), "{message}");
    }
}

#[test]
fn made_rows_that_do_not_fit_are_refused() {
    let x = field("x", Role::Input, Kind::Real, [2], &["a", "b"]);
    let refusal = |field: &Field, rows: usize| Dataset::new("made", rows, [(field.clone(), vec![0.0; 6])]).unwrap_err();
    assert!(Dataset::new("made", 3, [(x.clone(), vec![0.0; 6])]).is_ok());
    for rows in [2, 4, usize::MAX] {
        let shape = Shape::from([rows, 2]);
        let elements = shape.checked_size().map_or_else(String::new, |size| format!("{size} elements, "));
        let right = format!("the input `x` takes {elements}a value of shape {shape}, not 6");
        assert_eq!(refusal(&x, rows).to_string(), right);
    }
    let odd = Field { columns: vec!["a".into()], ..x.clone() };
    let message = refusal(&odd, 3).to_string();
    assert_eq!(message, "made: input `x` has shape [2] and 1 columns; one for each element would be right");
    let table = Table::from_bytes("t.csv", b"a,b\n1,2\n".to_vec()).unwrap();
    assert!(Dataset::read(&table, &[odd]).unwrap_err().to_string().starts_with("t.csv: input `x` has shape [2]"));
}

#[test]
fn rows_are_shared_taken_over_or_copied_once() {
    let x = field("x", Role::Input, Kind::Real, [], &["x"]);
    let at = |data: &Dataset| data.values("x").unwrap().as_ptr();
    let shared = Arc::new(vec![1.0, 2.0]);
    let data = Dataset::new("made", 2, [(x.clone(), shared.clone())]).unwrap();
    assert_eq!((at(&data), at(&data.clone())), (shared.as_ptr(), shared.as_ptr()));
    let vector = vec![1.0, 2.0];
    let pointer = vector.as_ptr();
    assert_eq!(at(&Dataset::new("made", 2, [(x.clone(), vector)]).unwrap()), pointer);
    assert_eq!(Dataset::new("made", 2, [(x.clone(), &[1.0, 2.0][..])]), Ok(data));
    let in_f32 = Dataset::new("made", 2, [(x, &[0.1f32, 2.0][..])]).unwrap();
    assert_eq!(in_f32.values("x").unwrap()[..], [f64::from(0.1f32), 2.0]);
    assert_eq!(in_f32.select(&[1, 1, 0]).values("x").unwrap()[..], [2.0, 2.0, f64::from(0.1f32)]);
}

#[test]
fn the_field_of_an_input_or_outcome_is_what_the_function_says() {
    let builder = Builder::new();
    let x = builder.input("x", [2, 2]);
    let y = builder.outcome_of("y", [], Kind::Int, None);
    builder.objective(builder.nll(x.reshape([4]).softmax(0), y));
    let function = builder.finish().unwrap();
    let right = field("x", Role::Input, Kind::Real, [2, 2], &["x0", "x1", "x2", "x3"]);
    assert_eq!(Field::of(&function, "x"), Ok(right));
    let right = Field { bound: Some(4), ..field("y", Role::Outcome, Kind::Int, [], &["y"]) };
    assert_eq!(Field::of(&function, "y"), Ok(right));
    assert!(Field::of(&function, "z").unwrap_err().to_string().contains("there is no input or outcome `z`"));
}

/// Rows in f32 are what the same rows are in f64, for scores in f64 and for training in either precision.
#[test]
fn rows_in_f32_train_as_the_same_rows_in_f64() {
    let function = LinearRegression::new(Training::default()).function(3).unwrap();
    let of = |name: &str| Field::of(&function, name).unwrap();
    let (x, y) = ((0..30).map(|i| (i as f32).sin()).collect::<Vec<f32>>(), (0..10).map(|i| (i as f32).cos()).collect());
    let wide = |values: &Vec<f32>| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>();
    let in_f64 = Dataset::new("made", 10, [(of("x"), wide(&x)), (of("y"), wide(&y))]).unwrap();
    let in_f32 = Dataset::new("made", 10, [(of("x"), x), (of("y"), y)]).unwrap();
    for precision in [Precision::F32, Precision::F64] {
        for batch in [1, 3] {
            let settings = Training { precision, batch, epochs: 3, ..Training::default() };
            let run = |data: &Dataset| {
                let mut parameters = Parameters::initialize(&function, 0).unwrap();
                (train(&function, &mut parameters, data, None, &settings, &mut Unobserved).unwrap(), parameters)
            };
            assert_eq!(run(&in_f32), run(&in_f64), "{precision:?} {batch}");
        }
    }
    let standardized =
        |data: &Dataset| Transforms::standardizing(data).apply(data).unwrap().values("x").unwrap().to_vec();
    assert_eq!(standardized(&in_f32), standardized(&in_f64));
    assert_eq!(in_f32.to_csv(), in_f64.to_csv());
}

/// Each row is held out about as often as every other: 2,000 splits, binomial with mean 600 and deviation 20.5.
#[test]
fn a_split_favours_no_row() {
    let mut held = [0u32; 10];
    for seed in 0..2000 {
        for row in numbered(10).split(0.3, seed).unwrap().1.values("x").unwrap().iter() {
            held[*row as usize] += 1;
        }
    }
    assert!(held.iter().all(|count| count.abs_diff(600) < 93), "{held:?}");
}

#[test]
fn rows_written_as_csv_read_back_to_the_same_bits() {
    let values = vec![0.1, -0.0, 1e300, 5e-324, 1.0 / 3.0, -2.0];
    let made = field("x", Role::Input, Kind::Real, [2], &["a, b", "c"]);
    let data = Dataset::new("made", 3, vec![(made.clone(), values.clone())]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.csv");
    data.write_csv(&path).unwrap();
    let back = Dataset::read(&Table::read(&path).unwrap(), &[made]).unwrap();
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back.values("x").unwrap()), bits(&values));
    assert_eq!((back.place(0), data.place(0)), (RowPlace::Line(2), RowPlace::Line(2)));
}

proptest! {
    #[test]
    fn a_split_keeps_every_row_once_in_order_and_depends_on_the_seed_alone(
        rows in 2..200usize, fraction in 0.01..0.9, seed: u64,
    ) {
        let data = numbered(rows);
        if let Ok((training, validation)) = data.split(fraction, seed) {
            let parts = [training.values("x").unwrap(), validation.values("x").unwrap()];
            prop_assert!(parts.iter().all(|part| part.is_sorted()));
            let mut all = parts.concat();
            all.sort_by(f64::total_cmp);
            prop_assert_eq!(&all[..], &*data.values("x").unwrap());
            prop_assert_eq!(data.split(fraction, seed).unwrap(), (training, validation));
        }
    }
}
