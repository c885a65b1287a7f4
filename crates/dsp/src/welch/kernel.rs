//! The one step where the time goes: the power of many segments of contiguous samples, added up.

use std::fmt::Debug;

use super::fast::FastF32;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::error::Result;
use crate::fft::{Real, Sample};
use crate::specialise::{same_type, specialise};

/// Adds the unscaled power spectra of segments of contiguous samples.
pub(crate) trait SegmentKernel<S: Sample>: Debug + Send + Sync {
    /// Adds `Σ |X_s[k]|²` over segments `s = 0 … count − 1`, of which segment `s` starts at `samples[s · hop]`,
    /// to `sums[k]`. `samples` holds at least `(count − 1) · hop + segment_len` values. Bins are those of the
    /// transform: `n_fft/2 + 1`, not doubled, for real samples, `n_fft` for complex ones.
    fn add_powers(&mut self, samples: &[S], count: usize, sums: &mut [f64]);

    /// A kernel with the same tables and buffers of its own.
    fn boxed_clone(&self) -> Box<dyn SegmentKernel<S>>;
}

impl<S: Sample> Clone for Box<dyn SegmentKernel<S>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// The fastest kernel there is for these segments.
pub(crate) fn plan<S: Sample>(spec: &SegmentSpec) -> Result<Box<dyn SegmentKernel<S>>> {
    if same_type::<S, f32>()
        && let Some(kernel) = FastF32::new(spec)?
        && let Some(kernel) = specialise(Box::new(kernel) as Box<dyn SegmentKernel<f32>>)
    {
        return Ok(kernel);
    }
    Ok(Box::new(Plain::<S>(SegmentTransform::new(spec)?, spec.clone())))
}

/// Any length, any sample: one transform a segment.
#[derive(Debug, Clone)]
pub(super) struct Plain<S: Sample>(pub(super) SegmentTransform<S>, pub(super) SegmentSpec);

impl<S: Sample> SegmentKernel<S> for Plain<S> {
    fn add_powers(&mut self, samples: &[S], count: usize, sums: &mut [f64]) {
        let Self(transform, spec) = self;
        for segment in spec.segments(samples, count) {
            for (sum, x) in sums.iter_mut().zip(transform.transform(segment)) {
                // Squared in f64: an f32 square overflows above 1.8e19.
                let (re, im) = (x.re.widen(), x.im.widen());
                *sum += re * re + im * im;
            }
        }
    }

    fn boxed_clone(&self) -> Box<dyn SegmentKernel<S>> {
        Box::new(self.clone())
    }
}
