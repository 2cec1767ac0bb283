//! Data whose shape or kind is not the function's are refused before they are taken for other numbers.

use chainrule_exec::Inadmissible;
use chainrule_graph::{Builder, Function, Initializer, Kind, Tensor};
use chainrule_learn::{
    Dataset, Engine, Field, LearnError, Parameters, Role, SavedModel, StepFeatures, TrainError, Training, Transform,
    Transforms, Unobserved, objectives, predictions, scores, train,
};

/// w·φ, where the features φ are three step functions of x, and a class that is not used.
fn stepped() -> Function {
    let builder = Builder::new();
    let x = builder.input("x", [3]);
    let y = builder.outcome("y", []);
    let class = builder.outcome_of("class", [], Kind::Int, Some(2));
    let w = builder.parameter("w", [3], Initializer::Constant(0.5));
    builder.prediction(w.dot(x));
    builder.objective((w.dot(x) - y).power(2.0) + 0.0 * class.to_real());
    builder.finish().unwrap()
}

fn field(name: &str, role: Role, kind: Kind) -> Field {
    Field {
        name: name.into(),
        role,
        kind,
        bound: None,
        shape: [].into(),
        columns: vec![name.into()],
        reading: Default::default(),
    }
}

fn fields() -> [Field; 3] {
    [
        field("x", Role::Input, Kind::Real),
        field("y", Role::Outcome, Kind::Real),
        field("class", Role::Outcome, Kind::Int),
    ]
}

/// Six rows of a number x, as they are before the step functions.
fn rows(fields: [Field; 3], classes: [f64; 6]) -> Dataset {
    let x = vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let values = [x.clone(), x, classes.to_vec()];
    Dataset::new("t.csv", 6, fields.into_iter().zip(values)).unwrap()
}

fn steps() -> Transforms {
    Transforms::new().with("x", Transform::StepFeatures(StepFeatures { count: 3 }))
}

/// What each way to use rows says of them.
fn refusals(data: &Dataset) -> Vec<LearnError> {
    let function = stepped();
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let mut refusals = vec![
        predictions(&function, &parameters, data).unwrap_err(),
        objectives(&function, &parameters, data).unwrap_err(),
        scores(&function, &parameters, data).unwrap_err(),
    ];
    for engine in [Engine::Compiled, Engine::Reference] {
        let training = Training { engine, ..Training::default() };
        match train(&function, &mut parameters.clone(), data, None, &training, &mut Unobserved).unwrap_err() {
            TrainError::Learn(error) => refusals.push(error),
            diverged => panic!("{diverged}"),
        }
    }
    refusals
}

#[test]
fn transformed_rows_are_taken() {
    let function = stepped();
    let data = steps().apply(&rows(fields(), [1.0; 6])).unwrap();
    let parameters = Parameters::initialize(&function, 0).unwrap();
    // Half of the number of steps at 0, 1/3 and 2/3 that lie at or below x.
    assert_eq!(predictions(&function, &parameters, &data).unwrap().data(), [0.5, 0.5, 1.0, 1.0, 1.5, 1.5]);
}

#[test]
fn rows_that_were_not_transformed_are_refused() {
    // 6 numbers would make two rows of three.
    for error in refusals(&rows(fields(), [1.0; 6])) {
        let problem = Inadmissible::Shape { expected: [3].into(), found: [].into() };
        assert_eq!(error, LearnError::Value { what: "input", name: "x".into(), problem });
    }
}

#[test]
fn rows_of_another_kind_are_refused() {
    let mut fields = fields();
    fields[2].kind = Kind::Real;
    let data = steps().apply(&rows(fields, [1.0; 6])).unwrap();
    let function = stepped();
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let message = scores(&function, &parameters, &data).unwrap_err().to_string();
    assert_eq!(message, "the outcome `class` takes numbers of kind int, not real");
    assert!(predictions(&function, &parameters, &data).is_ok(), "outcomes are not read");
}

#[test]
fn a_class_out_of_its_bound_is_named_with_its_line() {
    let data = steps().apply(&rows(fields(), [0.0, 1.0, 2.0, 0.0, 1.0, 0.0])).unwrap();
    let function = stepped();
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let message = scores(&function, &parameters, &data).unwrap_err().to_string();
    assert!(message.starts_with("t.csv, line 4, column `class`: found 2"), "{message}");
}

#[test]
fn a_class_that_is_counted_from_1_is_named_with_its_line() {
    let builder = Builder::new();
    let (x, y) = (builder.input("x", [3]), builder.outcome_of("y", [], Kind::Int, None));
    builder.objective(builder.nll(x.softmax(0), y - builder.constant_of(Tensor::scalar(1.0), Kind::Int)));
    let function = builder.finish().unwrap();
    let x = Field { shape: [3].into(), columns: vec!["x".into(); 3], ..field("x", Role::Input, Kind::Real) };
    let classes = |y: [f64; 3]| {
        let fields = vec![(x.clone(), vec![0.0; 9]), (field("y", Role::Outcome, Kind::Int), y.to_vec())];
        scores(&function, &Parameters::initialize(&function, 0).unwrap(), &Dataset::new("t.csv", 3, fields).unwrap())
    };
    assert!((classes([1.0, 2.0, 3.0]).unwrap().objective - 3f64.ln()).abs() < 1e-12);
    for (odd, found) in [([1.0, 0.0, 3.0], 0), ([1.0, 4.0, 3.0], 4)] {
        let message = classes(odd).unwrap_err().to_string();
        let right = format!("t.csv, line 3, column `y`: found {found}; a whole number from 1 to 3 would be right");
        assert_eq!(message, right);
    }
}

#[test]
fn a_saved_model_whose_columns_do_not_fit_its_graph_is_refused() {
    let saved = |fields: [Field; 3], transforms| SavedModel {
        graph: String::new(),
        fields: fields.to_vec(),
        transforms,
        settings: Default::default(),
        parameters: Vec::new(),
    };
    let says = |fields, transforms| saved(fields, transforms).check(&stepped()).unwrap_err().to_string();
    assert_eq!(saved(fields(), steps()).check(&stepped()), Ok(()));
    assert_eq!(says(fields(), Transforms::new()), "the input `x` takes a value of shape [3], not []");
    let twice = steps().with("x", Transform::StepFeatures(StepFeatures { count: 3 }));
    assert_eq!(says(fields(), twice), "the input `x` takes a value of shape [], not [3]");
    let [x, y, mut class] = fields();
    class.kind = Kind::Real;
    assert_eq!(says([x.clone(), y.clone(), class], steps()), "the outcome `class` takes numbers of kind int, not real");
    let [.., class] = fields();
    let message = says([x, class, y], steps());
    assert_eq!(message, "the columns are not those of the graph: its outcomes are `y`, `class`");
}
