//! From averaged bins of the transform to the bins and units of the result.

use super::params::PsdParams;
use super::segment::SegmentSpec;
use crate::fft::Sample;
use crate::scaling::is_doubled;

/// Which bins the result has and how they are scaled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    n_fft: usize,
    complex: bool,
    one_sided: bool,
    factor: f64,
}

/// Where a bin of the result comes from.
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
            n_fft: params.n_fft,
            complex: S::COMPLEX,
            one_sided: params.one_sided::<S>(),
            factor: params.scaling.factor(&spec.weights, params.sample_rate),
        }
    }

    pub(crate) fn n_bins(&self) -> usize {
        if self.one_sided { self.n_fft / 2 + 1 } else { self.n_fft }
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
