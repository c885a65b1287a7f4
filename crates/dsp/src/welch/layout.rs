//! Maps averaged bins of the transform to the bins and units of the result.

use super::params::PsdParams;
use super::segment::SegmentSpec;
use crate::fft::{Real, Sample};
use crate::scaling::is_doubled;

/// Bins of the result and their scaling.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    n_fft: usize,
    complex: bool,
    one_sided: bool,
    factor: f64,
}

/// Source of a bin of the result.
pub(crate) struct Source {
    /// Bin of the transform.
    pub(crate) bin: usize,
    /// Whether the result is that bin's complex conjugate (a negative frequency of real samples).
    pub(crate) conjugate: bool,
    /// Factor on its power.
    pub(crate) factor: f64,
}

impl Layout {
    pub(crate) fn new<S: Sample>(params: &PsdParams, spec: &SegmentSpec) -> Self {
        Self {
            n_fft: params.segments.n_fft,
            complex: S::COMPLEX,
            one_sided: params.one_sided::<S>(),
            factor: params.scaling.factor(&spec.weights, params.sample_rate),
        }
    }

    pub(crate) fn n_bins(&self) -> usize {
        if self.one_sided { self.n_fft / 2 + 1 } else { self.n_fft }
    }

    /// Writes the scaled average of `count` segments whose sums are `held`.
    pub(crate) fn write<T: Real>(&self, held: &[f64], count: f64, out: &mut [T]) {
        let scale = |bin: usize, out: &mut T| {
            let source = self.source(bin);
            *out = T::narrow(held[source.bin] / count * source.factor);
        };
        if !self.one_sided {
            out.iter_mut().enumerate().for_each(|(bin, out)| scale(bin, out));
            return;
        }
        // Bins with a mirror share one factor, so that their loop vectorises.
        let inner = 1..self.n_fft.div_ceil(2).max(1);
        let factor = self.source(1).factor;
        for (out, held) in out[inner.clone()].iter_mut().zip(&held[inner.clone()]) {
            *out = T::narrow(held / count * factor);
        }
        scale(0, &mut out[0]);
        for (bin, out) in out.iter_mut().enumerate().skip(inner.end) {
            scale(bin, out);
        }
    }

    #[inline]
    pub(crate) fn source(&self, bin: usize) -> Source {
        let mirrored = !self.complex && bin > self.n_fft / 2;
        let doubled = self.one_sided && is_doubled(bin, self.n_fft);
        Source {
            bin: if mirrored { self.n_fft - bin } else { bin },
            conjugate: mirrored,
            factor: if doubled { 2.0 * self.factor } else { self.factor },
        }
    }
}
