//! Parameters: how they start, and how training is told to move them.

use std::collections::BTreeMap;

use chainrule_graph::{Builder, Function, Initializer, Learning, Tensor, text};

use super::support::{assert_same, build, built, mistake};

/// Reads the declaration of `w`, and whether what is printed of it is read back as the same.
fn declared(line: &str) -> (Initializer, Learning) {
    let function = built(&format!("{line}\nobjective = sum(w)\n"));
    let again = built(&text::print(&function));
    assert_same(&function, &again);
    assert_eq!(function.parameters, again.parameters, "{line}");
    let parameter = &function.parameters[0];
    (parameter.initializer.clone(), parameter.learning)
}

#[test]
fn a_parameter_starts_from_numbers_nested_as_its_axes() {
    let values = |line: &str| match declared(line).0 {
        Initializer::Values(values) => (values.shape().to_vec(), values.data().to_vec()),
        other => panic!("{line}: {other:?}"),
    };
    assert_eq!(values("param w [2] = [0.15, -0.2]"), (vec![2], vec![0.15, -0.2]));
    assert_eq!(values("param w [2, 3] = [[1, 2, 3], [4, 5, 6]]").1, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(values("let a = 2\nparam w [1, 2] = [[a, \n a^2]]"), (vec![1, 2], vec![2.0, 4.0]));
    // One spelling of each
    assert_eq!(declared("param w [] = 3").0, Initializer::Constant(3.0));
    assert_eq!(declared("param w [0] = []").0, Initializer::Constant(0.0));
    let builder = Builder::new();
    let scalar = Initializer::Values(Tensor::scalar(3.0).into());
    builder.objective(builder.parameter("w", [], scalar));
    assert_eq!(builder.finish().expect("it is right").parameters[0].initializer, Initializer::Constant(3.0));
}

#[test]
fn numbers_of_another_shape_are_told() {
    let told = |line: &str, says: &[&str]| {
        let message = mistake(&format!("{line}\n")).render(line, "test", false);
        says.iter().for_each(|word| assert!(message.contains(word), "{line}: lacks {word}: {message}"));
    };
    told("param w [3] = [1, 2]", &["`w` has shape [3]", "have shape [2]", "nest them as the axes"]);
    told("param w [2] = [[1, 2]]", &["these numbers have shape [1, 2]"]);
    told("param w [] = [1]", &["`w` has shape []"]);
    let model = text::parse("input x [d]\nparam w [d] = [1, 2]\nobjective = dot(w, x)\n").expect("it is read");
    let sizes = |d: f64| BTreeMap::from([("d".to_string(), d)]);
    assert!(model.build(&sizes(2.0)).is_ok());
    assert!(model.build(&sizes(3.0)).unwrap_err().message.contains("has shape [3]"));

    let builder = Builder::new();
    builder.parameter("w", [3], Initializer::Values(Tensor::vector([1.0, 2.0]).into()));
    let message = builder.finish().unwrap_err().message;
    assert!(message.contains("of shape [3] starts from numbers of shape [2]"), "{message}");
}

#[test]
fn fans_are_said_outright_or_follow_from_the_shape() {
    assert_eq!(declared("param w [2] ~ he(75)").0, Initializer::HeOf { inputs: 75 });
    assert_eq!(declared("param w [2, 3] ~ he").0, Initializer::He);
    assert_eq!(declared("let d = 5\nparam w [d] ~ glorot(d, 2)").0, Initializer::GlorotOf { inputs: 5, outputs: 2 });
    assert_eq!(declared("param w [3, 2] ~ orthogonal(1.5)").0, Initializer::Orthogonal { gain: 1.5 });
    let told = |line: &str, word: &str| {
        let message = mistake(line).to_string();
        assert!(message.contains(word), "{line}: {message}");
    };
    told("param w [2] ~ he(0)", "at least 1");
    told("param w [2] ~ he(2.5)", "whole");
    told("param w [2, 3] ~ glorot(2)", "`,`");
    told("param w [2] ~ orthogonal(1)", "too few axes");
    told("param w [2, 2] ~ orthogonal", "`(`");
    told("param w [2, 2] ~ orthogonl(1)", "did you mean `orthogonal`?");
}

#[test]
fn a_parameter_says_how_it_is_learned() {
    let learning = |line: &str| declared(line).1;
    assert_eq!(learning("param w [2] = 0"), Learning::default());
    assert_eq!(learning("param w [2] = 0, frozen"), Learning { frozen: true, ..Learning::default() });
    assert_eq!(learning("param w [2] = [1, 2], rate 0.1"), Learning { rate: 0.1, ..Learning::default() });
    let all = Learning { frozen: true, rate: 0.5, weight_decay: Some(0.0) };
    assert_eq!(learning("param w [2, 2] ~ normal(0, 1), weight_decay 0, frozen, rate 0.5"), all);
    assert_eq!(learning("let r = 4\nparam w [2, 2] ~ he, rate r / 2"), Learning { rate: 2.0, ..Learning::default() });
    // In the text of a function whose roles stand at the end, too
    let function = built("param b [2] = 0\nparam a [2] = 0, frozen\nobjective = sum(a + b)\n");
    let mut turned: Function = function.clone();
    turned.parameters.reverse();
    let again = built(&text::print(&turned));
    assert_eq!(again.parameters, turned.parameters, "{}", text::print(&turned));
}

#[test]
fn what_can_not_be_said_of_a_parameter_is_told() {
    let told = |line: &str, says: &[&str]| {
        let message = mistake(line).to_string();
        says.iter().for_each(|word| assert!(message.contains(word), "{line}: lacks {word}: {message}"));
    };
    told("param w [2] = 0, frozn", &["`frozn`", "did you mean `frozen`?"]);
    told("param w [2] = 0, lr 0.1", &["`lr`", "`rate 0.1`"]);
    told("param w [2] = 0, rate", &["the number of `rate` is missing", "`rate 0.1`"]);
    told("param w [2] = 0, rate, frozen", &["the number of `rate` is missing"]);
    told("param w [2] = 0, rate -1", &["a rate cannot be negative"]);
    told("param w [2] = 0, weight_decay \"inf\"", &["a weight decay is finite"]);
    told("param w [2] = 0, rate 1, rate 2", &["`rate` is said twice"]);
    told("input x []\nparam w [2] = 0, rate x", &["a rate must be a fixed number"]);
    told("state s [2] = 0, frozen", &["a state can't be `frozen`", "`update`"]);
    assert!(build("input x [2], frozen\n").is_err());

    let builder = Builder::new();
    builder.learning(builder.input("x", []), Learning::default());
    assert!(builder.finish().unwrap_err().message.contains("is no parameter"));
    let builder = Builder::new();
    let w = builder.parameter("w", [], Initializer::Constant(0.0));
    builder.learning(w, Learning { rate: f64::NAN, ..Learning::default() });
    assert!(builder.finish().unwrap_err().message.contains("`w`"), "names it");
}
