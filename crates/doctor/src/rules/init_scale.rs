//! Parameters start far too large, so that units are saturated or values explode, or far too small, so that nothing gets through.
//!
//! Story: "tanh network with weights from N(0, 10) learns nothing", and "all outputs are equal": weights of 1e-6. Source: Glorot
//! and Bengio 2010; He, Zhang, Ren and Sun 2015: the variance of a layer's values is kept where that of its weights is about
//! 1/in.
//!
//! Evidence: the deviation of a weight at the start beside that of Glorot's start.

use chainrule_graph::{NodeId, Parameter};

use super::{Rule, Specificity, Suspicion, edits};
use crate::cause::Cause;
use crate::change::{Change, Replacement};
use crate::evidence::Evidence;
use crate::statistics::{moments, root_mean_square};
use crate::structure::is_contraction;

pub(crate) const RULE: Rule = Rule { even_if_good: false, suspect };

/// By how many times the usual deviation a start must be too large, and too small.
const TOO_LARGE: f64 = 3.0;
const TOO_SMALL: f64 = 0.02;
/// A bias that starts beyond this is large beside features of deviation 1.
const LARGE_BIAS: f64 = 3.0;

fn suspect(evidence: &Evidence<'_, '_>) -> Vec<Suspicion> {
    let function = evidence.function();
    let odd: Vec<(&Parameter, f64)> =
        function.parameters.iter().filter_map(|parameter| Some((parameter, odd(evidence, parameter.node)?))).collect();
    let odd = if odd.is_empty() { small_together(evidence) } else { odd };
    let worst = odd.iter().max_by(|a, b| a.1.ln().abs().total_cmp(&b.1.ln().abs()));
    let Some(&(worst, times)) = worst else { return Vec::new() };
    let name = function.name(worst.node);
    let Ok(start) = evidence.run.start.get(name) else { return Vec::new() };
    let (mean, deviation) = moments(start.data());
    let said = format!(
        "`{name}` starts with mean {mean:.3} and deviation {deviation:.3e}, {}",
        if odd.len() > 1 && odd.iter().all(|(_, times)| *times < 1.0) {
            let through: f64 = odd.iter().map(|(_, times)| times).product();
            format!("1/{:.0} of what is usual, and {} weights together 1/{:.0}", 1.0 / times, odd.len(), 1.0 / through)
        } else if times >= 1.0 {
            format!("{times:.0} times what is usual")
        } else {
            format!("1/{:.0} of what is usual", 1.0 / times.max(1e-300))
        }
    );
    let starts: Vec<Replacement> = odd.iter().filter_map(|(parameter, _)| usual(evidence, parameter.node)).collect();
    let suspicion = Suspicion::new(Cause::InitScale, Specificity::Start, said).at_node(name);
    vec![suspicion.mended_by([Change::Model(starts)])]
}

/// Weights each of which starts somewhat small, where together, layer after layer, they let hardly anything through.
fn small_together<'e>(evidence: &'e Evidence<'_, '_>) -> Vec<(&'e Parameter, f64)> {
    const SMALL: f64 = 0.5;
    let times = |parameter: &'e Parameter| {
        let id = parameter.node;
        let times = size(evidence, id)? / usual_deviation(evidence, id);
        (is_weight(evidence, id) && times > 0.0 && times < SMALL).then_some((parameter, times))
    };
    let small: Vec<(&Parameter, f64)> = evidence.function().parameters.iter().filter_map(times).collect();
    let through: f64 = small.iter().map(|(_, times)| times).product();
    if through < TOO_SMALL { small } else { Vec::new() }
}

/// The root mean square of a parameter at the start.
fn size(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<f64> {
    Some(root_mean_square(evidence.run.start.get(evidence.function().name(id)).ok()?.data()))
}

/// How many times the usual size a parameter starts with, where that is too much or too little.
fn odd(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<f64> {
    let size = size(evidence, id)?;
    if is_weight(evidence, id) {
        let times = size / usual_deviation(evidence, id);
        // All zeros are another cause.
        return (times > TOO_LARGE || size > 0.0 && times < TOO_SMALL).then_some(times);
    }
    (size > LARGE_BIAS).then_some(size)
}

pub(super) fn is_weight(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    // `[n, 1, 1]` is a bias of channels.
    let shape = evidence.function().graph.shape(id);
    shape.iter().filter(|&&size| size > 1).count() >= 2 || super::symmetric_init::is_multiplied(evidence, id)
}

/// √(2/(in + out)) of a matrix; of a vector as a row of one.
fn usual_deviation(evidence: &Evidence<'_, '_>, id: NodeId) -> f64 {
    let shape = evidence.function().graph.shape(id);
    let sizes: Vec<usize> = shape.iter().copied().collect();
    let (out, inputs) = match sizes[..] {
        [] => (1, 1),
        // Multiplied element by element it stands for as many weights of one input each.
        [_] if !is_contracted(evidence, id) => (1, 1),
        [n] => (1, n),
        [.., out, inputs] => (out, inputs),
    };
    (2.0 / (out + inputs) as f64).sqrt()
}

/// Whether a product sums over the parameter.
fn is_contracted(evidence: &Evidence<'_, '_>, id: NodeId) -> bool {
    let graph = &evidence.function().graph;
    evidence.structure.readers[id.index()].iter().any(|&reader| is_contraction(graph, reader))
}

fn usual(evidence: &Evidence<'_, '_>, id: NodeId) -> Option<Replacement> {
    let function = evidence.function();
    let start = match (is_weight(evidence, id), function.graph.shape(id).rank()) {
        (true, 2..) => "~ glorot".to_string(),
        (true, _) => format!("~ normal(0, {:.2})", usual_deviation(evidence, id)),
        (false, _) => "= 0".to_string(),
    };
    edits::start(evidence.case, function, id, &start)
}
