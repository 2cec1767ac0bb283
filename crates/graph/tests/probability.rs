//! What is a probability by its making, and what is not.

use std::collections::BTreeMap;

use chainrule_graph::{Probability, probability, text};

fn of(prediction: &str) -> Option<Probability> {
    let source = format!(
        "input x [3]\ninput X [4, 3]\ninput k [] int < 5\nparam W [2, 3] = 0\nparam V [3, 2] = 0\nparam m [2] = 0\nparam b [] = 0\nz = dot(x, x) + b\n\
         p = sigmoid(z)\nq = softmax(W @ x)\n{prediction}\n"
    );
    let function =
        text::parse(&source).unwrap().build(&BTreeMap::new()).unwrap_or_else(|e| panic!("{prediction}: {e}"));
    probability(&function.graph, function.prediction.expect("it is there"))
}

#[test]
fn sigmoids_softmaxes_and_what_keeps_them_one() {
    for each in [
        "prediction = p",
        "prediction = 1 - p",
        "prediction = p * sigmoid(b)",
        "prediction = p * sigmoid(b) + (1 - p) * sigmoid(2 * b)",
        "prediction = (p + sigmoid(b)) / 2",
        "prediction = 0.05 + 0.9 * p",
        "prediction = 1 / (1 + exp(-z))",
        "prediction = 0.5 * (1 + erf(z))",
        "prediction = (tanh(z) + 1) / 2",
        "prediction = 1 - exp(-exp(z))",
        "prediction = min(max(z, 0), 1)",
        "prediction = where(z > 0, p, 0.5)",
        "prediction = dot(q, sigmoid(W @ x))",
        "prediction = sum(q * sigmoid(W @ x))",
        "prediction = mean(sigmoid(X @ x))",
        "prediction = q[1]",
        "prediction = sigmoid(W @ x)",
        "prediction = stop_gradient(p)",
        "prediction = p^2",
    ] {
        assert_eq!(of(each), Some(Probability::Each), "{each}");
    }
    for along in [
        "prediction = q",
        "e = exp(W @ x)\nprediction = e / sum(e)",
        "l = W @ x\nprediction = exp(l - logsumexp(l))",
        "prediction = stack(1 - p, p)",
        "prediction = stack(p, 1 - p)",
        "prediction = p * q + (1 - p) * softmax(m)",
        "prediction = 0.9 * q + 0.1 * [0.5, 0.5]",
        "prediction = mean(softmax(X @ V), axis=0)",
        "prediction = softmax(x) @ softmax(V)",
        "prediction = reverse(q, axis=0)",
        "prediction = reshape(reshape(q, [1, 2]), [2])",
    ] {
        assert_eq!(of(along), Some(Probability::Along(0)), "{along}");
    }
    assert_eq!(of("prediction = softmax(X @ V)"), Some(Probability::Along(1)));
    assert_eq!(of("prediction = transpose(softmax(X @ V))"), Some(Probability::Along(0)));
}

#[test]
fn what_only_may_be_one_is_none() {
    for none in [
        "prediction = z",
        "prediction = W @ x",
        "prediction = tanh(z)",
        "prediction = exp(z)",
        "prediction = relu(z)",
        "prediction = 2 * p",
        "prediction = p + sigmoid(b)",
        "prediction = log(p)",
        "prediction = dot(m, sigmoid(W @ x))",
        "prediction = p * b",
        "prediction = dot(m, q)",
        "prediction = log_softmax(W @ x)",
        "prediction = x[0]",
        "prediction = (W @ x) / sum(W @ x)",
    ] {
        assert_eq!(of(none), None, "{none}");
    }
    // Sums of some, not of all
    assert_eq!(of("prediction = softmax(X @ V, axis=0)[0, :]"), Some(Probability::Each));
    assert_eq!(of("prediction = q * [0.5, 0.25]"), Some(Probability::Each));
    assert_eq!(of("prediction = p * q"), Some(Probability::Each));
}
