//! The values a function begins with: inputs, outcomes, parameters, state, constants.

use std::panic::Location;
use std::sync::Arc;

use super::{Builder, State, Var};
use crate::function::{Learning, Parameter};
use crate::initializer::Initializer;
use crate::node::Kind;
use crate::ops::source::{Constant, Source};
use crate::shape::Shape;
use crate::tensor::Tensor;

impl Builder {
    /// An input of the function: a real value of the given shape.
    #[track_caller]
    pub fn input(&self, name: &str, shape: impl Into<Shape>) -> Var<'_> {
        self.input_of(name, shape, Kind::Real, None)
    }

    /// An input of any kind; whole numbers may have a bound that they stay below.
    #[track_caller]
    pub fn input_of(&self, name: &str, shape: impl Into<Shape>, kind: Kind, bound: Option<usize>) -> Var<'_> {
        let var = self.source(name, shape, kind, bound);
        var.id.inspect(|&id| self.state.borrow_mut().frame.function.inputs.push(id.node));
        var
    }

    /// An outcome that the prediction is compared with: a real value of the given shape.
    #[track_caller]
    pub fn outcome(&self, name: &str, shape: impl Into<Shape>) -> Var<'_> {
        self.outcome_of(name, shape, Kind::Real, None)
    }

    /// An outcome of any kind: a class is a whole number, perhaps with a bound that it stays below.
    #[track_caller]
    pub fn outcome_of(&self, name: &str, shape: impl Into<Shape>, kind: Kind, bound: Option<usize>) -> Var<'_> {
        let var = self.source(name, shape, kind, bound);
        var.id.inspect(|&id| self.state.borrow_mut().frame.function.outcomes.push(id.node));
        var
    }

    /// A value to be learned. Numbers that can't be drawn are a mistake: a negative deviation, an empty range, too few axes
    /// for glorot or he. In the body of a loop it is the function's all the same: one for all steps.
    #[track_caller]
    pub fn parameter(&self, name: &str, shape: impl Into<Shape>, initializer: Initializer) -> Var<'_> {
        let origin = self.origin(Location::caller());
        self.in_function(|builder| {
            let var = builder.with_origin(origin, |builder| builder.initialized(name, shape.into(), &initializer));
            if let Some(id) = var.id {
                let parameters = &mut builder.state.borrow_mut().frame.function.parameters;
                parameters.push(Parameter::new(id.node, initializer.canonical()));
            }
            var
        })
    }

    /// Says how training steps move a parameter, where that is not how they move the others.
    ///
    /// ```
    /// use chainrule_graph::{Builder, Initializer, Learning, text};
    ///
    /// let builder = Builder::new();
    /// let embedding = builder.parameter("E", [50, 8], Initializer::Normal { mean: 0.0, std: 1.0 });
    /// builder.learning(embedding, Learning { frozen: true, ..Learning::default() });
    /// let bias = builder.parameter("b", [8], Initializer::Constant(0.0));
    /// builder.learning(bias, Learning { rate: 2.0, weight_decay: Some(0.0), ..Learning::default() });
    /// assert_eq!(
    ///     text::print(&builder.finish()?),
    ///     "param E [50, 8] ~ normal(0, 1), frozen\nparam b [8] = 0, rate 2, weight_decay 0\n"
    /// );
    /// # Ok::<(), chainrule_graph::GraphError>(())
    /// ```
    #[track_caller]
    pub fn learning(&self, parameter: Var<'_>, learning: Learning) {
        let Some(id) = parameter.id.filter(|_| !parameter.failed()) else { return };
        if let Some(problem) = learning.problem() {
            self.fail(format!("{} {problem}", parameter.describe()), None);
            return;
        }
        let is_parameter = {
            let mut state = self.state.borrow_mut();
            let State { frame, outer, .. } = &mut *state;
            let parameters = &mut outer.first_mut().unwrap_or(frame).function.parameters;
            let found = parameters.iter_mut().find(|parameter| id == parameter.node.into());
            found.filter(|_| parameter.frame == 0).map(|parameter| parameter.learning = learning).is_some()
        };
        if !is_parameter {
            self.fail(format!("{} is no parameter, so no step moves it", parameter.describe()), None);
        }
    }

    /// A value that is kept from run to run and has no gradient. Say its next value by [`Builder::update`]. Mistakes are
    /// those of [`Builder::parameter`].
    #[track_caller]
    pub fn state(&self, name: &str, shape: impl Into<Shape>, initializer: Initializer) -> Var<'_> {
        let var = self.initialized(name, shape.into(), &initializer);
        if let Some(id) = var.id {
            self.state.borrow_mut().frame.function.state.push(Parameter::new(id.node, initializer.canonical()));
        }
        var
    }

    /// Says that an input node is a parameter, or a state.
    pub(crate) fn keep(&self, parameter: Parameter, is_state: bool) {
        let function = &mut self.state.borrow_mut().frame.function;
        if is_state { function.state.push(parameter) } else { function.parameters.push(parameter) }
    }

    #[track_caller]
    fn initialized(&self, name: &str, shape: Shape, initializer: &Initializer) -> Var<'_> {
        match initializer.problem(&shape) {
            Some(problem) => self.fail(format!("`{name}` {problem}"), Some("use normal(0, 0.1)".into())),
            None => self.source(name, shape, Kind::Real, None),
        }
    }

    #[track_caller]
    fn source(&self, name: &str, shape: impl Into<Shape>, kind: Kind, bound: Option<usize>) -> Var<'_> {
        if self.is_in_body() {
            let help = "declare it before the loop; a parameter may be made in the body";
            return self.fail(format!("`{name}` is declared in the body of a loop"), Some(help.into()));
        }
        self.push(Source::Input { shape: shape.into(), kind, bound }, &[]).named(name)
    }

    /// An input without a name or a role; passes make them.
    pub(crate) fn anonymous_input(&self, shape: &Shape, kind: Kind) -> Var<'_> {
        self.push(Source::Input { shape: shape.clone(), kind, bound: None }, &[])
    }

    /// A fixed real value.
    #[track_caller]
    pub fn constant(&self, value: impl Into<Tensor>) -> Var<'_> {
        self.constant_of(value.into(), Kind::Real)
    }

    /// A fixed value of any kind.
    #[track_caller]
    pub fn constant_of(&self, value: Tensor, kind: Kind) -> Var<'_> {
        self.push(Source::Constant(Constant { value: Arc::new(value), kind }), &[])
    }

    /// The whole numbers 0, 1, …, length − 1.
    #[track_caller]
    pub fn iota(&self, length: usize) -> Var<'_> {
        self.push(Source::Iota { length }, &[])
    }
}
