//! The last 16 points of a transform, across the rows, into powers.
//!
//! ```text
//! for each block:   z_j lane r = point j of row r                                      (transposed)
//!     u_{4q+a} = DFT_4(z_a, z_{a+4}, z_{a+8}, z_{a+12})_q · exp(−2πi·aq/16)
//!     y_{q+4p} = DFT_4(u_{4q} … u_{4q+3})_p          slot_k (+)= |y_k|²  or, mirrored,  |y_{15−k}|²
//! ```
//! A block's transpose uses one port and its butterflies both, and the reorder window of the processor is too short
//! to overlap them: therefore a quarter of the next block's transpose follows each four points of this block. Bound
//! by the two vector ports: 128 operations to transpose a block, 196 to transform it.

use crate::lanes::fft::butterfly::{Block, Dft, Radix, SplatOn};
use crate::lanes::fft::four_step::{Meet, POINTS, Slot};
use crate::lanes::fft::last::Last;
use crate::lanes::fft::stage::twiddle;
use crate::lanes::load::prefetch::Prefetch;
use crate::lanes::simd::{Lanes, MAX_LANES, V, Z};
use fearless_simd::prelude::*;

/// Number of cache lines of the next group that are prefetched per slot.
const AHEAD: usize = 16;

/// A block in lanes.
type Turned<S> = [Z<S>; POINTS];

const C1: f32 = 0.923_879_5;
const S1: f32 = 0.382_683_43;
const H: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// `exp(−2πi·aq/16)` for `q = 1, 2, 3`.
const TWIDDLES: [[[f32; 2]; 3]; 4] = [
    [[1.0, 0.0]; 3],
    [[C1, -S1], [H, -H], [S1, -C1]],
    [[H, -H], [0.0, -1.0], [-H, -H]],
    [[S1, -C1], [-H, -H], [-C1, S1]],
];

/// Computes quarter `part` of the transpose of block `at`: half of a plane.
#[inline(always)]
fn turn<S: Lanes, const PITCH: usize>(
    simd: S,
    points: &[[Z<S>; PITCH]; POINTS],
    at: usize,
    part: usize,
    out: &mut Turned<S>,
) {
    let (plane, half) = (part % 2, part / 2);
    let mut rows: [&[f32]; MAX_LANES] = [&[]; MAX_LANES];
    for r in 0..POINTS {
        rows[r] = points[r][at][plane].as_slice();
    }
    let mut tile = [V::<S>::splat_on(simd, 0.0); MAX_LANES];
    simd.gather_part(&rows, half, &mut tile);
    for i in 8 * half..8 * half + 8 {
        out[i][plane] = tile[i];
    }
}

/// Returns the first four-point transform of column `A`.
#[inline(always)]
fn column<S: Lanes, const A: usize>(simd: S, z: &Turned<S>) -> [Z<S>; 4] {
    let (yr, yi) = four(simd, [z[A], z[A + 4], z[A + 8], z[A + 12]]);
    let mut u = [[yr[0], yi[0]]; 4];
    for q in 1..4 {
        let y = [yr[q], yi[q]];
        u[q] = match (A, q) {
            (0, _) => y,
            (2, 2) => [y[1], -y[0]],
            _ => twiddle::<S, f32>(simd, y, TWIDDLES[A][q - 1]),
        };
    }
    u
}

#[inline(always)]
fn four<S: Lanes>(simd: S, z: [Z<S>; 4]) -> Block<S, f32, 4> {
    let [a, b, c, d] = z;
    <Dft as Radix<S, f32, 4>>::dft(simd, ([a[0], b[0], c[0], d[0]], [a[1], b[1], c[1], d[1]]))
}

/// Computes the powers `q`, `q + 4`, … of a block.
#[inline(always)]
fn powers<S: Lanes>(simd: S, u: &[[Z<S>; 4]; 4], q: usize, meet: Meet, power: &mut [V<S>; POINTS]) {
    let (yr, yi) = four(simd, [u[0][q], u[1][q], u[2][q], u[3][q]]);
    for p in 0..4 {
        let k = q + 4 * p;
        let k = if meet == Meet::Mirrored { POINTS - 1 - k } else { k };
        power[k] = match meet {
            Meet::Alone => yi[p].mul_add(yi[p], yr[p] * yr[p]),
            _ => yi[p].mul_add(yi[p], yr[p].mul_add(yr[p], power[k])),
        };
    }
}

/// Computes the powers of one block and the transpose of the next.
#[inline(always)]
fn block<S: Lanes, const PITCH: usize>(
    simd: S,
    here: &Turned<S>,
    there: &mut Turned<S>,
    points: &[[Z<S>; PITCH]; POINTS],
    next: usize,
    meet: Meet,
    power: &mut [V<S>; POINTS],
) {
    let (u0, u1) = (column::<S, 0>(simd, here), column::<S, 1>(simd, here));
    turn(simd, points, next, 0, there);
    let (u2, u3) = (column::<S, 2>(simd, here), column::<S, 3>(simd, here));
    turn(simd, points, next, 1, there);
    let u = [u0, u1, u2, u3];
    powers(simd, &u, 0, meet, power);
    powers(simd, &u, 1, meet, power);
    turn(simd, points, next, 2, there);
    powers(simd, &u, 2, meet, power);
    powers(simd, &u, 3, meet, power);
    turn(simd, points, next, 3, there);
}

#[inline(always)]
fn slots_across<S: Lanes, const PITCH: usize>(
    simd: S,
    points: &[Z<S>],
    slots: &[Slot],
    what: Last,
    sums: &mut [V<S>],
    ahead: &mut Prefetch<'_>,
) {
    let points: &[[Z<S>; PITCH]; POINTS] = points.as_chunks().0.try_into().expect("a row for each lane");
    let zero = V::<S>::splat_on(simd, 0.0);
    let (mut here, mut there) = ([[zero; 2]; POINTS], [[zero; 2]; POINTS]);
    for part in 0..4 {
        turn(simd, points, slots[0].first, part, &mut here);
    }
    for (i, (slot, sums)) in slots.iter().zip(sums.as_chunks_mut::<POINTS>().0).enumerate() {
        ahead.step::<AHEAD>();
        let after = slots[(i + 1) % slots.len()].first;
        let mut power = [zero; POINTS];
        if slot.meet == Meet::Alone {
            block(simd, &here, &mut there, points, after, Meet::Alone, &mut power);
            std::mem::swap(&mut here, &mut there);
        } else {
            block(simd, &here, &mut there, points, slot.second, Meet::Alone, &mut power);
            match slot.meet {
                Meet::Mirrored => block(simd, &there, &mut here, points, after, Meet::Mirrored, &mut power),
                _ => block(simd, &there, &mut here, points, after, Meet::Same, &mut power),
            }
        }
        // One rounding of the sum for each pair of segments.
        if what == Last::AddPower {
            for k in 0..POINTS {
                power[k] += sums[k];
            }
        }
        *sums = power;
    }
}

/// Writes (or adds) the powers of all slots to `sums`; `points` are those of `W` rows, each with one more point than
/// blocks.
pub(crate) fn across<S: Lanes>(
    simd: S,
    points: &[Z<S>],
    slots: &[Slot],
    what: Last,
    sums: &mut [V<S>],
    ahead: &mut Prefetch<'_>,
) {
    macro_rules! go {
        ($pitch:literal) => {
            simd.run(
                #[inline(always)]
                || slots_across::<S, $pitch>(simd, points, slots, what, sums, ahead),
            )
        };
    }
    match points.len() / POINTS {
        33 => go!(33),
        65 => go!(65),
        _ => go!(129),
    }
}
