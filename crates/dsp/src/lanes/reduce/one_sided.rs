//! Converts the folded powers of the complex transform to the one-sided power of its two segments.
//!
//! `|A_k|² + |B_k|² = (|Z_k|² + |Z_{N−k}|²)/2` for `z = a + ib` with real `a`, `b`; the one-sided factor 2 cancels
//! the half except at DC and Nyquist. The last stage has added the mirrored bins, except for the two blocks that
//! mirror themselves; the sums are in the order of its pairs and are reordered by bin here.

use crate::lanes::fft::butterfly::SplatOn;
use crate::lanes::simd::{Element, Lanes, V};
use fearless_simd::prelude::*;

/// Position of the power of each one-sided bin.
#[derive(Debug, Clone)]
pub(crate) struct OneSided {
    /// Position of each bin's sum, or of the bin without its mirror.
    places: Vec<u32>,
    /// `(bin, position of its mirror)` for bins whose mirror is separate.
    apart: Vec<(u32, u32)>,
}

impl OneSided {
    /// Creates the order for sums of `radix` bins each, at distance `n/radix`: the first bin of each, and whether its
    /// mirrors are still to be added.
    pub(crate) fn new(n: usize, radix: usize, sums: impl IntoIterator<Item = (usize, bool)>) -> Self {
        let mut places = vec![0; n / 2 + 1];
        let mut apart = Vec::new();
        for (i, (bin, alone)) in sums.into_iter().enumerate() {
            for q in 0..radix {
                let (bin, place) = (bin + q * (n / radix), (i * radix + q) as u32);
                if bin <= n / 2 {
                    places[bin] = place;
                } else if alone {
                    apart.push(((n - bin) as u32, place));
                } else {
                    places[n - bin] = place;
                }
            }
        }
        Self { places, apart }
    }

    /// Returns the number of one-sided bins.
    pub(crate) fn n_bins(&self) -> usize {
        self.places.len()
    }

    /// `out[k] = scale · one-sided power`, bins in order. Bins 1 … are scaled by `scale`, DC and Nyquist too.
    #[inline(always)]
    pub(crate) fn run<S: Lanes, T: Element>(
        &self,
        simd: S,
        power: &[V<S, T>],
        scale: T,
        out: &mut [V<S, T>],
    ) {
        let factor = V::<S, T>::splat_on(simd, scale);
        for (&place, out) in self.places.iter().zip(&mut *out) {
            *out = power[place as usize] * factor;
        }
        for &(bin, place) in &self.apart {
            out[bin as usize] = power[place as usize].mul_add(factor, out[bin as usize]);
        }
    }
}
