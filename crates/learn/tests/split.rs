//! Rows held out: as many of each class as its share is.

use chainrule_graph::{Function, text};
use chainrule_learn::{Dataset, Field};

fn rows(outcome: &str, y: &[f64]) -> Dataset {
    let source = format!("input x []\noutcome y [] {outcome}\nparam w [] = 0\nobjective = (w * x - y)^2\n");
    let function: Function = text::parse(&source).unwrap().build(&Default::default()).unwrap();
    let fields = [Field::of(&function, "x").unwrap(), Field::of(&function, "y").unwrap()];
    let x = (0..y.len()).map(|i| i as f64).collect();
    Dataset::new("rows", y.len(), fields.into_iter().zip([x, y.to_vec()])).unwrap()
}

/// How many rows of each class are held out; that no row is lost is asserted.
fn held(classes: &[(f64, usize)], fraction: f64, seed: u64) -> Vec<usize> {
    let y: Vec<f64> = classes.iter().flat_map(|&(class, count)| vec![class; count]).collect();
    let (training, held) = rows("int", &y).split(fraction, seed).unwrap();
    let mut all = [training.values("x").unwrap(), held.values("x").unwrap()].concat();
    all.sort_by(f64::total_cmp);
    assert_eq!(all, (0..y.len()).map(|i| i as f64).collect::<Vec<_>>());
    let counted = |class: f64| held.values("y").unwrap().iter().filter(|y| **y == class).count();
    classes.iter().map(|&(class, _)| counted(class)).collect()
}

#[test]
fn shares_are_kept_by_largest_remainders() {
    for seed in 0..20 {
        assert_eq!(held(&[(0.0, 90), (1.0, 10)], 0.2, seed), [18, 2]);
        assert_eq!(held(&[(1.0, 5), (2.0, 4), (3.0, 1)], 0.2, seed), [1, 1, 0]);
        assert_eq!(held(&[(-1.0, 95), (1.0, 5)], 0.1, seed), [9, 1]);
        assert_eq!(held(&[(0.0, 2), (1.0, 2), (2.0, 2)], 0.5, seed), [1, 1, 1]);
        assert_eq!(held(&[(0.0, 50), (1.0, 30), (2.0, 20)], 0.25, seed), [12, 8, 5]);
    }
}

#[test]
fn a_class_of_one_row_stays_in_training() {
    for seed in 0..50 {
        assert_eq!(held(&[(0.0, 1), (1.0, 9)], 0.5, seed), [0, 5]);
        let many = held(&[(0.0, 1), (1.0, 3), (2.0, 1), (3.0, 3)], 0.5, seed);
        assert_eq!((many[0], many[2], many.iter().sum::<usize>()), (0, 0, 4), "{many:?}");
    }
    // Where all classes have one row, classes can be no matter.
    let counts: Vec<(f64, usize)> = (0..10).map(|i| (i as f64, 1)).collect();
    assert_eq!(held(&counts, 0.3, 1).iter().sum::<usize>(), 3);
}

#[test]
fn other_seeds_hold_out_other_rows() {
    let y: Vec<f64> = (0..40).map(|i| (i % 2) as f64).collect();
    let of = |outcome: &str, seed| rows(outcome, &y).split(0.5, seed).unwrap().1.values("x").unwrap().into_owned();
    for outcome in ["int", ""] {
        assert_eq!(of(outcome, 1), of(outcome, 1));
        assert_ne!(of(outcome, 1), of(outcome, 2));
    }
}
