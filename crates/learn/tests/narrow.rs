//! Rows in 32 bits are scored in 64, some at a time, as if all had been widened.

use chainrule_graph::text;
use chainrule_learn::{Dataset, Field, Parameters, objectives, predictions, scores};

const MODEL: &str = "input x [2]\ninput k [] int\nparam w [3] = [0.5, -1, 2]\nprediction = w[k] * sum(x)\n\
                     objective = (prediction - 1)^2";

#[test]
fn rows_in_32_bits_are_scored_in_64() {
    let function = text::parse(MODEL).unwrap().build(&Default::default()).unwrap();
    let rows = 64 * 64 * 2 + 64 * 3 + 7; // more than are widened at once, and a last batch that is smaller
    let x: Vec<f32> = (0..2 * rows).map(|i| (i as f32 * 0.37).sin()).collect();
    let k: Vec<f64> = (0..rows).map(|i| f64::from(i as u32 % 3)).collect();
    let fields = || [Field::of(&function, "x").unwrap(), Field::of(&function, "k").unwrap()].into_iter();
    let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    let wide = Dataset::new("rows", rows, fields().zip([wide, k])).unwrap();
    let narrow = wide.clone().in_f32();
    assert_eq!(narrow.values("x").unwrap(), wide.values("x").unwrap());
    let parameters = Parameters::initialize(&function, 0).unwrap();
    let both = |data: &Dataset| {
        let (each, predicted) = (objectives(&function, &parameters, data), predictions(&function, &parameters, data));
        (each.unwrap(), predicted.unwrap(), scores(&function, &parameters, data).unwrap().objective)
    };
    assert_eq!(both(&narrow), both(&wide));
}

#[test]
fn whole_numbers_that_32_bits_do_not_hold_stay_and_are_refused_where_they_stand() {
    let function = text::parse("input k [] int\nparam w [] = 0\nobjective = w * k").unwrap();
    let function = function.build(&Default::default()).unwrap();
    let large = 16_777_217.0;
    let data = Dataset::new("rows", 2, [(Field::of(&function, "k").unwrap(), vec![1.0, large])]).unwrap();
    assert_eq!(data.in_f32().values("k").unwrap()[1], large);
}
