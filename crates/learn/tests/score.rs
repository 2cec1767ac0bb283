//! Scores are those counted by hand.

use chainrule_graph::{Builder, Kind, Shape, Tensor};
use chainrule_learn::{Measure, accuracy, mean_squared_error, predicted_class};

#[test]
fn the_mean_squared_error_is_over_rows_and_entries() {
    let predictions = Tensor::new([2, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let outcomes = Tensor::new([2, 2], vec![1.0, 0.0, 3.0, 7.0]).unwrap();
    assert_eq!(mean_squared_error(&predictions, &outcomes), (4.0 + 9.0) / 4.0);
    assert_eq!(Measure::MeanSquaredError.score(&predictions, &outcomes), 3.25);
}

#[test]
fn the_predicted_class_is_the_first_of_the_largest() {
    assert_eq!(predicted_class(&Tensor::vector([0.1, 0.5, 0.4])), 1);
    assert_eq!(predicted_class(&Tensor::vector([0.4, 0.4, 0.2])), 0);
    assert_eq!(predicted_class(&Tensor::vector([0.9])), 0);
    assert_eq!(predicted_class(&Tensor::scalar(0.5)), 1);
    assert_eq!(predicted_class(&Tensor::scalar(0.4999)), 0);
}

#[test]
fn the_accuracy_is_the_share_of_right_classes() {
    let predictions = Tensor::new([3, 2], vec![0.9, 0.1, 0.2, 0.8, 0.5, 0.5]).unwrap();
    assert_eq!(accuracy(&predictions, &Tensor::vector([0.0, 1.0, 1.0])), 2.0 / 3.0);
    assert_eq!(accuracy(&Tensor::vector([0.7, 0.2, 0.5]), &Tensor::vector([1.0, 1.0, 1.0])), 2.0 / 3.0);
    assert_eq!(
        Measure::Accuracy.score(&Tensor::new([2, 1], vec![0.9, 0.9]).unwrap(), &Tensor::vector([0.0, 1.0])),
        0.5
    );
}

#[test]
fn a_function_is_scored_by_what_has_a_meaning() {
    let measure = |outcomes: &[(Kind, Shape)], predicted: Option<Shape>| {
        let builder = Builder::new();
        for (i, (kind, shape)) in outcomes.iter().enumerate() {
            builder.outcome_of(&format!("y{i}"), shape, *kind, None);
        }
        if let Some(shape) = predicted {
            builder.prediction(builder.input("x", shape).tanh());
        }
        let function = builder.finish().unwrap();
        Measure::of(&function).map(|(measure, outcome)| (measure, function.name(outcome).to_string()))
    };
    let squared = |name: &str| Some((Measure::MeanSquaredError, name.to_string()));
    let accuracy = Some((Measure::Accuracy, "y0".to_string()));
    let (scalar, vector, matrix) = (Shape::scalar(), Shape::from([3]), Shape::from([3, 3]));
    let real = |shape: &Shape| (Kind::Real, shape.clone());
    let class = (Kind::Int, scalar.clone());
    assert_eq!(measure(&[real(&scalar)], Some(scalar.clone())), squared("y0"));
    assert_eq!(measure(&[real(&vector)], Some(vector.clone())), squared("y0"));
    assert_eq!(measure(&[real(&scalar)], Some(vector.clone())), None);
    assert_eq!(measure(&[real(&scalar), real(&scalar)], Some(scalar.clone())), None);
    // Of several outcomes, the one that the prediction can be compared with.
    assert_eq!(measure(&[real(&vector), real(&scalar)], Some(scalar.clone())), squared("y1"));
    assert_eq!(measure(&[class.clone(), real(&scalar)], Some(scalar.clone())), squared("y1"));
    assert_eq!(measure(&[class.clone(), class.clone()], Some(scalar.clone())), None);
    assert_eq!(measure(&[], Some(scalar.clone())), None);
    assert_eq!(measure(&[real(&scalar)], None), None);
    assert_eq!(measure(std::slice::from_ref(&class), Some(vector.clone())), accuracy);
    assert_eq!(measure(std::slice::from_ref(&class), Some(scalar.clone())), accuracy);
    assert_eq!(measure(&[class.clone(), real(&scalar)], Some(vector.clone())), accuracy);
    assert_eq!(measure(&[class], Some(matrix)), None);
    assert_eq!(measure(&[(Kind::Int, vector.clone())], Some(vector)), None);
    assert_eq!((Measure::Accuracy.name(), Measure::MeanSquaredError.name()), ("accuracy", "mse"));
}
