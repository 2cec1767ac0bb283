//! Columns of inputs that hold just what is to be predicted.

use crate::data::dataset::Dataset;
use crate::data::field::Role;

impl Dataset {
    /// The columns of inputs that equal an element of an outcome in every row, each with the name of that element: what is
    /// to be predicted is told by them. None of a single row.
    pub fn copies_of_outcomes(&self) -> Vec<(String, String)> {
        let of = |role: Role| self.fields().iter().enumerate().filter(move |(_, field)| field.role == role);
        let mut copies = Vec::new();
        if self.rows() < 2 {
            return copies;
        }
        for (input, field) in of(Role::Input) {
            let (elements, size) = (self.values_at(input), field.shape.size());
            for (outcome, other) in of(Role::Outcome) {
                let (outcomes, outcome_size) = (self.values_at(outcome), other.shape.size());
                for (element, name) in field.element_names().into_iter().enumerate() {
                    let column = || elements.iter().skip(element).step_by(size);
                    let equals = |of: &usize| column().eq(outcomes.iter().skip(*of).step_by(outcome_size));
                    if let Some(of) = (0..outcome_size).find(equals) {
                        copies.push((name, other.element_names().swap_remove(of)));
                    }
                }
            }
        }
        copies
    }
}
