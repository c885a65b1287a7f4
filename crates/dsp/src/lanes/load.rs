//! Rows to windowed lanes: two segments become the real and the imaginary plane.
//!
//! ```text
//! for each tile of W samples t of the span [0, n + hop):   (transposed once, used twice)
//!     re[t]       = x[t]·w[t]              t < n
//!     im[t − hop] = x[t]·w[t − hop]        t ≥ hop
//! ```
//! Bound by the shuffle port (see `transpose`); each sample is loaded once although segments overlap.

use super::butterfly::SplatOn;
use super::simd::{Lanes, MAX_LANES, V};
use fearless_simd::prelude::*;

/// Which two segments are loaded, relative to the start of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// First sample of the real segment.
    pub(crate) start: usize,
    /// Distance to the imaginary segment; `None` where the last odd segment goes alone.
    pub(crate) hop: Option<usize>,
}

/// Loads, transposes and windows one pair of segments of `window.len()` samples.
#[inline(always)]
pub(crate) fn load_pair<S: Lanes>(
    simd: S,
    rows: &[&[f32]; MAX_LANES],
    pair: Pair,
    window: &[f32],
    re: &mut [V<S>],
    im: &mut [V<S>],
) {
    let n = window.len();
    let hop = pair.hop.unwrap_or(usize::MAX);
    let span = pair.hop.map_or(n, |h| n + h);
    if pair.hop.is_none() {
        im.fill(V::<S>::splat_on(simd, 0.0));
    }
    let mut tile = [V::<S>::splat_on(simd, 0.0); MAX_LANES];
    if pair.hop.is_some_and(|h| h > n) {
        // A gap between the segments: two spans without a shared sample.
        load_plane(simd, rows, pair.start, window, re, &mut tile);
        load_plane(simd, rows, pair.start + hop, window, im, &mut tile);
        return;
    }
    let mut t = 0;
    while t < span {
        // The last tile steps back so as to end with the span.
        let at = t.min(span - S::W);
        simd.gather_tile(rows, pair.start + at, &mut tile);
        if at + S::W <= n {
            window_tile(simd, &tile, &window[at..at + S::W], &mut re[at..at + S::W]);
        } else if at < n {
            let m = n - at;
            for i in 0..m {
                re[at + i] = tile[i] * V::<S>::splat_on(simd, window[at + i]);
            }
        }
        if at >= hop {
            let b = at - hop;
            window_tile(simd, &tile, &window[b..b + S::W], &mut im[b..b + S::W]);
        } else if at + S::W > hop {
            for i in hop - at..S::W {
                im[at + i - hop] = tile[i] * V::<S>::splat_on(simd, window[at + i - hop]);
            }
        }
        t += S::W;
    }
}

#[inline(always)]
fn load_plane<S: Lanes>(
    simd: S,
    rows: &[&[f32]; MAX_LANES],
    start: usize,
    window: &[f32],
    plane: &mut [V<S>],
    tile: &mut [V<S>; MAX_LANES],
) {
    let n = window.len();
    for t in (0..n).step_by(S::W) {
        let at = t.min(n - S::W);
        simd.gather_tile(rows, start + at, tile);
        window_tile(simd, tile, &window[at..at + S::W], &mut plane[at..at + S::W]);
    }
}

#[inline(always)]
fn window_tile<S: Lanes>(simd: S, tile: &[V<S>; MAX_LANES], window: &[f32], out: &mut [V<S>]) {
    let (window, out) = (&window[..S::W], &mut out[..S::W]);
    for i in 0..S::W {
        out[i] = tile[i] * V::<S>::splat_on(simd, window[i]);
    }
}
