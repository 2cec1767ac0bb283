//! Models read from a file in the text form.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use chainrule::learn::{Diverged, LearnError};
use chainrule::text::{self, Diagnostic, Model};
use chainrule::{Function, Kind, Origin, Value};

use crate::error::CommandError;
use crate::format::shortened;
use crate::names::NodeNames;

/// A model that was read, with the text that its mistakes are shown in.
pub struct ModelFile {
    name: String,
    source: String,
    /// The model.
    pub model: Model,
}

/// What other programs call the objective.
const LOSSES: &[&str] = &["loss", "Loss", "cost", "error", "total_loss", "J", "L", "E", "nll", "mse"];

impl ModelFile {
    /// Reads a file. Errors: it is not there, no text, or no model.
    pub fn read(path: &Path) -> Result<ModelFile, CommandError> {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| {
            CommandError::mistake(match error.kind() {
                ErrorKind::NotFound => format!("{name}: there is no such file"),
                _ if path.is_dir() => format!("{name}: this is a folder; a model in the text form would be right"),
                _ => format!("{name}: cannot be read: {error}"),
            })
        })?;
        let source = match text::decode(&bytes) {
            Ok(source) => source.to_string(),
            Err(diagnostic) => return Err(CommandError::mistake(format!("{name}: {diagnostic}"))),
        };
        ModelFile::parse(name, source)
    }

    /// Reads a text.
    pub fn parse(name: String, source: String) -> Result<ModelFile, CommandError> {
        match text::parse(&source) {
            Ok(model) => Ok(ModelFile { name, source, model }),
            Err(diagnostic) => Err(CommandError::in_text(&diagnostic, &source, &name)),
        }
    }

    /// The text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the nodes of a function built from this model are called.
    pub fn names<'a>(&'a self, function: &'a Function) -> NodeNames<'a> {
        NodeNames::new(&function.graph, &self.source)
    }

    /// A mistake in this model.
    pub fn mistake(&self, problem: impl Into<Diagnostic>) -> CommandError {
        let problem = problem.into();
        match problem.span {
            Some(_) => CommandError::in_text(&problem, &self.source, &self.name),
            None => CommandError::of_text(&problem, &self.name),
        }
    }

    /// Training of this model that diverged. Nodes without a name are called what is written for them.
    pub fn diverged(&self, mut diverged: Diverged) -> CommandError {
        if let Some(nan_origin) = &mut diverged.nan_origin {
            let inputs = nan_origin.inputs.iter_mut().map(|range| (&mut range.name, &range.origin));
            for (name, origin) in inputs.chain([(&mut nan_origin.name, &nan_origin.origin)]) {
                if let (false, Some(written)) = (name.starts_with('`'), self.written(origin)) {
                    *name = written;
                }
            }
        }
        CommandError::result(diverged)
    }

    /// A run of this model that failed. A node without a name is called what is written for it.
    pub fn failed(&self, mut error: LearnError) -> CommandError {
        if let LearnError::Node { name, origin, .. } = &mut error
            && let (false, Some(written)) = (name.starts_with('`'), self.written(origin))
        {
            *name = written;
        }
        error.into()
    }

    /// The text of a node: `` `x - y` ``, or `` the derivative of `x - y` ``.
    fn written(&self, origin: &Origin) -> Option<String> {
        match origin.written() {
            Origin::Text(span) => Some(format!("`{}`", shortened(self.source.get(span.start..span.end)?.trim(), 72))),
            Origin::Derivative(of) => Some(format!("the derivative of {}", self.written(&of.1)?)),
            Origin::Merged(origins) => origins.iter().find_map(|origin| self.written(origin)),
            Origin::Unknown | Origin::Code(_) | Origin::File { .. } | Origin::Rewritten(_) => None,
        }
    }

    /// The function with its sizes bound.
    pub fn build(&self, sizes: &BTreeMap<String, f64>) -> Result<Function, CommandError> {
        self.model.build(sizes).map_err(|diagnostic| self.mistake(diagnostic))
    }

    /// The function with free sizes that `settings` do not bind bound to small numbers.
    pub fn build_small(&self, settings: &BTreeMap<String, f64>) -> Result<Function, CommandError> {
        self.build(&self.model.small_sizes(settings))
    }

    /// An error if a saved model could not hold one of the parameters: the file's format keeps a name for itself.
    pub fn check_savable(&self, function: &Function) -> Result<(), CommandError> {
        const RESERVED: &str = "__metadata__";
        let mut saved = function.parameters.iter().chain(&function.state);
        match saved.find(|parameter| function.name(parameter.node) == RESERVED) {
            Some(_) => {
                let problem = format!("--save cannot hold a parameter named `{RESERVED}`");
                let mistake = Diagnostic { span: self.model.defined_at(RESERVED), ..Diagnostic::general(problem) };
                Err(self.mistake(mistake.help("choose another name")))
            }
            None => Ok(()),
        }
    }

    /// The objective, a scalar.
    pub fn objective(&self, function: &Function) -> Result<Value, CommandError> {
        let objective = function.objective.ok_or_else(|| {
            self.mistake(Diagnostic::general("the model has no `objective`").help(
                match LOSSES.iter().find(|name| function.graph.find(name).is_some()) {
                    Some(loss) => format!("what training makes small is called `objective`: call `{loss}` so"),
                    None => "add a line `objective = …` with shape []".into(),
                },
            ))
        })?;
        let graph = &function.graph;
        // Of a node that is `objective` by a second name, the line that says so.
        let second = graph.name(objective) != Some("objective");
        let span = if second { self.model.defined_at("objective") } else { None };
        let located = |mistake: Diagnostic| match (span, graph.node(objective).origin.written()) {
            (Some(span), _) | (None, &Origin::Text(span)) => Diagnostic { span: Some(span), ..mistake },
            _ => mistake,
        };
        let (shape, kind) = (graph.shape(objective), graph.kind(objective));
        if shape.rank() > 0 {
            let problem = format!("the `objective` has shape {shape}; [] is needed");
            return Err(self.mistake(located(Diagnostic::general(problem)).help("take its `sum(…)` or `mean(…)`")));
        }
        if kind != Kind::Real {
            let problem = format!("the `objective` is of kind {kind}, and has no gradient");
            return Err(self.mistake(located(Diagnostic::general(problem)).help("a real number is needed")));
        }
        Ok(objective)
    }
}
