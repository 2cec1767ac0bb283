//! The case table: rows for every op, each a small graph with the draws of its inputs and what is known of its result.
//!
//! Whatever runs, transforms or prints graphs runs over these rows: the shape rule, the reference against an independent
//! value, first and second derivatives, batching against a loop, simplification, the compiled engine against the
//! reference. Random graphs are made of them, too. A file a family, as the ops have; every op of
//! [`Op::labels`](chainrule_graph::Op::labels) must have a row before its tests pass.

mod composed;
mod contract;
mod custom;
mod elementwise;
mod index;
mod phased;
mod random;
mod reduce;
mod rewrites;
mod scan;
mod shape;
mod source;
mod windows;

use chainrule_graph::{Builder, Function, GraphError, Kind, Shape, Tensor, Var};

use crate::draw::{Draw, Draws};

/// Builds the result from the inputs.
type Build = for<'g> fn(&'g Builder, &[Var<'g>]) -> Var<'g>;
/// The elements of the result from the inputs.
type Formula = fn(&[Tensor]) -> Vec<f64>;

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows, unique in the table; it begins with the op's name.
    pub name: String,
    /// The inputs of the graph, in order.
    pub inputs: Vec<Input>,
    /// The shape that the result must have.
    pub shape: Shape,
    /// The kind that the result must have.
    pub kind: Kind,
    /// How many times the result can be differentiated: 0, 1, or 2 for any number. 0 also where it is not finite.
    pub derivatives: usize,
    /// Whether [`Case::build`] takes operands of any shape, all alike.
    pub any_shape: bool,
    build: Build,
    expected: Option<Formula>,
}

/// An input of a row's graph.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its shape.
    pub shape: Shape,
    /// Its kind, real or integers.
    pub kind: Kind,
    /// How its values are drawn; where they are fixed, they hold a kink, a tie or an extreme value.
    pub draw: Draw,
}

/// All rows.
pub fn cases() -> Vec<Case> {
    let families = [
        source::cases(),
        elementwise::cases(),
        contract::cases(),
        reduce::cases(),
        shape::cases(),
        windows::cases(),
        index::cases(),
        phased::cases(),
        random::cases(),
        scan::cases(),
        custom::cases(),
        composed::cases(),
        rewrites::cases(),
    ];
    families.into_iter().flatten().collect()
}

impl Case {
    /// The graph as a function with the inputs `x0`, `x1`, …; the result is its prediction.
    ///
    /// # Errors
    /// If the row's shapes or kinds do not fit together: a mistake in the table.
    pub fn function(&self) -> Result<Function, GraphError> {
        let builder = Builder::new();
        let inputs: Vec<Var<'_>> = (self.inputs.iter().enumerate())
            .map(|(index, input)| {
                let bound = match input.draw {
                    Draw::Integers { below, .. } => usize::try_from(below).ok(),
                    _ => None,
                };
                builder.input_of(&format!("x{index}"), &input.shape, input.kind, bound)
            })
            .collect();
        builder.prediction(self.build(&builder, &inputs));
        builder.finish()
    }

    /// Builds the result in any graph, from operands of the shapes and kinds of [`Case::inputs`].
    pub fn build<'g>(&self, builder: &'g Builder, operands: &[Var<'g>]) -> Var<'g> {
        (self.build)(builder, operands)
    }

    /// How the inputs of [`Case::function`] are drawn.
    pub fn draws(&self, function: &Function) -> Draws {
        let mut draws = Draws::new();
        for (&id, input) in function.inputs.iter().zip(&self.inputs) {
            draws.set(id, input.draw.clone());
        }
        draws
    }

    /// The elements that the result must have for these inputs, by formulas of its own; none where there is no such
    /// formula.
    pub fn expected(&self, inputs: &[Tensor]) -> Option<Vec<f64>> {
        self.expected.map(|expected| expected(inputs))
    }
}

/// A row with a real result that can be differentiated any number of times.
fn case(name: impl Into<String>, inputs: impl Into<Vec<Input>>, shape: impl Into<Shape>, build: Build) -> Case {
    Case {
        name: name.into(),
        inputs: inputs.into(),
        shape: shape.into(),
        kind: Kind::Real,
        derivatives: 2,
        any_shape: false,
        build,
        expected: None,
    }
}

impl Case {
    /// With an independent value: the elements of the result from the inputs.
    fn gives(self, expected: Formula) -> Case {
        Case { expected: Some(expected), ..self }
    }

    fn of_kind(self, kind: Kind) -> Case {
        Case { kind, derivatives: 0, ..self }
    }

    /// How many derivatives are checked; 0 where differences can't tell, as at a pole, at 1e300 or at NaN.
    fn differentiable(self, derivatives: usize) -> Case {
        Case { derivatives, ..self }
    }
}

/// A real input, normally distributed.
fn real(shape: impl Into<Shape>) -> Input {
    Input { shape: shape.into(), kind: Kind::Real, draw: Draw::Normal }
}

/// A real input, uniform on [low, high).
fn between(low: f64, high: f64, shape: impl Into<Shape>) -> Input {
    Input { draw: Draw::Uniform { low, high }, ..real(shape) }
}

/// A real input with these elements.
fn fixed(shape: impl Into<Shape>, elements: &[f64]) -> Input {
    let shape = shape.into();
    let values = Tensor::new(&shape, elements.to_vec()).expect("a row has as many elements as its shape says");
    Input { shape, kind: Kind::Real, draw: Draw::Fixed(values) }
}

/// An input of integers below a bound.
fn below(bound: usize, shape: impl Into<Shape>) -> Input {
    Input { shape: shape.into(), kind: Kind::Int, draw: Draw::Integers { least: 0, below: bound as i64 } }
}

/// An input of these integers.
fn integers(shape: impl Into<Shape>, elements: &[f64]) -> Input {
    Input { kind: Kind::Int, ..fixed(shape, elements) }
}
