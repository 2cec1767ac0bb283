//! Scores are those counted by hand.

use chainrule_graph::{Shape, Tensor};
use chainrule_learn::models::{LinearRegression, MlpClassifier};
use chainrule_learn::{Measure, Training, accuracy, mean_squared_error, predicted_class};

#[test]
fn the_mean_squared_error_is_over_rows_and_elements() {
    let predictions = Tensor::new([2, 2], vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    let outcomes = Tensor::new([2, 2], vec![1.0, 0.0, 3.0, 7.0]).unwrap();
    assert_eq!(mean_squared_error(&predictions, &outcomes), Ok((4.0 + 9.0) / 4.0));
    assert_eq!(Measure::MeanSquaredError.score(&predictions, &outcomes), Ok(3.25));
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
    assert_eq!(accuracy(&predictions, &Tensor::vector([0.0, 1.0, 1.0])), Ok(2.0 / 3.0));
    assert_eq!(accuracy(&Tensor::vector([0.7, 0.2, 0.5]), &Tensor::vector([1.0, 1.0, 1.0])), Ok(2.0 / 3.0));
    assert_eq!(
        Measure::Accuracy.score(&Tensor::new([2, 1], vec![0.9, 0.9]).unwrap(), &Tensor::vector([0.0, 1.0])),
        Ok(0.5)
    );
}

#[test]
fn outcomes_of_another_shape_are_an_error_and_no_number() {
    let three = Tensor::vector([1.0, 2.0, 3.0]);
    let refused = |measure: Measure, predictions: &Tensor, outcomes: &Tensor, words: &str| {
        let error = measure.score(predictions, outcomes).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    for measure in [Measure::MeanSquaredError, Measure::Accuracy] {
        for outcomes in [Tensor::vector([1.0, 2.0]), Tensor::vector([1.0; 4]), Tensor::scalar(1.0)] {
            refused(measure, &three, &outcomes, "beside predictions of shape [3]; [3] would be right");
        }
        refused(measure, &Tensor::vector([]), &Tensor::vector([]), "nothing to score");
    }
    let classes = Tensor::new([2, 3], vec![0.0; 6]).unwrap();
    refused(Measure::Accuracy, &classes, &three, "[2] would be right");
    refused(Measure::MeanSquaredError, &classes, &Tensor::vector([0.0; 6]), "[2, 3] would be right");
}

#[test]
fn predictions_that_mean_no_class_have_no_accuracy() {
    for (shape, outcomes) in [(Shape::scalar(), 1), (Shape::from([2, 1, 2]), 2)] {
        let predictions = Tensor::filled(&shape, 1.0);
        let error = accuracy(&predictions, &Tensor::vector(vec![1.0; outcomes])).unwrap_err().to_string();
        assert!(error.starts_with("the predictions") && error.contains("[rows, classes] would be right"), "{error}");
    }
}

/// A model that was trained on three rows is scored on others.
#[test]
fn a_fitted_model_refuses_another_number_of_outcomes_than_rows() {
    let training = Training { epochs: 1, ..Training::default() };
    let x = |rows: usize| Tensor::from_fn([rows, 2], |i| i as f64);
    let regression = LinearRegression::new(training).fit(&x(3), &Tensor::vector([1.0, 2.0, 3.0]), None).unwrap();
    let classifier = MlpClassifier::new(&[2], 2, 0.1, training).fit(&x(3), &Tensor::vector([0.0, 1.0, 1.0]), None);
    for model in [regression, classifier.unwrap()] {
        assert!(model.score(&x(2), &Tensor::vector([0.0, 1.0])).unwrap().is_finite());
        for (rows, outcomes) in [(3, 2), (2, 3), (1, 0), (0, 1)] {
            let error = model.score(&x(rows), &Tensor::vector(vec![0.0; outcomes])).unwrap_err().to_string();
            assert!(error.contains(&format!("{rows} rows of inputs and {outcomes} of outcomes")), "{error}");
        }
        let error = model.score(&x(0), &Tensor::vector([])).unwrap_err().to_string();
        assert!(error.contains("nothing to score"), "{error}");
        assert_eq!(model.predict(&x(0)).unwrap().shape()[0], 0);
    }
}

#[test]
fn outcomes_that_are_no_class_are_refused_with_their_line() {
    let training = Training { epochs: 1, ..Training::default() };
    let x = Tensor::from_fn([3, 2], |i| i as f64);
    let y = |class: f64| Tensor::vector([0.0, class, 1.0]);
    let classifier = MlpClassifier::new(&[2], 2, 0.1, training);
    let right = |odd: f64| format!("the data, line 3, column `y`: found {odd}");
    let model = classifier.fit(&x, &y(1.0), None).unwrap();
    for odd in [2.0, 0.5, -1.0] {
        let error = model.score(&x, &y(odd)).unwrap_err().to_string();
        assert!(
            error.starts_with(&right(odd)) && error.ends_with("; a whole number from 0 to 1 would be right"),
            "{error}"
        );
        assert!(classifier.fit(&x, &y(odd), None).unwrap_err().to_string().starts_with(&right(odd)));
    }
}
