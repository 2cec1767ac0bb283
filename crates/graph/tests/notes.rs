//! What a reader of a model is told of how it was built.

use std::collections::BTreeMap;

use chainrule_graph::{Function, Note, text};

fn function(body: &str) -> Function {
    let source = format!("input x [2]\noutcome y [3]\nparam W [3, 2] = 1\n{body}\n");
    text::parse(&source).and_then(|model| model.build(&BTreeMap::new())).expect("it is well formed")
}

fn stretched(body: &str) -> Vec<(String, String, String)> {
    let function = function(body);
    let graph = &function.graph;
    let shown = |note: Note| match note {
        Note::Stretched { node, operands: [a, b] } => {
            let shape = |value| graph.shape(value).to_string();
            Some((shape(a), shape(b), shape(node)))
        }
        _ => None,
    };
    graph.notes().into_iter().filter_map(shown).collect()
}

fn rewritten(body: &str) -> Vec<&'static str> {
    let shown = |note: Note| match note {
        Note::Rewritten { rewritten, .. } => Some(rewritten.written),
        _ => None,
    };
    function(body).graph.notes().into_iter().filter_map(shown).collect()
}

#[test]
fn two_operands_that_stretch_each_other_are_noted() {
    let outer = [("[3, 1]".to_string(), "[3]".to_string(), "[3, 3]".to_string())];
    assert_eq!(stretched("a = W @ reshape(x, [2, 1]) - y"), outer);
    assert_eq!(stretched("a = (W @ reshape(x, [2, 1])) * y"), outer);
    assert_eq!(stretched("a = sum(huber(W @ reshape(x, [2, 1]), y))"), outer);
    // One that stretches alone, and a number, are what broadcasting is for.
    for body in ["a = W * x", "a = W @ x - y", "a = 2 * W - 1", "a = normalize(W)", "a = W - reshape(y, [3, 1])"] {
        assert_eq!(stretched(body), [], "{body}");
    }
}

#[test]
fn a_formula_that_became_its_stable_form_is_noted_once() {
    assert_eq!(rewritten("a = log(1 - sigmoid(x))"), ["log(1 - sigmoid(z))"]);
    assert_eq!(rewritten("a = exp(x)/sum(exp(x)) + log1p(exp(x))"), ["exp(z)/sum(exp(z))", "log1p(exp(z))"]);
    assert_eq!(rewritten("a = log(2 + x^2) + exp(x)/2"), [""; 0]);
    assert_eq!(rewritten("a = plain_log(sigmoid(x)) + div(1, 1 + exp(x))"), [""; 0]);
    let marked = text::print_marked(&function("a = log(sigmoid(x))"));
    assert!(marked.contains("a = -softplus(-x)  # written as log(sigmoid(z))"), "{marked}");
}

#[test]
fn a_softmax_of_a_softmax_and_one_of_a_single_element_are_noted() {
    let noted = |body: &str| -> Vec<String> {
        let function = function(body);
        let name = |value| function.graph.name(value).unwrap_or("no name").to_string();
        let shown = |note: Note| match note {
            Note::SecondSoftmax { softmax, .. } => Some(format!("second after {}", name(softmax))),
            Note::SoftmaxOfOne { node } => Some(format!("{} of one", name(node))),
            _ => None,
        };
        function.graph.notes().into_iter().filter_map(shown).collect()
    };
    let twice = "p = softmax(W @ x)\nq = softmax(p)\na = cross_entropy(p, argmax(y))";
    assert_eq!(noted(twice), ["second after p"]);
    assert_eq!(noted("p = softmax(reshape(y, [3, 1]))"), ["p of one"]);
    let once = "p = softmax(W @ x)\nq = softmax(reshape(y, [3, 1]), axis=0)\na = cross_entropy(W @ x, argmax(y))\nb = nll(p, 1)";
    assert_eq!(noted(once), [""; 0]);
}
