//! A predictor gives what training, a table and `predictions` give, from rows as they stand in a file.

use chainrule_graph::{Tensor, text};
use chainrule_learn::models::{MlpClassifier, RidgeRegression};
use chainrule_learn::{
    Cell, Dataset, FieldDeclaration, Missing, Parameters, Predictor, Role, SavedModel, Selection, Session, Table,
    Training, Transforms, assign, predictions,
};

const HOUSES: &str = "\
input x [d]
outcome y []
param w [d] ~ normal(0, 1)
param b [] = 0.5
prediction = dot(w, x) + b
objective = (prediction - y)^2";

const ROWS: &str = "\
area,city,garden,y
70,Paris,yes,310
55.5,Rome,no,190
,Rome,YES,220
120,,no,400
";

const MISSING: Missing = Missing { drop: false, mean: true, class: true };

/// A model as `fit --standardize=x,y --missing mean --missing class` would save it, and its columns as a table has them.
fn saved(model: &str, rows: &str, seed: u64) -> (SavedModel, Dataset) {
    let model = text::parse(model).unwrap();
    let table = Table::from_bytes("t.csv", rows.into()).unwrap();
    let selection = Selection { missing: MISSING, ..Selection::default() };
    let columns = assign(&FieldDeclaration::all_of(&model), &table, &selection, &[]).unwrap();
    let sizes = columns.sizes.iter().map(|(name, size)| (name.clone(), *size as f64)).collect();
    let function = model.build(&sizes).unwrap();
    let data = columns.dataset(&function).unwrap();
    let fill = Transforms::filling(&data);
    let names: Vec<String> = data
        .fields()
        .iter()
        .filter(|field| field.kind == chainrule_graph::Kind::Real)
        .map(|f| f.name.clone())
        .collect();
    let filled = fill.apply(&data).unwrap();
    let transforms = fill.then(Transforms::standardizing_named(&function, &filled, &names).unwrap());
    let parameters = Parameters::initialize(&function, seed).unwrap();
    (SavedModel::new(&function, &parameters, &data, transforms, Training::default().settings()).unwrap(), data)
}

/// The predictions for all rows at once, by the way of tables.
fn by_table(saved: &SavedModel, data: &Dataset) -> Tensor {
    let function = saved.function().unwrap();
    let parameters = Parameters::from_values(&function, saved.parameters.clone()).unwrap();
    let rows = saved.transforms.apply(data).unwrap();
    saved.transforms.undone(&function, predictions(&function, &parameters, &rows).unwrap())
}

fn refusal<'c, C: Into<Cell<'c>> + Copy>(session: &mut Session, row: &[C]) -> String {
    session.predict(row).unwrap_err().to_string()
}

#[test]
fn words_holes_and_standardized_columns_are_dealt_with_as_in_training() {
    let (saved, data) = saved(HOUSES, ROWS, 3);
    let bytes = saved.to_bytes().unwrap();
    let predictor = Predictor::new(&SavedModel::from_bytes("m", &bytes).unwrap()).unwrap();
    assert_eq!(predictor.columns(), ["area", "city", "garden"]);
    assert_eq!((predictor.shape().rank(), predictor.classes().is_none()), (0, true));
    let expected = by_table(&saved, &data);
    let mut session = predictor.session();
    for (row, expected) in ROWS.lines().skip(1).zip(expected.data()) {
        let cells: Vec<&str> = row.split(',').take(3).collect();
        let found = session.predict(&cells).unwrap();
        assert!((found.value() - expected).abs() < 1e-9 * expected.abs().max(1.0), "{row}: {found:?}, {expected}");
        assert_eq!((found.class(), found.label(), found.values().len()), (None, None, 1));
    }
    // Numbers among words, and not a number as a hole
    let row = [f64::NAN.into(), "Rome".into(), Cell::Word("yes")];
    assert!((session.predict(&row).unwrap().value() - expected.data()[2]).abs() < 1e-9 * expected.data()[2].abs());
}

#[test]
fn a_cell_that_is_none_names_its_column() {
    let (saved, _) = saved(HOUSES, ROWS, 3);
    let mut session = Predictor::new(&saved).unwrap().session();
    for (row, says) in [
        (
            ["1", "Oslo", "no"],
            "column `city`: found `Oslo`, which was not there in training; there were `Paris`, `Rome`",
        ),
        (["1", "Rome", ""], "column `garden`: the cell is missing; a word would be right"),
        (["large", "Rome", "no"], "column `area`: found `large`; a number such as 3 or -0.5 would be right"),
        (
            ["inf", "Rome", "no"],
            "column `area`: found `inf`, which is not finite; a number such as 3 or -0.5 would be right",
        ),
    ] {
        assert_eq!(refusal(&mut session, &row), says);
    }
    assert_eq!(
        refusal(&mut session, &["1", "Rome"]),
        "the row has 2 cells, and none for the column `garden`; it takes one for each of `area`, `city`, `garden`"
    );
    assert_eq!(
        refusal(&mut session, &["1", "Rome", "no", "2"]),
        "the row has 4 cells; it takes 3, one for each of `area`, `city`, `garden`"
    );
    assert!(refusal(&mut session, &[1.0, 2.0, 3.0]).starts_with("column `city`: found `2`, which was not there"));
    assert!(session.predict(&["1", "Rome", "no"]).is_ok(), "a mistake leaves the session as it was");
    let infinite = refusal(&mut session, &[f64::INFINITY.into(), Cell::Word("Rome"), "no".into()]);
    assert!(infinite.starts_with("column `area`: found inf, which is not finite"), "{infinite}");
}

#[test]
fn a_class_is_told_by_its_word() {
    let model = "\
input i [] int
outcome y [] int
param E [3] = [4, 0, -4]
prediction = sigmoid(E[i])
objective = binary_cross_entropy(E[i], y)";
    let (saved, data) = saved(model, "i,y\n0,ham\n1,ham\n2,spam\n", 0);
    let predictor = Predictor::new(&saved).unwrap();
    assert_eq!(predictor.classes().unwrap().collect::<Vec<_>>(), ["ham", "spam"]);
    let mut session = predictor.session();
    for (row, (class, label)) in [("spam", 1.0), ("spam", 1.0), ("ham", 0.0)].into_iter().enumerate() {
        let found = session.predict(&[row as i32]).unwrap();
        assert_eq!((found.class(), found.label()), (Some(class), Some(label)));
        assert!((found.value() - by_table(&saved, &data).data()[row]).abs() < 1e-12);
    }
    assert_eq!(
        refusal(&mut session, &[3]),
        "column `i`: found 3, but `i` is less than 3; a whole number from 0 to 2 would be right"
    );
    assert!(refusal(&mut session, &[0.5]).starts_with("column `i`: found 0.5"), "{}", refusal(&mut session, &[0.5]));
}

#[test]
fn threads_share_a_predictor() {
    fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let (saved, data) = saved(HOUSES, ROWS, 5);
    let predictor = Predictor::new(&saved).unwrap();
    is_shared(&predictor);
    let expected = by_table(&saved, &data).data()[0];
    let work = || {
        let predictor = predictor.clone();
        std::thread::spawn(move || {
            let mut session = predictor.session();
            (0..1000).all(|_| {
                let found = session.predict(&["70", "Paris", "yes"]).unwrap().value();
                (found - expected).abs() < 1e-9 * expected.abs()
            })
        })
    };
    assert!([work(), work(), work()].into_iter().all(|thread| thread.join().unwrap()));
}

#[test]
fn what_was_fitted_can_be_saved_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let x = Tensor::from_fn([30, 4], |i| ((i * 37) % 17) as f64 / 17.0 - 0.5);
    let (y, classes) = (Tensor::from_fn([30], |i| i as f64 / 30.0), Tensor::from_fn([30], |i| (i % 3) as f64));
    let training = Training { epochs: 3, ..Training::default() };
    let ridge = RidgeRegression::new(0.1, training).fit(&x, &y, None).unwrap();
    let net = MlpClassifier::new(&[5], 3, 0.3, training).fit(&x, &classes, None).unwrap();
    for fitted in [ridge, net] {
        fitted.save(&path).unwrap();
        let expected = fitted.predict(&x).unwrap();
        let predictor = Predictor::load(&path).unwrap();
        assert_eq!(predictor.columns(), ["x0", "x1", "x2", "x3"]);
        let mut session = predictor.session();
        for (row, expected) in x.data().chunks(4).zip(expected.data().chunks(predictor.shape().size())) {
            let found = session.predict(row).unwrap();
            assert!(found.values().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12));
            assert_eq!(found.class().is_some(), expected.len() == 3);
        }
        assert_eq!(fitted.saved_model().settings["epochs"], 3);
    }
}

#[test]
fn what_cannot_predict_is_refused() {
    let model = |text: &str| SavedModel { graph: text.into(), ..saved(HOUSES, ROWS, 3).0 };
    let refused = |model: SavedModel| Predictor::new(&model).unwrap_err().to_string();
    assert!(refused(model("input x [")).contains("the graph line 1"), "{}", refused(model("input x [")));
    let (mut saved, _) = saved(HOUSES, ROWS, 3);
    saved.fields.retain(|field| field.role == Role::Outcome);
    assert!(refused(saved).starts_with("the columns are not those of the graph"));
    let graph = "input x []\noutcome y []\nobjective = (x - y)^2\n";
    let function = text::parse(graph).unwrap().build(&Default::default()).unwrap();
    let fields = ["x", "y"].map(|name| (chainrule_learn::Field::of(&function, name).unwrap(), vec![1.0]));
    let rows = Dataset::new("rows", 1, fields).unwrap();
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let saved = SavedModel::new(&function, &parameters, &rows, Transforms::new(), Default::default()).unwrap();
    assert_eq!(refused(saved), "the function has no prediction");
    let missing = Predictor::load("none.safetensors").unwrap_err().to_string();
    assert_eq!(missing, "none.safetensors: there is no such file");
}
