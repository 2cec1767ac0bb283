//! What a text says, before any size is known: statements, and expressions as steps on a stack of values.
//!
//! The steps of an expression stand in the order in which they are carried out, operands before what uses them, so that
//! evaluating one is a loop however deep it nests.

use std::ops::Range;
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::functions::{Callable, Parameters, Takes};
use crate::node::{Kind, Span};
use crate::ops::custom::CustomNode;

/// How deep brackets, calls, unary signs and right-nested powers may nest.
pub(super) const DEEPEST: usize = 10_000;

/// The index of a name among the bindings of a text.
pub(super) type BindingId = usize;

/// The index of a `def` among those of a text.
pub(super) type DefinitionId = usize;

/// A name, or a label such as `$12`, and what it stands for.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub name: String,
    /// Whether it is the label of a node without a name.
    pub is_label: bool,
    pub kind: BindingKind,
    /// Where it was first written.
    pub span: Span,
    /// Whether it is used as a class or an index.
    pub is_index: bool,
    /// Whether it is a name of the body of a `def`.
    pub is_local: bool,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BindingKind {
    /// A `let`.
    Let,
    /// A size that nothing in the text gives a value.
    FreeSize,
    /// A node.
    Node,
    /// An argument of a `def`.
    Argument,
    /// A `let` in the body of a `def`.
    LocalLet,
    /// A name in backquotes that a call gave to a node: `` `h/dense/W` ``.
    Inside,
}

impl BindingKind {
    /// Whether it stands for a number that is known before anything is built, and may be given from outside.
    pub fn is_setting(self) -> bool {
        matches!(self, BindingKind::Let | BindingKind::FreeSize)
    }
}

/// A text that was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Syntax {
    pub bindings: Vec<Binding>,
    pub steps: Vec<StackStep>,
    pub statements: Vec<Statement>,
    pub definitions: Vec<Definition>,
    /// The whole numbers that are written.
    pub written: Vec<f64>,
    /// The greatest number written as an index.
    pub greatest_index: f64,
}

/// A function of a text's own: `def block(x, channels = 16) { … }`.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    pub arguments: Vec<Argument>,
    /// The names of its body, its arguments included.
    pub locals: Range<BindingId>,
    /// The defaults of arguments, then the body, of which the last is its `return`.
    pub statements: Vec<Statement>,
    /// Of the body of a loop as it is printed, `def step(h [2], x [3]) { … }`, the text that it is in itself: its arguments
    /// declared as values, then its statements.
    pub printed: Option<Box<Syntax>>,
}

/// An argument of a `def`.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub name: String,
    pub binding: BindingId,
    pub has_default: bool,
}

impl Parameters for Definition {
    fn name(&self) -> &str {
        &self.name
    }

    fn count(&self) -> usize {
        self.arguments.len()
    }

    fn parameter(&self, index: usize) -> (&str, Takes) {
        let argument = &self.arguments[index];
        (&argument.name, if argument.has_default { Takes::Perhaps } else { Takes::One })
    }
}

/// A line of a text.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub kind: StatementKind,
    /// Its expressions; each leaves a value on the stack.
    pub steps: Range<usize>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum StatementKind {
    /// `input x [d] int < k`, `param w [d] ~ normal(0, 1)`, …
    Declare(Declare),
    /// `let m = 10`
    Let(BindingId),
    /// `h = tanh(L)`; several names for several results, `a, b = f(x)`
    Assign(Vec<BindingId>),
    /// `update m = 0.9 * m + g`
    Update { target: BindingId, span: Span },
    /// `scope hidden {`
    Open { path: String },
    /// `}`
    Close,
    /// `role input x`, `role param w = 0`
    Role { role: Role, node: BindingId, start: Option<StartForm> },
    /// `role objective none`
    NoRole(NamedRole),
    /// What an argument is that a call does not give.
    Default(BindingId),
    /// `return h, c`
    Return,
}

/// A declaration of a value that comes from outside.
#[derive(Clone, Debug)]
pub(super) struct Declare {
    pub role: Role,
    pub binding: BindingId,
    pub sizes: Vec<(SizeForm, Span)>,
    pub kind: Kind,
    pub bound: Option<(SizeForm, Span)>,
    pub start: Option<StartForm>,
}

/// What a declared value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Input,
    Outcome,
    Parameter,
    State,
    /// Bound from outside, but without a role in the function.
    Value,
}

/// The roles that a node has by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedRole {
    Prediction,
    Objective,
}

impl NamedRole {
    pub fn name(self) -> &'static str {
        match self {
            NamedRole::Prediction => "prediction",
            NamedRole::Objective => "objective",
        }
    }
}

/// A size as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SizeForm {
    Number(usize),
    Name(BindingId),
    /// The next of the statement's expressions, which come before those of its start.
    Computed,
}

/// How a parameter starts and is moved; the numbers are expressions of the statement, in the order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StartForm {
    pub initializer: InitializerForm,
    pub learning: LearningForm,
}

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InitializerForm {
    /// A number or an array
    Given,
    Normal,
    Uniform,
    Glorot,
    GlorotOf,
    He,
    HeOf,
    Orthogonal,
}

/// How training moves a parameter: for each number which of the statement's it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LearningForm {
    pub frozen: bool,
    pub rate: Option<usize>,
    pub weight_decay: Option<usize>,
}

/// A step of an expression: it takes values from the stack and leaves one.
#[derive(Clone, Debug)]
pub(super) struct StackStep {
    pub kind: StackStepKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum StackStepKind {
    Number(f64),
    Name(BindingId),
    Text(String),
    Kind(Kind),
    /// `true` or `false`
    Truth(bool),
    /// A function as an argument.
    Function(Callee),
    Negate,
    Binary(Operator),
    Call(Box<Call>),
    /// The indexed value, then the numbers and values of the items.
    Index(Box<[IndexItem]>),
    /// So many elements.
    Array(usize),
    /// So many values at once.
    Several(usize),
}

/// A call: what is called, and which of its parameters each argument on the stack is for.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub callee: Callee,
    /// Where the name of what is called stands.
    pub name: Span,
    pub arguments: Vec<usize>,
    /// The keyword of each argument, where only carrying it out says what is called.
    pub keywords: Vec<Option<Keyword>>,
}

/// `axis` in `sum(x, axis=0)`
#[derive(Clone, Debug)]
pub(super) struct Keyword {
    pub name: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum Callee {
    Function(&'static Callable),
    Custom(Arc<dyn CustomNode>),
    Definition(DefinitionId),
    /// What an argument of a `def` is; if that is no function, what its name means elsewhere.
    Argument(BindingId, Option<Box<Callee>>),
}

impl Callee {
    /// Whether only carrying a call out says what its arguments are for.
    pub fn is_open(&self) -> bool {
        match self {
            Callee::Function(function) => function.passes_on(),
            Callee::Argument(..) => true,
            Callee::Custom(_) | Callee::Definition(_) => false,
        }
    }

    /// Whether an argument may be a function.
    pub fn takes_functions(&self) -> bool {
        matches!(self, Callee::Definition(_)) || self.is_open()
    }
}

/// One item between the brackets of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexItem {
    /// `i`
    Index,
    /// `a:b`, where both may be missing.
    Range { start: bool, stop: bool },
}

impl IndexItem {
    /// How many values it takes.
    pub fn values(self) -> usize {
        match self {
            IndexItem::Index => 1,
            IndexItem::Range { start, stop } => usize::from(start) + usize::from(stop),
        }
    }
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Add,
    Sub,
    Mul,
    Div,
    MatMul,
    Power,
}

/// How tightly an operand holds together, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Comparison,
    Sum,
    Product,
    Negation,
    Power,
    Atom,
}

impl Operator {
    pub const ALL: [Operator; 12] = [
        Operator::Less,
        Operator::LessEqual,
        Operator::Greater,
        Operator::GreaterEqual,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Add,
        Operator::Sub,
        Operator::Mul,
        Operator::Div,
        Operator::MatMul,
        Operator::Power,
    ];

    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Add => "+",
            Operator::Sub => "-",
            Operator::Mul => "*",
            Operator::Div => "/",
            Operator::MatMul => "@",
            Operator::Power => "^",
        }
    }

    pub fn precedence(self) -> Precedence {
        use Operator::*;
        match self {
            Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual => Precedence::Comparison,
            Add | Sub => Precedence::Sum,
            Mul | Div | MatMul => Precedence::Product,
            Power => Precedence::Power,
        }
    }
}

/// The mistake of calling the body of a loop that was printed, by another function than `scan`.
pub(super) fn loops_alone(name: &str, span: Span, defined: Span) -> Diagnostic {
    Diagnostic::new(format!("`{name}` is the body of a loop, and only `scan` calls it"), span)
        .also(defined, "its arguments have shapes here")
        .help("leave the shapes out, and it can be called everywhere")
}
