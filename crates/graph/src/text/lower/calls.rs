//! Who is called with what: the functions that arguments stand for, the parameters that arguments are for, and the calls of
//! `def`s that begin and end.

use std::sync::Arc;

use super::Lowering;
use super::evaluate::take;
use super::evaluated::{Evaluated, Spanned};
use super::frame::{Entered, Frame, Repeated, Then};
use super::scan::changed_carry;
use crate::node::{Kind, Span};
use crate::text::diagnostic::Diagnostic;
use crate::text::functions::{Builds, Parameters, complete, parameter_of};
use crate::text::syntax::{Call, Callee, Definition, DefinitionId, Keyword, loops_alone};

/// How many nodes a text makes at most.
const MOST_NODES: usize = 10_000_000;

/// How often it calls a `def`, or repeats, at most.
const MOST_CALLS: usize = 1_000_000;

/// How often a `def` may be in the midst of being carried out: it calls itself by way of an argument.
const DEEPEST: usize = 100;

impl<'a, 'g> Lowering<'a, 'g> {
    /// Carries out a call, or begins to.
    pub(super) fn call(&mut self, call: &'a Call, span: Span) -> Result<(), Diagnostic> {
        let values = take(&mut self.stack, call.arguments.len());
        let callee = self.callee(&call.callee, call.name)?;
        let keywords = &call.keywords;
        if let Callee::Function(function) = &callee {
            match function.builds {
                Builds::Size => {
                    let arguments = matched(*function, call, values, span)?;
                    let size = self.size_of(&arguments)?;
                    self.stack.push(Evaluated::Number(size).at(span));
                    return Ok(());
                }
                Builds::Repeat => return self.repeat(values, keywords, span),
                Builds::Scan => return self.scan(values, keywords, span),
                _ => {}
            }
        }
        let arguments = self.matched(&callee, call, values, span)?;
        self.carry_out(&callee, arguments, span, Then::Value)
    }

    /// Each argument with its parameter.
    pub(super) fn matched(
        &self,
        callee: &Callee,
        call: &Call,
        values: Vec<Spanned<'g>>,
        span: Span,
    ) -> Result<Vec<(usize, Spanned<'g>)>, Diagnostic> {
        match callee {
            Callee::Function(function) => matched(*function, call, values, span),
            Callee::Definition(id) => match &self.evaluator.syntax.definitions[*id] {
                Definition { name, span: defined, printed: Some(_), .. } => Err(loops_alone(name, call.name, *defined)),
                definition => matched(definition, call, values, span),
            },
            Callee::Custom(_) | Callee::Argument(..) => match call.keywords.iter().flatten().next() {
                Some(keyword) => Err(Diagnostic::new("a custom node takes no keywords", keyword.span)),
                None => Ok(values.into_iter().enumerate().collect()),
            },
        }
    }

    /// What is called: of an argument, the function that it is.
    pub(super) fn callee(&self, callee: &Callee, name: Span) -> Result<Callee, Diagnostic> {
        let mut callee = callee.clone();
        while let Callee::Argument(binding, otherwise) = callee {
            callee = match (&self.evaluator.bound[binding], otherwise) {
                (Some(Evaluated::Function(function)), _) => function.clone(),
                (_, Some(otherwise)) => *otherwise,
                (value, None) => {
                    let what = value.as_ref().map_or("nothing".into(), Evaluated::what);
                    let called = &self.evaluator.syntax.bindings[binding].name;
                    return Err(Diagnostic::new(format!("`{called}` is {what}, no function"), name)
                        .help(format!("a product is written `{called} * (…)`")));
                }
            };
        }
        Ok(callee)
    }

    /// `size(x, axis)`
    fn size_of(&self, arguments: &[(usize, Spanned<'g>)]) -> Result<f64, Diagnostic> {
        let [(_, x), (_, axis)] = arguments else { return Err(Diagnostic::general("size takes two arguments")) };
        let shape = match &x.value {
            Evaluated::Var(var) => var.shape(),
            Evaluated::Array(array) => array.shape().clone(),
            other => return Err(x.wrong(format!("{} has no axes", other.what()))),
        };
        let index = axis.whole("an axis")?;
        match shape.get(index) {
            Some(&size) => Ok(size as f64),
            None => {
                let last = shape.rank().checked_sub(1);
                let axes = last.map_or("it has none".into(), |last| format!("its axes are 0 to {last}"));
                Err(axis.wrong(format!("there is no axis {index} in a value of shape {shape}")).help(axes))
            }
        }
    }

    /// `repeat(f, n, x, …)`
    fn repeat(&mut self, values: Vec<Spanned<'g>>, keywords: &[Option<Keyword>], span: Span) -> Result<(), Diagnostic> {
        if let Some(keyword) = keywords.iter().take(3).flatten().next() {
            return Err(Diagnostic::new("the first three arguments of `repeat` take no keywords", keyword.span)
                .help("repeat(f, n, x, …)"));
        }
        let mut values = values.into_iter();
        let (Some(function), Some(count)) = (values.next(), values.next()) else {
            return Err(Diagnostic::new("`repeat` takes a function and a number", span)); // the parser counts them
        };
        let usage = "repeat(f, n, x, …) calls f n times, each time on the result of the last";
        let callee = self.function_given(&function, "repeat", usage, "be repeated")?;
        let count = count.whole("the number of times")?;
        let passed = values.len();
        let call = Call {
            callee: callee.clone(),
            name: function.span,
            arguments: (0..passed).collect(),
            keywords: keywords.iter().skip(2).cloned().collect(),
        };
        let arguments = self.matched(&callee, &call, values.collect(), span)?;
        self.again(&callee, Repeated { left: count, done: 0, arguments }, span)
    }

    /// The function that `repeat` or `scan`, used so, is given. Those that take functions themselves can't be called by them.
    pub(super) fn function_given(
        &self,
        function: &Spanned<'g>,
        by: &str,
        usage: &str,
        cannot: &str,
    ) -> Result<Callee, Diagnostic> {
        let Evaluated::Function(callee) = &function.value else {
            return Err(function.wrong(format!("`{by}` takes a function, not {}", function.value.what())).help(usage));
        };
        let callee = self.callee(callee, function.span)?;
        let is_other = |builds: &Builds| matches!(builds, Builds::Size | Builds::Repeat | Builds::Scan);
        match &callee {
            Callee::Function(called) if is_other(&called.builds) => {
                Err(function.wrong(format!("this function can't {cannot}")))
            }
            _ => Ok(callee),
        }
    }

    /// The next call of several, or their result.
    fn again(&mut self, callee: &Callee, mut repeated: Repeated<'g>, span: Span) -> Result<(), Diagnostic> {
        while repeated.left > 0 {
            repeated.left -= 1;
            self.count_call(span)?;
            let arguments = repeated.arguments.clone();
            if let Callee::Definition(_) = callee {
                return self.carry_out(callee, arguments, span, Then::Again(repeated));
            }
            self.carry_out(callee, arguments, span, Then::Value)?;
            let result = take(&mut self.stack, 1).pop();
            repeated.replace(result.ok_or_else(|| Diagnostic::new("a call gave nothing", span))?)?;
        }
        self.stack.extend(repeated.arguments.into_iter().next().map(|(_, result)| result.value.at(span)));
        Ok(())
    }

    fn count_call(&mut self, span: Span) -> Result<(), Diagnostic> {
        self.calls += 1;
        if self.calls > MOST_CALLS {
            return Err(Diagnostic::new("these are more than a million calls", span));
        }
        Ok(())
    }

    /// Carries out a call whose arguments have their parameters, or begins to if it is that of a `def`.
    pub(super) fn carry_out(
        &mut self,
        callee: &Callee,
        arguments: Vec<(usize, Spanned<'g>)>,
        span: Span,
        then: Then<'g>,
    ) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        if builder.len() > MOST_NODES {
            return Err(Diagnostic::new("this makes more than ten million nodes", span));
        }
        if let Callee::Definition(id) = callee {
            return self.enter(*id, arguments, span, then);
        }
        let (scope, place) = self.place();
        let value = builder.place(scope, place, |_| self.evaluator.call(callee, arguments, span))?;
        self.stack.push(value.at(span));
        Ok(())
    }

    /// Begins a call of a `def`: its names stand for the arguments, and its nodes are put in a scope of their own.
    fn enter(
        &mut self,
        id: DefinitionId,
        arguments: Vec<(usize, Spanned<'g>)>,
        span: Span,
        then: Then<'g>,
    ) -> Result<(), Diagnostic> {
        let syntax = self.evaluator.syntax;
        let (definition, builder) = (&syntax.definitions[id], self.evaluator.builder);
        self.count_call(span)?;
        self.active[id] += 1;
        if self.active[id] > DEEPEST {
            return Err(Diagnostic::new(format!("`{}` calls itself", definition.name), span)
                .also(definition.span, "defined here")
                .help("it is called by way of an argument, without an end"));
        }
        let (scope, place) = self.place();
        let scope = builder.place(scope, place, |builder| builder.new_scope(&definition.name));
        let outer = self.evaluator.bound[definition.locals.clone()].iter_mut().map(Option::take).collect();
        for (parameter, argument) in arguments {
            if let Evaluated::Results(_) = argument.value {
                argument.clone().var(builder, Kind::Real)?;
            }
            self.evaluator.bound[definition.arguments[parameter].binding] = Some(argument.value);
        }
        let path: Option<Arc<str>> = builder.within(Some(scope), |builder| builder.fixed_scope_path());
        let call = Some(Entered { definition: id, span, outer, then });
        self.frames.push(Frame { scopes: vec![scope], path, call, ..Frame::new(&definition.statements) });
        self.begin();
        Ok(())
    }

    /// Ends the call of a `def` that returns these values.
    pub(super) fn leave(&mut self, values: Vec<Spanned<'g>>) -> Result<(), Diagnostic> {
        let builder = self.evaluator.builder;
        let written: Vec<Span> = values.iter().map(|value| value.span).collect();
        let result = match <[Spanned<'g>; 1]>::try_from(values) {
            Ok([value]) => value.value,
            Err(values) => {
                let scope = self.frames.last().and_then(Frame::scope);
                let var = |value: Spanned<'g>| builder.at(value.span, |builder| value.var(builder, Kind::Real));
                let results = builder.within(scope, |_| values.into_iter().map(var).collect::<Result<Vec<_>, _>>())?;
                Evaluated::Results(results)
            }
        };
        let Some(Frame { call: Some(call), .. }) = self.frames.pop() else { return Ok(()) };
        let Entered { definition, span, outer, then } = call;
        self.active[definition] -= 1;
        let locals = self.evaluator.syntax.definitions[definition].locals.clone();
        self.evaluator.bound.splice(locals, outer);
        match then {
            Then::Value => self.stack.push(result.at(span)),
            Then::Looped(looped) => {
                let results = match result {
                    Evaluated::Results(results) => results,
                    value => vec![builder.at(span, |builder| value.at(span).var(builder, Kind::Real))?],
                };
                let names = self.evaluator.syntax.definitions[definition].arguments.iter().map(|a| a.name.as_str());
                if let Some(mistake) = changed_carry(&looped, names, &results, &written) {
                    return Err(mistake.also(span, "in this loop"));
                }
                self.end_scan(looped, &results, span)?;
            }
            Then::Again(mut repeated) => {
                repeated.replace(result.at(span))?;
                self.again(&Callee::Definition(definition), repeated, span)?;
            }
        }
        Ok(())
    }
}

impl<'g> Repeated<'g> {
    /// A call gave this; the next one takes it.
    fn replace(&mut self, result: Spanned<'g>) -> Result<(), Diagnostic> {
        if let Evaluated::Results(results) = &result.value {
            return Err(result
                .wrong(format!("`repeat` takes a function of one result, and this gives {}", results.len()))
                .help("a `def` of one result can call it"));
        }
        self.done += 1;
        if let Some((_, first)) = self.arguments.first_mut() {
            *first = result;
        }
        Ok(())
    }
}

/// Each argument with the parameter of the function that it is for.
fn matched<'g>(
    function: &dyn Parameters,
    call: &Call,
    values: Vec<Spanned<'g>>,
    span: Span,
) -> Result<Vec<(usize, Spanned<'g>)>, Diagnostic> {
    // The parser has matched them, unless it did not know what is called.
    if call.keywords.is_empty() && !call.callee.is_open() {
        return Ok(call.arguments.iter().copied().zip(values).collect());
    }
    let mut taken = Vec::new();
    for (value, keyword) in values.iter().zip(&call.keywords) {
        let keyword = keyword.as_ref().map(|keyword| (keyword.name.as_str(), keyword.span));
        taken.push(parameter_of(function, &taken, keyword, value.span)?);
    }
    complete(function, &taken, span)?;
    Ok(taken.into_iter().zip(values).collect())
}
