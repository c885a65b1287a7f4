//! What the host runs as one region: the estimates that the library has a plan for, and every op by itself.

use super::{Asked, Refusal, Task};

/// Whether the host runs a region as it stands. One op with what it loads is never refused.
///
/// # Errors
/// Why its parts run one by one.
pub fn on_host(asked: &Asked<'_>) -> Result<(), Refusal> {
    let by_plan = |has: bool| if has { Ok(()) } else { Err(Refusal::new("the library has no plan for it")) };
    match &asked.region.task {
        Task::Frames(_) | Task::Transform(_) | Task::WelchPeaks(_) | Task::Op(_) => Ok(()),
        Task::Learned(learned) => by_plan(!learned.averaged),
        Task::Spectrogram(spectrogram) => by_plan(spectrogram.params().is_some_and(|params| {
            let window = params.window.coefficients(params.win_length, params.symmetry);
            params.validate().is_ok() && window.is_ok_and(|weights| params.scale(&weights).is_ok())
        })),
        Task::Welch(welch) => by_plan(
            welch.peaks.is_none()
                && welch.params().is_some_and(|params| {
                    let complex = welch.powers.transform.frames.complex;
                    let checked = if complex {
                        params.check::<rlx_dsp::fft::Complex<f32>>()
                    } else {
                        params.check::<f32>()
                    };
                    checked.is_ok() && params.weights().is_ok()
                }),
        ),
        Task::LogMel(mel) => {
            by_plan(mel.powers.transform.keep.is_none() && mel.params().is_some_and(|p| p.validate().is_ok()))
        }
    }
}
