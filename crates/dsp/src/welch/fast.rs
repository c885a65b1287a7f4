//! Segments of f32 samples through the lanes kernels.

use std::fmt;

use super::kernel::SegmentKernel;
use super::segment::{SegmentSpec, SegmentTransform};
use crate::detrend::Detrend;
use crate::error::Result;
use crate::lanes::{Isa, LaneSpec, LaneWelch, Offset, welch_kernel};

/// Power per segment below which an f32 square may have lost digits to underflow: its smallest normal number
/// over the share of the strongest bin that still matters.
const FAINT: f64 = 1e-28;

/// Fewer segments than this gain nothing from any width of lanes.
const FEW: usize = 12;

/// Many segments at a time in lanes; few, faint or overflowing ones by the plain kernel.
pub(super) struct FastF32 {
    isa: Isa,
    lanes: LaneSpec,
    kernel: Box<dyn LaneWelch>,
    plain: Box<dyn SegmentKernel<f32>>,
    sums: Vec<f64>,
}

impl FastF32 {
    /// A kernel for `spec`, or `None` where the lanes have none for its length or detrending.
    pub(super) fn new(spec: &SegmentSpec) -> Result<Option<Self>> {
        let offset = match spec.detrend {
            Detrend::None => Offset::Keep,
            Detrend::Constant => Offset::SubtractMean,
            Detrend::Linear => return Ok(None),
        };
        if spec.weights.len() != spec.n_fft {
            return Ok(None);
        }
        let isa = Isa::detect()?;
        let window = spec.weights.iter().map(|&w| w as f32).collect();
        let lanes = LaneSpec { window, hop: spec.hop, n_segments: 1, offset };
        let Some(kernel) = welch_kernel(isa, lanes.clone()) else { return Ok(None) };
        let plain = Box::new(super::kernel::Plain(SegmentTransform::new(spec)?, spec.clone()));
        let sums = vec![0.0; lanes.n_bins()];
        Ok(Some(Self { isa, lanes, kernel, plain, sums }))
    }
}

impl SegmentKernel<f32> for FastF32 {
    fn add_powers(&mut self, samples: &[f32], count: usize, sums: &mut [f64]) {
        // A group of pairs that is not full costs the lanes as much as a full one, and so does an odd last segment.
        let group = 2 * self.kernel.lanes();
        let rest = count % group;
        let lone = match rest {
            _ if count < FEW => count,
            rest if 8 * rest < 3 * group => rest,
            rest => rest % 2,
        };
        if lone > 0 {
            let first = (count - lone) * self.lanes.hop;
            self.plain.add_powers(&samples[first..], lone, sums);
        }
        let count = count - lone;
        if count == 0 {
            return;
        }
        let samples = &samples[..(count - 1) * self.lanes.hop + self.lanes.window.len()];
        self.sums.fill(0.0);
        self.kernel.add_segments(samples, count, &mut self.sums);
        let strongest = self.sums.iter().fold(0.0, |a: f64, &b| a.max(b));
        let finite = self.sums.iter().all(|s| s.is_finite());
        let faint = strongest < FAINT * count as f64 && !silent(samples);
        if !finite || faint {
            return self.plain.add_powers(samples, count, sums);
        }
        sums.iter_mut().zip(&self.sums).for_each(|(sum, s)| *sum += s);
    }

    fn boxed_clone(&self) -> Box<dyn SegmentKernel<f32>> {
        let kernel = welch_kernel(self.isa, self.lanes.clone()).expect("it was built from this before");
        Box::new(Self {
            isa: self.isa,
            lanes: self.lanes.clone(),
            kernel,
            plain: self.plain.boxed_clone(),
            sums: self.sums.clone(),
        })
    }
}

/// Whether every sample is zero; looked at in blocks, without a branch a sample.
fn silent(samples: &[f32]) -> bool {
    samples.chunks(1024).all(|block| block.iter().fold(0, |bits, x| bits | (x.to_bits() << 1)) == 0)
}

impl fmt::Debug for FastF32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastF32")
            .field("isa", &self.isa)
            .field("n_fft", &self.lanes.window.len())
            .finish_non_exhaustive()
    }
}
