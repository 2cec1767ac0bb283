//! What an op says of itself once: its name, its operands, how it is written, what it costs, how it rounds.
//!
//! What can be derived from a signature is derived: the shape rule of elementwise ops and of those along an axis, how the
//! text form reads and writes them, the compiled engine's costs and listings, the lists that tests run over.

use super::{ShapeError, TensorType, must, must_be_real};
use crate::node::Kind;

/// What an elementwise op says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The name, as the text form writes it.
    pub name: &'static str,
    /// What it takes, and of which kind the result is.
    pub operands: Operands,
    /// How the text form writes it.
    pub notation: Notation,
    /// What an element costs.
    pub cost: Cost,
    /// The error of its own.
    pub rounding: RoundingClass,
    /// The laws that it obeys, by which passes rewrite it.
    pub algebra: Algebra,
    /// Whether it is infinite, or no number, at some finite operands.
    pub singular: bool,
}

impl Signature {
    /// A function of the real numbers, called by its name, that the kernels compute.
    pub(super) const fn function(name: &'static str) -> Signature {
        Signature {
            name,
            operands: Operands::Reals(1),
            notation: Notation::Call,
            cost: Cost::Function,
            rounding: RoundingClass::Function,
            algebra: Algebra::None,
            singular: false,
        }
    }

    /// An exact op.
    pub(super) const fn exact(name: &'static str, operands: Operands) -> Signature {
        Signature { operands, cost: Cost::Arithmetic, rounding: RoundingClass::Exact, ..Signature::function(name) }
    }

    /// An op whose result is the nearest number to the true one.
    pub(super) const fn arithmetic(name: &'static str, operands: Operands) -> Signature {
        Signature { rounding: RoundingClass::Nearest, ..Signature::exact(name, operands) }
    }

    /// A comparison, or another step: exact, unless its operands are too close to call.
    pub(super) const fn decision(name: &'static str, operands: Operands) -> Signature {
        Signature { rounding: RoundingClass::Decision, ..Signature::exact(name, operands) }
    }

    pub(super) const fn algebra(self, algebra: Algebra) -> Signature {
        Signature { algebra, ..self }
    }

    pub(super) const fn singular(self) -> Signature {
        Signature { singular: true, ..self }
    }

    pub(super) const fn infix(self, symbol: &'static str) -> Signature {
        Signature { notation: Notation::Infix(symbol), ..self }
    }

    pub(super) const fn notation(self, notation: Notation) -> Signature {
        Signature { notation, ..self }
    }

    pub(super) const fn operands(self, operands: Operands) -> Signature {
        Signature { operands, ..self }
    }

    pub(super) const fn cost(self, cost: Cost) -> Signature {
        Signature { cost, ..self }
    }

    /// How many operands there are.
    pub const fn arity(&self) -> usize {
        self.operands.count()
    }
}

/// What an elementwise op takes, all of one shape, and so of which kind its result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operands {
    /// So many reals; the result is real.
    Reals(usize),
    /// So many reals, or so many whole numbers; the result is of their kind.
    Numbers(usize),
    /// One whole number or truth value; the result is real.
    Discrete,
    /// Two of one kind; the result is a truth value.
    Comparable,
    /// A truth value, then two of one kind, of which the result is.
    Selection,
}

impl Operands {
    /// How many there are.
    pub const fn count(self) -> usize {
        match self {
            Operands::Reals(count) | Operands::Numbers(count) => count,
            Operands::Discrete => 1,
            Operands::Comparable => 2,
            Operands::Selection => 3,
        }
    }

    /// What the text form calls them.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Operands::Selection => &["condition", "a", "b"],
            _ if self.count() == 1 => &["x"],
            _ => &["a", "b"],
        }
    }

    /// The type of the result.
    pub(super) fn infer(self, inputs: &[TensorType]) -> Result<TensorType, ShapeError> {
        must(inputs.len() == self.count(), || format!("takes {} inputs, not {}", self.count(), inputs.len()))?;
        let [first, rest @ ..] = inputs else { return Err(ShapeError("takes at least one input".into())) };
        rest.iter().try_for_each(|other| {
            must(first.shape == other.shape, || {
                format!("takes inputs of one shape, not {} and {}", first.shape, other.shape)
            })
        })?;
        let one_kind = |a: &TensorType, b: &TensorType| {
            must(a.kind == b.kind, || format!("takes two of one kind, not {} and {}", a.kind, b.kind))
        };
        match (self, inputs) {
            (Operands::Reals(_), _) => must_be_real(inputs).map(|()| first.clone()),
            (Operands::Numbers(_), [x]) => {
                must(x.kind != Kind::Bool, || "takes numbers, not truth values".into()).map(|()| x.clone())
            }
            (Operands::Numbers(_), [a, b, ..]) => must(a.kind == b.kind && a.kind != Kind::Bool, || {
                format!("takes two reals or two whole numbers, not {} and {}", a.kind, b.kind)
            })
            .map(|()| a.clone()),
            (Operands::Discrete, _) => {
                must(first.kind != Kind::Real, || "takes whole numbers or truth values, not reals".into())?;
                Ok(TensorType::real(&first.shape))
            }
            (Operands::Comparable, [a, b, ..]) => one_kind(a, b).map(|()| TensorType::new(&a.shape, Kind::Bool)),
            (Operands::Selection, [condition, a, b, ..]) => {
                must(condition.kind == Kind::Bool, || {
                    format!("takes a condition, such as x > 0, not {}", condition.kind)
                })?;
                one_kind(a, b).map(|()| a.clone())
            }
            (Operands::Numbers(_) | Operands::Comparable | Operands::Selection, _) => Ok(first.clone()), // counted above
        }
    }
}

/// How the text form writes an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `name(a, b)`
    Call,
    /// `a + b`, with this symbol.
    Infix(&'static str),
    /// `-x`
    Negation,
    /// `x^n` for a number n that belongs to the op; `power(x, n)` as a call.
    Exponent,
    /// `name(n, x)` for a whole number n that belongs to the op.
    Order,
    /// Not at all as itself: another op of the same name stands for several.
    Shared,
}

/// What an element costs, in additions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// An addition, a product, a comparison.
    Arithmetic,
    /// A quotient or a root.
    Division,
    /// A function that the kernels compute by vectors.
    Function,
    /// A function of the scalar library, number by number.
    Library,
}

impl Cost {
    /// How many additions take as long.
    pub const fn additions(self) -> usize {
        match self {
            Cost::Arithmetic => 1,
            Cost::Division => 3,
            Cost::Function => 10,
            Cost::Library => 50,
        }
    }
}

/// How an op's own result is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundingClass {
    /// Not at all.
    Exact,
    /// To the nearest number.
    Nearest,
    /// A function: within a few units in the last place.
    Function,
    /// Not at all, but it may turn out another way altogether where operands are too close to call.
    Decision,
}

/// What an elementwise op is in algebra: what rewrites, intervals of whole numbers and accumulated updates need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algebra {
    /// Nothing that a pass makes use of.
    None,
    /// −x: twice, it is x.
    Negation,
    /// a + b: with 0, the other.
    Sum,
    /// a − b: with 0 taken away, a; of 0, −b.
    Difference,
    /// a · b: with 1, the other; with −1, its negation.
    Product,
    /// a / b: by 1, a.
    Quotient,
    /// a · b, 0 where a is 0: of finite factors, a product.
    StrongProduct,
    /// a / b, 0 where a is 0: by a finite number but 0, a quotient.
    StrongQuotient,
    /// The greater of two.
    Greater,
    /// The lesser of two.
    Lesser,
    /// One of two, by a condition: of the same twice, that.
    Choice,
}

/// What an op along an axis says of itself.
#[derive(Clone, Copy, Debug)]
pub struct AxisSignature {
    /// The name, as the text form writes it.
    pub name: &'static str,
    /// Of which kind the operand is.
    pub takes: AxisOperand,
    /// What becomes of the axis.
    pub result: AxisResult,
    /// The axes that a text means which names none.
    pub default_axes: DefaultAxes,
    /// Whether it may run over several axes at once.
    pub several_axes: bool,
    /// Whether an empty axis has a result.
    pub of_nothing: bool,
}

impl AxisSignature {
    /// An op that makes one element of numbers along an axis.
    pub(super) const fn element(name: &'static str) -> AxisSignature {
        AxisSignature {
            name,
            takes: AxisOperand::Numbers,
            result: AxisResult::Element,
            default_axes: DefaultAxes::All,
            several_axes: false,
            of_nothing: false,
        }
    }

    /// An op that finds an index along an axis.
    pub(super) const fn index(name: &'static str) -> AxisSignature {
        AxisSignature { result: AxisResult::Index, default_axes: DefaultAxes::Last, ..AxisSignature::element(name) }
    }

    /// An op that has as many results along the axis as there are elements, none included.
    pub(super) const fn keeps_axis(name: &'static str, default_axes: DefaultAxes) -> AxisSignature {
        AxisSignature { result: AxisResult::KeepsAxis, default_axes, of_nothing: true, ..AxisSignature::element(name) }
    }
}

/// What an op along an axis takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisOperand {
    /// Reals.
    Reals,
    /// Reals or whole numbers.
    Numbers,
}

/// What an op makes of its axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisResult {
    /// One of the elements; the axis vanishes.
    Picked,
    /// One element of the operand's kind; the axis vanishes.
    Element,
    /// An index, a whole number; the axis vanishes.
    Index,
    /// As many elements; the axis stays.
    KeepsAxis,
    /// As many indices, whole numbers; the axis stays.
    Order,
}

/// The axes that a text means which names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAxes {
    /// All; several are merged into one for an op that runs along one.
    All,
    /// The first.
    First,
    /// The last.
    Last,
}
