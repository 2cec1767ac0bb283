//! Philox against its published answers, and the addressing on top of it.

use chainrule_kernels::philox::{NodeDraws, Philox, block, philox4x32, unit24, unit53};
use proptest::prelude::*;
use rand_core::{Rng, SeedableRng};

/// From the known-answer file of Random123 (`philox4x32 10`).
#[test]
fn known_answers() {
    let cases = [
        ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
        (
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
            [0xa4093822, 0x299f31d0],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
        ),
    ];
    for (counter, key, answer) in cases {
        assert_eq!(philox4x32(counter, key), answer);
    }
}

#[test]
fn the_generator_walks_the_blocks_of_its_stream() {
    let (seed, stream) = (0x299f31d0_a4093822, 0x03707344_13198a2e);
    let mut generator = Philox::new(seed, stream);
    generator.set_position(4 * 0x05a308d3_243f6a88);
    let block = philox4x32([0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
    assert_eq!(generator.next_u64(), u64::from(block[0]) | u64::from(block[1]) << 32);
    assert_eq!(generator.next_u32(), block[2]);
    assert_eq!(generator.next_u32(), block[3]);
    assert_eq!(generator.position(), 4 * 0x05a308d3_243f6a88 + 4);
    assert_eq!((generator.seed(), generator.stream()), (seed, stream));
}

#[test]
fn units_stay_below_one() {
    assert_eq!(unit24(0), 0.0);
    assert_eq!(unit24(u32::MAX), 1.0 - f32::EPSILON / 2.0);
    assert_eq!(unit53(0), 0.0);
    assert_eq!(unit53(u64::MAX), 1.0 - f64::EPSILON / 2.0);
}

/// Computed by another program, of the formulas.
#[test]
fn steps_of_loops_draw_anew() {
    let draws = NodeDraws::new(3 + (5 << 22) + (7 << 44), 7, 11 + (2 << 22));
    let of_steps = draws.within(4).within(1);
    let found = [0, 1, 2].map(|element| of_steps.uniform(9, element));
    assert_eq!(found, [0.694_431_3, 0.878_795_5, 0.627_803_56]);
    assert_ne!(draws.within(1).within(4), of_steps);
}

/// Mean 1/2 and variance 1/12 of a million numbers, each within five standard errors.
#[test]
fn uniform_numbers_look_uniform() {
    let mut numbers = vec![0.0f32; 1 << 20];
    NodeDraws::new(1, 2, 3).fill_uniform(4, 0, &mut numbers);
    let n = numbers.len() as f64;
    let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = numbers.iter().map(|&x| (f64::from(x) - 0.5).powi(2)).sum::<f64>() / n;
    assert!((mean - 0.5).abs() < 5.0 * (1.0 / 12.0 / n).sqrt(), "{mean}");
    assert!((variance - 1.0 / 12.0).abs() < 5.0 * (1.0 / 180.0 / n).sqrt(), "{variance}");
}

proptest! {
    #[test]
    fn a_position_can_be_set_anywhere(seed: u64, stream: u64, start in 0..1u64 << 60, n in 0..70u64) {
        let mut walked = Philox::new(seed, stream);
        walked.set_position(start);
        for _ in 0..n {
            walked.next_u32();
        }
        let mut jumped = Philox::new(seed, stream);
        jumped.set_position(start + n);
        prop_assert_eq!(&walked, &jumped);
        prop_assert_eq!(walked.next_u64(), jumped.next_u64());
    }

    #[test]
    fn a_block_of_draws_holds_the_words_of_its_elements(
        seed: u64, stream: u64, step: u64, example: u64, element in 0..1u64 << 60, n in 0..30usize,
    ) {
        let draws = NodeDraws::new(seed, stream, step);
        let word = draws.word(example, element);
        prop_assert_eq!(block(seed, stream, step, example, element / 4)[(element % 4) as usize], word);
        let (mut many, mut wide) = (vec![0.0f32; n], vec![0.0f64; n]);
        draws.fill_uniform(example, element, &mut many);
        draws.fill_uniform(example, element, &mut wide);
        for (i, (&x, &same)) in many.iter().zip(&wide).enumerate() {
            prop_assert_eq!(x, draws.uniform(example, element + i as u64));
            prop_assert_eq!(f64::from(x), same);
        }
    }

    #[test]
    fn bytes_are_the_words_in_order(seed: u64, stream: u64, n in 0..40usize) {
        let mut bytes = vec![0; n];
        let mut material = [0; 16];
        material[..8].copy_from_slice(&seed.to_le_bytes());
        material[8..].copy_from_slice(&stream.to_le_bytes());
        Philox::from_seed(material).fill_bytes(&mut bytes);
        let mut words = Philox::new(seed, stream);
        for chunk in bytes.chunks(4) {
            prop_assert_eq!(chunk, &words.next_u32().to_le_bytes()[..chunk.len()]);
        }
    }

    #[test]
    fn every_coordinate_matters(seed: u64, stream: u64, step: u64, example: u64, index: u64, bit in 0..64) {
        let flip = 1u64 << bit;
        let here = block(seed, stream, step, example, index);
        prop_assert_ne!(here, block(seed ^ flip, stream, step, example, index));
        prop_assert_ne!(here, block(seed, stream ^ flip, step, example, index));
        prop_assert_ne!(here, block(seed, stream, step ^ flip, example, index));
        prop_assert_ne!(here, block(seed, stream, step, example ^ flip, index));
        prop_assert_ne!(here, block(seed, stream, step, example, index ^ flip));
    }
}
