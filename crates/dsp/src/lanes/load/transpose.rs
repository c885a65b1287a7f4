//! Transposes rows into lanes and back.
//!
//! ```text
//! gather:  for each 128-bit quad q of columns: v_i = rows i, i+4, i+8, i+12 at quad q   (loads and inserts)
//!          4×4 transpose inside each 128-bit block                                       (unpacks)
//! scatter: log2(W) rounds of zip_low/zip_high over W vectors
//! ```
//! Bound by the shuffle port. Loading quads of four rows into one register moves half of the
//! transpose to the load ports and the blend port.

use crate::lanes::simd::{Element, Lanes, MAX_LANES, RowsOf, V, lanes};
use fearless_simd::prelude::*;

/// Transposes `W` vectors of `W` lanes in place, on any level.
#[inline(always)]
pub(crate) fn transpose<S: Lanes, T: Element>(tile: &mut [V<S, T>; MAX_LANES]) {
    let w = lanes::<S, T>();
    let mut span = w / 2;
    while span > 0 {
        let mut next = *tile;
        for i in 0..w / 2 {
            next[2 * i] = tile[i].zip_low(tile[i + w / 2]);
            next[2 * i + 1] = tile[i].zip_high(tile[i + w / 2]);
        }
        *tile = next;
        span /= 2;
    }
}

/// Loads `W` samples from `at` on of `W` rows and transposes them by zips.
#[inline(always)]
pub(crate) fn gather_by_zips<S: Lanes, T: Element>(
    simd: S,
    rows: &RowsOf<'_, T>,
    at: usize,
    tile: &mut [V<S, T>; MAX_LANES],
) {
    let w = lanes::<S, T>();
    for (v, row) in tile.iter_mut().zip(rows).take(w) {
        *v = V::<S, T>::from_slice(simd, &row[at..at + w]);
    }
    transpose::<S, T>(tile);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Lanes, MAX_LANES};
    use fearless_simd::x86::{Avx2, Avx512};
    use fearless_simd::{f32x4, f32x8, f32x16, prelude::*};
    use std::arch::x86_64::{
        _mm256_castpd_ps, _mm256_castps_pd, _mm256_castps128_ps256, _mm256_insertf128_ps, _mm256_unpackhi_pd,
        _mm256_unpackhi_ps, _mm256_unpacklo_pd, _mm256_unpacklo_ps, _mm512_castpd_ps, _mm512_castps_pd,
        _mm512_castps256_ps512, _mm512_insertf64x4, _mm512_shuffle_f32x4, _mm512_unpackhi_pd,
        _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
    };

    fearless_simd::kernel!(
        /// `a` in the lower half, `b` in the upper one.
        #[inline(always)]
        fn halves512(simd: Avx512, a: f32x8<Avx512>, b: f32x8<Avx512>) -> f32x16<Avx512> {
            let v = _mm512_castps_pd(_mm512_castps256_ps512(a.into()));
            _mm512_castpd_ps(_mm512_insertf64x4::<1>(v, _mm256_castps_pd(b.into()))).simd_into(simd)
        }
    );

    fearless_simd::kernel!(
        /// Transposes the 4×4 matrix that each 128-bit block of four vectors forms.
        #[inline(always)]
        fn turn512(simd: Avx512, v: [f32x16<Avx512>; 4]) -> [f32x16<Avx512>; 4] {
            let (a, b) =
                (_mm512_unpacklo_ps(v[0].into(), v[1].into()), _mm512_unpacklo_ps(v[2].into(), v[3].into()));
            let (c, d) =
                (_mm512_unpackhi_ps(v[0].into(), v[1].into()), _mm512_unpackhi_ps(v[2].into(), v[3].into()));
            let (a, b, c, d) =
                (_mm512_castps_pd(a), _mm512_castps_pd(b), _mm512_castps_pd(c), _mm512_castps_pd(d));
            [
                _mm512_castpd_ps(_mm512_unpacklo_pd(a, b)).simd_into(simd),
                _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)).simd_into(simd),
                _mm512_castpd_ps(_mm512_unpacklo_pd(c, d)).simd_into(simd),
                _mm512_castpd_ps(_mm512_unpackhi_pd(c, d)).simd_into(simd),
            ]
        }
    );

    fearless_simd::kernel!(
        /// Even 128-bit blocks of `a`, then of `b`; odd blocks of `a`, then of `b`.
        #[inline(always)]
        fn unzip_blocks512(simd: Avx512, a: f32x16<Avx512>, b: f32x16<Avx512>) -> [f32x16<Avx512>; 2] {
            [
                _mm512_shuffle_f32x4::<0b10_00_10_00>(a.into(), b.into()).simd_into(simd),
                _mm512_shuffle_f32x4::<0b11_01_11_01>(a.into(), b.into()).simd_into(simd),
            ]
        }
    );

    impl Lanes for Avx512 {
        const WIDE_REGISTERS: bool = true;

        const PARTS: usize = 2;

        #[inline(always)]
        fn gather_part(self, rows: &[&[f32]; MAX_LANES], part: usize, tile: &mut [f32x16<Self>; MAX_LANES]) {
            let zero = f32x16::simd_from(self, 0.0);
            let c = 8 * part;
            let (mut lo, mut hi) = ([zero; 4], [zero; 4]);
            for i in 0..4 {
                let row = [rows[i], rows[i + 4], rows[i + 8], rows[i + 12]];
                lo[i] = halves512(
                    self,
                    f32x8::from_slice(self, &row[0][c..c + 8]),
                    f32x8::from_slice(self, &row[1][c..c + 8]),
                );
                hi[i] = halves512(
                    self,
                    f32x8::from_slice(self, &row[2][c..c + 8]),
                    f32x8::from_slice(self, &row[3][c..c + 8]),
                );
            }
            let (lo, hi) = (turn512(self, lo), turn512(self, hi));
            for i in 0..4 {
                [tile[c + i], tile[c + 4 + i]] = unzip_blocks512(self, lo[i], hi[i]);
            }
        }
    }

    fearless_simd::kernel!(
        #[inline(always)]
        fn quads256(simd: Avx2, a: f32x4<Avx2>, b: f32x4<Avx2>) -> f32x8<Avx2> {
            _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(a.into()), b.into()).simd_into(simd)
        }
    );

    fearless_simd::kernel!(
        #[inline(always)]
        fn turn256(simd: Avx2, v: [f32x8<Avx2>; 4]) -> [f32x8<Avx2>; 4] {
            let (a, b) =
                (_mm256_unpacklo_ps(v[0].into(), v[1].into()), _mm256_unpacklo_ps(v[2].into(), v[3].into()));
            let (c, d) =
                (_mm256_unpackhi_ps(v[0].into(), v[1].into()), _mm256_unpackhi_ps(v[2].into(), v[3].into()));
            let (a, b, c, d) =
                (_mm256_castps_pd(a), _mm256_castps_pd(b), _mm256_castps_pd(c), _mm256_castps_pd(d));
            [
                _mm256_castpd_ps(_mm256_unpacklo_pd(a, b)).simd_into(simd),
                _mm256_castpd_ps(_mm256_unpackhi_pd(a, b)).simd_into(simd),
                _mm256_castpd_ps(_mm256_unpacklo_pd(c, d)).simd_into(simd),
                _mm256_castpd_ps(_mm256_unpackhi_pd(c, d)).simd_into(simd),
            ]
        }
    );

    impl Lanes for Avx2 {
        const PARTS: usize = 2;

        #[inline(always)]
        fn gather_part(self, rows: &[&[f32]; MAX_LANES], part: usize, tile: &mut [f32x8<Self>; MAX_LANES]) {
            let c = 4 * part;
            let mut v = [f32x8::simd_from(self, 0.0); 4];
            for i in 0..4 {
                v[i] = quads256(
                    self,
                    f32x4::from_slice(self, &rows[i][c..c + 4]),
                    f32x4::from_slice(self, &rows[i + 4][c..c + 4]),
                );
            }
            tile[c..c + 4].copy_from_slice(&turn256(self, v));
        }
    }
}

/// The portable instances, for the baseline of the target.
macro_rules! portable {
    ($level:ty) => {
        impl Lanes for $level {
            #[inline(always)]
            fn gather_part(self, rows: &[&[f32]; MAX_LANES], _: usize, tile: &mut [V<Self>; MAX_LANES]) {
                gather_by_zips::<Self, f32>(self, rows, 0, tile);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
portable!(fearless_simd::x86::Sse2);
#[cfg(target_arch = "aarch64")]
portable!(fearless_simd::aarch64::Neon);
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
portable!(fearless_simd::WasmSimd128);
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
portable!(fearless_simd::Fallback);

/// Transposes lanes to rows: `out[lane, bin]` for the first `used` lanes of one vector per bin.
#[inline(always)]
pub(crate) fn scatter<S: Lanes, T: Element>(simd: S, powers: &[V<S, T>], used: usize, out: &mut [T]) {
    let n_bins = powers.len();
    scatter_strided::<S, T>(simd, powers, used, n_bins, out);
}

/// Runs [`scatter`] to rows at distance `pitch`.
#[inline(always)]
pub(crate) fn scatter_strided<S: Lanes, T: Element>(
    simd: S,
    powers: &[V<S, T>],
    used: usize,
    pitch: usize,
    out: &mut [T],
) {
    let (n_bins, w) = (powers.len(), lanes::<S, T>());
    let mut tile = [V::<S, T>::simd_from(simd, T::zero()); MAX_LANES];
    let whole = n_bins - n_bins % w;
    for at in (0..whole).step_by(w) {
        tile[..w].copy_from_slice(&powers[at..at + w]);
        transpose::<S, T>(&mut tile);
        for (lane, v) in tile.iter().enumerate().take(used.min(w)) {
            v.store_slice(&mut out[lane * pitch + at..lane * pitch + at + w]);
        }
    }
    for bin in whole..n_bins {
        for lane in 0..used {
            out[lane * pitch + bin] = powers[bin][lane];
        }
    }
}

/// Transposes rows to lanes: `out[bin]` lane `r` = `rows[r][bin]`; rows are at least `W` long.
#[inline(always)]
pub(crate) fn gather<S: Lanes>(simd: S, rows: &[&[f32]; MAX_LANES], out: &mut [V<S>]) {
    let n = out.len();
    let mut tile = [V::<S>::simd_from(simd, 0.0); MAX_LANES];
    for at in (0..n).step_by(S::W) {
        let at = at.min(n - S::W);
        simd.gather_tile(rows, at, &mut tile);
        out[at..at + S::W].copy_from_slice(&tile[..S::W]);
    }
}
