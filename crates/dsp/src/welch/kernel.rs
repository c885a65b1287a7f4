//! Hot loop: powers of many segments of contiguous samples, accumulated or separate.

use std::fmt::Debug;

use super::fast::{FastComplex, FastReal};
use super::paired::Pairs;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::error::Result;
use crate::fft::{Complex, Real, Sample};
use crate::specialise::{same_type, specialise};

/// Powers of segments of contiguous samples; segment `s` starts at `samples[s · hop]`, for any hop. Bins are those of
/// the transform: `n_fft/2 + 1`, not doubled, for real samples, `n_fft` for complex ones.
pub(crate) trait SegmentKernel<S: Sample>: Debug + Send + Sync {
    /// Adds `Σ |X_s[k]|²` over segments `s = 0 … count − 1` to `sums[k]`. `samples` holds at least
    /// `(count − 1) · hop + segment_len` values.
    fn add_powers(&mut self, samples: &[S], hop: usize, count: usize, sums: &mut [f64]);

    /// Writes `|X_s[k]|²` to `out`, `[count, bins]`.
    fn powers(&mut self, samples: &[S], hop: usize, count: usize, out: &mut [f64]);

    /// Writes `Σ |X_s[k]|²` over the `count` segments of each row to `sums`, `[rows, bins]`. Rows are `row_len`
    /// samples and finite. Returns false, without doing anything, if row by row is faster.
    fn add_rows(&mut self, rows: &[S], row_len: usize, count: usize, sums: &mut [f64]) -> bool {
        let _ = (rows, row_len, count, sums);
        false
    }

    /// Allocates the tables and buffers for many segments in advance; `single` for separate powers.
    fn prepare(&mut self, single: bool) {
        let _ = single;
    }

    /// Returns the number of segments that [`add_powers`](Self::add_powers) computes at a time.
    fn group(&self) -> usize {
        1
    }

    /// Returns a kernel that shares the tables and has separate buffers.
    fn boxed_clone(&self) -> Box<dyn SegmentKernel<S>>;
}

impl<S: Sample> Clone for Box<dyn SegmentKernel<S>> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// Returns the kernel in lanes for samples `Fast`, if those are `S` and there is one.
fn in_lanes<S: Sample, Fast: Sample, K: SegmentKernel<Fast> + 'static>(
    plan: impl FnOnce() -> Result<Option<K>>,
) -> Result<Option<Box<dyn SegmentKernel<S>>>> {
    if !same_type::<S, Fast>() {
        return Ok(None);
    }
    Ok(plan()?.and_then(|kernel| specialise(Box::new(kernel) as Box<dyn SegmentKernel<Fast>>)))
}

/// Returns the fastest kernel for these segments.
pub(crate) fn plan<S: Sample>(spec: &SegmentSpec) -> Result<Box<dyn SegmentKernel<S>>> {
    if let Some(kernel) = in_lanes::<S, f32, _>(|| FastReal::<f32>::new(spec))? {
        return Ok(kernel);
    }
    if let Some(kernel) = in_lanes::<S, f64, _>(|| FastReal::<f64>::new(spec))? {
        return Ok(kernel);
    }
    if let Some(kernel) = in_lanes::<S, Complex<f32>, _>(|| FastComplex::<f32>::new(spec))? {
        return Ok(kernel);
    }
    if let Some(kernel) = in_lanes::<S, Complex<f64>, _>(|| FastComplex::<f64>::new(spec))? {
        return Ok(kernel);
    }
    let pairs = if S::COMPLEX { None } else { Pairs::new(spec.n_fft) };
    Ok(Box::new(Plain { pairs, ..Plain::<S>::new(spec)? }))
}

/// Any length, any sample: one transform per segment, or per pair of segments where there are `pairs`.
#[derive(Debug, Clone)]
pub(super) struct Plain<S: Sample> {
    transform: SegmentTransform<S>,
    spec: SegmentSpec,
    pairs: Option<Pairs<S::Real>>,
}

impl<S: Sample> Plain<S> {
    pub(super) fn new(spec: &SegmentSpec) -> Result<Self> {
        Ok(Self { transform: SegmentTransform::new(spec)?, spec: spec.clone(), pairs: None })
    }
}

impl<S: Sample> SegmentKernel<S> for Plain<S> {
    fn add_powers(&mut self, samples: &[S], hop: usize, count: usize, sums: &mut [f64]) {
        let Self { transform, spec, pairs } = self;
        let mut segments = spec.segments_apart(samples, hop, count);
        if let Some(pairs) = pairs {
            for _ in 0..count / 2 {
                if let (Some(a), Some(b)) = (segments.next(), segments.next()) {
                    pairs.add(transform, [a, b], sums);
                }
            }
        }
        for segment in segments {
            for (sum, x) in sums.iter_mut().zip(transform.transform(segment)) {
                // Squared in f64: an f32 square overflows above 1.8e19.
                let (re, im) = (x.re.widen(), x.im.widen());
                *sum += re * re + im * im;
            }
        }
    }

    fn powers(&mut self, samples: &[S], hop: usize, count: usize, out: &mut [f64]) {
        out.fill(0.0);
        let bins = out.len() / count.max(1);
        for (s, out) in out.chunks_exact_mut(bins.max(1)).enumerate() {
            self.add_powers(&samples[s * hop..], hop, 1, out);
        }
    }

    fn boxed_clone(&self) -> Box<dyn SegmentKernel<S>> {
        Box::new(self.clone())
    }
}
