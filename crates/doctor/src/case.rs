//! What is examined: all that a run of training is made from.

use std::collections::BTreeMap;

use chainrule_graph::text::{self, Diagnostic, Registry};
use chainrule_graph::{Function, Origin, Span, Value};
use chainrule_learn::{Dataset, LearnError, Training, Transforms};

/// Which inputs and outcomes are brought to mean 0 and deviation 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scaling {
    /// None.
    #[default]
    None,
    /// The real inputs that the prediction reads.
    Inputs,
    /// Those of these names.
    Named(Vec<String>),
}

/// All that a run of training is made from. A copy with a change is a trial.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The model, in the text form.
    pub source: String,
    /// The custom nodes that it may call.
    pub registry: Registry,
    /// Its sizes and settings.
    pub sizes: BTreeMap<String, f64>,
    /// The rows to train on, as the file has them.
    pub training: Dataset,
    /// The rows to validate on, as the file has them.
    pub validation: Option<Dataset>,
    /// What is standardized.
    pub scaling: Scaling,
    /// How it is trained.
    pub settings: Training<'a>,
}

/// A case that is ready to be trained.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The function of one example.
    pub function: Function,
    /// The rows to train on, as the function takes them.
    pub training: Dataset,
    /// The rows to validate on.
    pub validation: Option<Dataset>,
    /// What was done to both.
    pub transforms: Transforms,
}

/// Why a case can't be trained.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CaseError {
    /// The text of the model.
    #[error("{0}")]
    Model(Box<Diagnostic>),
    /// The data, or the settings.
    #[error(transparent)]
    Learn(#[from] LearnError),
}

impl Case<'_> {
    /// The function of one example.
    ///
    /// # Errors
    /// A mistake in the text, or a size that is not bound.
    pub fn function(&self) -> Result<Function, CaseError> {
        let model = text::parse_with(&self.source, &self.registry);
        let function = model.and_then(|model| model.build(&self.sizes));
        function.map_err(|mistake| CaseError::Model(Box::new(mistake)))
    }

    /// Builds the function, and brings the rows to what it takes.
    ///
    /// # Errors
    /// A mistake in the text; an input or outcome that can't be standardized.
    pub(crate) fn prepared(&self) -> Result<Prepared, CaseError> {
        let function = self.function()?;
        let filling = Transforms::filling(&self.training);
        let filled = filling.apply(&self.training)?;
        let scaling = match &self.scaling {
            Scaling::None => Transforms::new(),
            Scaling::Inputs => Transforms::standardizing_read(&function, &filled),
            Scaling::Named(names) => Transforms::standardizing_named(&function, &filled, names)?,
        };
        let transforms = filling.then(scaling);
        let training = transforms.apply(&self.training)?;
        let validation = self.validation.as_ref().map(|rows| transforms.apply(rows)).transpose()?;
        Ok(Prepared { function, training, validation, transforms })
    }

    /// The text that a node was written as; none if it was written elsewhere, or made by a pass.
    pub(crate) fn text_of(&self, function: &Function, value: impl Into<Value>) -> Option<&str> {
        let Span { start, end, .. } = span_of(function, value)?;
        self.source.get(start..end)
    }
}

/// The stretch of the model's text in which a node was written.
pub(crate) fn span_of(function: &Function, value: impl Into<Value>) -> Option<Span> {
    match function.graph.node(value.into()).origin.written() {
        Origin::Text(span) => Some(*span),
        Origin::Unknown
        | Origin::Code(_)
        | Origin::File { .. }
        | Origin::Rewritten(_)
        | Origin::Derivative(_)
        | Origin::Merged(_) => None,
    }
}
