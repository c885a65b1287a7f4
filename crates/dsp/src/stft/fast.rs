//! Frames of f32 samples through the lanes kernels.

use std::ops::Range;

use super::frame_fft::{FrameFft, FrameParams, PowerFrames};
use crate::Result;
use crate::detrend::Detrend;
use crate::fft::Real;
use crate::lanes::{FrameSpec, Isa, LaneFrames, Offset, frames_kernel, supports};
use crate::specialise::{same_type, specialise};

/// The lanes kernel for these frames, or `None` where there is none for their length or detrending.
pub(crate) fn lane_frames(params: &FrameParams) -> Result<Option<Box<dyn LaneFrames>>> {
    let offset = match params.detrend {
        Detrend::None => Offset::Keep,
        Detrend::Constant => Offset::SubtractMean,
        Detrend::Linear => return Ok(None),
    };
    if !supports(params.n_fft) {
        return Ok(None);
    }
    let window = params.window.coefficients(params.win_length, params.symmetry)?;
    let spec = FrameSpec {
        window: window.into_iter().map(|w| w as f32).collect(),
        n_fft: params.n_fft,
        lead: params.lead(),
        offset,
        preemphasis: params.preemphasis as f32,
    };
    Ok(frames_kernel(Isa::detect()?, spec))
}

/// The lanes kernel behind [`PowerFrames`], for f32 samples where there is one.
pub(super) fn fast_power_frames<T: Real>(params: FrameParams) -> Result<Option<Box<dyn PowerFrames<T>>>> {
    if !same_type::<T, f32>() {
        return Ok(None);
    }
    let Some(kernel) = lane_frames(&params)? else { return Ok(None) };
    let least = Isa::detect()?.lanes() / 2;
    let fast = FastFrames { kernel, hop: params.hop, least, plain: FrameFft::new(params)? };
    Ok(specialise(Box::new(fast) as Box<dyn PowerFrames<f32>>))
}

/// Many frames at a time in lanes, few by the plain transform.
struct FastFrames {
    kernel: Box<dyn LaneFrames>,
    hop: usize,
    /// Fewest frames for which a whole group of lanes pays.
    least: usize,
    plain: FrameFft<f32>,
}

impl PowerFrames<f32> for FastFrames {
    fn power_frames(&mut self, signal: &[f32], frames: Range<usize>, out: &mut [f32]) {
        if frames.len() < self.least {
            return self.plain.power_frames(signal, frames, out);
        }
        self.kernel.power_frames(&signal[frames.start * self.hop..], self.hop, frames.len(), out);
    }
}
