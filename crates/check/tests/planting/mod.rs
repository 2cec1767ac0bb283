//! A reverse pass with faults in it.

use std::collections::HashMap;

use chainrule_graph::{Builder, Derivatives, Graph, Node, NodeId, Origin, Value, Var};

/// Node and operand index: the contribution of a node to one of its inputs.
pub type Edge = (NodeId, usize);

/// What is wrong in a reverse pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Nothing.
    None,
    /// A contribution has a factor too many.
    Factor(Edge, f64),
    /// A contribution has its axes reversed.
    Transposed(Edge),
    /// A contribution is missing.
    Dropped(Edge),
    /// The last contribution to a value overwrites those before.
    Overwritten(Value),
}

impl Fault {
    fn rule(self, edge: Edge, contribution: Var<'_>) -> Option<Var<'_>> {
        match self {
            Fault::Factor(wrong, factor) if wrong == edge => Some(contribution * factor),
            Fault::Transposed(wrong) if wrong == edge => Some(contribution.transpose()),
            Fault::Dropped(wrong) if wrong == edge => None,
            _ => Some(contribution),
        }
    }

    fn sum(self, value: Value, mut terms: Vec<Var<'_>>) -> Option<Var<'_>> {
        if self == Fault::Overwritten(value) { terms.pop() } else { terms.into_iter().reduce(|sum, term| sum + term) }
    }
}

/// Makes the derivatives of a graph again, as a library with the fault would: all that follows is computed from what is wrong.
pub fn again(graph: &Graph, healthy: &Derivatives, fault: Fault) -> Derivatives {
    let builder = Builder::extend_graph(graph.clone());
    let old = graph.nodes().len();
    let mut arrived: Vec<Vec<Value>> = vec![Vec::new(); graph.value_count()];
    let mut faulty = Derivatives { cotangents: vec![None; graph.value_count()], ..healthy.clone() };
    faulty.contributions.iter_mut().flatten().for_each(|contribution| *contribution = None);
    for id in graph.ids().rev() {
        let outputs = (0..graph.node(id).outputs.len()).map(|output| id.output(output));
        let cotangents: Vec<(Value, Value)> =
            outputs.filter_map(|value| Some((value, healthy.cotangent(value)?))).collect();
        let mut renamed: HashMap<Value, Value> = HashMap::new();
        for &(value, cotangent) in &cotangents {
            let terms = arrived[graph.value_index(value)].iter().map(|&term| builder.var(term)).collect();
            if let Some(sum) = fault.sum(value, terms) {
                renamed.insert(cotangent, sum.id().expect("the contributions add up"));
            }
        }
        // The nodes that were made for this one, from its new cotangent
        for made in healthy.graph.ids().skip(old) {
            let node = healthy.graph.node(made);
            if made_for(graph, node, id) && !renamed.contains_key(&made.into()) {
                let input = |input: &Value| builder.var(renamed.get(input).copied().unwrap_or(*input));
                let known = |input: &Value| graph.contains(*input) || renamed.contains_key(input);
                if node.inputs.iter().all(known) {
                    let inputs: Vec<Var<'_>> = node.inputs.iter().map(input).collect();
                    for (output, var) in builder.push_all(node.op.clone(), &inputs).into_iter().enumerate() {
                        renamed.insert(made.output(output), var.id().expect("it was well formed"));
                    }
                }
            }
        }
        for (value, cotangent) in cotangents {
            faulty.cotangents[graph.value_index(value)] = renamed.get(&cotangent).copied();
        }
        for (operand, &input) in graph.node(id).inputs.iter().enumerate() {
            let Some(contribution) = healthy.contributions[id.index()][operand] else { continue };
            let Some(&contribution) = renamed.get(&contribution) else { continue };
            let contribution = fault.rule((id, operand), builder.var(contribution)).and_then(Var::id);
            faulty.contributions[id.index()][operand] = contribution;
            arrived[graph.value_index(input)].extend(contribution);
        }
    }
    faulty.graph = builder.finish_graph().expect("the faults have the right shapes");
    faulty
}

/// All edges with a contribution.
pub fn edges(derivatives: &Derivatives) -> Vec<Edge> {
    let nodes = derivatives.contributions.iter().enumerate();
    nodes
        .flat_map(|(node, operands)| {
            let present = operands.iter().enumerate().filter(|(_, contribution)| contribution.is_some());
            present.map(move |(operand, _)| (NodeId::from_index(node), operand))
        })
        .collect()
}

fn made_for(graph: &Graph, node: &Node, id: NodeId) -> bool {
    matches!(&node.origin, Origin::Derivative(of) if of.0 == graph.describe(id))
}
