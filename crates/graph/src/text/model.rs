//! What was read: a model whose sizes are still open, or an expression whose names are.

use std::collections::BTreeMap;

use super::diagnostic::Diagnostic;
use super::help::Help;
use super::lower::sizes::SizeBindings;
use super::near::near;
use super::registry::Registry;
use super::syntax::{BindingId, BindingKind, Declare, Role, SizeForm, StatementKind, Syntax};
use super::{lower, parse};
use crate::function::Function;
use crate::node::{Kind, Span, Value};
use crate::shape::Shape;

/// One size in a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A number.
    Number(usize),
    /// A name: a `let`, or free.
    Size(String),
    /// Computed of sizes, as those of a parameter may be.
    Computed,
}

/// A name that a model uses as a size or a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// The name.
    pub name: String,
    /// Whether it is free, to be bound from data or by the user; else a `let` gives it a value.
    pub free: bool,
    /// Where it is first used, if it is free; else where its `let` is.
    pub span: Span,
}

/// A declared input, outcome, parameter or state. A `role` line gives a declared `value` such a role, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The name.
    pub name: String,
    /// The sizes of its axes.
    pub dims: Vec<Dim>,
    /// The kind of its elements.
    pub kind: Kind,
    /// For whole numbers, the declared bound that they stay below.
    pub bound: Option<Dim>,
    /// Where it is declared.
    pub span: Span,
}

/// A model that was read: its syntax is right and its names are known; its sizes may be open.
///
/// ```
/// use chainrule_graph::text::{self, Dim};
/// use std::collections::BTreeMap;
///
/// let model = text::parse("let m = 4\ninput x [d]\nparam W [m, d] ~ glorot\nh = tanh(W @ x)\n")?;
/// let sizes: Vec<(&str, bool)> = model.sizes().iter().map(|size| (size.name.as_str(), size.free)).collect();
/// assert_eq!(sizes, [("m", false), ("d", true)]);
/// assert_eq!(model.inputs()[0].dims, [Dim::Size("d".into())]);
///
/// // The free size `d` is bound from outside, which can also override the `let`.
/// let sizes = BTreeMap::from([("d".to_string(), 3.0), ("m".to_string(), 5.0)]);
/// assert_eq!(model.resolve(&Dim::Size("m".into()), &sizes)?, Some(5));
/// let function = model.build(&sizes)?;
/// assert!(text::print(&function).contains("param W [5, 3]"));
///
/// let mistake = model.build(&BTreeMap::new()).unwrap_err();
/// assert_eq!(mistake.message, "the size `d` is not bound");
/// # Ok::<(), text::Diagnostic>(())
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    syntax: Syntax,
    registry: Registry,
    sizes: Vec<Size>,
    inputs: Vec<Declaration>,
    outcomes: Vec<Declaration>,
    parameters: Vec<Declaration>,
    state: Vec<Declaration>,
}

impl Model {
    pub(super) fn read(source: &str, registry: &Registry) -> Result<Model, Diagnostic> {
        let syntax = parse::model(source, registry)?;
        let sizes = syntax.bindings.iter().filter(|binding| binding.kind.is_setting());
        let sizes = sizes.map(|binding| Size {
            name: binding.name.clone(),
            free: binding.kind == BindingKind::FreeSize,
            span: binding.span,
        });
        let declared = |role: Role| -> Vec<Declaration> {
            let declares = || {
                syntax.statements.iter().filter_map(|statement| match &statement.kind {
                    StatementKind::Declare(declare) => Some(declare),
                    _ => None,
                })
            };
            let of_part = syntax.statements.iter().filter_map(|statement| match &statement.kind {
                StatementKind::Declare(declare) if declare.role == role => Some(declare),
                StatementKind::Role { role: given, node, .. } if *given == role => {
                    declares().find(|declare| declare.binding == *node)
                }
                _ => None,
            });
            of_part.map(|declare| declaration(&syntax, declare)).collect()
        };
        Ok(Model {
            sizes: sizes.collect(),
            inputs: declared(Role::Input),
            outcomes: declared(Role::Outcome),
            parameters: declared(Role::Parameter),
            state: declared(Role::State),
            registry: registry.clone(),
            syntax,
        })
    }

    /// The names used as sizes or settings: the `let`s, then the free sizes in order of appearance.
    pub fn sizes(&self) -> &[Size] {
        &self.sizes
    }

    /// The declared inputs, in order.
    pub fn inputs(&self) -> &[Declaration] {
        &self.inputs
    }

    /// The declared outcomes, in order.
    pub fn outcomes(&self) -> &[Declaration] {
        &self.outcomes
    }

    /// The declared parameters, in order.
    pub fn parameters(&self) -> &[Declaration] {
        &self.parameters
    }

    /// The declared state, in order.
    pub fn state(&self) -> &[Declaration] {
        &self.state
    }

    /// Where the name of a value is defined.
    pub fn defined_at(&self, name: &str) -> Option<Span> {
        let is_it = |binding: &&super::syntax::Binding| {
            binding.kind == BindingKind::Node && !binding.is_local && binding.name == name
        };
        self.syntax.bindings.iter().find(is_it).map(|binding| binding.span)
    }

    /// The number that a size in a declaration stands for: its own, what `sizes` binds it to, or the value of its `let`.
    /// None if it is free and not bound.
    ///
    /// # Errors
    ///
    /// A name in `sizes` that the model does not have, and a number that is not a size: a fraction, a negative number, one
    /// that is not finite or too large.
    pub fn resolve(&self, dim: &Dim, sizes: &BTreeMap<String, f64>) -> Result<Option<usize>, Diagnostic> {
        let name = match dim {
            Dim::Number(number) => return Ok(Some(*number)),
            Dim::Size(name) => name,
            Dim::Computed => return Ok(None),
        };
        let numbers = SizeBindings::new(&self.syntax, sizes)?;
        let binding = self.syntax.bindings.iter().position(|b| b.kind.is_setting() && b.name == *name);
        match binding {
            Some(binding) if numbers.numbers()[binding].is_some() => {
                numbers.size(SizeForm::Name(binding), self.syntax.bindings[binding].span).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `sizes`, and a small number for each free size that is not in it: each differs from the others and from every number in
    /// the model and in `sizes`, so that a transposed matrix can't hide, and is larger than every index in the model.
    pub fn small_sizes(&self, sizes: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
        let mut bound = sizes.clone();
        let said = SizeBindings::new(&self.syntax, sizes).map_or_else(|_| Vec::new(), |sizes| sizes.numbers().to_vec());
        let written = self.syntax.written.iter().chain(sizes.values()).copied();
        let taken: Vec<f64> = written.chain(said.into_iter().flatten()).collect();
        let mut next = 2.0f64.max(self.syntax.greatest_index + 1.0);
        for size in self.sizes.iter().filter(|size| size.free && !sizes.contains_key(&size.name)) {
            while taken.contains(&next) {
                next += 1.0;
            }
            bound.insert(size.name.clone(), next);
            next += 1.0;
        }
        bound
    }

    /// The function, with every free size bound by `sizes`, which also overrides a `let`.
    ///
    /// # Errors
    ///
    /// A free size that is not bound ([`Help::BindSize`]); a name in `sizes` that the model does not have, or a number that
    /// is not a size ([`Diagnostic::binding`]); shapes, kinds and indices that do not fit; a prediction that needs an
    /// outcome.
    pub fn build(&self, sizes: &BTreeMap<String, f64>) -> Result<Function, Diagnostic> {
        let numbers = SizeBindings::new(&self.syntax, sizes)?.complete()?;
        lower::model(&self.syntax, &self.registry, &numbers).map_err(|mistake| self.with_sizes(mistake, sizes))
    }

    /// The mistake, with the free sizes that it was made with.
    fn with_sizes(&self, mut mistake: Diagnostic, sizes: &BTreeMap<String, f64>) -> Diagnostic {
        let free = self.sizes.iter().filter(|size| size.free);
        let bound = free.filter_map(|size| sizes.get(&size.name).map(|number| format!("{} = {number}", size.name)));
        let bound: Vec<String> = bound.collect();
        if !bound.is_empty() {
            let help = mistake.help.as_ref().map_or_else(String::new, |help| format!("{help}; "));
            mistake = mistake.help(format!("{help}here {}", bound.join(", ")));
        }
        mistake
    }
}

fn declaration(syntax: &Syntax, declare: &Declare) -> Declaration {
    let dim = |size: SizeForm| match size {
        SizeForm::Number(number) => Dim::Number(number),
        SizeForm::Name(binding) => Dim::Size(syntax.bindings[binding].name.clone()),
        SizeForm::Computed => Dim::Computed,
    };
    let binding = &syntax.bindings[declare.binding];
    Declaration {
        name: binding.name.clone(),
        dims: declare.sizes.iter().map(|&(size, _)| dim(size)).collect(),
        kind: declare.kind,
        bound: declare.bound.map(|(size, _)| dim(size)),
        span: binding.span,
    }
}

/// A name in an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name.
    pub name: String,
    /// Where it first stands.
    pub span: Span,
    /// Whether it is used as a class or an index, so that its value must be a whole number: [`Kind::Int`].
    pub is_index: bool,
}

/// An expression that was read: its syntax is right; its names are free.
#[derive(Clone, Debug)]
pub struct Expression {
    syntax: Syntax,
    names: Vec<Name>,
}

impl Expression {
    pub(super) fn read(source: &str) -> Result<Expression, Diagnostic> {
        let syntax = parse::expression(source)?;
        let name = |binding: &super::syntax::Binding| Name {
            name: binding.name.clone(),
            span: binding.span,
            is_index: binding.is_index,
        };
        Ok(Expression { names: syntax.bindings.iter().map(name).collect(), syntax })
    }

    /// The names, in order of appearance.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// The expression as a function of its names, each an input of the given shape and kind, in the order of `values`;
    /// and the node of the result.
    ///
    /// # Errors
    ///
    /// A name without a value ([`Help::BindName`]), a value whose name does not occur or that has two; shapes, kinds and
    /// indices that do not fit.
    pub fn build(&self, values: &[(String, Shape, Kind)]) -> Result<(Function, Value), Diagnostic> {
        let mut bound: Vec<(BindingId, Shape, Kind)> = Vec::new();
        for (name, shape, kind) in values {
            let Some(binding) = self.names.iter().position(|known| known.name == *name) else {
                let near = near(name, self.names.iter().map(|known| known.name.as_str()));
                let mistake =
                    Diagnostic::general(format!("`{name}` has a value, but does not occur in the expression"));
                return Err(mistake.help_if(near.map(|near| format!("did you mean `{near}`?"))));
            };
            if bound.iter().any(|(other, ..)| *other == binding) {
                return Err(Diagnostic::general(format!("`{name}` is given two values")));
            }
            bound.push((binding, shape.clone(), *kind));
        }
        if let Some((_, name)) = self.names.iter().enumerate().find(|(id, _)| !bound.iter().any(|(b, ..)| b == id)) {
            let mistake = Diagnostic::new(format!("`{}` has no value", name.name), name.span);
            return Err(mistake.help(Help::BindName(name.name.as_str().into())));
        }
        lower::expression(&self.syntax, &bound)
    }
}
