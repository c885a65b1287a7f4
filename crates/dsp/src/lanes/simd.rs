//! Extensions of `fearless_simd::Simd` for the kernels: vectors of either precision, a transpose of rows into lanes,
//! and the radices that fit the register file.

use super::fft::engine::{NoFourStep, PairPower};
use super::fft::four_step::FourStep;
use super::instances::Kernels;
use super::load::transpose::gather_by_zips;
use crate::fft::Real;
use fearless_simd::{Simd, SimdBase, SimdFloatElement, SimdFrom};

/// The native vector of `T`.
pub(crate) type V<S, T = f32> = <T as SimdFloatElement>::Native<S>;

/// A complex point of every lane: real and imaginary vector.
pub(crate) type Z<S, T = f32> = [V<S, T>; 2];

/// Largest number of lanes of any level.
pub(crate) const MAX_LANES: usize = 16;

/// The samples of `W` rows.
pub(crate) type RowsOf<'a, T> = [&'a [T]; MAX_LANES];

/// An element type of the kernels: `f32` or `f64`.
pub(crate) trait Element: Real + SimdFloatElement + Kernels {
    /// The faster computation of the powers of a pair of segments in this precision.
    type FourStep<S: Lanes>: PairPower<S, Self>;

    /// `tile[t]` lane `r` = `rows[r][at + t]` for `t` and `r` below the number of lanes.
    ///
    /// # Panics
    /// If a row is shorter than `at` plus the number of lanes.
    fn gather_tile<S: Lanes>(simd: S, rows: &RowsOf<'_, Self>, at: usize, tile: &mut [V<S, Self>; MAX_LANES]);

    /// Adds the lanes' values to two vectors of `f64` (the second stays as it is for `f64` elements).
    fn add_wide<S: Lanes>(v: V<S, Self>, sums: &mut [S::f64s; 2]);

    /// Returns the nearest values of this type to `wide`, and the remainders.
    fn from_wide<S: Lanes>(simd: S, wide: [S::f64s; 2]) -> [V<S, Self>; 2];
}

impl Element for f32 {
    type FourStep<S: Lanes> = FourStep<S>;

    #[inline(always)]
    fn gather_tile<S: Lanes>(simd: S, rows: &RowsOf<'_, f32>, at: usize, tile: &mut [V<S>; MAX_LANES]) {
        simd.gather_tile(rows, at, tile);
    }

    #[inline(always)]
    fn add_wide<S: Lanes>(v: V<S>, sums: &mut [S::f64s; 2]) {
        use fearless_simd::SimdWiden;
        let (low, high) = v.widen();
        sums[0] += low;
        sums[1] += high;
    }

    #[inline(always)]
    fn from_wide<S: Lanes>(_: S, wide: [S::f64s; 2]) -> [V<S>; 2] {
        use fearless_simd::{SimdNarrow, SimdWiden};
        let hi: V<S> = wide[0].narrow(wide[1]);
        let (l, h) = hi.widen();
        [hi, (wide[0] - l).narrow(wide[1] - h)]
    }
}

impl Element for f64 {
    type FourStep<S: Lanes> = NoFourStep;

    #[inline(always)]
    fn gather_tile<S: Lanes>(simd: S, rows: &RowsOf<'_, f64>, at: usize, tile: &mut [V<S, f64>; MAX_LANES]) {
        gather_by_zips::<S, f64>(simd, rows, at, tile);
    }

    #[inline(always)]
    fn add_wide<S: Lanes>(v: V<S, f64>, sums: &mut [S::f64s; 2]) {
        sums[0] += v;
    }

    #[inline(always)]
    fn from_wide<S: Lanes>(simd: S, wide: [S::f64s; 2]) -> [V<S, f64>; 2] {
        [wide[0], S::f64s::simd_from(simd, 0.0)]
    }
}

/// Returns the number of rows of `T` per vector.
pub(crate) const fn lanes<S: Lanes, T: Element>() -> usize {
    <V<S, T> as SimdBase<S>>::LEN
}

/// A SIMD level that the lanes kernels run on.
pub(crate) trait Lanes: Simd {
    /// Rows of `f32` in one vector.
    const W: usize = <V<Self> as SimdBase<Self>>::LEN;

    /// Whether a radix-8 butterfly fits the registers.
    const WIDE_REGISTERS: bool = false;

    /// Runs `work` with the instructions of this level, in a stack frame that is aligned to its vectors.
    #[inline(always)]
    fn run<R>(self, work: impl FnOnce() -> R) -> R {
        self.vectorize(
            #[inline(always)]
            || {
                // A stack frame is aligned for the vectors that it contains by name, not for spilled registers:
                // otherwise those would span two cache lines in three of four frames.
                std::hint::black_box(&V::<Self>::simd_from(self, 0.0));
                work()
            },
        )
    }

    /// Number of parts of a tile for [`Self::gather_part`], of `W/PARTS` vectors each.
    const PARTS: usize = 1;

    /// Loads the vectors of part `part` of `tile`, from the first [`Self::W`] samples of each row: `tile[t]` lane `r`
    /// = `rows[r][t]`.
    ///
    /// # Panics
    /// If a row is shorter than `W`.
    fn gather_part(self, rows: &[&[f32]; MAX_LANES], part: usize, tile: &mut [V<Self>; MAX_LANES]);

    /// `tile[t]` lane `r` = `rows[r][at + t]` for `t` and `r` below [`Self::W`].
    ///
    /// # Panics
    /// If a row is shorter than `at + W`.
    #[inline(always)]
    fn gather_tile(self, rows: &[&[f32]; MAX_LANES], at: usize, tile: &mut [V<Self>; MAX_LANES]) {
        let mut here: [&[f32]; MAX_LANES] = [&[]; MAX_LANES];
        for (here, row) in here.iter_mut().zip(rows).take(Self::W) {
            *here = &row[at..at + Self::W];
        }
        for part in 0..Self::PARTS {
            self.gather_part(&here, part, tile);
        }
    }
}
