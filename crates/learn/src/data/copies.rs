//! Columns of inputs that hold just what is to be predicted.

use chainrule_graph::Kind;

use crate::data::dataset::Dataset;
use crate::data::field::Role;

impl Dataset {
    /// The columns of inputs that equal an element of an outcome in every row, each with the name of that element: what is
    /// to be predicted is told by them. None of a single row. Of sequences of classes of one length, only at the same place:
    /// what a language model is to predict is its input one place further on, and it looks back.
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
                let kinds_and_shapes = [field, other].map(|field| (field.kind, &field.shape));
                let are_sequences = other.kind == Kind::Int && other.shape.rank() > 0;
                let by_place = are_sequences && kinds_and_shapes[0] == kinds_and_shapes[1];
                for (element, name) in field.element_names().into_iter().enumerate() {
                    let column = || elements.iter().skip(element).step_by(size);
                    let equals = |of: &usize| column().eq(outcomes.iter().skip(*of).step_by(outcome_size));
                    let mut places = if by_place { element..element + 1 } else { 0..outcome_size };
                    if let Some(of) = places.find(equals) {
                        copies.push((name, other.element_names().swap_remove(of)));
                    }
                }
            }
        }
        copies
    }
}
