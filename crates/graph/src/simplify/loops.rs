//! Loops simplified: their bodies, loops that make the same steps as one, and extras that nothing reads left out.

use std::collections::HashMap;
use std::sync::Arc;

use super::simplify;
use crate::graph::{Graph, Update};
use crate::node::{Node, NodeId, Output, Value};
use crate::ops::{Body, Op, Scan};

/// The graph with fewer and smaller loops, and where each value of old went, by its index; none if there is nothing to do.
/// What is among `ends` stays.
pub(crate) fn merge_loops(graph: &Graph, ends: &[Value]) -> Option<(Graph, Vec<Option<Value>>)> {
    let plans = plans(graph, ends);
    let changes =
        |(id, plan): (&NodeId, &Plan)| plan.leader != *id || plan.outputs.len() != graph.node(*id).outputs.len();
    if !plans.iter().any(changes) {
        return None;
    }
    let mut moved: Vec<Option<Value>> = vec![None; graph.value_count()];
    let mut leaders: HashMap<NodeId, NodeId> = HashMap::new();
    let mut merged = Graph::with_scopes(graph.scopes().to_vec());
    for id in graph.ids() {
        let mut node = graph.node(id).clone();
        let outputs = node.outputs.len();
        let values = (0..outputs).map(|index| id.output(index));
        let new: Vec<Option<Value>> = match plans.get(&id) {
            None => {
                forward(graph, &mut node, &moved);
                let copy = merged.push(node);
                values.map(|value| Some(copy.output(value.output as usize))).collect()
            }
            Some(plan) => {
                let leader = match leaders.get(&plan.leader) {
                    Some(&leader) => leader,
                    None => {
                        let Some(mut joined) = plan.node(graph, id) else { continue };
                        forward(graph, &mut joined, &moved);
                        let leader = merged.push(joined);
                        leaders.insert(id, leader);
                        leader
                    }
                };
                let Op::Scan(scan) = &node.op else { continue };
                let place = |output: &Value| plan.outputs.iter().position(|other| other == output);
                scan.body
                    .outputs()
                    .iter()
                    .enumerate()
                    .map(|(index, output)| {
                        let place = if index < scan.carries { Some(index) } else { place(output) };
                        place.map(|place| leader.output(place))
                    })
                    .collect()
            }
        };
        for (index, value) in new.into_iter().enumerate() {
            moved[graph.value_index(id.output(index))] = value;
        }
    }
    let to = |value: Value| moved[graph.value_index(value)].unwrap_or(value); // what an update reads is kept
    merged.updates =
        graph.updates().iter().map(|u| Update { target: to(u.target.into()).node, value: to(u.value) }).collect();
    Some((merged, moved))
}

/// The body without needless work.
pub(crate) fn simplified_body(body: &Body) -> Option<Body> {
    let inputs: Vec<Value> = body.inputs().map(Value::from).collect();
    let kept: Vec<Value> = inputs.iter().chain(body.outputs()).copied().collect();
    let (graph, map) = simplify(body.graph(), &kept).ok()?;
    let new = |values: &[Value]| values.iter().map(|&value| map.get(value)).collect::<Option<Vec<Value>>>();
    Body::of(&graph, &new(&inputs)?, &new(body.outputs())?).ok()
}

fn forward(graph: &Graph, node: &mut Node, moved: &[Option<Value>]) {
    // What is read is kept.
    node.inputs.iter_mut().for_each(|input| *input = moved[graph.value_index(*input)].unwrap_or(*input));
}

/// What becomes of a loop.
struct Plan {
    /// The first of the loops that make the same steps.
    leader: NodeId,
    /// The one of them whose steps compute most: those of the others begin as they do.
    longest: NodeId,
    /// What the steps of all of them give that is read: values of the body, the next carries first.
    outputs: Vec<Value>,
    /// Where each was found: the node, and its output there.
    from: Vec<Value>,
}

impl Plan {
    /// The one loop in place of all.
    fn node(&self, graph: &Graph, id: NodeId) -> Option<Node> {
        let node = graph.node(id);
        let Op::Scan(scan) = &graph.node(self.longest).op else { return None };
        let inputs: Vec<Value> = scan.body.inputs().map(Value::from).collect();
        let body = Body::of(scan.body.graph(), &inputs, &self.outputs).ok()?;
        let outputs: Vec<Output> = self.from.iter().map(|&value| graph.output(value).clone()).collect();
        Some(Node { op: Scan { body: Arc::new(body), ..scan.clone() }.into(), outputs, ..node.clone() })
    }
}

fn plans(graph: &Graph, ends: &[Value]) -> HashMap<NodeId, Plan> {
    let users = graph.count_users(ends.iter().copied());
    let mut plans: HashMap<NodeId, Plan> = HashMap::new();
    let mut leaders: HashMap<&[Value], Vec<NodeId>> = HashMap::new();
    for id in graph.ids() {
        let node = graph.node(id);
        let Op::Scan(scan) = &node.op else { continue };
        let known = leaders.entry(&node.inputs).or_default();
        let longest = |id: &NodeId| plans.get(id).map_or(*id, |plan| plan.longest);
        let same =
            |other: &&NodeId| matches!(&graph.node(longest(other)).op, Op::Scan(other) if same_steps(scan, other));
        let leader = known.iter().find(same).copied().unwrap_or(id);
        if leader == id {
            known.push(id);
            let outputs = scan.body.outputs()[..scan.carries].to_vec();
            let from = (0..scan.carries).map(|index| id.output(index)).collect();
            plans.insert(id, Plan { leader, longest: id, outputs, from });
        }
        let Some(plan) = plans.get_mut(&leader) else { continue }; // a leader has one
        if matches!(&graph.node(plan.longest).op, Op::Scan(longest) if length(longest) < length(scan)) {
            plan.longest = id;
        }
        for (index, &output) in scan.body.outputs().iter().enumerate().skip(scan.carries) {
            let is_read = users[graph.value_index(id.output(index))] > 0;
            if is_read && !plan.outputs[scan.carries..].contains(&output) {
                plan.outputs.push(output);
                plan.from.push(id.output(index));
            }
        }
        if leader != id {
            let plan = Plan { leader, longest: plan.longest, outputs: plan.outputs.clone(), from: Vec::new() };
            plans.insert(id, plan);
        }
    }
    // All that go with a leader give what it gives in the end.
    let last: HashMap<NodeId, Vec<Value>> = plans.iter().map(|(&id, plan)| (id, plan.outputs.clone())).collect();
    for plan in plans.values_mut() {
        plan.outputs.clone_from(&last[&plan.leader]);
    }
    plans
}

/// How much a step computes.
fn length(scan: &Scan) -> usize {
    scan.body.graph().nodes().len()
}

/// Whether two loops on the same inputs compute the same at each step, but for what one of them computes besides in the end,
/// and whatever they give of it.
fn same_steps(a: &Scan, b: &Scan) -> bool {
    let shape = |scan: &Scan| (scan.carries, scan.sequences, scan.length, scan.reverse);
    shape(a) == shape(b)
        && a.body.outputs()[..a.carries] == b.body.outputs()[..b.carries]
        && a.body.starts_as(&b.body)
        && [a, b]
            .iter()
            .all(|scan| scan.body.graph().nodes().iter().all(|node| node.op.is_input() || node.op.is_pure()))
}
