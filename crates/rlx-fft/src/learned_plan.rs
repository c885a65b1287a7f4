//! A learned model as a plan: its butterflies are one op, followed by the same ops as an FFT.

use std::sync::Arc;

use num_complex::Complex32;
use rlx_compile::Butterflies;
use rlx_compile::builders::{LearnedCorrection, WelchPeaksShape, learned_welch_peaks};
use rlx_compile::passes::FusionPolicy;
use rlx_dsp::window::Window;
use rlx_learn::{AffineCorrector, ButterflyNetwork, FastLearnedFftModel};
use rlx_runtime::session::FrameTransform;
use rlx_runtime::{Executable, Session, SessionOptions};

use crate::error::Result;

/// The name of the model in the session.
const NAME: &str = "learned";

struct Transform(ButterflyNetwork);

impl FrameTransform for Transform {
    fn n(&self) -> usize {
        self.0.n()
    }

    fn forward(&self, frame: &mut [Complex32]) {
        // The only error is a frame of another length, which the session has checked; NaN would make it visible in
        // the result.
        if self.0.forward(frame).is_err() {
            frame.fill(Complex32::new(f32::NAN, f32::NAN));
        }
    }

    fn butterflies(&self, kept: &[bool]) -> Option<Butterflies> {
        Some(self.0.butterflies(kept))
    }
}

/// Returns the options of a session that runs plans of this model.
pub(crate) fn with_model(options: SessionOptions, model: Option<&FastLearnedFftModel>) -> SessionOptions {
    match model {
        Some(model) => options.transform(NAME, Arc::new(Transform(model.weighted_network()))),
        None => options,
    }
}

/// Returns the model's plan on a session that was opened [`with_model`]. Mask weights other than 0 and 1, which no op
/// supports, are part of the transform.
pub(crate) fn compile(
    session: &Session,
    model: &FastLearnedFftModel,
    shape: &WelchPeaksShape,
) -> Result<Executable> {
    let mask = model.mask();
    let kept: Vec<usize> = (0..mask.len()).filter(|&bin| mask[bin] > 0.0).collect();
    let AffineCorrector { scale, offset } = model.corrector();
    let correction = LearnedCorrection {
        affine: (model.corrector() != AffineCorrector::IDENTITY)
            .then_some((f64::from(scale), f64::from(offset))),
        bins: (kept.len() < mask.len()).then_some(kept),
        window: model.window().map(|w| Window::Custom(w.iter().map(|&w| w.into()).collect())),
    };
    let graph = learned_welch_peaks(shape, model.op(NAME), correction)?;
    Ok(session.compile_with(&graph, FusionPolicy::Never)?)
}

#[cfg(test)]
mod tests {
    use rlx_compile::DeviceClass;
    use rlx_dsp::welch::peaks::WelchPeakParams;
    use rlx_learn::Gate;
    use rlx_runtime::devices;

    use super::*;

    /// On the CPU and on present NVIDIA devices.
    #[test]
    fn the_plan_finds_what_the_model_finds() {
        let shape = WelchPeaksShape::new(7, 128, 2, 5);
        let params = WelchPeakParams::fast_for_n_fft(128, 5);
        let samples: Vec<f32> =
            (0..7 * 192).map(|i| (i as f32 * 0.4).sin() + 0.3 * ((i * i % 977) as f32 * 1.7).cos()).collect();
        let exact = FastLearnedFftModel::exact(128).unwrap();
        let mut masked = exact.clone();
        let mask: Vec<f32> = (0..65).map(|bin| if bin % 3 == 0 { 0.0 } else { 1.0 }).collect();
        masked.set_mask(&mask).unwrap();
        masked.set_corrector(AffineCorrector { scale: 0.5, offset: 2.0 }).unwrap();
        // No longer the FFT: the combined result of two segments counts.
        let mut bent = exact.clone();
        let stage = bent.network_mut().stage_mut(5).unwrap();
        stage.iter_mut().step_by(3).for_each(|w| w.b *= 0.9);
        let mut weighted = bent.clone();
        let weights: Vec<f32> = (0..65).map(|bin| (bin % 7) as f32 / 6.0).collect();
        weighted.set_mask(&weights).unwrap();
        let gates = weighted.network_mut().gates_mut(6).unwrap();
        gates[5..20].fill(Gate::Skip);
        gates[20..24].fill(Gate::Reverse);
        gates[30] = Gate::Closed;
        let mut windowed = bent.clone();
        let window: Vec<f32> = (0..128).map(|i| (i as f32 * 0.03).sin()).collect();
        windowed.set_window(Some(&window)).unwrap();
        let named =
            devices().into_iter().filter(|d| [DeviceClass::Cpu, DeviceClass::Cuda].contains(&d.class));
        let named: Vec<_> = named.map(|info| info.id.parse().unwrap()).collect();
        for (model, device) in [&exact, &masked, &bent, &weighted, &windowed]
            .into_iter()
            .flat_map(|m| named.iter().map(move |d| (m, d)))
        {
            let options = with_model(SessionOptions::default(), Some(model));
            let session = Session::with_options(device, options).unwrap();
            let plan = compile(&session, model, &shape).unwrap();
            assert!(plan.plan().explain().contains("butterfly"), "{}", plan.plan().explain());
            let got = plan.run_to_vecs(&[&samples]).unwrap().remove(0);
            let want = model.welch_peaks_batch(&params, &samples, 7).unwrap();
            let strongest = want.iter().copied().fold(0.0, f32::max);
            for (g, w) in got.chunks_exact(2).zip(want.chunks_exact(2)) {
                assert!(
                    // The model transforms two segments at once, the plan one: both round relative to the scale of
                    // the row.
                    g[0] == w[0] && (g[1] - w[1]).abs() <= 8.0 * 7.0 * f32::EPSILON * strongest,
                    "{g:?} {w:?}"
                );
            }
        }
    }
}
