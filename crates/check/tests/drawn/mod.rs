//! The rows of the case table as steps of random graphs: operands of any shape are made to fit a row.

use chainrule_check::Draw;
use chainrule_check::cases::{Case, Input, cases};
use chainrule_graph::{Builder, Kind, Shape, Tensor, Var};

/// Fixed values of more than this are extreme: differences lose their digits in what follows.
const LARGEST: f64 = 100.0;

/// The rows that a random graph may have anywhere: those that are finite, with their derivatives, near what is drawn.
pub fn steps() -> Vec<Case> {
    let is_tame = |input: &Input| match &input.draw {
        Draw::Fixed(values) => values.data().iter().all(|x| x.abs() <= LARGEST),
        Draw::Normal | Draw::Uniform { .. } | Draw::Integers { .. } => true,
    };
    let is_smooth = |case: &Case| case.kind != Kind::Real || case.derivatives > 0;
    cases().into_iter().filter(|case| is_smooth(case) && case.inputs.iter().all(is_tame)).collect()
}

/// The result of a row, as a real, from operands that are made to fit its inputs. `number` says which integers it gets.
pub fn step<'g>(case: &Case, builder: &'g Builder, operands: &[Var<'g>], number: usize) -> Var<'g> {
    let shape = operands[0].shape();
    let fitted: Vec<Var<'g>> = (case.inputs.iter().zip(operands.iter().cycle()))
        .map(|(input, &operand)| fitted(input, operand, if case.any_shape { &shape } else { &input.shape }, number))
        .collect();
    let result = case.build(builder, &fitted);
    if result.kind() == Kind::Real { result } else { result.to_real() }
}

/// An operand in the range from which an input is drawn, of this shape.
fn fitted<'g>(input: &Input, operand: Var<'g>, shape: &Shape, number: usize) -> Var<'g> {
    let builder = operand.builder();
    match &input.draw {
        // A drawn value is never 0, as padding is: there a branch not taken may have the derivative 0 / 0.
        Draw::Normal => (reshaped(operand, shape) + 0.1).tanh(),
        Draw::Uniform { low, high } => *low + (high - low) * reshaped(operand, shape).sigmoid(),
        Draw::Integers { least, below } => {
            let count = (below - least).max(1) as usize;
            let integer = |i: usize| (*least + ((7 * i + number) % count) as i64) as f64;
            builder.constant_of(Tensor::from_fn(shape, integer), Kind::Int)
        }
        Draw::Fixed(values) if input.kind == Kind::Real => {
            builder.constant(values.clone()) + 0.1 * reshaped(operand, shape).sigmoid()
        }
        Draw::Fixed(values) => builder.constant_of(values.clone(), input.kind),
    }
}

/// The elements of a node in row-major order, in another shape: as many as it has, or repeated.
pub fn reshaped<'g>(x: Var<'g>, shape: &Shape) -> Var<'g> {
    let (has, wants) = (x.shape().size(), shape.size());
    if x.shape() == *shape {
        return x;
    }
    let elements = x.reshape([has]);
    let elements = match has {
        0 if wants > 0 => x.builder().constant(Tensor::filled([wants], 0.5)),
        _ if has >= wants => elements.slice(&[0], &[wants]),
        _ => {
            let indices = Tensor::from_fn([wants], |i| (i % has) as f64);
            elements.gather(x.builder().constant_of(indices, Kind::Int), 0)
        }
    };
    elements.reshape(shape.clone())
}
