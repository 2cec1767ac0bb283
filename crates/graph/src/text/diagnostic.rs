//! A mistake in a text, shown with its line, the part underlined and the remedy.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::help::Help;
use crate::error::GraphError;
use crate::node::{Origin, Span};

/// What is wrong with a text, where, and what would be right.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// Where in the text; none if it is not about the text.
    pub span: Option<Span>,
    /// The size or setting whose binding from outside is wrong, if the mistake is there.
    pub binding: Option<Box<str>>,
    /// What would be right.
    pub help: Option<Box<Help>>,
    /// Other spans that matter, and what is said beside them.
    pub secondary: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A mistake in a span of the text.
    pub fn new(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic { span: Some(span), ..Diagnostic::general(message) }
    }

    /// A mistake that is not in the text itself.
    pub fn general(message: impl Into<String>) -> Diagnostic {
        Diagnostic { message: message.into(), span: None, binding: None, help: None, secondary: Vec::new() }
    }

    /// A mistake in the number that a size or setting is bound to from outside.
    pub fn of_binding(name: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { binding: Some(name.into()), ..Diagnostic::general(message) }
    }

    /// The same with a remedy.
    pub fn help(mut self, help: impl Into<Help>) -> Diagnostic {
        self.help = Some(Box::new(help.into()));
        self
    }

    /// The same with a remedy, if there is one.
    pub fn help_if(self, help: Option<impl Into<Help>>) -> Diagnostic {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// The same with one more span that matters.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.secondary.push((span, label.into()));
        self
    }

    /// The mistake as a person reads it: the line of the source with the part underlined, and the help. `file` is what
    /// the source is called; `color` adds the codes that a terminal shows in colours.
    pub fn render(&self, source: &str, file: &str, color: bool) -> String {
        // A byte-order mark is no character that a person sees.
        let shown = source.trim_start_matches('\u{feff}');
        let mark = source.len() - shown.len();
        let mut group = Group::with_title(Level::ERROR.primary_title(self.message.as_str()));
        if let Some(span) = self.span {
            let primary = AnnotationKind::Primary.span(within(shown, span, mark));
            let others = self.secondary.iter().filter(|(other, _)| *other != span);
            let context = others
                .map(|(span, label)| AnnotationKind::Context.span(within(shown, *span, mark)).label(label.as_str()));
            let snippet = Snippet::source(shown).line_start(1).path(file).annotation(primary).annotations(context);
            group = group.element(snippet);
        }
        let help = self.help.as_deref().map(|help| Level::HELP.message(help.to_string()));
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group.elements(help)])
    }
}

/// The bytes of a span, `skipped` bytes further on, held within the source and at the bounds of characters.
fn within(source: &str, span: Span, skipped: usize) -> Range<usize> {
    let boundary = |mut at: usize| {
        at = at.min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start.saturating_sub(skipped));
    start..boundary(span.end.saturating_sub(skipped)).max(start)
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(span) = self.span {
            write!(f, "line {}, column {}: ", span.line, span.column)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

impl From<GraphError> for Diagnostic {
    fn from(error: GraphError) -> Diagnostic {
        let span = match error.origin.written() {
            Origin::Text(span) => Some(*span),
            _ => None,
        };
        Diagnostic { span, ..Diagnostic::general(error.message) }.help_if(error.help)
    }
}
