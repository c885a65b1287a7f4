//! Spectra of frames by the lanes kernels.

use std::ops::Range;
use std::sync::Arc;

use super::frame_fft::{FrameFft, FrameParams, PowerFrames};
use crate::Result;
use crate::fft::Real;
use crate::lanes::{Element, FrameSpec, Isa, LaneFrames, LanePowers, frames_kernel};
use crate::scratch::Kernels;
use crate::specialise::{same_type, specialise};

/// Returns the parameters of these frames for the lanes.
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

/// Returns the lanes kernels for these frames, or `None` if there is none for their length.
pub(crate) fn lane_frames(params: &FrameParams) -> Result<Option<Kernels<dyn LaneFrames>>> {
    let (isa, spec) = (Isa::detect()?, frame_spec::<f32>(params)?);
    let first = frames_kernel(isa, spec.clone());
    let make = move || frames_kernel(isa, spec.clone()).expect("it was built from this before");
    Ok(first.map(|first| Kernels::with_first(first, make)))
}

/// Returns the lanes kernel as [`PowerFrames`], if there is one.
pub(super) fn fast_power_frames<T: Real>(params: &FrameParams) -> Result<Option<Box<dyn PowerFrames<T>>>> {
    if same_type::<T, f32>() {
        return Ok(FastFrames::<f32>::plan(params)?.and_then(specialise));
    }
    Ok(FastFrames::<f64>::plan(params)?.and_then(specialise))
}

/// Processes many frames at a time in lanes, and few frames with the plain transform.
#[derive(Clone)]
struct FastFrames<T: Element> {
    kernels: Arc<Kernels<dyn LanePowers<T>>>,
    hop: usize,
    /// Smallest number of frames for which a group of lanes is faster.
    least: usize,
    plain: FrameFft<T>,
}

impl<T: Element> FastFrames<T> {
    fn plan(params: &FrameParams) -> Result<Option<Box<dyn PowerFrames<T>>>> {
        let (isa, spec) = (Isa::detect()?, frame_spec(params)?);
        let Some(kernel) = T::powers_kernel(isa, spec.clone()) else { return Ok(None) };
        let least = kernel.lanes() / 2;
        let make = move || T::powers_kernel(isa, spec.clone()).expect("it was built from this before");
        let kernels = Arc::new(Kernels::with_first(kernel, make));
        Ok(Some(Box::new(Self {
            kernels,
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
        let signal = &signal[frames.start * self.hop..];
        self.kernels.lend(|kernel| kernel.power_frames(signal, self.hop, frames.len(), out));
    }

    fn boxed_clone(&self) -> Box<dyn PowerFrames<T>> {
        Box::new(self.clone())
    }
}
