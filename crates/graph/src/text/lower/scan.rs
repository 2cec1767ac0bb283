//! Loops: `scan(f, start, xs, …)`. The call of `f` that is their body is carried out once, with its nodes in a graph of their
//! own.

use std::sync::Arc;

use super::Lowering;
use super::evaluate::take;
use super::evaluated::{Evaluated, Spanned};
use super::frame::{Frame, Looped, Then};
use crate::builder::Var;
use crate::error::GraphError;
use crate::node::{Kind, Origin, Span};
use crate::ops::Scan;
use crate::ops::scan::Steps;
use crate::text::diagnostic::Diagnostic;
use crate::text::syntax::{Call, Callee, Keyword, Syntax};

impl<'g> Lowering<'_, 'g> {
    /// Begins a loop, and carries out its body or begins to.
    pub(super) fn scan(
        &mut self,
        values: Vec<Spanned<'g>>,
        keywords: &[Option<Keyword>],
        span: Span,
    ) -> Result<(), Diagnostic> {
        let mut arguments: Vec<(Spanned<'g>, Option<Keyword>)> = values.into_iter().zip(keywords.to_vec()).collect();
        let reverse = match taken(&mut arguments, "reverse") {
            None => false,
            Some(Spanned { value: Evaluated::Truth(truth), .. }) => truth,
            Some(other) => return Err(other.wrong("`reverse` is true or false")),
        };
        if arguments.len() < 3 || arguments[..3].iter().any(|(_, keyword)| keyword.is_some()) {
            return Err(Diagnostic::new("`scan` takes a function, a start and a sequence, without keywords", span)
                .help(
                    "scan(f, start, xs, …) calls f(carry, x, …) for each x of xs; several stand in brackets, (h0, c0)",
                ));
        }
        let mut rest = arguments.split_off(3);
        let [(function, _), (start, _), (sequences, _)] = <[_; 3]>::try_from(arguments)
            .map_err(|_| Diagnostic::new("`scan` takes a function, a start and a sequence", span))?;
        let usage = "scan(f, start, xs, …) calls f(carry, x, …) for each x of xs";
        let callee = self.function_given(&function, "scan", usage, "be a step of a loop")?;
        let (starts, sequences) = (self.several(start)?, self.several(sequences)?);
        // Else it is an argument of the function.
        let length = if sequences.is_empty() { taken(&mut rest, "length") } else { None };
        let length = length.map(|length| length.whole("`length`")).transpose()?;
        let steps = Steps { length, reverse };
        let (scope, place) = self.place();
        let builder = self.evaluator.builder;
        if let Callee::Definition(id) = callee
            && let Some(printed) = &self.evaluator.syntax.definitions[id].printed
        {
            return self.printed_scan(printed, steps, starts, sequences, rest, span);
        }
        // The body's scopes are its own: they begin with those around it.
        let path = self.frames.last().and_then(|frame| frame.path.clone());
        let around = builder.swap_place(scope, place.clone());
        let open = builder.at(span, |builder| builder.begin_scan(steps, &starts, &sequences));
        let open = open.map_err(|error| self.mistake(error, span))?;
        let inner = builder.current_scope();
        let frame = Frame { scopes: inner.into_iter().collect(), path, place, ..Frame::new(&[]) };
        self.frames.push(frame);
        let given = open.carries.iter().chain(&open.elements).map(|&var| Evaluated::Var(var).at(span));
        let (others, names): (Vec<Spanned<'g>>, Vec<Option<Keyword>>) = rest.into_iter().unzip();
        let values: Vec<Spanned<'g>> = given.chain(others).collect();
        let keywords = std::iter::repeat_n(None, values.len() - names.len()).chain(names).collect();
        let call =
            Call { callee: callee.clone(), name: function.span, arguments: (0..values.len()).collect(), keywords };
        let arguments = self.matched(&callee, &call, values, span)?;
        let looped = Looped { open, around };
        if let Callee::Definition(_) = callee {
            return self.carry_out(&callee, arguments, span, Then::Looped(looped));
        }
        self.carry_out(&callee, arguments, span, Then::Value)?;
        let result = take(&mut self.stack, 1).pop();
        let results = result.map(|result| self.several(result)).transpose()?.unwrap_or_default();
        self.end_scan(looped, &results, span)
    }

    /// A loop whose body was printed: what is passed after the sequences is what is the same at every step.
    fn printed_scan(
        &mut self,
        printed: &Syntax,
        steps: Steps,
        starts: Vec<Var<'g>>,
        sequences: Vec<Var<'g>>,
        rest: Vec<(Spanned<'g>, Option<Keyword>)>,
        span: Span,
    ) -> Result<(), Diagnostic> {
        let (builder, (scope, place)) = (self.evaluator.builder, self.place());
        let body = Arc::new(super::printed_body(printed, self.evaluator.registry)?);
        let sizes = sequences.first().and_then(|xs| xs.shape().first().copied());
        let length = steps.length.or(sizes).ok_or_else(|| {
            Diagnostic::new("the loop has no sequence", span).help("say how many steps it has: scan(…, length=3)")
        })?;
        let op = Scan { body, carries: starts.len(), sequences: sequences.len(), length, reverse: steps.reverse };
        let constants = rest.into_iter().map(|(value, _)| value.var(builder, Kind::Real));
        let constants = constants.collect::<Result<Vec<_>, _>>()?;
        let operands: Vec<Var<'g>> = starts.into_iter().chain(sequences).chain(constants).collect();
        let outputs =
            builder.place(scope, place, |_| builder.at(span, |builder| builder.push_all(op.into(), &operands)));
        self.give(outputs, span)
    }

    /// Ends a loop whose body gives these results.
    pub(super) fn end_scan(&mut self, looped: Looped<'g>, results: &[Var<'g>], span: Span) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        self.frames.pop();
        let outputs = builder.at(span, |builder| builder.end_scan(looped.open, results));
        let (scope, path) = looped.around;
        builder.swap_place(scope, path);
        let outputs = outputs.map_err(|error| self.mistake(error, span))?;
        self.give(outputs, span)
    }

    /// What a loop gives is the value of the call.
    fn give(&mut self, mut outputs: Vec<Var<'g>>, span: Span) -> Result<(), Diagnostic> {
        if let Some(error) = self.evaluator.builder.error() {
            return Err(error.into());
        }
        let value = match (outputs.pop(), outputs.is_empty()) {
            (Some(only), true) => Evaluated::Var(only),
            (last, _) => Evaluated::Results(outputs.into_iter().chain(last).collect()),
        };
        self.stack.push(value.at(span));
        Ok(())
    }

    /// One value, or those in brackets.
    fn several(&self, value: Spanned<'g>) -> Result<Vec<Var<'g>>, Diagnostic> {
        let ((scope, place), builder) = (self.place(), self.evaluator.builder);
        match value.value {
            Evaluated::Results(results) => Ok(results),
            _ => {
                let var = |value: Spanned<'g>| builder.at(value.span, |builder| value.var(builder, Kind::Real));
                builder.place(scope, place, |_| var(value)).map(|var| vec![var])
            }
        }
    }

    /// A mistake of a loop, or the one that was made before.
    fn mistake(&self, error: Option<GraphError>, span: Span) -> Diagnostic {
        match error.map(|error| error.at(Origin::Text(span))).or_else(|| self.evaluator.builder.error()) {
            Some(error) => error.into(),
            None => Diagnostic::new("the loop was not built", span),
        }
    }
}

/// The mistake of a body that returns a carry of another shape or kind than it begins with, where it is returned.
pub(super) fn changed_carry<'a>(
    looped: &Looped<'_>,
    names: impl Iterator<Item = &'a str>,
    results: &[Var<'_>],
    written: &[Span],
) -> Option<Diagnostic> {
    let carries = looped.open.carries.iter().zip(results).zip(names).zip(written);
    carries.filter(|((pair, _), _)| !pair.0.failed() && !pair.1.failed()).find_map(
        |(((before, after), name), &span)| {
            let (shapes, kinds) = ([before.shape(), after.shape()], [before.kind(), after.kind()]);
            let (what, [from, to]) = match (shapes[0] == shapes[1], kinds[0] == kinds[1]) {
                (false, _) => ("shape", shapes.map(|shape| shape.to_string())),
                (true, false) => ("kind", kinds.map(|kind| kind.to_string())),
                (true, true) => return None,
            };
            let message = format!("the carry `{name}` changes its {what}: it begins as {from} and becomes {to}");
            Some(Diagnostic::new(message, span).help("what comes first in the `return` is the next carry"))
        },
    )
}

/// The argument that was written with a keyword, taken from among the others.
fn taken<'g>(arguments: &mut Vec<(Spanned<'g>, Option<Keyword>)>, name: &str) -> Option<Spanned<'g>> {
    let is_it = |(_, keyword): &(Spanned<'g>, Option<Keyword>)| keyword.as_ref().is_some_and(|k| k.name == name);
    arguments.iter().position(is_it).map(|index| arguments.remove(index).0)
}
