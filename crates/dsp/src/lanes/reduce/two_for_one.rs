//! The two real signals of one complex transform, apart.
//!
//! `A_k = (Z_k + conj Z_{N−k})/2`, `B_k = (Z_k − conj Z_{N−k})/2i`: with `Z_k = a + ib`, `Z_{N−k} = c + id`,
//! `|A_k|² = ((a + c)² + (b − d)²)/4` and `|B_k|² = ((a − c)² + (b + d)²)/4`.
//!
//! The transform's rounding is relative to the stronger of the two, so a weak signal beside a strong one loses
//! digits (and one beside a NaN is lost): callers ask whether the two are balanced and take them alone if not.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::simd::{Element, Lanes, V, Z};
use fearless_simd::prelude::*;

/// Factors of the powers: bins with a mirror, and DC with the even Nyquist bin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<T> {
    pub(crate) inner: T,
    pub(crate) edge: T,
}

/// Largest ratio of two signals' powers at which the weaker one keeps the accuracy it would have alone: the error that
/// it takes over, `ε·√(ratio·S/n)` a bin, stays below `ε·√S` for every size there is, `S` being its own power.
pub(crate) const BALANCE: f32 = 16.0;

/// [`BALANCE`] for transforms of `n` points: that error stays below half of `ε·√S` from 64 points on. Speech rises by
/// 12 dB from one frame to the next at every syllable, by 20 dB hardly ever.
pub(crate) fn balance(n: usize) -> f64 {
    f64::from(BALANCE).max(n as f64 / 4.0)
}

/// `|A_k|²` to `first` and `|B_k|²` to `second`, times `factors`; bin `k` lies at `z[position[k]]`.
///
/// `false` where a lane's two signals are not within [`balance`] of each other.
#[inline(always)]
pub(crate) fn separate<S: Lanes, T: Element>(
    simd: S,
    z: &[Z<S, T>],
    position: &[usize],
    factors: Factors<T>,
    first: &mut [V<S, T>],
    second: &mut [V<S, T>],
) -> bool {
    let n = position.len();
    let zero = V::<S, T>::splat_on(simd, T::zero());
    let (mut total, mut other) = (zero, zero);
    for (k, (p, q)) in first.iter_mut().zip(second).enumerate() {
        let edge = k == 0 || 2 * k == n;
        let factor =
            V::<S, T>::splat_on(simd, T::narrow(0.25) * if edge { factors.edge } else { factors.inner });
        let [a, b] = z[position[k]];
        let [c, d] = z[position[if k == 0 { 0 } else { n - k }]];
        let (s, t) = (a + c, b - d);
        *p = s.mul_add(s, t * t) * factor;
        let (s, t) = (a - c, b + d);
        *q = s.mul_add(s, t * t) * factor;
        total += *p;
        other += *q;
    }
    let limit = V::<S, T>::splat_on(simd, T::narrow(balance(n)));
    // An infinite power says nothing about the other's. Comparisons with NaN are false.
    let finite = (total + other).simd_lt(V::<S, T>::splat_on(simd, T::infinity()));
    (total.simd_le(other * limit) & other.simd_le(total * limit) & finite).all_true()
}
