//! The rows with their graphs, and what is done with them again and again.

use chainrule_check::cases::{Case, cases};
use chainrule_exec::Bindings;
use chainrule_exec::reference::evaluate;
use chainrule_graph::{Builder, Function, Graph, Kind, NodeId, Tensor, Value};
use chainrule_kernels::philox::Philox;

/// A row with its graph.
pub struct Row {
    pub case: Case,
    pub function: Function,
    pub result: Value,
}

pub fn rows() -> Vec<Row> {
    let row = |case: Case| {
        let function = case.function().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let result = function.prediction.expect("the result is the prediction");
        Row { case, function, result }
    };
    cases().into_iter().map(row).collect()
}

impl Row {
    pub fn bindings(&self, generator: &mut Philox) -> Bindings {
        self.case.draws(&self.function).plan(&self.function.graph).expect("all are inputs").bindings(generator)
    }

    /// The value of the result.
    pub fn run(&self, bindings: &Bindings) -> Tensor {
        let values = evaluate(&self.function.graph, bindings, &[self.result]);
        values.unwrap_or_else(|error| panic!("{}: {error}", self.case.name))[self.result].clone()
    }

    pub fn inputs(&self, bindings: &Bindings) -> Vec<Tensor> {
        self.function.inputs.iter().map(|&id| bindings.get(id).expect("every input is bound").clone()).collect()
    }

    /// The row's function, and as its objective the sum of the result with fixed weights, if it has derivatives.
    pub fn weighted(&self) -> Function {
        let builder = Builder::extend(self.function.clone());
        let value = builder.var(self.result);
        if self.case.derivatives > 0 && value.kind() == Kind::Real {
            let weights = Tensor::from_fn(value.shape(), |i| 0.5 + (i % 7) as f64 / 8.0);
            builder.objective((value * builder.constant(weights)).sum());
        }
        builder.finish().unwrap_or_else(|error| panic!("{}: {error}", self.case.name))
    }
}

/// The real ones among some nodes.
pub fn reals(graph: &Graph, ids: &[NodeId]) -> Vec<NodeId> {
    ids.iter().copied().filter(|&id| graph.kind(id) == Kind::Real).collect()
}

/// Equal up to a few rounding errors; what is not finite must be the same.
pub fn assert_close(name: &str, found: &[f64], expected: &[f64]) {
    assert_all(name, found, expected, |a, b| (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1e-3));
}

/// Equal to the last bit, but for the sign of 0.
pub fn assert_same(name: &str, found: &[f64], expected: &[f64]) {
    assert_all(name, found, expected, |_, _| false);
}

fn assert_all(name: &str, found: &[f64], expected: &[f64], is_close: fn(f64, f64) -> bool) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (index, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let is_same = a == b || (a.is_nan() && b.is_nan());
        assert!(is_same || is_close(a, b), "{name}, element {index}: {a} where {b} is right");
    }
}
