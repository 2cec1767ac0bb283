//! Parameters that training moves in their own way, or not at all.

use chainrule_graph::{Builder, Function, Initializer, Learning, Tensor, text};
use chainrule_learn::{
    Adam, Dataset, Engine, Field, Optimizer, Parameters, StepOptions, Training, Unobserved, step, train,
};

const OPTIMIZERS: [Optimizer; 7] = [
    Optimizer::Sgd,
    Optimizer::Momentum { momentum: 0.9 },
    Optimizer::Nesterov { momentum: 0.9 },
    Optimizer::Adam(Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
    Optimizer::AdamW { adam: Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, decay: 0.1 },
    Optimizer::RmsProp { decay: 0.99, epsilon: 1e-8 },
    Optimizer::AdaGrad { epsilon: 1e-10 },
];

/// (w x + b − y)², with parameters `w` and `b` that start at ½ and are learned so, and with what `more` adds to it.
fn function<const N: usize>(learning: [Learning; 2], more: [&str; N]) -> Function {
    let mut source = "input x []\noutcome y []\nparam w [] = 0.5\nparam b [] = 0.5\n".to_string();
    more.iter().for_each(|line| source += &format!("{line}\n"));
    source += if N == 0 { "objective = (w * x + b - y)^2\n" } else { "objective = (w * x + b - y)^2 + more\n" };
    let function = text::parse(&source).unwrap().build(&Default::default()).unwrap();
    let builder = Builder::extend(function.clone());
    for (parameter, learning) in function.parameters.iter().zip(learning) {
        builder.learning(builder.var(parameter.node), learning);
    }
    builder.finish().unwrap()
}

fn trained(function: &Function, settings: &Training<'_>) -> Parameters {
    let fields = [Field::of(function, "x").unwrap(), Field::of(function, "y").unwrap()];
    let values = [vec![1.0, 2.0, 3.0], vec![3.0, 5.0, 7.5]];
    let data = Dataset::new("three rows", 3, fields.into_iter().zip(values)).unwrap();
    let mut parameters = Parameters::initialize(function, 0).unwrap();
    train(function, &mut parameters, &data, None, settings, &mut Unobserved).unwrap();
    parameters
}

fn all_settings() -> impl Iterator<Item = Training<'static>> {
    let engines = [Engine::Compiled, Engine::Reference];
    let with = |(optimizer, engine)| Training { epochs: 5, batch: 2, optimizer, engine, ..Training::default() };
    let plain: Vec<_> =
        OPTIMIZERS.into_iter().flat_map(|rule| engines.map(|engine| (rule, engine))).map(with).collect();
    plain.into_iter().flat_map(|settings| {
        let clipped = Training { clip_norm: Some(0.5), ..settings };
        [settings, Training { weight_decay: 0.1, ..settings }, clipped]
    })
}

const PLAIN: Learning = Learning { frozen: false, rate: 1.0, weight_decay: None };

#[test]
fn no_step_moves_a_frozen_parameter() {
    let function = function([Learning { frozen: true, ..PLAIN }, PLAIN], []);
    for settings in all_settings() {
        let after = trained(&function, &settings);
        assert_eq!(after.get("w").unwrap().item(), 0.5, "{settings:?}");
        assert_ne!(after.get("b").unwrap().item(), 0.5, "{settings:?}");
    }
}

#[test]
fn a_frozen_gradient_counts_in_no_clipping() {
    let settings = Training { clip_norm: Some(1e-3), epochs: 1, batch: 3, rate: 1.0, ..Training::default() };
    let after = trained(&function([Learning { frozen: true, ..PLAIN }, PLAIN], []), &settings);
    let moved = (after.get("b").unwrap().item() - 0.5).abs();
    assert!((moved - 1e-3).abs() < 1e-12, "the one gradient has the norm that is clipped to, and moved by {moved}");
}

#[test]
fn what_no_derivative_reaches_stays() {
    let unreached = [
        vec!["param v [2] = 0.5", "more = 0"],
        vec!["param v [2] = 0.5", "more = stop_gradient(sum(v))"],
        vec!["param v [2] = 0.5", "more = where(sum(v) > 100, 1, 0)"],
    ];
    for lines in unreached {
        let lines: [&str; 2] = lines.try_into().unwrap();
        let function = function([PLAIN, PLAIN], lines);
        for settings in all_settings() {
            assert_eq!(trained(&function, &settings).get("v").unwrap().data(), [0.5, 0.5], "{lines:?}: {settings:?}");
        }
    }
    // One whose derivative is 0 at these rows is reached, and decays.
    let function = function([PLAIN, PLAIN], ["param v [2] = 0.5", "more = relu(sum(v) - 100)"]);
    let settings = Training { weight_decay: 0.1, ..Training::default() };
    assert!(trained(&function, &settings).get("v").unwrap().data()[0] < 0.5);
}

#[test]
fn each_parameter_has_its_own_rate() {
    let one_step = |learning| {
        let settings = Training { epochs: 1, batch: 3, rate: 0.01, ..Training::default() };
        let after = trained(&function([learning, PLAIN], []), &settings);
        (after.get("w").unwrap().item() - 0.5, after.get("b").unwrap().item() - 0.5)
    };
    let (w, b) = one_step(PLAIN);
    let (slow, same) = one_step(Learning { rate: 0.1, ..PLAIN });
    assert!((slow - 0.1 * w).abs() < 1e-15 && same == b, "{slow} {w}");
    assert_eq!(one_step(Learning { rate: 0.0, ..PLAIN }).0, 0.0);
}

#[test]
fn each_parameter_has_its_own_decay() {
    // After one step from ½ by plain gradient descent, decay λ has moved it by −rate · λ / 2 more.
    let one_step = |learning, optimizer, weight_decay| {
        let settings = Training { epochs: 1, batch: 3, rate: 0.01, optimizer, weight_decay, ..Training::default() };
        let after = trained(&function([learning, PLAIN], []), &settings);
        (after.get("w").unwrap().item(), after.get("b").unwrap().item())
    };
    let own = |decay| Learning { weight_decay: Some(decay), ..PLAIN };
    let (w, b) = one_step(PLAIN, Optimizer::Sgd, 0.0);
    assert_eq!(one_step(own(0.0), Optimizer::Sgd, 0.2).0, w);
    let (decayed, also) = one_step(own(0.4), Optimizer::Sgd, 0.2);
    assert!((decayed - (w - 0.01 * 0.4 * 0.5)).abs() < 1e-15, "{decayed}");
    assert!((also - (b - 0.01 * 0.2 * 0.5)).abs() < 1e-15, "{also}");
    let adamw = |decay| Optimizer::AdamW { adam: Adam::default(), decay };
    let (w, _) = one_step(PLAIN, adamw(0.0), 0.0);
    assert_eq!(one_step(own(0.0), adamw(0.3), 0.0).0, w);
    let (decayed, _) = one_step(own(0.4), adamw(0.3), 0.0);
    assert!((decayed - (w - 0.01 * 0.4 * 0.5)).abs() < 1e-15, "{decayed}");
}

#[test]
fn the_step_says_rates_and_decays() {
    let learning = [Learning { rate: 0.1, ..PLAIN }, Learning { weight_decay: Some(0.25), ..PLAIN }];
    let step = step(&function(learning, []), &StepOptions::default(), None).unwrap();
    let text = text::print(&step.function);
    assert!(text.contains("`rate of w` = `learning rate` * 0.1"), "{text}");
    assert!(text.contains("0.25 * b"), "{text}");
    assert!(!text.contains("rate of b"), "{text}");
}

#[test]
fn values_of_another_function_are_taken_by_name_and_shape() {
    let function = function([PLAIN, PLAIN], []);
    let mut parameters = Parameters::initialize(&function, 0).unwrap();
    let others = [("w", Tensor::scalar(2.0)), ("b", Tensor::vector([1.0])), ("c", Tensor::scalar(3.0))];
    let names = parameters.take(others.iter().map(|(name, value)| (*name, value))).unwrap();
    assert_eq!(names, ["w"]);
    assert_eq!(parameters.get("w").unwrap().item(), 2.0);
    assert_eq!(parameters.get("b").unwrap().item(), 0.5);
    let bad = [("b", Tensor::scalar(1.0)), ("w", Tensor::scalar(f64::NAN))];
    assert!(parameters.take(bad.iter().map(|(name, value)| (*name, value))).is_err());
    assert_eq!(parameters.get("b").unwrap().item(), 0.5);
}

#[test]
fn starts_are_what_they_say() {
    let start = |shape: &[usize], initializer| {
        let builder = Builder::new();
        builder.objective(builder.parameter("w", shape, initializer).sum());
        Parameters::initialize(&builder.finish().unwrap(), 3).unwrap().get("w").unwrap().clone()
    };
    let numbers = Tensor::vector([1.0, -2.0]);
    assert_eq!(start(&[2], Initializer::Values(numbers.clone().into())), numbers);
    assert_eq!(start(&[3, 75], Initializer::HeOf { inputs: 75 }), start(&[3, 75], Initializer::He));
    assert_eq!(start(&[3, 7], Initializer::GlorotOf { inputs: 7, outputs: 3 }), start(&[3, 7], Initializer::Glorot));
    let far = start(&[1000], Initializer::HeOf { inputs: 8 });
    let variance = far.data().iter().map(|x| x * x).sum::<f64>() / 1000.0;
    assert!((variance - 0.25).abs() < 0.04, "{variance}");
    for (rows, columns) in [(4, 4), (3, 7), (7, 3)] {
        let w = start(&[2, rows, columns], Initializer::Orthogonal { gain: 1.5 });
        for matrix in w.data().chunks(rows * columns) {
            let at =
                |i: usize, j: usize| if rows <= columns { matrix[i * columns + j] } else { matrix[j * columns + i] };
            let product = |a, b| (0..rows.max(columns)).map(|k| at(a, k) * at(b, k)).sum::<f64>();
            for (a, b) in (0..rows.min(columns)).flat_map(|a| (0..rows.min(columns)).map(move |b| (a, b))) {
                let right = if a == b { 2.25 } else { 0.0 };
                assert!((product(a, b) - right).abs() < 1e-14, "{rows} × {columns}: {a}, {b}: {}", product(a, b));
            }
        }
    }
}
