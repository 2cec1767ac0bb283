//! What predictions are scored by, and the figures.

use chainrule_graph::{Builder, Function, Kind, Shape, Tensor, text};
use chainrule_learn::{Confusion, Dataset, Field, Figures, Measure, Scoring};

fn built(source: &str) -> Function {
    text::parse(source).unwrap().build(&Default::default()).unwrap()
}

/// A dataset of the outcome `y` alone.
fn labels(function: &Function, labels: &[f64]) -> Dataset {
    Dataset::new("rows", labels.len(), [(Field::of(function, "y").unwrap(), labels.to_vec())]).unwrap()
}

/// The labels by which a prediction is scored, or why it has none.
fn scored(prediction: &str, more: &str, seen: &[f64]) -> Result<Vec<f64>, String> {
    let source = format!(
        "input x [3]\noutcome y [] int\nparam W [3, 3] = 0\nparam w [3] = 0\nparam V [2, 3] = 0\nz = dot(w, x)\nprediction = {prediction}\n{more}\n"
    );
    let function = built(&source);
    let scoring = Scoring::of(&function, &labels(&function, seen)).unwrap();
    match scoring.labels() {
        Some(labels) => Ok(labels.to_vec()),
        None => Err(scoring.left_out().expect("a whole number without an accuracy has a reason").to_string()),
    }
}

#[test]
fn classes_are_the_places_of_a_probability() {
    let nll = |index: &str| format!("objective = nll(prediction, {index})");
    assert_eq!(scored("softmax(W @ x)", &nll("y"), &[0.0, 1.0]), Ok(vec![0.0, 1.0, 2.0]));
    assert_eq!(scored("softmax(W @ x)", &nll("y - 1"), &[1.0, 2.0]), Ok(vec![1.0, 2.0, 3.0]));
    assert_eq!(scored("softmax(W @ x)", "", &[0.0, 2.0]), Ok(vec![0.0, 1.0, 2.0]));
    assert_eq!(scored("sigmoid(W @ x)", "", &[0.0, 2.0]), Ok(vec![0.0, 1.0, 2.0]));
    for two in [[0.0, 1.0], [-1.0, 1.0], [1.0, 2.0]] {
        assert_eq!(scored("sigmoid(z)", "", &two), Ok(two.to_vec()));
        assert_eq!(scored("1 - sigmoid(z) * sigmoid(x[0])", "", &two), Ok(two.to_vec()));
    }
    assert_eq!(scored("sigmoid(z)", "", &[1.0]), Ok(vec![0.0, 1.0]));
    assert_eq!(scored("sigmoid(z)", "", &[-1.0]), Ok(vec![-1.0, 1.0]));
    assert_eq!(scored("sigmoid(V[:1, :] @ x)", "", &[0.0, 1.0]), Ok(vec![0.0, 1.0]));
    assert_eq!(scored("softmax(V @ x)", &nll("(y + 1) * 0"), &[0.0, 1.0]), Ok(vec![0.0, 1.0]));
}

#[test]
fn figures_that_are_left_out_have_a_reason() {
    for (source, left_out) in [
        (
            "outcome y [3]\nprediction = outer(x, x)[:, :1]\n",
            "no mse, mae and r2, for the shapes of `prediction`, [3, 1], and `y`, [3], differ; `reshape(…, [3])`",
        ),
        (
            "outcome y [2]\nprediction = x\n",
            "no mse, mae and r2, for the shapes of `prediction`, [3], and `y`, [2], differ",
        ),
        ("outcome y [3]\nobjective = sum((x - y)^2)\n", "no accuracy and no mse, for the model has no `prediction`"),
        ("prediction = x\n", "no accuracy and no mse, for the model has no `outcome`"),
        (
            "outcome y [3]\noutcome z [3]\nprediction = x\n",
            "for `y`, `z` may each be what `prediction` [3] is compared with",
        ),
        ("outcome y [] int\noutcome z [] int\nprediction = x\n", "for `y`, `z` are several, and none alone is"),
        (
            "outcome y [] int\nprediction = x\n",
            "no probability by its making, as a softmax or a sigmoid is, and the shapes of `prediction`, [3], and `y`, [], differ; \
             `prediction = softmax(…)` of it would have classes",
        ),
    ] {
        let scoring = Scoring::with_labels(&built(&format!("input x [3]\n{source}")), None);
        let found = scoring.left_out().expect("a reason").to_string();
        assert!(found.contains(left_out), "{found}");
        assert_eq!(scoring.measure(), None);
    }
    let whole = built("input z []\noutcome y [] int\nprediction = sigmoid(z)\n");
    assert_eq!(Scoring::with_labels(&whole, None).labels(), Some(&[0.0, 1.0][..]));
    assert_eq!(Scoring::with_labels(&whole, Some(&[])).measure(), Some(Measure::MeanSquaredError));
}

#[test]
fn other_whole_numbers_have_no_accuracy_and_a_reason() {
    for (prediction, seen, why) in [
        ("z", &[-1.0, 1.0][..], "no probability by its making"),
        ("exp(z)", &[0.0, 1.0, 5.0], "no probability by its making"),
        ("W @ x", &[0.0, 1.0, 2.0], "no probability by its making"),
        ("sigmoid(z)", &[0.0, 1.0, 2.0], "`y` is 0, 1 or 2, and `prediction` the probability of one"),
        ("softmax(W @ x)", &[1.0, 2.0, 3.0], "`y` is 1, 2 or 3, and the places of `prediction` are 0 to 2"),
        ("softmax(W @ x)", &[10.0, 20.0, 30.0], "the places of `prediction` are 0 to 2"),
        ("softmax(V @ x)", &[5.0, 7.0], "`y` is 5 or 7"),
        ("softmax(V[:1, :] @ x)", &[0.0, 1.0], "always 1"),
        ("softmax(outer(x, x))", &[0.0, 1.0], "not an element for each class"),
    ] {
        let found = scored(prediction, "", seen).unwrap_err();
        assert!(found.contains(why), "{prediction}: {found}");
    }
}

#[test]
fn what_is_no_class_is_compared_as_a_number_where_the_shapes_agree() {
    let measure = |outcomes: &[(Kind, Shape)], predicted: Option<Shape>| {
        let builder = Builder::new();
        for (i, (kind, shape)) in outcomes.iter().enumerate() {
            builder.outcome_of(&format!("y{i}"), shape, *kind, None);
        }
        if let Some(shape) = predicted {
            builder.prediction(builder.input("x", shape).tanh());
        }
        let function = builder.finish().unwrap();
        let scoring = Scoring::with_labels(&function, None);
        Some((scoring.measure()?, function.name(scoring.outcome()?).to_string()))
    };
    let squared = |name: &str| Some((Measure::MeanSquaredError, name.to_string()));
    let (scalar, vector) = (Shape::scalar(), Shape::from([3]));
    let real = |shape: &Shape| (Kind::Real, shape.clone());
    let whole = |shape: &Shape| (Kind::Int, shape.clone());
    assert_eq!(measure(&[real(&scalar)], Some(scalar.clone())), squared("y0"));
    assert_eq!(measure(&[real(&vector)], Some(vector.clone())), squared("y0"));
    assert_eq!(measure(&[real(&scalar)], Some(vector.clone())), None);
    assert_eq!(measure(&[real(&scalar), real(&scalar)], Some(scalar.clone())), None);
    // Of several outcomes, the one that the prediction can be compared with.
    assert_eq!(measure(&[real(&vector), real(&scalar)], Some(scalar.clone())), squared("y1"));
    assert_eq!(measure(&[whole(&scalar), real(&scalar)], Some(scalar.clone())), squared("y1"));
    assert_eq!(measure(&[whole(&scalar), whole(&scalar)], Some(scalar.clone())), None);
    assert_eq!(measure(&[], Some(scalar.clone())), None);
    assert_eq!(measure(&[real(&scalar)], None), None);
    assert_eq!(measure(&[whole(&scalar)], Some(scalar.clone())), squared("y0"));
    assert_eq!(measure(&[whole(&vector)], Some(vector.clone())), squared("y0"));
    assert_eq!(measure(&[whole(&scalar)], Some(vector.clone())), None);
}

/// Against scikit-learn 1.5: accuracy_score, f1_score(average="macro"), roc_auc_score.
#[test]
fn figures_of_classes_agree_with_another_library() {
    let function = built("input x []\noutcome y [] int\nprediction = sigmoid(x)\n");
    let y = [-1.0, 1.0, 1.0, -1.0, 1.0, -1.0];
    let p = [0.1, 0.9, 0.4, 0.6, 0.6, 0.5];
    let scoring = Scoring::of(&function, &labels(&function, &y)).unwrap();
    let figures = Figures::of(&scoring, &Tensor::vector(p), &Tensor::vector(y)).unwrap();
    let Figures::Classes { accuracy, f1, auc } = figures else { panic!("{figures:?}") };
    // Predicted −1, 1, −1, 1, 1, 1: right are the first, the second and the fifth.
    assert_eq!(accuracy, 0.5);
    assert!((f1 - (2.0 / 5.0 + 4.0 / 7.0) / 2.0).abs() < 1e-15, "{f1}");
    // Of the nine pairs 0.9 wins 3, 0.4 wins 1, 0.6 wins 2 and ties 1.
    assert_eq!(auc, Some(6.5 / 9.0));
    assert_eq!(figures.named().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["accuracy", "f1", "auc"]);
    let confusion = Confusion::of(&scoring, &Tensor::vector(p), &Tensor::vector(y)).unwrap();
    assert_eq!(confusion.counts, [[1, 2], [1, 2]]);
    assert_eq!(scoring.label(&[0.7]), Some(1.0));
    assert_eq!(scoring.label(&[0.3]), Some(-1.0));
    // All of one class, and a label that training did not have
    let one = Figures::of(&scoring, &Tensor::vector([0.3, 0.8]), &Tensor::vector([1.0, 1.0])).unwrap();
    assert_eq!(one.named(), [("accuracy", 0.5), ("f1", 1.0 / 3.0)]);
    let odd = Figures::of(&scoring, &Tensor::vector([0.3, 0.8]), &Tensor::vector([7.0, 1.0])).unwrap();
    assert_eq!(odd.named()[0], ("accuracy", 0.5));
}

#[test]
fn figures_of_numbers() {
    let function = built("input x [2]\noutcome y [2]\nprediction = x\n");
    let scoring = Scoring::with_labels(&function, None);
    let of = |p: [f64; 6], y: [f64; 6]| {
        Figures::of(&scoring, &Tensor::new([3, 2], p.to_vec()).unwrap(), &Tensor::new([3, 2], y.to_vec()).unwrap())
    };
    let figures = of([1.0, 5.0, 2.0, 5.0, 3.0, 5.0], [1.0, 5.0, 2.0, 5.0, 6.0, 5.0]).unwrap();
    // Of the second element no outcome differs from another; of the first the mean is 3 and the spread 4 + 1 + 9.
    assert_eq!(figures, Figures::Numbers { mse: 1.5, mae: 0.5, r2: Some(1.0 - 9.0 / 14.0) });
    let flat = of([1.0; 6], [2.0; 6]).unwrap();
    assert_eq!(flat.named(), [("mse", 1.0), ("mae", 1.0)]);
}

/// The figures that are left out of a prediction `z` beside such an outcome, and why; nothing if there are figures.
fn left_out(outcome: &str, objective: &str, seen: &[f64]) -> Option<String> {
    let function = built(&format!(
        "input x [3]\noutcome y {outcome}\nparam w [3] = 0\nprediction = dot(w, x)\nobjective = {objective}\n"
    ));
    let scoring = Scoring::of(&function, &labels(&function, seen)).unwrap();
    assert_eq!(scoring.measure().is_none(), scoring.outcome().is_none());
    scoring.measure().is_none().then(|| scoring.left_out().expect("a reason").to_string())
}

#[test]
fn a_raw_score_beside_two_classes_has_no_figures() {
    let (signs, bits) = ([-1.0, 1.0], [0.0, 1.0]);
    for (outcome, objective, seen, op) in [
        ("[] int", "max(0, 1 - y * prediction)", signs, "max"),
        ("[]", "max(0, 1 - y * prediction)^2", signs, "max"),
        ("[]", "hinge(prediction, y)", bits, "max"),
        ("[] int", "softplus(-y * prediction)", signs, "softplus"),
        ("[] int < 2", "binary_cross_entropy(prediction, y)", bits, "softplus"),
        ("[] int", "binary_cross_entropy(prediction, y)", bits, "softplus"),
        ("[]", "binary_cross_entropy(prediction, y)", bits, "softplus"),
        ("[]", "log(1 + exp(prediction)) - y * prediction", bits, "softplus"),
        ("[]", "logsumexp(stack(0, prediction)) - y * prediction", bits, "logsumexp"),
        ("[]", "(tanh(prediction) - y)^2", signs, "tanh"),
        ("[]", "exp(-y * prediction) + 0.1 * sum(w^2)", signs, "exp"),
        ("[] int", "softplus(-y * dot(w, x))", signs, "softplus"),
    ] {
        let found = left_out(outcome, objective, &seen).unwrap_or_else(|| panic!("{outcome}, {objective}"));
        let says =
            format!("the loss takes through `{op}`, and `y` is {} or 1; write `prediction = sigmoid(…)`", seen[0]);
        assert!(found.starts_with("no accuracy and no mse") && found.contains(&says), "{objective}: {found}");
        assert_eq!(found.contains("declare the outcome `int`"), !outcome.contains("int"), "{found}");
    }
    for (outcome, objective, seen) in [
        ("[]", "(prediction - y)^2", bits),
        ("[] int", "(y - prediction)^2", signs),
        ("[]", "huber(prediction, y)", bits),
        ("[]", "max(0.9 * (prediction - y), 0.1 * (y - prediction))", bits),
        ("[]", "exp(prediction) - y * prediction", [0.0, 3.0]),
    ] {
        assert_eq!(left_out(outcome, objective, &seen), None, "{objective}");
    }
    // What a saved model knows of the labels of training.
    let function = built("input x []\noutcome y [] int\nprediction = x\nobjective = softplus(-y * prediction)\n");
    assert_eq!(Scoring::with_labels(&function, Some(&signs)).measure(), None);
    assert_eq!(Scoring::with_labels(&function, Some(&[])).measure(), Some(Measure::MeanSquaredError));
}

/// Against scikit-learn 1.5 without the rows of class −1.
#[test]
fn rows_that_the_loss_leaves_out_count_in_no_figure() {
    let function = built(
        "input x [2]\noutcome y [] int < 2\nprediction = softmax(x)\nobjective = cross_entropy(x, y, ignore=-1)\n",
    );
    let y = [0.0, -1.0, 1.0, 1.0, -1.0];
    let scoring = Scoring::of(&function, &labels(&function, &y)).unwrap();
    assert_eq!(scoring.labels(), Some(&[0.0, 1.0][..]));
    let p = Tensor::new([5, 2], vec![0.9, 0.1, 0.2, 0.8, 0.3, 0.7, 0.6, 0.4, 0.5, 0.5]).unwrap();
    let figures = Figures::of(&scoring, &p, &Tensor::vector(y)).unwrap();
    assert_eq!(figures, Figures::Classes { accuracy: 2.0 / 3.0, f1: 2.0 / 3.0, auc: Some(1.0) });
    let confusion = Confusion::of(&scoring, &p, &Tensor::vector(y)).unwrap();
    assert_eq!((confusion.counts, confusion.others), (vec![vec![1, 0], vec![1, 1]], 0));
    let none = Figures::of(&scoring, &p, &Tensor::vector([-1.0; 5])).unwrap();
    assert_eq!(none, Figures::None);
}
