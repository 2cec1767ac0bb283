//! Values in the units of the file, where they were standardised.

use std::fmt;

use chainrule_graph::{Function, Kind, NodeId, Tensor};

use crate::data::dataset::Dataset;
#[cfg(feature = "training")]
use crate::data::field::Field;
use crate::data::field::Role;

/// Of more elements an input's values are not listed.
const MOST_ELEMENTS: usize = 4;

/// A number of a row as it is in the file, and what standardising made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StandardizedValue {
    /// What the element is called, by its column.
    pub name: String,
    /// The number in the file, but for rounding.
    pub in_file: f64,
    /// What became of it.
    pub value: f64,
}

impl fmt::Display for StandardizedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file's `{}` is {}, and standardizing made {} of it", self.name, self.in_file, self.value)
    }
}

/// The outcome that predictions are compared with, number by number: the one that is real and of their shape.
pub(crate) fn predicted_outcome(function: &Function) -> Option<NodeId> {
    let graph = &function.graph;
    let shape = graph.shape(function.prediction?);
    let fits = |&&id: &&NodeId| graph.kind(id) == Kind::Real && graph.shape(id) == shape;
    let mut outcomes = function.outcomes.iter().filter(fits);
    outcomes.next().copied().filter(|_| outcomes.next().is_none())
}

impl Dataset {
    /// Predictions `[rows, …]` for these rows, or values of the outcome that they are compared with, in the units of the
    /// file, if that outcome was standardised.
    pub(crate) fn in_file_units(&self, function: &Function, mut values: Tensor) -> Tensor {
        let outcome = predicted_outcome(function).map(|id| function.name(id));
        if let Some(standardize) = outcome.and_then(|name| self.standardize_of(name)) {
            standardize.undo(values.data_mut());
        }
        values
    }

    /// What was standardised, as the file has it in a row: each of its field's shape.
    #[cfg(feature = "training")]
    pub(crate) fn standardized_as_in_file(&self, row: usize) -> Vec<(&str, Tensor)> {
        let fields = self.fields().iter().enumerate();
        let in_file = |(index, field): (usize, &'_ Field)| {
            let mut values = self.row_of(index, row);
            self.standardize_of(&field.name)?.undo(&mut values);
            Tensor::new(field.shape.clone(), values).ok()
        };
        fields.filter_map(|(index, field)| Some((&field.name[..], in_file((index, field))?))).collect()
    }

    /// The real inputs that are not standardised and have the largest numbers, each with its greatest, the largest first; none
    /// whose numbers are small.
    #[cfg(feature = "training")]
    pub(crate) fn large_inputs(&self) -> Vec<(String, f64)> {
        /// Up to here steps of a usual rate are none too long.
        const SMALL: f64 = 10.0;
        /// What is smaller by this factor matters little beside the largest.
        const BESIDE: f64 = 10.0;
        let fields = self.fields().iter().enumerate().filter(|(_, field)| {
            field.role == Role::Input && field.kind == Kind::Real && self.standardize_of(&field.name).is_none()
        });
        let greatest = |index| self.values_at(index).iter().fold(0.0, |greatest: f64, x| greatest.max(x.abs()));
        let mut large: Vec<(String, f64)> =
            fields.map(|(index, field)| (field.name.clone(), greatest(index))).collect();
        large.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let largest = large.first().map_or(0.0, |(_, greatest)| *greatest);
        large.retain(|(_, greatest)| *greatest > SMALL && *greatest * BESIDE >= largest);
        large
    }

    /// The standardised inputs and outcomes that a node depends on, as the file has them in a row. Nothing of those with
    /// many elements.
    pub fn standardized_values(&self, function: &Function, node: NodeId, row: usize) -> Vec<StandardizedValue> {
        let needed = function.graph.needed_for([node]);
        let is_needed = |name: &str| function.graph.find(name).is_some_and(|value| needed[value.node.index()]);
        let fields = self.fields().iter().enumerate();
        let mut found = Vec::new();
        for (index, field) in fields.filter(|(_, field)| is_needed(&field.name) && field.width() <= MOST_ELEMENTS) {
            let Some(standardize) = self.standardize_of(&field.name) else { continue };
            let values = self.row_of(index, row);
            let mut in_file = values.clone();
            standardize.undo(&mut in_file);
            for (element, name) in field.element_names().into_iter().enumerate() {
                let (mean, std) = (standardize.mean[element], standardize.std[element]);
                if (mean, std) != (0.0, 0.0) {
                    let size = mean.abs().max(in_file[element].abs()).max(std);
                    found.push(StandardizedValue {
                        name,
                        in_file: rounded(in_file[element], size),
                        value: values[element],
                    });
                }
            }
        }
        found
    }
}

/// A number that was computed from others as large as `size`, to the digits that can be right.
fn rounded(number: f64, size: f64) -> f64 {
    if size == 0.0 || !size.is_finite() {
        return number;
    }
    let decimals = 12 - size.log10().floor() as i32;
    format!("{number:.*}", decimals.clamp(0, 300) as usize).parse().unwrap_or(number)
}

/// Whether a role can be standardised by its name alone: any input, and the outcome that is predicted.
pub(crate) fn can_be_undone(function: &Function, role: Role, name: &str) -> bool {
    role == Role::Input || predicted_outcome(function).is_some_and(|id| function.name(id) == name)
}
