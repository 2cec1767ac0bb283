//! How a parameter starts, and how training moves it: `~ normal(0, 0.1), rate 0.1, weight_decay 0`.

use super::Parser;
use super::lexer::TokenKind;
use crate::node::Span;
use crate::text::diagnostic::Diagnostic;
use crate::text::near::near;
use crate::text::syntax::{InitializerForm, LearningForm, Role, StartForm};

/// What `~` may be followed by, and the names of its numbers. Those that stand in `MATRIX` may be without numbers.
const DRAWN: [(&str, InitializerForm, &[&str]); 5] = [
    ("normal", InitializerForm::Normal, &["mean", "std"]),
    ("uniform", InitializerForm::Uniform, &["low", "high"]),
    ("glorot", InitializerForm::GlorotOf, &["in", "out"]),
    ("he", InitializerForm::HeOf, &["in"]),
    ("orthogonal", InitializerForm::Orthogonal, &["gain"]),
];

/// Those whose numbers may be left out: they then follow from the shape.
const BY_SHAPE: [(&str, InitializerForm); 2] = [("glorot", InitializerForm::Glorot), ("he", InitializerForm::He)];

const FORMS: &str = "start it with `= 0`, `= [1, 2]`, `~ normal(0, 0.1)`, `~ uniform(-1, 1)`, `~ glorot`, `~ he` or \
                     `~ orthogonal(1)`";

impl Parser<'_> {
    /// `axes` are those of the parameter or state `name`.
    pub(super) fn start(&mut self, role: Role, name: &str, axes: usize, span: Span) -> Result<StartForm, Diagnostic> {
        let (initializer, numbers) = self.initializer(name, axes, span)?;
        let learning = self.learning(role, numbers)?;
        Ok(StartForm { initializer, learning })
    }

    /// How it starts, and of how many numbers that is made.
    fn initializer(&mut self, name: &str, axes: usize, span: Span) -> Result<(InitializerForm, usize), Diagnostic> {
        if self.take("=") {
            self.expression(false)?;
            return Ok((InitializerForm::Given, 1));
        }
        if !self.take("~") {
            return Err(self.expected("an initial value").help(FORMS));
        }
        self.skip_newlines();
        let token = self.next();
        let word = token.name().unwrap_or_default();
        let Some(&(word, form, numbers)) = DRAWN.iter().find(|(known, ..)| *known == word) else {
            let near = token.name().and_then(|name| near(&name, DRAWN.map(|(known, ..)| known)));
            return Err(Diagnostic::new(format!("{} is not an initializer", token.describe(self.source)), token.span)
                .help(near.map_or(FORMS.into(), |near| format!("did you mean `{near}`?"))));
        };
        let by_shape = BY_SHAPE.iter().find(|(known, _)| *known == word).filter(|_| !self.peek().is("("));
        if axes < 2 && (by_shape.is_some() || form == InitializerForm::Orthogonal) {
            return Err(Diagnostic::new(format!("`{name}` has too few axes for `{word}`"), token.span)
                .also(span, "declared here")
                .help("it needs two axes or more; use normal(0, 0.1)"));
        }
        if let Some(&(_, form)) = by_shape {
            return Ok((form, 0));
        }
        let usage = format!("write {word}({})", numbers.join(", "));
        if !self.take("(") {
            return Err(self.expected("`(`").help(usage));
        }
        for index in 0..numbers.len() {
            self.skip_newlines();
            self.expression(true)?;
            self.skip_newlines();
            let last = index + 1 == numbers.len();
            if !self.take(if last { ")" } else { "," }) {
                return Err(self.expected(if last { "`)`" } else { "`,`" }).help(usage));
            }
        }
        Ok((form, numbers.len()))
    }

    /// `, frozen`, `, rate 0.1`, `, weight_decay 0` in any order, after `numbers` numbers.
    fn learning(&mut self, role: Role, mut numbers: usize) -> Result<LearningForm, Diagnostic> {
        const WORDS: [&str; 3] = ["frozen", "rate", "weight_decay"];
        let mut learning = LearningForm::default();
        while self.take(",") {
            let token = self.next();
            let word = token.name().unwrap_or_default().into_owned();
            if role != Role::Parameter && WORDS.contains(&&*word) {
                return Err(Diagnostic::new(
                    format!("a state can't be `{word}`: no training step moves it"),
                    token.span,
                )
                .help("its next value is what an `update` says; a `param` is moved by steps"));
            }
            let before = match &*word {
                "frozen" => std::mem::replace(&mut learning.frozen, true),
                "rate" => learning.rate.replace(numbers).is_some(),
                "weight_decay" => learning.weight_decay.replace(numbers).is_some(),
                _ => {
                    let message = format!("{} is not how a parameter can be learned", token.describe(self.source));
                    let near = near(&word, WORDS).map(|near| format!("did you mean `{near}`?"));
                    return Err(Diagnostic::new(message, token.span)
                        .help(near.unwrap_or("what follows is `frozen`, `rate 0.1` or `weight_decay 0`".into())));
                }
            };
            if before {
                return Err(Diagnostic::new(format!("`{word}` is said twice"), token.span).help("once is enough"));
            }
            if word != "frozen" {
                if matches!(self.peek().kind, TokenKind::Newline | TokenKind::End) || self.peek().is(",") {
                    return Err(self.expected(&format!("the number of `{word}`")).help(format!("write `{word} 0.1`")));
                }
                self.expression(false)?;
                numbers += 1;
            }
        }
        Ok(learning)
    }
}
