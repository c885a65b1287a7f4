//! Rows to lanes and through a first stage of radix 4 at once, for transforms that do not stay near.
//!
//! ```text
//! for each W columns j of s = n/4:     tiles j, j + s, … of the span           (4 + hop/s of them, kept near)
//!     u_i = re: x[j + i·s]·w[j + i·s]    im: x[hop + j + i·s]·w[j + i·s]
//!     z[j + q·s] = DFT_4(u)_q · exp(−2πi·jq/n)
//! ```
//! A tile is transposed once although two segments have it. Bound by the lines of `z`: they come from the second-level cache
//! and go back there, so they are written once here and not by a load and again by a stage.

use super::ahead::fetch_near;
use super::butterfly::SplatOn;
use super::load::load_tile;
use super::simd::{Lanes, MAX_LANES, V, Z};
use super::stage::{columns, twiddle};
use fearless_simd::prelude::*;

const R: usize = 4;

/// Columns by which the lines that are about to be written are fetched ahead: runs `s` points apart are more than the
/// processor foresees.
const AHEAD: usize = 8;

/// Where the tiles of a pair of segments lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Legs {
    /// First sample of the real segment, in each row.
    pub(crate) start: usize,
    /// Distance to the imaginary one, in legs of `n/4` samples.
    pub(crate) shift: usize,
}

/// Of two windowed legs half a transform apart, the sum and the difference.
#[inline(always)]
fn halves<S: Lanes>(a: Z<S>, wa: V<S>, b: Z<S>, wb: V<S>) -> (Z<S>, Z<S>) {
    let b = [b[0] * wb, b[1] * wb];
    ([a[0].mul_add(wa, b[0]), a[1].mul_add(wa, b[1])], [a[0].mul_add(wa, -b[0]), a[1].mul_add(wa, -b[1])])
}

/// Windows a pair of segments and runs the first stage into `z`; `tiles` is scratch for `4 + shift` tiles.
#[inline(always)]
pub(crate) fn load_stage<S: Lanes>(
    simd: S,
    rows: &[&[f32]; MAX_LANES],
    legs: Legs,
    window: &[f32],
    twiddles: &[f32],
    tiles: &mut [V<S>],
    z: &mut [Z<S>],
) {
    let s = window.len() / R;
    let z = columns::<Z<S>, R>(z, s);
    let tiles = &mut tiles[..(R + legs.shift) * S::W];
    for first in (0..s).step_by(S::W) {
        for (i, out) in tiles.chunks_exact_mut(S::W).enumerate() {
            let tile = load_tile(simd, rows, legs.start + first + i * s);
            out.copy_from_slice(&tile[..S::W]);
        }
        let (mut re, mut im) = ([&tiles[..S::W]; R], [&tiles[..S::W]; R]);
        let mut weights = [&window[..S::W]; R];
        for i in 0..R {
            re[i] = &tiles[i * S::W..][..S::W];
            im[i] = &tiles[(i + legs.shift) * S::W..][..S::W];
            weights[i] = &window[first + i * s..][..S::W];
        }
        let twiddles = &twiddles[2 * (R - 1) * first..][..2 * (R - 1) * S::W];
        for j in 0..S::W {
            if first + j + AHEAD < s {
                for z in &z {
                    let [re, im] = &z[first + j + AHEAD];
                    fetch_near(re);
                    fetch_near(im);
                }
            }
            let weight = weights.map(
                #[inline(always)]
                |w| V::<S>::splat_on(simd, w[j]),
            );
            let (t0, d0) = halves::<S>([re[0][j], im[0][j]], weight[0], [re[2][j], im[2][j]], weight[2]);
            let (t1, d1) = halves::<S>([re[1][j], im[1][j]], weight[1], [re[3][j], im[3][j]], weight[3]);
            let w = &twiddles[2 * (R - 1) * j..][..2 * (R - 1)];
            z[0][first + j] = [t0[0] + t1[0], t0[1] + t1[1]];
            z[1][first + j] = twiddle::<S>(simd, [d0[0] + d1[1], d0[1] - d1[0]], [w[0], w[1]]);
            z[2][first + j] = twiddle::<S>(simd, [t0[0] - t1[0], t0[1] - t1[1]], [w[2], w[3]]);
            z[3][first + j] = twiddle::<S>(simd, [d0[0] - d1[1], d0[1] + d1[0]], [w[4], w[5]]);
        }
    }
}
