//! From the power of the complex transform to the one-sided power of the two segments in it.
//!
//! `|A_k|² + |B_k|² = (|Z_k|² + |Z_{N−k}|²)/2` for `z = a + ib` with real `a`, `b`; the one-sided factor 2
//! cancels the half except at DC and Nyquist. The sum over pairs commutes with the fold, so the
//! accumulator keeps the transform's own (digit-reversed) order and is folded once.

use super::butterfly::SplatOn;
use super::simd::{Lanes, V};

/// Where the two halves of each one-sided bin lie.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    /// `(position of bin k, position of bin n−k)` for `k = 1 … ceil(n/2) − 1`.
    inner: Vec<(u32, u32)>,
    /// Position of DC.
    dc: usize,
    /// Position of the Nyquist bin; `None` for odd sizes.
    nyquist: Option<usize>,
}

impl Fold {
    /// Reads the positions of a recipe.
    pub(crate) fn new(position: &[usize]) -> Self {
        let n = position.len();
        let inner = (1..n.div_ceil(2)).map(|k| (position[k] as u32, position[n - k] as u32)).collect();
        Self { inner, dc: position[0], nyquist: n.is_multiple_of(2).then(|| position[n / 2]) }
    }

    /// One-sided bins.
    pub(crate) fn n_bins(&self) -> usize {
        1 + self.inner.len() + usize::from(self.nyquist.is_some())
    }

    /// `out[k] = scale · one-sided power`, bins in order. Bins 1 … are scaled by `scale`, DC and Nyquist too.
    #[inline(always)]
    pub(crate) fn run<S: Lanes>(&self, simd: S, power: &[V<S>], scale: f32, out: &mut [V<S>]) {
        let factor = V::<S>::splat_on(simd, scale);
        out[0] = power[self.dc] * factor;
        for (&(a, b), out) in self.inner.iter().zip(&mut out[1..]) {
            *out = (power[a as usize] + power[b as usize]) * factor;
        }
        if let Some(at) = self.nyquist {
            out[self.inner.len() + 1] = power[at] * factor;
        }
    }
}
