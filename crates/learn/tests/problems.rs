//! The problems are those that they are said to be.

mod closed_form;

use chainrule_learn::problems::{Regression, digits};
use chainrule_learn::{Dataset, Transform, Transforms};
use closed_form::Ridge;

#[test]
fn the_regression_problem_is_of_the_size_that_is_said() {
    let problem = Regression::generate(3);
    assert_eq!((problem.points.rows(), problem.training.rows(), problem.validation.rows()), (1000, 100, 900));
    let x = problem.points.values("x").unwrap();
    assert!(x.is_sorted() && x.iter().all(|x| (0.0..1.0).contains(x)));
    assert!(problem.training.values("x").unwrap().is_sorted());
    let mut both = [problem.training.values("x").unwrap(), problem.validation.values("x").unwrap()].concat();
    both.sort_by(f64::total_cmp);
    assert_eq!(both, *x);
    // At most ten steps, each at a multiple of 1/400.
    let steps: Vec<usize> =
        (1..400).filter(|&i| problem.target(i as f64 / 400.0) != problem.target((i as f64 - 0.5) / 400.0)).collect();
    assert!((1..=10).contains(&steps.len()), "{steps:?}");
    assert_eq!(problem.target(0.0), problem.target(0.0024));
    let text = String::from_utf8(problem.training.to_csv()).unwrap();
    assert_eq!((text.lines().count(), text.lines().next()), (101, Some("x,y")));
}

#[test]
fn a_seed_gives_one_problem() {
    assert_eq!(Regression::generate(3), Regression::generate(3));
    assert_ne!(Regression::generate(3).points, Regression::generate(4).points);
}

/// Over 100 seeds, y − target = 0.25 t₆ has mean 0 and variance 0.0625 · 6/4 within five standard errors (t₆ has a
/// kurtosis of 6), and the step heights the variance 1 of N(0, 1), seen as the target's at 1: ten of them.
#[test]
fn noise_and_target_have_their_variances() {
    let problems: Vec<Regression> = (0..100).map(Regression::generate).collect();
    let noise = problems.iter().flat_map(|problem| {
        let (x, y) = (problem.points.values("x").unwrap(), problem.points.values("y").unwrap());
        x.iter().zip(y.iter()).map(|(&x, y)| y - problem.target(x)).collect::<Vec<f64>>()
    });
    let (mean, variance) = moments(&noise.collect::<Vec<f64>>());
    assert!(mean.abs() < 5.0 * (0.09375f64 / 1e5).sqrt(), "{mean}");
    assert!((variance - 0.09375).abs() < 5.0 * 0.09375 * (5.0f64 / 1e5).sqrt(), "{variance}");
    let (mean, variance) = moments(&problems.iter().map(|problem| problem.target(1.0)).collect::<Vec<f64>>());
    assert!(mean.abs() < 5.0 * (10.0f64 / 100.0).sqrt(), "{mean}");
    assert!((variance - 10.0).abs() < 5.0 * 10.0 * (2.0f64 / 100.0).sqrt(), "{variance}");
}

/// What exact fits of the features give is known: mean [least, greatest] over five problems, from another program.
#[test]
fn exact_fits_give_the_errors_that_are_known() {
    let known = [
        (1e-9, (0.018, [0.009, 0.037]), (0.209, [0.169, 0.294])),
        (1.0, (0.194, [0.096, 0.335]), (0.246, [0.137, 0.425])),
    ];
    for (lambda, training, validation) in known {
        let found: Vec<(f64, f64)> = (0..20).map(|seed| ridge_errors(&Regression::generate(seed), lambda)).collect();
        let sides = [
            (training, found.iter().map(|pair| pair.0).collect::<Vec<f64>>()),
            (validation, found.iter().map(|pair| pair.1).collect()),
        ];
        for ((known, [least, greatest]), found) in sides {
            let (mean, variance) = moments(&found);
            // The range of five normal numbers is 2.33 deviations on average.
            let known_deviation: f64 = (greatest - least) / 2.33;
            let error = (variance / 20.0 + known_deviation.powi(2) / 5.0).sqrt();
            assert!((mean - known).abs() < 3.0 * error, "λ = {lambda}: {mean} beside {known} ± {error}");
        }
    }
}

#[test]
fn the_digits_are_all_there() {
    let data = digits::dataset().unwrap();
    assert_eq!(data.rows(), 1797);
    let (x, y) = (data.values("x").unwrap(), data.values("y").unwrap());
    assert!(x.iter().all(|pixel| pixel.fract() == 0.0 && (0.0..=16.0).contains(pixel)));
    // Counts by class, as the collection's documentation gives them.
    let counts = (0..digits::CLASSES).map(|class| y.iter().filter(|&&y| y == class as f64).count());
    assert_eq!(counts.collect::<Vec<_>>(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assert_eq!(&x[..10], [0.0, 0.0, 5.0, 13.0, 9.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    let (training, held) = data.split(0.2, 1).unwrap();
    assert_eq!((training.rows(), held.rows()), (1438, 359));
}

fn moments(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

/// The average squared error of ridge regression on the features, on training and validation points.
fn ridge_errors(problem: &Regression, lambda: f64) -> (f64, f64) {
    let features = Transforms::new().with("x", Transform::StepFeatures(Regression::FEATURES));
    let rows = |data: &Dataset| {
        let data = features.apply(data).unwrap();
        let x: Vec<Vec<f64>> = data.values("x").unwrap().chunks(400).map(<[f64]>::to_vec).collect();
        (x, data.values("y").unwrap().to_vec())
    };
    let (x, y) = rows(&problem.training);
    let ridge = Ridge::fit(&x, &y, lambda);
    let (x_held, y_held) = rows(&problem.validation);
    (ridge.mean_squared_error(&x, &y), ridge.mean_squared_error(&x_held, &y_held))
}
