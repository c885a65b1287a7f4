//! Separates the two real signals of one complex transform.
//!
//! `A_k = (Z_k + conj Z_{N−k})/2`, `B_k = (Z_k − conj Z_{N−k})/2i`: with `Z_k = a + ib`, `Z_{N−k} = c + id`,
//! `|A_k|² = ((a + c)² + (b − d)²)/4` and `|B_k|² = ((a − c)² + (b + d)²)/4`.
//!
//! The transform's rounding is relative to the stronger of the two, so a weak signal next to a strong one loses
//! digits (and one next to a NaN is lost): callers check whether the two are balanced and transform them separately
//! if not.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::simd::{Element, Lanes, V, Z};
use fearless_simd::prelude::*;

/// Factors of the powers: bins with a mirror, and DC with the even Nyquist bin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<T> {
    pub(crate) inner: T,
    pub(crate) edge: T,
}

/// Largest ratio of two signals' powers at which the weaker one keeps its accuracy: the additional error,
/// `ε·√(ratio·S/n)` per bin, is below `ε·√S` for every supported size, where `S` is its power.
pub(crate) const BALANCE: f32 = 16.0;

/// [`BALANCE`] for transforms of `n` points: that error stays below half of `ε·√S` from 64 points on. Speech rises by
/// 12 dB between consecutive frames at every syllable, but rarely by 20 dB.
pub(crate) fn balance(n: usize) -> f64 {
    f64::from(BALANCE).max(n as f64 / 4.0)
}

/// Writes `|A_k|²` to `first` and `|B_k|²` to `second`, times `factors`; bin `k` is at `z[position[k]]`.
///
/// Returns `false` if the powers of a lane's two signals differ by more than [`balance`].
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
    // An infinite power invalidates the comparison. Comparisons with NaN are false.
    let finite = (total + other).simd_lt(V::<S, T>::splat_on(simd, T::infinity()));
    (total.simd_le(other * limit) & other.simd_le(total * limit) & finite).all_true()
}
