//! Philox4x32-10: random numbers as a pure function of their position.
//!
//! A counter-based generator has no state but its position: the block with number `c` under the
//! key `k` is a hash of `(k, c)`. So a number drawn for an element of an example of a step is the
//! same whatever the order, the batch split or the number of threads.
//!
//! Source of the algorithm, its constants and the tests' known answers: J. K. Salmon, M. A. Moraes,
//! R. O. Dror, D. E. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011 (Random123).

use core::convert::Infallible;
use rand_core::{SeedableRng, TryRng};

use crate::Float;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
/// The golden ratio and √3 − 1, as fractions of 2³²: what is added to the key after each round.
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// The hash itself: four words out of a counter of four words and a key of two.
///
/// ```
/// let zeros = chainrule_kernels::philox::philox4x32([0; 4], [0; 2]);
/// assert_eq!(zeros, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
#[inline]
#[must_use]
pub const fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let mut round = 0;
    while round < ROUNDS {
        let left = MULTIPLIERS[0] as u64 * counter[0] as u64;
        let right = MULTIPLIERS[1] as u64 * counter[2] as u64;
        counter = [high(right) ^ counter[1] ^ key[0], low(right), high(left) ^ counter[3] ^ key[1], low(left)];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        round += 1;
    }
    counter
}

const fn low(x: u64) -> u32 {
    x as u32
}

const fn high(x: u64) -> u32 {
    (x >> 32) as u32
}

const fn join(first: u32, second: u32) -> u64 {
    first as u64 | (second as u64) << 32
}

/// A number in `[0, 1)`, a multiple of 2⁻²⁴: the same in f32 and in f64, so that a program in either
/// precision draws the same numbers.
#[inline]
#[must_use]
pub const fn unit24(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / (1u32 << 24) as f32)
}

/// A number in `[0, 1)`, a multiple of 2⁻⁵³.
#[inline]
#[must_use]
pub const fn unit53(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// Four words that depend on nothing but the five arguments: [`NodeDraws::block`] without keeping the
/// key of the step.
#[inline]
#[must_use]
pub const fn block(seed: u64, stream: u64, step: u64, example: u64, index: u64) -> [u32; 4] {
    NodeDraws::new(seed, stream, step).block(example, index)
}

/// What one random node draws in one step, addressed by example and element.
///
/// The key is the first half of `philox4x32` of (stream, step) under the seed; the counter is
/// (index of the block, example). All four run over 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeDraws {
    key: [u32; 2],
}

impl NodeDraws {
    /// The draws of the node with this `stream` (fixed when the graph was built) in this step.
    #[inline]
    #[must_use]
    pub const fn new(seed: u64, stream: u64, step: u64) -> Self {
        let counter = [low(stream), high(stream), low(step), high(step)];
        let hash = philox4x32(counter, [low(seed), high(seed)]);
        Self { key: [hash[0], hash[1]] }
    }

    /// What the node draws in one step of a loop around it. Of loops in loops the outermost comes first.
    ///
    /// The key is the first half of the block whose counter is (step of the loop, 2⁶⁴ − 1): no example has that number.
    #[inline]
    #[must_use]
    pub const fn within(&self, step: u64) -> Self {
        let hash = self.block(u64::MAX, step);
        Self { key: [hash[0], hash[1]] }
    }

    /// The words of the elements `4 · index` to `4 · index + 3` of an example.
    #[inline]
    #[must_use]
    pub const fn block(&self, example: u64, index: u64) -> [u32; 4] {
        philox4x32([low(index), high(index), low(example), high(example)], self.key)
    }

    /// The word of one element of an example.
    #[inline]
    #[must_use]
    pub const fn word(&self, example: u64, element: u64) -> u32 {
        self.block(example, element / 4)[(element % 4) as usize]
    }

    /// A number in `[0, 1)` for one element of an example, by [`unit24`].
    #[inline]
    #[must_use]
    pub const fn uniform(&self, example: u64, element: u64) -> f32 {
        unit24(self.word(example, element))
    }

    /// [`NodeDraws::uniform`] of the elements `first`, `first + 1`, … of an example.
    pub fn fill_uniform<T: Float>(&self, example: u64, first: u64, out: &mut [T]) {
        let mut element = first;
        let mut rest = out;
        while !rest.is_empty() {
            let words = self.block(example, element / 4);
            let skip = (element % 4) as usize;
            let (head, tail) = rest.split_at_mut((4 - skip).min(rest.len()));
            for (y, &word) in head.iter_mut().zip(&words[skip..]) {
                *y = T::from_f64(f64::from(unit24(word)));
            }
            element = element.wrapping_add(head.len() as u64);
            rest = tail;
        }
    }
}

/// A generator over one stream of a seed, for shuffles and initial values, through `rand_core`.
///
/// Word `p` of the stream is word `p mod 4` of the block with the counter (p / 4, stream) under the
/// key (seed); a `u64` is two words, the low one first.
///
/// ```
/// use chainrule_kernels::philox::Philox;
/// use rand_core::Rng;
///
/// let mut generator = Philox::new(7, 0);
/// generator.next_u32();
/// let second = generator.next_u32();
/// generator.set_position(1);
/// assert_eq!(generator.next_u32(), second);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Philox {
    seed: u64,
    stream: u64,
    position: u64,
    block: [u32; 4],
}

impl Philox {
    /// The generator at the start of a stream.
    #[must_use]
    pub const fn new(seed: u64, stream: u64) -> Self {
        let mut generator = Self { seed, stream, position: 0, block: [0; 4] };
        generator.block = generator.compute(0);
        generator
    }

    /// The seed it was built with.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The stream it was built with.
    #[must_use]
    pub const fn stream(&self) -> u64 {
        self.stream
    }

    /// How many words of 32 bits were drawn.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Goes to a word of the stream, in constant time.
    pub const fn set_position(&mut self, position: u64) {
        self.position = position;
        self.block = self.compute(position / 4);
    }

    const fn compute(&self, index: u64) -> [u32; 4] {
        let counter = [low(index), high(index), low(self.stream), high(self.stream)];
        philox4x32(counter, [low(self.seed), high(self.seed)])
    }

    fn word(&mut self) -> u32 {
        let word = self.block[(self.position % 4) as usize];
        self.position = self.position.wrapping_add(1);
        if self.position.is_multiple_of(4) {
            self.block = self.compute(self.position / 4);
        }
        word
    }
}

impl TryRng for Philox {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let first = self.word();
        Ok(join(first, self.word()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(4) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl SeedableRng for Philox {
    /// The seed and the stream, each in eight bytes, the lowest first.
    type Seed = [u8; 16];

    fn from_seed(bytes: [u8; 16]) -> Self {
        let bits = u128::from_le_bytes(bytes);
        Self::new(bits as u64, (bits >> 64) as u64)
    }
}
