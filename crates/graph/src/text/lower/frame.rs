//! What is being carried out: the text itself, and in it the calls of `def`s. They stand on a list, so that calls in calls cost
//! no stack.

use std::ops::Range;
use std::sync::Arc;

use super::evaluated::{Evaluated, Spanned};
use crate::builder::Place;
use crate::node::{ScopeId, Span};
use crate::ops::OpenScan;
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::{DefinitionId, Statement};

/// Statements that are being carried out.
pub(super) struct Frame<'a, 'g> {
    pub statements: &'a [Statement],
    /// Which of them is carried out, and which of its steps is next.
    pub statement: usize,
    pub steps: Range<usize>,
    /// How many values and nodes there were before it.
    pub values: usize,
    pub nodes: usize,
    /// What goes before the names of the scopes that its calls open.
    pub place: Option<Arc<str>>,
    /// The scopes that are open, outermost first.
    pub scopes: Vec<ScopeId>,
    /// What goes before the names of nodes.
    pub path: Option<Arc<str>>,
    /// The call of a `def`, if these are the statements of one.
    pub call: Option<Entered<'g>>,
}

impl<'a> Frame<'a, '_> {
    pub fn new(statements: &'a [Statement]) -> Self {
        let (scopes, path, place, call) = (Vec::new(), None, None, None);
        Frame { statements, statement: 0, steps: 0..0, values: 0, nodes: 0, place, scopes, path, call }
    }

    pub fn scope(&self) -> Option<ScopeId> {
        self.scopes.last().copied()
    }
}

/// A call of a `def` that is being carried out.
pub(super) struct Entered<'g> {
    pub definition: DefinitionId,
    /// Where the call stands.
    pub span: Span,
    /// What the names of the body stand for around the call.
    pub outer: Vec<Option<Evaluated<'g>>>,
    /// What happens to the result.
    pub then: Then<'g>,
}

/// What happens to the result of a `def`.
pub(super) enum Then<'g> {
    /// It is the value of the call.
    Value,
    /// It is the first argument of the next call.
    Again(Repeated<'g>),
    /// It is what a step of a loop gives.
    Looped(Looped<'g>),
}

/// A call that is carried out several times.
#[derive(Clone)]
pub(super) struct Repeated<'g> {
    /// How often it is still to be carried out, and how often it was.
    pub left: usize,
    pub done: usize,
    /// The arguments, each with its parameter; the first is replaced by the result of the last call.
    pub arguments: Vec<(usize, Spanned<'g>)>,
}

/// A loop whose body is being carried out.
#[derive(Clone)]
pub(super) struct Looped<'g> {
    pub open: OpenScan<'g>,
    /// The place of the nodes around it.
    pub around: Place,
}

/// The mistake with the calls that led to it, innermost first; of many, a few.
pub(super) fn traced(
    mistake: Diagnostic,
    frames: &[Frame<'_, '_>],
    name: impl Fn(DefinitionId) -> String,
) -> Diagnostic {
    const SHOWN: usize = 4;
    let calls: Vec<&Entered<'_>> = frames.iter().rev().filter_map(|frame| frame.call.as_ref()).collect();
    let count = calls.len();
    let shown = calls.into_iter().enumerate().filter(|&(index, _)| index + 1 < SHOWN || index + 1 == count);
    shown.fold(mistake, |mistake, (_, call)| {
        let time = match &call.then {
            Then::Again(repeated) => format!(", time {} of {}", repeated.done + 1, repeated.done + 1 + repeated.left),
            Then::Looped(_) => ", a step of the loop".into(),
            Then::Value => String::new(),
        };
        mistake.also(call.span, format!("in this call of `{}`{time}", name(call.definition)))
    })
}
