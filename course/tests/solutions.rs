//! The solutions are right.

use std::sync::Arc;

use chainrule::CustomNode;
use chainrule::check::{CheckOptions, check_node};
use course::given::{SquaredDistance, VectorScalarAffine};
use course::judge::EXERCISES;
use course::solutions::homework;

#[test]
fn every_solution_is_right() {
    for (name, judge) in EXERCISES {
        judge(&homework()).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    }
}

#[test]
fn the_nodes_that_are_given_are_right() {
    let nodes: [(Arc<dyn CustomNode>, Vec<_>); 2] = [
        (Arc::new(VectorScalarAffine), vec![vec![3].into(), vec![3].into(), vec![].into()]),
        (Arc::new(SquaredDistance), vec![vec![2, 3].into(), vec![2, 3].into()]),
    ];
    for (node, shapes) in nodes {
        let report = check_node(node, &shapes, &CheckOptions::default()).expect("it can be checked");
        assert!(report.passed(), "{report}");
    }
}
