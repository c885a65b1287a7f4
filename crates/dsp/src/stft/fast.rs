//! Frames of samples through the lanes kernels.

use std::ops::Range;

use super::frame_fft::{FrameFft, FrameParams, PowerFrames};
use crate::Result;
use crate::fft::Real;
use crate::lanes::{Element, FrameSpec, Isa, LaneFrames, LanePowers, frames_kernel};
use crate::specialise::{same_type, specialise};

/// What the lanes have to know of these frames.
fn frame_spec<T: Real>(params: &FrameParams) -> Result<FrameSpec<T>> {
    let window =
        params.segments.window.coefficients(params.segments.segment_len, params.segments.symmetry)?;
    Ok(FrameSpec {
        window: window.into_iter().map(T::narrow).collect(),
        n_fft: params.segments.n_fft,
        lead: params.lead(),
        offset: params.segments.detrend.into(),
        preemphasis: T::narrow(params.preemphasis),
    })
}

/// The lanes kernel for these frames, or `None` where there is none for their length.
pub(crate) fn lane_frames(params: &FrameParams) -> Result<Option<Box<dyn LaneFrames>>> {
    Ok(frames_kernel(Isa::detect()?, frame_spec::<f32>(params)?))
}

/// The lanes kernel behind [`PowerFrames`], where there is one.
pub(super) fn fast_power_frames<T: Real>(params: &FrameParams) -> Result<Option<Box<dyn PowerFrames<T>>>> {
    if same_type::<T, f32>() {
        return Ok(FastFrames::<f32>::plan(params)?.and_then(specialise));
    }
    Ok(FastFrames::<f64>::plan(params)?.and_then(specialise))
}

/// Many frames at a time in lanes, few by the plain transform.
struct FastFrames<T: Element> {
    kernel: Box<dyn LanePowers<T>>,
    hop: usize,
    /// Fewest frames for which a whole group of lanes pays.
    least: usize,
    plain: FrameFft<T>,
}

impl<T: Element> FastFrames<T> {
    fn plan(params: &FrameParams) -> Result<Option<Box<dyn PowerFrames<T>>>> {
        let Some(kernel) = T::powers_kernel(Isa::detect()?, frame_spec(params)?) else { return Ok(None) };
        let least = kernel.lanes() / 2;
        Ok(Some(Box::new(Self {
            kernel,
            hop: params.segments.hop,
            least,
            plain: FrameFft::new(params.clone())?,
        })))
    }
}

impl<T: Element> PowerFrames<T> for FastFrames<T> {
    fn power_frames(&mut self, signal: &[T], frames: Range<usize>, out: &mut [T]) {
        if frames.len() < self.least {
            return self.plain.power_frames(signal, frames, out);
        }
        self.kernel.power_frames(&signal[frames.start * self.hop..], self.hop, frames.len(), out);
    }
}
