//! The constants of the approximations in each precision.
//!
//! The polynomials are minimax fits by the Remez exchange in 240-bit arithmetic, each coefficient
//! then rounded; beside each stand what it approximates, with which weight, and the largest
//! weighted error before rounding. With `h = ln 2 / 2`, `z₁ = ((√2 − 1) / (√2 + 1))²`:
//!
//! | name | approximates | on | error relative to |
//! |---|---|---|---|
//! | `EXP` | (eʳ − 1 − r) / r² | −h … h | (eʳ − 1) / r² |
//! | `LOG` | (2 artanh(√z) / √z − 2) / z | 0 … z₁ | 2 / z |
//! | `ERF` | erf(√t) / √t − 1 | 0 … 1 | erf(√t) / √t |
//! | `LOG2_ERFC` | log₂ erfc(1 + y) | 0 … `ERF_MAX` − 1 | 1 / erfc(1 + y) |
//! | `EXP2` | (2ʳ − 1) / r | −½ … ½ | 2ʳ |

use fearless_simd::prelude::*;

/// The constants of [`math`](crate::math)'s vector functions, for f32 and f64.
pub trait Coefficients: SimdFloatElement + Send + Sync + 'static {
    /// 1.5 · 2ᵖ⁻¹ with p the precision in bits: adding it rounds to an integer, left in the low bits.
    const ROUND: Self;
    /// 2ᵖ⁻¹: a float whose low bits hold a small unsigned integer.
    const INTEGER: Self;
    /// The bits of a mantissa, without the hidden one.
    const MANTISSA: u32;
    /// The mask of the mantissa's bits.
    const MANTISSA_MASK: Self::Bits;
    /// The exponent of 1 as it is stored.
    const BIAS: Self::Bits;
    /// The same as a float.
    const BIAS_FLOAT: Self;
    /// The bits of 1 less those of √½.
    const ABOVE_ROOT: Self::Bits;
    /// The bits of √½.
    const ROOT: Self::Bits;
    /// The smallest normal number.
    const SMALLEST: Self;
    /// p, and 2ᵖ: what makes any subnormal normal.
    const LIFT: (Self, Self);
    /// Where x² / 2 is below half a unit in the last place of x.
    const TINY: Self;
    /// log₂ e.
    const LOG2_E: Self;
    /// ln 2 with as many zero bits at its end as an exponent has, and the rest of it.
    const LN2: (Self, Self);
    /// Beyond these eˣ is infinite, or rounds to 0.
    const EXP_RANGE: (Self, Self);
    /// Below this eˣ − 1 is −1.
    const EXPM1_MIN: Self;
    /// From here on tanh is 1.
    const TANH_MAX: Self;
    /// From here on erf is 1.
    const ERF_MAX: Self;
    /// For eˣ.
    const EXP: &'static [Self];
    /// For ln x.
    const LOG: &'static [Self];
    /// For erf x below 1.
    const ERF: &'static [Self];
    /// For erf x from 1.
    const LOG2_ERFC: &'static [Self];
    /// For 2ˣ there.
    const EXP2: &'static [Self];
}

impl Coefficients for f32 {
    const ROUND: Self = 12_582_912.0;
    const INTEGER: Self = 8_388_608.0;
    const MANTISSA: u32 = 23;
    const MANTISSA_MASK: u32 = (1 << 23) - 1;
    const BIAS: u32 = 127;
    const BIAS_FLOAT: Self = 127.0;
    const ABOVE_ROOT: u32 = 0x3f80_0000 - Self::ROOT;
    const ROOT: u32 = 0x3f35_04f3;
    const SMALLEST: Self = Self::MIN_POSITIVE;
    const LIFT: (Self, Self) = (24.0, 16_777_216.0);
    const TINY: Self = Self::EPSILON / 4.0;
    const LOG2_E: Self = core::f32::consts::LOG2_E;
    const LN2: (Self, Self) = (0.693_145_75, 1.428_606_8e-6);
    const EXP_RANGE: (Self, Self) = (-104.0, 89.0);
    const EXPM1_MIN: Self = -20.0;
    const TANH_MAX: Self = 10.0;
    const ERF_MAX: Self = 3.95;
    // 2^-32.0
    const EXP: &'static [Self] = &[0.5, 0.166_666_67, 0.041_666_355, 0.008_333_273, 0.001_394_100_8, 0.000_199_142_3];
    // 2^-30.2
    const LOG: &'static [Self] = &[0.666_667_76, 0.399_774_97, 0.298_730_73];
    // 2^-29.6
    const ERF: &'static [Self] =
        &[0.128_379_17, -0.376_126_26, 0.112_835_84, -0.026_853_766, 0.005_188_232_3, -0.000_800_927_17, 7.850_546e-5];
    // 2^-25.4
    const LOG2_ERFC: &'static [Self] =
        &[-2.668_416_7, -3.807_212_4, -1.216_519_4, -0.059_187_878, 0.013_021_768, -0.001_659_703_9];
    // 2^-27.0
    const EXP2: &'static [Self] =
        &[core::f32::consts::LN_2, 0.240_226_49, 0.055_503_584, 0.009_618_442_5, 0.001_339_036_6, 0.000_153_375_8];
}

impl Coefficients for f64 {
    const ROUND: Self = 6_755_399_441_055_744.0;
    const INTEGER: Self = 4_503_599_627_370_496.0;
    const MANTISSA: u32 = 52;
    const MANTISSA_MASK: u64 = (1 << 52) - 1;
    const BIAS: u64 = 1023;
    const BIAS_FLOAT: Self = 1023.0;
    const ABOVE_ROOT: u64 = 0x3ff0_0000_0000_0000 - Self::ROOT;
    const ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    const SMALLEST: Self = Self::MIN_POSITIVE;
    const LIFT: (Self, Self) = (53.0, 9_007_199_254_740_992.0);
    const TINY: Self = Self::EPSILON / 4.0;
    const LOG2_E: Self = core::f64::consts::LOG2_E;
    const LN2: (Self, Self) = (0.693_147_180_560_117_7, -1.723_944_452_561_483_5e-13);
    const EXP_RANGE: (Self, Self) = (-746.0, 710.0);
    const EXPM1_MIN: Self = -40.0;
    const TANH_MAX: Self = 20.0;
    const ERF_MAX: Self = 5.95;
    // 2^-61.7
    const EXP: &'static [Self] = &[
        0.5,
        0.166_666_666_666_666_77,
        0.041_666_666_666_666_7,
        0.008_333_333_333_321_615,
        0.001_388_888_888_886_685_2,
        0.000_198_412_698_861_592_5,
        2.480_158_736_053_146_7e-5,
        2.755_724_418_125_427e-6,
        2.755_724_277_890_151e-7,
        2.510_904_510_718_160_8e-8,
        2.092_443_767_342_662e-9,
    ];
    // 2^-59.5
    const LOG: &'static [Self] = &[
        0.666_666_666_666_673_5,
        0.399_999_999_994_110_73,
        0.285_714_287_432_672_7,
        0.222_221_984_755_373_77,
        0.181_835_697_616_704,
        0.153_139_027_241_575_52,
        0.147_975_126_024_099_82,
    ];
    // 2^-56.9
    const ERF: &'static [Self] = &[
        0.128_379_167_095_512_56,
        -0.376_126_389_031_835_15,
        0.112_837_916_709_440_8,
        -0.026_866_170_643_094_01,
        0.005_223_977_605_970_917,
        -0.000_854_832_592_205_830_6,
        0.000_120_552_933_550_172_33,
        -1.492_470_795_492_420_8e-5,
        1.644_707_697_876_530_8e-6,
        -1.620_588_888_492_050_8e-7,
        1.370_911_516_633_586_5e-8,
        -7.775_938_384_995_672e-10,
    ];
    // 2^-56.5
    const LOG2_ERFC: &'static [Self] = &[
        -2.668_416_696_781_599_7,
        -3.807_225_345_853_586,
        -1.216_346_657_687_224_8,
        -0.059_959_990_014_680_865,
        0.014_475_749_827_065_766,
        -0.002_853_508_275_571_628_7,
        0.000_342_375_244_854_624_33,
        3.793_757_552_727_061_6e-5,
        -3.923_981_161_718_196_5e-5,
        1.395_283_014_851_079_7e-5,
        -3.075_720_386_947_186e-6,
        2.954_669_496_358_563e-7,
        8.370_083_576_391_626e-8,
        -4.817_645_597_633_268e-8,
        1.229_082_181_964_173_1e-8,
        -1.903_212_692_378_510_6e-9,
        1.721_667_642_293_772e-10,
        -7.019_498_930_039_665e-12,
    ];
    // 2^-56.2
    const EXP2: &'static [Self] = &[
        core::f64::consts::LN_2,
        0.240_226_506_959_100_97,
        0.055_504_108_664_820_82,
        0.009_618_129_107_607_535,
        0.001_333_355_814_666_567,
        0.000_154_035_304_408_032_84,
        1.525_273_355_033_148_4e-5,
        1.321_544_308_607_683_2e-6,
        1.017_819_053_536_549_5e-7,
        7.072_497_297_642_428e-9,
        4.434_426_905_903_528e-10,
    ];
}
