//! Loads rows into windowed lanes: two segments become the real and the imaginary plane.
//!
//! ```text
//! for each tile of W samples t of the span [0, n + hop):   (transposed once, used twice)
//!     re[t]       = x[t]·w[t]              t < n
//!     im[t − hop] = x[t]·w[t − hop]        t ≥ hop
//! ```
//! Bound by the shuffle port (see `transpose`); each sample is loaded once although segments overlap.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::simd::{Element, Lanes, MAX_LANES, RowsOf, V, Z, lanes};

/// The two segments to load, relative to the start of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// First sample of the real segment.
    pub(crate) start: usize,
    /// Distance to the imaginary segment; `None` if the last odd segment has no partner.
    pub(crate) hop: Option<usize>,
}

/// Loads, transposes and windows one pair of segments of `window.len()` samples into `z`.
#[inline(always)]
pub(crate) fn load_pair<S: Lanes, T: Element>(
    simd: S,
    rows: &RowsOf<'_, T>,
    pair: Pair,
    window: &[T],
    z: &mut [Z<S, T>],
) {
    let (n, w) = (window.len(), lanes::<S, T>());
    match pair.hop {
        Some(hop) if hop < n => {
            let mut t = 0;
            while t < n + hop {
                // The last tile is moved back to end with the span.
                let at = t.min(n + hop - w);
                let tile = load_tile::<S, T>(simd, rows, pair.start + at);
                window_tile::<S, T, 0>(simd, &tile, at, window, z);
                window_tile::<S, T, 1>(simd, &tile, at.wrapping_sub(hop), window, z);
                t += w;
            }
        }
        // No overlap: two spans.
        hop => {
            load_plane::<S, T, 0>(simd, rows, pair.start, window, z);
            match hop {
                Some(hop) => load_plane::<S, T, 1>(simd, rows, pair.start + hop, window, z),
                None => z.iter_mut().for_each(|z| z[1] = V::<S, T>::splat_on(simd, T::zero())),
            }
        }
    }
}

/// Loads one windowed segment of each row into one plane of `z`.
#[inline(always)]
pub(crate) fn load_plane<S: Lanes, T: Element, const PLANE: usize>(
    simd: S,
    rows: &RowsOf<'_, T>,
    start: usize,
    window: &[T],
    z: &mut [Z<S, T>],
) {
    let (n, w) = (window.len(), lanes::<S, T>());
    for t in (0..n).step_by(w) {
        let at = t.min(n - w);
        let tile = load_tile::<S, T>(simd, rows, start + at);
        window_tile::<S, T, PLANE>(simd, &tile, at, window, z);
    }
}

/// `W` samples from `at` on of each row, transposed.
#[inline(always)]
pub(crate) fn load_tile<S: Lanes, T: Element>(
    simd: S,
    rows: &RowsOf<'_, T>,
    at: usize,
) -> [V<S, T>; MAX_LANES] {
    let mut tile = [V::<S, T>::splat_on(simd, T::zero()); MAX_LANES];
    T::gather_tile(simd, rows, at, &mut tile);
    tile
}

/// Loads one windowed segment of complex samples of each row; rows contain alternating real and imaginary parts.
#[inline(always)]
pub(crate) fn load_complex<S: Lanes, T: Element>(
    simd: S,
    rows: &RowsOf<'_, T>,
    window: &[T],
    z: &mut [Z<S, T>],
) {
    let (n, w) = (window.len(), lanes::<S, T>());
    for t in (0..2 * n).step_by(w) {
        // Tiles hold an even number of parts, so each begins with a real one.
        let at = t.min(2 * n - w);
        let tile = load_tile::<S, T>(simd, rows, at);
        for i in 0..w / 2 {
            let weight = V::<S, T>::splat_on(simd, window[at / 2 + i]);
            z[at / 2 + i] = [tile[2 * i] * weight, tile[2 * i + 1] * weight];
        }
    }
}

/// `z[at + i][PLANE] = tile[i] · window[at + i]` if `at + i` is in the window; `at` may be negative (wrapped).
#[inline(always)]
fn window_tile<S: Lanes, T: Element, const PLANE: usize>(
    simd: S,
    tile: &[V<S, T>; MAX_LANES],
    at: usize,
    window: &[T],
    z: &mut [Z<S, T>],
) {
    let (n, w) = (window.len(), lanes::<S, T>());
    if at >= n && at.wrapping_add(w - 1) >= n {
        // Only samples of the other segment.
        return;
    }
    if let (Some(window), Some(z)) = (window.get(at..at.wrapping_add(w)), z.get_mut(at..at.wrapping_add(w))) {
        for i in 0..w {
            z[i][PLANE] = tile[i] * V::<S, T>::splat_on(simd, window[i]);
        }
    } else {
        for i in 0..w {
            let at = at.wrapping_add(i);
            if let (Some(&weight), Some(z)) = (window.get(at), z.get_mut(at)) {
                z[PLANE] = tile[i] * V::<S, T>::splat_on(simd, weight);
            }
        }
    }
}
