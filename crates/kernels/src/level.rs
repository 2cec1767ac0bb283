//! SIMD levels, and how a whole loop runs under one of them.
//!
//! A kernel is a function generic over [`Simd`] and `#[inline(always)]`. [`dispatch!`](crate::dispatch)
//! opens a region that is compiled once for each level; kernels called in it are inlined, and so
//! compiled with that level's instructions. A region may be as large as an interpreter's loop.

use crate::float::{Float, lanes};
use core::{fmt, str::FromStr};
use fearless_simd::{Fallback, Level as Detected};

pub use fearless_simd::Simd;

#[cfg(target_arch = "aarch64")]
use fearless_simd::Neon;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::{Avx2, Avx512};

/// A set of instructions that this machine has: the payload of a variant is the proof that it does.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// Vectors of 128 bits written as scalar code; a multiply-add rounds twice.
    Portable(Fallback),
    /// Vectors of 256 bits, with fused multiply-add (x86-64-v3).
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Avx2(Avx2),
    /// Vectors of 512 bits (the AVX-512 of Ice Lake and Zen 4, and later).
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    Avx512(Avx512),
    /// Vectors of 128 bits, with fused multiply-add.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl Level {
    /// All levels of this machine, from the portable one to the best.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let detected = Detected::new();
        let mut levels = vec![Self::portable()];
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        {
            levels.extend(detected.as_avx2().map(Self::Avx2));
            levels.extend(detected.as_avx512().map(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        levels.extend(detected.as_neon().map(Self::Neon));
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = detected;
        levels
    }

    /// The level that every machine has.
    #[must_use]
    pub const fn portable() -> Self {
        Self::Portable(Fallback::new())
    }

    /// The best level of this machine.
    #[must_use]
    pub fn best() -> Self {
        let detected = Detected::new();
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        {
            if let Some(token) = detected.as_avx512() {
                return Self::Avx512(token);
            }
            if let Some(token) = detected.as_avx2() {
                return Self::Avx2(token);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(token) = detected.as_neon() {
            return Self::Neon(token);
        }
        let _ = detected;
        Self::portable()
    }

    /// `portable`, `avx2`, `avx512` or `neon`. [`FromStr`] reads the same names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx2(_) => "avx2",
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx512(_) => "avx512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
        }
    }

    /// How many numbers of this precision a vector holds.
    #[must_use]
    pub fn lanes<T: Float>(self) -> usize {
        #[inline(always)]
        fn of<S: Simd, T: Float>(_: S) -> usize {
            lanes::<S, T>()
        }
        crate::dispatch!(self, simd => of::<_, T>(simd))
    }

    /// Whether a multiply-add rounds once.
    #[must_use]
    pub const fn is_fused(self) -> bool {
        !matches!(self, Self::Portable(_))
    }
}

impl PartialEq for Level {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Level {}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of no level of this machine. The message lists those it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel {
    name: String,
}

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this machine has no SIMD level `{}`; it has ", self.name)?;
        for (i, level) in Level::available().into_iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{level}")?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::available()
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| UnknownLevel { name: name.to_owned() })
    }
}

/// Evaluates an expression under a level: compiled once for each level, with `simd` bound to the
/// level's token. The expression is the body of a closure: `return` and `?` stay inside it.
///
/// ```
/// use chainrule_kernels::{Level, dispatch, vector::dot};
///
/// let x = [1.0, 2.0, 3.0];
/// assert_eq!(dispatch!(Level::best(), simd => dot(simd, &x, &x)), 14.0);
/// ```
#[macro_export]
macro_rules! dispatch {
    ($level:expr, $simd:ident => $body:expr) => {
        match $level {
            $crate::Level::Portable($simd) => $crate::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::Level::Avx2($simd) => $crate::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            $crate::Level::Avx512($simd) => $crate::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
            #[cfg(target_arch = "aarch64")]
            $crate::Level::Neon($simd) => $crate::Simd::vectorize(
                $simd,
                #[inline(always)]
                || $body,
            ),
        }
    };
}
