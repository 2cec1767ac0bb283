//! A reverse pass with faults in it.

use std::collections::HashMap;

use chainrule_graph::{Builder, Derivatives, Graph, Node, NodeId, Origin, Var};

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
    /// The last contribution to a node overwrites those before.
    Overwritten(NodeId),
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

    fn sum(self, node: NodeId, mut terms: Vec<Var<'_>>) -> Option<Var<'_>> {
        if self == Fault::Overwritten(node) { terms.pop() } else { terms.into_iter().reduce(|sum, term| sum + term) }
    }
}

/// Makes the derivatives again, as a library with the fault would: all that follows is computed from what is wrong.
pub fn again(graph: &Graph, healthy: &Derivatives, fault: Fault) -> Derivatives {
    let builder = Builder::extend_graph(graph.clone());
    let old = graph.nodes().len();
    let mut arrived: Vec<Vec<NodeId>> = vec![Vec::new(); old];
    let mut faulty = Derivatives { cotangents: vec![None; old], ..healthy.clone() };
    faulty.contributions.iter_mut().flatten().for_each(|contribution| *contribution = None);
    for id in graph.ids().rev().filter(|&id| healthy.cotangent(id).is_some()) {
        let cotangent = healthy.cotangent(id).expect("filtered above");
        let mut renamed: HashMap<NodeId, NodeId> = HashMap::new();
        let terms: Vec<Var<'_>> = arrived[id.index()].iter().map(|&id| builder.var(id)).collect();
        if let Some(sum) = fault.sum(id, terms) {
            renamed.insert(cotangent, sum.id().expect("the contributions add up"));
        }
        // The nodes that were made for this one, from its new cotangent
        for made in healthy.graph.ids().skip(old) {
            let node = healthy.graph.node(made);
            if made_for(graph, node, id) && !renamed.contains_key(&made) {
                let input = |input: &NodeId| builder.var(renamed.get(input).copied().unwrap_or(*input));
                let known = |input: &NodeId| input.index() < old || renamed.contains_key(input);
                if node.inputs.iter().all(known) {
                    let inputs: Vec<Var<'_>> = node.inputs.iter().map(input).collect();
                    renamed.insert(made, builder.push(node.op.clone(), &inputs).id().expect("it was well formed"));
                }
            }
        }
        faulty.cotangents[id.index()] = renamed.get(&cotangent).copied();
        for (operand, input) in graph.node(id).inputs.iter().enumerate() {
            let Some(contribution) = healthy.contributions[id.index()][operand] else { continue };
            let Some(&contribution) = renamed.get(&contribution) else { continue };
            let contribution = fault.rule((id, operand), builder.var(contribution)).and_then(Var::id);
            faulty.contributions[id.index()][operand] = contribution;
            arrived[input.index()].extend(contribution);
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
