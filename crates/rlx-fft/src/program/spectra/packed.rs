//! The strongest bins of frames by the picker, if the parameters are those of packed peaks: two Hann segments, spread
//! over the frame, averaged, no detrending. The candidates are strategies with equal bins (`same_answer`).

use std::collections::HashMap;

use anyhow::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::scaling::{Average, Sides};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use rlx_fft::{AutoSettings, AutoWelchPeaks, WelchPeakParams};

use crate::flags::{Mode, PeaksArgs};

/// Plans by the number of frames.
pub(crate) struct PackedFrames {
    device: Option<String>,
    n_fft: usize,
    k: usize,
    /// Samples of a frame.
    frame_len: usize,
    /// Factor from raw power to the power of the estimate.
    factor: f64,
    plans: HashMap<usize, AutoWelchPeaks>,
    samples: Vec<f32>,
}

/// Bin and power, by power descending.
pub(crate) type Packed = Vec<(usize, f64)>;

impl PackedFrames {
    /// Creates the route for frames of `frame_len` samples with `segments` segments of `params`, all that fit or `spread` over
    /// the frame; `None` if the parameters are others.
    pub(crate) fn new<S: Sample>(
        params: &PsdParams,
        frame_len: usize,
        segments: usize,
        spread: bool,
        args: &PeaksArgs,
    ) -> Result<Option<Self>> {
        if params.segments.n_fft < 2 || S::COMPLEX || S::Real::EPSILON < f64::from(f32::EPSILON) {
            return Ok(None);
        }
        let fast = WelchPeakParams::fast_for_n_fft(params.segments.n_fft, args.k).welch;
        let same = params.segments.window == Window::Hann
            && params.segments.segment_len == params.segments.n_fft
            && params.segments.hop == fast.hop
            && params.segments.detrend == Detrend::None
            && params.average == Average::Mean
            && params.sides != Sides::Two
            && segments == 2
            && (spread || frame_len == fast.frame_len());
        if !same || args.mode != Mode::Bins || args.band.is_some() {
            return Ok(None);
        }
        let factor = params.scaling.factor(&params.segments.weights()?, params.sample_rate);
        let (n_fft, k, device) = (params.segments.n_fft, args.k, args.device.clone());
        let (plans, samples) = (HashMap::new(), Vec::new());
        Ok(Some(Self { device, n_fft, k, frame_len, factor, plans, samples }))
    }

    /// Computes the peaks of `batch` consecutive frames; `None` if a sample is missing.
    pub(crate) fn peaks<S: Sample>(&mut self, pending: &[S], batch: usize) -> Result<Option<Vec<Packed>>> {
        self.samples.clear();
        let frames = &pending[..batch * self.frame_len];
        self.samples.extend(frames.iter().map(|sample| sample.parts().0 as f32));
        if self.samples.iter().any(|v| !v.is_finite()) {
            return Ok(None);
        }
        // A file has few frames, in several batches: opening drivers would take longer than the frames.
        let device = Some(self.device.as_deref().unwrap_or("cpu"));
        let row_len = Some(self.frame_len);
        let settings = AutoSettings { device, same_answer: true, row_len, ..AutoSettings::default() };
        if !self.plans.contains_key(&batch) {
            let plan = AutoWelchPeaks::with_settings(batch, self.n_fft, self.k, &settings)?;
            self.plans.insert(batch, plan);
        }
        let Some(plan) = self.plans.get_mut(&batch) else { return Ok(None) };
        let packed = plan.welch_peaks_batch(&self.samples)?;
        let pair = |pair: &[f32]| (pair[0] as usize, f64::from(pair[1]) * self.factor);
        let row = |row: &[f32]| row.chunks_exact(2).map(pair).collect();
        Ok(Some(packed.chunks_exact(packed.len() / batch).map(row).collect()))
    }

    /// Returns the strategies and devices for the caption.
    pub(crate) fn note(&self) -> Option<String> {
        let mut ways: Vec<String> =
            self.plans.values().map(|p| format!("{} on {}", p.strategy_label(), p.device().id)).collect();
        ways.sort_unstable();
        ways.dedup();
        (!ways.is_empty()).then(|| format!("frames by {}", ways.join(", ")))
    }
}
