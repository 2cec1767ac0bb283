//! Printing and parsing are inverse, for every graph.

use chainrule_graph::{Function, Value, batch, differentiate, hvp, simplify};
use proptest::prelude::*;

use super::random::{Case, functions};
use super::support::round_trip;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_random_graphs(Case(function) in functions()) {
        round_trip(&function);
    }

    #[test]
    fn of_their_derivatives_batches_and_simplifications(Case(function) in functions(), size in 1usize..4) {
        let wrt = [function.inputs[0], function.parameters[0].node];
        if let Some(objective) = function.objective {
            if let Ok(derivatives) = differentiate(&function.graph, objective, &wrt) {
                round_trip(&Function { graph: derivatives.graph.clone(), ..function.clone() });
                round_trip(&Function { graph: simplify(&derivatives.graph, &[] as &[Value]).unwrap().0, ..Function::default() });
                round_trip(&Function { graph: derivatives.graph, ..Function::default() });
            }
            if let Ok(second) = hvp(&function.graph, objective, &wrt) {
                round_trip(&Function { graph: second.graph, ..function.clone() });
            }
        }
        round_trip(&function.simplified(&wrt).unwrap().0);
        if let Ok(batched) = batch(&function, size) {
            round_trip(&batched);
            round_trip(&batched.simplified(&[] as &[Value]).unwrap().0);
        }
    }
}
