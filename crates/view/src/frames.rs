//! Powers of many frames at once, by the batch kernels.

use crate::Result;
use crate::sample::ViewSample;
use num_complex::Complex;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::stft::{Spectrogram, SpectrogramParams, SpectrogramScratch};
use rlx_dsp::welch::{PsdParams, SegmentSpectra};

/// A sample whose frames have a kernel, in single precision.
pub(crate) trait FrameSample: ViewSample {
    /// The kernel.
    type Kernel: FrameKernel<Self>;

    /// Returns the value of a sample that an envelope shows.
    fn shown(self) -> f32;
}

/// Turns samples into powers of frames.
pub(crate) trait FrameKernel<S>: Sized + Send {
    /// Creates a kernel for frames with these parameters.
    fn new(params: &PsdParams) -> Result<Self>;

    /// Computes the powers of all frames of `x`, `[frames][bins]` in transform order, in the scaling of the
    /// parameters. Frames that contain NaN or infinity become NaN.
    fn powers<'a>(&mut self, x: &[S], out: &'a mut Vec<f32>) -> Result<&'a [f32]>;

    /// Returns the number of bins of a frame.
    fn bins(&self) -> usize;
}

impl FrameSample for f32 {
    type Kernel = RealFrames;

    fn shown(self) -> f32 {
        self
    }
}

/// Frames of real samples.
pub(crate) struct RealFrames {
    plan: Spectrogram<f32>,
    scratch: SpectrogramScratch<f32>,
}

impl FrameKernel<f32> for RealFrames {
    fn new(params: &PsdParams) -> Result<Self> {
        let frames = SpectrogramParams::frames_of(params).nan(NanPolicy::Propagate);
        // The check of the window is stricter than that of a spectrogram.
        params.segments.weights()?;
        let plan = Spectrogram::new(frames)?;
        Ok(Self { scratch: plan.scratch(), plan })
    }

    fn powers<'a>(&mut self, x: &[f32], out: &'a mut Vec<f32>) -> Result<&'a [f32]> {
        let size = self.plan.n_frames(x.len()) * self.bins();
        out.resize(size, 0.0);
        if size > 0 {
            self.plan.run_into(x, &mut self.scratch, out)?;
        }
        Ok(out)
    }

    fn bins(&self) -> usize {
        self.plan.params().n_bins()
    }
}

impl FrameSample for Complex<f32> {
    type Kernel = ComplexFrames;

    fn shown(self) -> f32 {
        self.re
    }
}

/// Frames of complex samples.
pub(crate) struct ComplexFrames {
    spectra: SegmentSpectra<Complex<f32>>,
    params: PsdParams,
    factor: f32,
}

impl FrameKernel<Complex<f32>> for ComplexFrames {
    fn new(params: &PsdParams) -> Result<Self> {
        let weights = params.segments.weights()?;
        let factor = params.scaling.factor(&weights, params.sample_rate) as f32;
        Ok(Self { spectra: SegmentSpectra::new(params.clone())?, params: params.clone(), factor })
    }

    fn powers<'a>(&mut self, x: &[Complex<f32>], out: &'a mut Vec<f32>) -> Result<&'a [f32]> {
        let bins = self.bins();
        out.resize(self.params.segment_count(x.len()) * bins, 0.0);
        if out.is_empty() {
            return Ok(out);
        }
        self.spectra.powers_into(x, out)?;
        for frame in out.chunks_exact_mut(bins) {
            let mut finite = true;
            for power in &mut *frame {
                *power *= self.factor;
                finite &= power.is_finite();
            }
            if !finite {
                frame.fill(f32::NAN);
            }
        }
        Ok(out)
    }

    fn bins(&self) -> usize {
        self.params.segments.n_fft
    }
}
