//! Random numbers, each a function of its position: the seed, the training step, the node, the example, the steps of the loops
//! around it, and the element. So neither order nor batches nor threads change them, and equal nodes draw the same.

use super::rules::Contributions;
use super::{Backward, Batched, Op, Rules, ShapeError, TensorType, must};
use crate::builder::{Builder, Var};
use crate::node::Kind;
use crate::shape::Shape;

/// How many whole numbers a key has: three digits of the seed, two of the training step, the lowest first.
pub const DIGITS: usize = 5;

/// How many of them are the seed's.
pub const SEED_DIGITS: usize = 3;

/// Each digit is below this, so that a program in f32, too, has it exactly.
pub const BASE: u64 = 1 << 22;

/// Streams are below this, so that the text form, whose numbers are f64, has them exactly.
pub const STREAMS: u64 = 1 << 52;

/// Numbers uniform on [0, 1), multiples of 2⁻²⁴.
///
/// From a key \[5\] and positions \[P…\], all whole numbers: for each position numbers of the op's shape, \[P…, shape…\]. The
/// first position is the example, each other one the step of a loop, the outermost first. The key may differ between
/// positions, \[P…, 5\].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Random {
    /// What tells the draws of one node from those of others, below [`STREAMS`].
    pub stream: u64,
    /// The shape of what is drawn at a position.
    pub shape: Shape,
}

impl Random {
    /// The name that the text form gives the op.
    pub const NAME: &str = "random";
}

/// The digits of a key.
pub fn key_digits(seed: u64, step: u64) -> [u64; DIGITS] {
    [seed % BASE, seed / BASE % BASE, seed / BASE / BASE, step % BASE, step / BASE % BASE]
}

/// The seed and the training step of which these are the digits.
pub fn seed_and_step(digits: [u64; DIGITS]) -> (u64, u64) {
    let [a, b, c, low, high] = digits;
    (
        a.wrapping_add(BASE.wrapping_mul(b)).wrapping_add((BASE * BASE).wrapping_mul(c)),
        low.wrapping_add(BASE.wrapping_mul(high)),
    )
}

impl Rules for Random {
    fn name(&self) -> &str {
        Random::NAME
    }

    fn infer(&self, inputs: &[TensorType]) -> Result<Vec<TensorType>, ShapeError> {
        let [key, example, steps @ ..] = inputs else {
            return Err(ShapeError("takes a key and an example, then the steps of loops".into()));
        };
        must(self.stream < STREAMS, || format!("takes a stream below {STREAMS}, not {}", self.stream))?;
        must(inputs.iter().all(|input| input.kind == Kind::Int), || "takes whole numbers".into())?;
        let positions = &example.shape;
        must(steps.iter().all(|step| step.shape == *positions), || {
            format!("takes an example and steps of one shape, {positions}")
        })?;
        let of_each: Shape = positions.iter().copied().chain([DIGITS]).collect();
        must(key.shape[..] == [DIGITS] || key.shape == of_each, || {
            format!("takes a key of shape [{DIGITS}] or {of_each}, not {}", key.shape)
        })?;
        Ok(vec![TensorType::real(positions.iter().chain(self.shape.iter()).copied().collect::<Shape>())])
    }

    /// A position has no derivative.
    fn derivative<'g>(&self, node: &Backward<'_, 'g>) -> Contributions<'g> {
        vec![None; node.x.len()]
    }

    fn batch<'g>(&self, builder: &'g Builder, inputs: &[Batched<'g>], size: usize) -> Vec<Batched<'g>> {
        let batched = inputs.iter().any(|input| input.batched);
        let [key, positions @ ..] = inputs else { return Vec::new() };
        if !batched {
            let vars: Vec<Var<'g>> = inputs.iter().map(|input| input.var).collect();
            return vec![Batched { var: builder.push(self.clone(), &vars), batched }];
        }
        let rank = positions.first().map_or(0, |example| example.var.rank() - usize::from(example.batched));
        let key_rank = key.var.rank() - usize::from(key.batched);
        let key = match (key.batched, key_rank) {
            (false, 1) => key.var, // one for all
            // One for each example is one for each of its positions.
            (true, 1) if rank > 0 => {
                let shape = positions[0].lifted(size).shape();
                let shape: Shape = shape.iter().copied().chain([DIGITS]).collect();
                key.var.broadcast_axes(shape, vec![0, rank + 1])
            }
            _ => key.lifted(size),
        };
        let positions = positions.iter().map(|position| position.lifted(size));
        let vars: Vec<Var<'g>> = std::iter::once(key).chain(positions).collect();
        vec![Batched { var: builder.push(self.clone(), &vars), batched }]
    }
}

impl From<Random> for Op {
    fn from(op: Random) -> Op {
        Op::Random(op)
    }
}
