//! The little that the kernels need beyond `fearless_simd::Simd`: a transpose of rows into lanes
//! and the radices that fit the register file.

use fearless_simd::{Simd, SimdBase, SimdFrom};

/// The native vector of `f32`.
pub(crate) type V<S> = <S as Simd>::f32s;

/// A complex point of every lane: real and imaginary vector.
pub(crate) type Z<S> = [V<S>; 2];

/// Largest number of lanes of any level.
pub(crate) const MAX_LANES: usize = 16;

/// A SIMD level that the lanes kernels run on.
pub(crate) trait Lanes: Simd {
    /// Rows in one vector.
    const W: usize = <V<Self> as SimdBase<Self>>::LEN;

    /// Whether a radix-8 butterfly fits the registers.
    const WIDE_REGISTERS: bool = false;

    /// `work` with this level's instructions, in a frame that is aligned to its vectors.
    #[inline(always)]
    fn run<R>(self, work: impl FnOnce() -> R) -> R {
        self.vectorize(
            #[inline(always)]
            || {
                // A frame is aligned for the vectors that it holds by name, not for registers that are spilled to it: those would
                // lie across two cache lines, three frames of four.
                std::hint::black_box(&V::<Self>::simd_from(self, 0.0));
                work()
            },
        )
    }

    /// Parts of a tile that [`Self::gather_part`] makes, of `W/PARTS` vectors each.
    const PARTS: usize = 1;

    /// The vectors of part `part` of `tile`, from the first [`Self::W`] samples of each row: `tile[t]` lane `r` = `rows[r][t]`.
    ///
    /// # Panics
    /// When a row is shorter than `W`.
    fn gather_part(self, rows: &[&[f32]; MAX_LANES], part: usize, tile: &mut [V<Self>; MAX_LANES]);

    /// `tile[t]` lane `r` = `rows[r][at + t]` for `t` and `r` below [`Self::W`].
    ///
    /// # Panics
    /// When a row is shorter than `at + W`.
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
