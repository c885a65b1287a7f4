//! Rows to windowed lanes: two segments become the real and the imaginary plane.
//!
//! ```text
//! for each tile of W samples t of the span [0, n + hop):   (transposed once, used twice)
//!     re[t]       = x[t]·w[t]              t < n
//!     im[t − hop] = x[t]·w[t − hop]        t ≥ hop
//! ```
//! Bound by the shuffle port (see `transpose`); each sample is loaded once although segments overlap.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::simd::{Lanes, MAX_LANES, V, Z};

/// Which two segments are loaded, relative to the start of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// First sample of the real segment.
    pub(crate) start: usize,
    /// Distance to the imaginary segment; `None` where the last odd segment goes alone.
    pub(crate) hop: Option<usize>,
}

/// Loads, transposes and windows one pair of segments of `window.len()` samples into `z`.
#[inline(always)]
pub(crate) fn load_pair<S: Lanes>(
    simd: S,
    rows: &[&[f32]; MAX_LANES],
    pair: Pair,
    window: &[f32],
    z: &mut [Z<S>],
) {
    let n = window.len();
    match pair.hop {
        Some(hop) if hop < n => {
            let mut t = 0;
            while t < n + hop {
                // The last tile steps back so as to end with the span.
                let at = t.min(n + hop - S::W);
                let tile = load_tile(simd, rows, pair.start + at);
                window_tile::<S, 0>(simd, &tile, at, window, z);
                window_tile::<S, 1>(simd, &tile, at.wrapping_sub(hop), window, z);
                t += S::W;
            }
        }
        // Nothing is shared: two spans.
        hop => {
            load_plane::<S, 0>(simd, rows, pair.start, window, z);
            match hop {
                Some(hop) => load_plane::<S, 1>(simd, rows, pair.start + hop, window, z),
                None => z.iter_mut().for_each(|z| z[1] = V::<S>::splat_on(simd, 0.0)),
            }
        }
    }
}

/// One segment of each row, windowed, into one plane of `z`.
#[inline(always)]
pub(crate) fn load_plane<S: Lanes, const PLANE: usize>(
    simd: S,
    rows: &[&[f32]; MAX_LANES],
    start: usize,
    window: &[f32],
    z: &mut [Z<S>],
) {
    let n = window.len();
    for t in (0..n).step_by(S::W) {
        let at = t.min(n - S::W);
        let tile = load_tile(simd, rows, start + at);
        window_tile::<S, PLANE>(simd, &tile, at, window, z);
    }
}

/// `W` samples from `at` on of each row, transposed.
#[inline(always)]
pub(crate) fn load_tile<S: Lanes>(simd: S, rows: &[&[f32]; MAX_LANES], at: usize) -> [V<S>; MAX_LANES] {
    let mut tile = [V::<S>::splat_on(simd, 0.0); MAX_LANES];
    simd.gather_tile(rows, at, &mut tile);
    tile
}

/// `z[at + i][PLANE] = tile[i] · window[at + i]` where `at + i` lies in the window; `at` may be negative (wrapped).
#[inline(always)]
fn window_tile<S: Lanes, const PLANE: usize>(
    simd: S,
    tile: &[V<S>; MAX_LANES],
    at: usize,
    window: &[f32],
    z: &mut [Z<S>],
) {
    let n = window.len();
    if at >= n && at.wrapping_add(S::W - 1) >= n {
        // The other segment's samples alone.
        return;
    }
    if let (Some(window), Some(z)) =
        (window.get(at..at.wrapping_add(S::W)), z.get_mut(at..at.wrapping_add(S::W)))
    {
        for i in 0..S::W {
            z[i][PLANE] = tile[i] * V::<S>::splat_on(simd, window[i]);
        }
    } else {
        for i in 0..S::W {
            let at = at.wrapping_add(i);
            if let (Some(&w), Some(z)) = (window.get(at), z.get_mut(at)) {
                z[PLANE] = tile[i] * V::<S>::splat_on(simd, w);
            }
        }
    }
}
