//! Regions that the host runs: estimates for which dsp has a plan, and every single op.

use rlx_dsp::fft::Complex;

use super::{Asked, Refusal, Task};

/// Longest window whose weights are computed to check that their sum is not zero.
const SHORT: usize = 8;

/// Checks whether the host runs a region as a whole. One op with its prologue is never refused.
///
/// # Errors
/// The reason why its ops run one by one.
pub fn on_host(asked: &Asked<'_>) -> Result<(), Refusal> {
    let has_plan = match &asked.region.task {
        Task::Frames(_) | Task::Transform(_) | Task::WelchPeaks(_) | Task::Op(_) => true,
        Task::Learned(learned) => !learned.averaged,
        Task::Spectrogram(spectrogram) => spectrogram.params().is_some_and(|params| {
            let len = params.segments.segment_len.min(SHORT);
            let window = params.segments.window.coefficients(len, params.segments.symmetry);
            let weighs = window.is_ok_and(|weights| len == SHORT || params.scale(&weights).is_ok());
            params.validate().is_ok() && weighs
        }),
        Task::Welch(welch) => welch.params().is_some_and(|params| {
            let complex = welch.powers.transform.frames.complex;
            let checked = if complex { params.validate::<Complex<f32>>() } else { params.validate::<f32>() };
            let weighs = params.segments.segment_len >= SHORT || params.segments.weights().is_ok();
            welch.peaks.is_none() && checked.is_ok() && weighs
        }),
        Task::LogMel(mel) => {
            let params = mel.params().filter(|_| mel.powers.transform.keep.is_none());
            params.is_some_and(|params| params.validate().is_ok())
        }
    };
    if has_plan { Ok(()) } else { Err(Refusal::new("the library has no plan for it")) }
}
