//! A look at every node: its values and the derivatives of the objective by it, example by example.

use chainrule_graph::{Function, Kind, Phase, Tensor, Value, differentiate, phase};
use chainrule_learn::{Dataset, Parameters, node_values};

use crate::statistics::is_constant;

/// How many rows are looked at.
const ROWS: usize = 128;
/// And at least, where all nodes together have many elements.
const LEAST_ROWS: usize = 16;
/// Of more elements of all nodes over all rows, fewer rows are looked at.
const ELEMENTS: usize = 8_000_000;
/// A node of more elements over these rows is passed over.
const MOST_ELEMENTS: usize = 2_000_000;

/// Values and derivatives of every node at some parameters, for each of some rows.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The rows.
    pub rows: usize,
    values: Vec<Option<Tensor>>,
    cotangents: Vec<Option<Tensor>>,
    indices: Vec<Value>,
}

impl Observation {
    /// The rows that are looked at.
    pub(crate) fn rows_of(function: &Function, data: &Dataset) -> Vec<usize> {
        let graph = &function.graph;
        let sizes = graph.values().map(|value| graph.shape(value).checked_size().unwrap_or(ELEMENTS));
        let of_row = sizes.fold(1usize, usize::saturating_add);
        spread(data.rows(), (ELEMENTS / of_row).clamp(LEAST_ROWS, ROWS))
    }

    /// Looks at every node of a function. A node that can't be computed, or is large, is passed over.
    pub fn of(function: &Function, parameters: &Parameters, data: &Dataset) -> Observation {
        let picked = Observation::rows_of(function, data);
        let data = data.select(&picked);
        let rows = picked.len();
        // Its nodes keep their order, and a pass may add some; those of the phase of prediction are looked at.
        let indices: Vec<Value> = function.graph.values().collect();
        let nothing = || Observation {
            rows,
            values: vec![None; indices.len()],
            cotangents: vec![None; indices.len()],
            indices: indices.clone(),
        };
        let Ok((phased, map)) = phase(function, Phase::Prediction) else { return nothing() };
        let is_small = |value: Value| {
            phased.graph.shape(value).checked_size().is_some_and(|size| size.saturating_mul(rows) <= MOST_ELEMENTS)
        };
        let now: Vec<Option<Value>> =
            indices.iter().map(|&value| map.get(value).filter(|&now| is_small(now))).collect();
        let values = looked_at(&phased, parameters, &data, &now);
        let Some(objective) = phased.objective else { return Observation { values, ..nothing() } };
        let real: Vec<Value> =
            now.iter().flatten().copied().filter(|&now| phased.graph.kind(now) == Kind::Real).collect();
        let Ok(derivatives) = differentiate(&phased.graph, objective, &real) else {
            return Observation { values, ..nothing() };
        };
        let cotangents: Vec<Option<Value>> =
            now.iter().map(|now| now.and_then(|now| derivatives.cotangent(now))).collect();
        let extended = Function { graph: derivatives.graph, ..phased };
        let cotangents = looked_at(&extended, parameters, &data, &cotangents);
        Observation { rows, values, cotangents, indices }
    }

    /// The values of a node, `[rows, …]`.
    pub fn value(&self, value: impl Into<Value>) -> Option<&Tensor> {
        self.values[self.index(value.into())?].as_ref()
    }

    /// The derivatives of the objective by a node, `[rows, …]`; none where it does not depend on it.
    pub fn cotangent(&self, value: impl Into<Value>) -> Option<&Tensor> {
        self.cotangents[self.index(value.into())?].as_ref()
    }

    /// For each element of a node, its values over the rows; none where it is not known.
    pub fn columns(&self, value: impl Into<Value>) -> Option<Vec<Vec<f64>>> {
        let tensor = self.value(value)?;
        let size = tensor.data().len() / self.rows.max(1);
        Some((0..size).map(|element| tensor.data().iter().skip(element).step_by(size).copied().collect()).collect())
    }

    /// The share of a node's elements that are the same in every row.
    pub fn constant_share(&self, value: impl Into<Value>) -> Option<f64> {
        let columns = self.columns(value)?;
        let constant = columns.iter().filter(|column| is_constant(column)).count();
        (!columns.is_empty()).then(|| constant as f64 / columns.len() as f64)
    }

    /// The share of a node's elements that are 0 in every row.
    pub fn zero_share(&self, value: impl Into<Value>) -> Option<f64> {
        let columns = self.columns(value)?;
        let zero = columns.iter().filter(|column| column.iter().all(|&value| value == 0.0)).count();
        (!columns.is_empty()).then(|| zero as f64 / columns.len() as f64)
    }

    fn index(&self, value: Value) -> Option<usize> {
        self.indices.binary_search(&value).ok()
    }
}

/// The values of nodes, all at once, or one by one if one of them can't be computed.
fn looked_at(
    function: &Function,
    parameters: &Parameters,
    data: &Dataset,
    wanted: &[Option<Value>],
) -> Vec<Option<Tensor>> {
    let targets: Vec<Value> = wanted.iter().flatten().copied().collect();
    let all = node_values(function, parameters, data, &targets);
    let each: Vec<Option<Tensor>> = match all {
        Ok(values) => values.into_iter().map(Some).collect(),
        Err(_) => targets
            .iter()
            .map(|&target| Some(node_values(function, parameters, data, &[target]).ok()?.swap_remove(0)))
            .collect(),
    };
    let mut each = each.into_iter();
    wanted.iter().map(|wanted| wanted.and_then(|_| each.next().flatten())).collect()
}

/// So many rows, evenly spread.
fn spread(rows: usize, most: usize) -> Vec<usize> {
    let step = rows.div_ceil(most).max(1);
    (0..rows).step_by(step).collect()
}
