//! Inputs and outcomes as a model declares them, and what a user says about their columns.

use chainrule_graph::Kind;
use chainrule_graph::text::{Declaration, Dim, Model};

use crate::data::field::Role;

/// An input or outcome as a model declares it, before its sizes are known.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDeclaration {
    /// Its name.
    pub name: String,
    /// Its part in the function.
    pub role: Role,
    /// What its elements are.
    pub kind: Kind,
    /// The size of each axis.
    pub dims: Vec<Dim>,
}

impl FieldDeclaration {
    /// What a model that was read declares.
    pub fn all_of(model: &Model) -> Vec<FieldDeclaration> {
        let of = |role: Role| {
            move |declaration: &Declaration| FieldDeclaration {
                name: declaration.name.clone(),
                role,
                kind: declaration.kind,
                dims: declaration.dims.clone(),
            }
        };
        let inputs = model.inputs().iter().map(of(Role::Input));
        inputs.chain(model.outcomes().iter().map(of(Role::Outcome))).collect()
    }

    /// What messages call it: ``input `x` ``.
    pub(crate) fn described(&self) -> String {
        format!("{} `{}`", self.role, self.name)
    }
}

/// The columns that a user says an input or outcome takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The input or outcome.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
}
