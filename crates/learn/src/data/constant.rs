//! Columns that are the same in every row.

use chainrule_graph::{Function, Kind, NodeId};

use crate::data::dataset::Dataset;
use crate::data::field::{Field, Role};

impl Dataset {
    /// The columns of a table that are the same in every row, of each input that the prediction reads, or, without one, the
    /// objective. None of a single row.
    pub fn constant_columns(&self, function: &Function) -> Vec<String> {
        let read = function.graph.needed_for(function.prediction.or(function.objective));
        let is_read = |field: &Field| {
            field.role == Role::Input && function.graph.find(&field.name).is_some_and(|value| read[value.node.index()])
        };
        if self.rows() < 2 || !self.is_of_table() {
            return Vec::new();
        }
        let mut constant = Vec::new();
        for (index, field) in self.fields().iter().enumerate().filter(|(_, field)| is_read(field)) {
            let names = field.element_names().into_iter().enumerate();
            constant.extend(names.filter(|(element, _)| self.is_constant_at(index, *element)).map(|(_, name)| name));
        }
        constant
    }

    /// The only label of an outcome of single whole numbers, if each row has that one, or is left out by the loss. None of a
    /// single row.
    pub fn only_label(&self, function: &Function, outcome: NodeId) -> Option<f64> {
        let graph = &function.graph;
        let is_label = graph.kind(outcome) == Kind::Int && graph.shape(outcome).rank() == 0;
        let index = self.find(function.name(outcome)).ok().filter(|_| is_label && self.rows() > 1)?;
        let (labels, ignored) = (self.values_at(index), graph.ignored(outcome).map(f64::from));
        let mut kept = labels.iter().filter(|label| Some(**label) != ignored);
        let first = *kept.next()?;
        kept.all(|label| *label == first).then_some(first)
    }
}
