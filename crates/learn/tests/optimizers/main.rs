//! Each optimizer goes where PyTorch's goes: `golden.json`, which `golden.py` wrote.

use std::collections::BTreeMap;

use chainrule_graph::{Builder, Function, Initializer, Tensor};
use chainrule_learn::{Adam, Dataset, Field, Optimizer, Parameters, Training, Unobserved, train};

/// After how many steps the golden numbers stand.
const STEPS: [usize; 5] = [1, 2, 5, 20, 100];

fn function() -> Function {
    let b = Builder::new();
    let (x, y) = (b.input("x", [2]), b.outcome("y", []));
    let (w, bias) =
        (b.parameter("w", [2], Initializer::Constant(0.0)), b.parameter("b", [], Initializer::Constant(0.0)));
    b.objective((w.dot(x) + bias - y).power(2.0));
    b.finish().unwrap()
}

fn data(function: &Function) -> Dataset {
    let (x, y) = (Field::of(function, "x").unwrap(), Field::of(function, "y").unwrap());
    let fields = vec![(x, vec![1.0, -2.0, 0.5, 1.5, -1.0, 0.25]), (y, vec![1.0, -2.0, 0.5])];
    Dataset::new("three rows", 3, fields).unwrap()
}

/// w and b after so many steps on all three rows.
fn after(steps: usize, optimizer: Optimizer, weight_decay: f64) -> Vec<f64> {
    let function = function();
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    parameters.set("w", Tensor::from_fn([2], |i| [0.3, -0.2][i])).unwrap();
    parameters.set("b", Tensor::scalar(0.1)).unwrap();
    let settings = Training { epochs: steps, batch: 3, rate: 0.01, optimizer, weight_decay, ..Training::default() };
    let settings = Training { shuffle: false, ..settings };
    train(&function, &mut parameters, &data(&function), None, &settings, &mut Unobserved).unwrap();
    parameters.iter().flat_map(|(_, value)| value.data().to_vec()).collect()
}

#[test]
fn optimizers_go_where_another_library_goes() {
    let golden: BTreeMap<String, Vec<Vec<f64>>> = serde_json::from_str(include_str!("golden.json")).unwrap();
    let own = Adam { beta1: 0.85, beta2: 0.99, epsilon: 1e-6 };
    let rules = [
        ("sgd", Optimizer::Sgd, 0.0),
        ("sgd, weight decay", Optimizer::Sgd, 0.1),
        ("momentum", Optimizer::Momentum { momentum: 0.8 }, 0.0),
        ("nesterov", Optimizer::Nesterov { momentum: 0.8 }, 0.0),
        ("adam", Optimizer::Adam(own), 0.0),
        ("adam, weight decay", Optimizer::Adam(Adam::default()), 0.1),
        ("adamw", Optimizer::AdamW { adam: Adam::default(), decay: 0.1 }, 0.0),
        ("rmsprop", Optimizer::RmsProp { decay: 0.9, epsilon: 1e-6 }, 0.0),
        ("adagrad", Optimizer::AdaGrad { epsilon: 1e-8 }, 0.0),
    ];
    assert_eq!(rules.len(), golden.len());
    for (name, optimizer, weight_decay) in rules {
        for (&steps, right) in STEPS.iter().zip(&golden[name]) {
            let found = after(steps, optimizer, weight_decay);
            for (found, right) in found.iter().zip(right) {
                let apart = (found - right).abs();
                assert!(apart <= 1e-11 * right.abs().max(1.0), "{name}, {steps} steps: {found}, not {right}");
            }
        }
    }
}
