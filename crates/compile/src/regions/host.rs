//! What the host runs as one region: the estimates that the library has a plan for, and every op by itself.

use rlx_dsp::fft::Complex;

use super::{Asked, Refusal, Task};

/// Windows up to here may have weights that add up to nothing; longer ones are not computed to find out.
const SHORT: usize = 8;

/// Checks whether the host runs a region as it stands. One op with what it loads is never refused.
///
/// # Errors
/// Why its parts run one by one.
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
