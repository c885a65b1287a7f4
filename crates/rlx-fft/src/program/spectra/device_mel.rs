//! Log-mel features of all channels on a device.

use anyhow::Result;
use rlx_compile::builders::log_mel;
use rlx_compile::params::Rows;
use rlx_dsp::fft::Real;
use rlx_dsp::mel::LogMelParams;
use rlx_runtime::{Device, Session};

use super::placed::{Declined, Placement, on_the_cpu, regions, uses_device};

/// Features of each channel, `[frames, n_mels]`, and the placement; no channels if the device computes nothing of
/// them.
pub(crate) struct DeviceMel {
    pub(crate) channels: Vec<Vec<f32>>,
    pub(crate) placement: Placement,
}

/// Computes the features; `None` if a graph cannot express the parameters, or a sample is missing or not
/// representable in `f32`: dsp then computes them.
pub(crate) fn mel_on<T: Real>(
    device: &str,
    params: &LogMelParams,
    channels: &[Vec<T>],
) -> Result<Option<DeviceMel>> {
    let len = channels.first().map_or(0, Vec::len);
    let samples: Vec<f32> = channels.iter().flatten().map(|v| v.widen() as f32).collect();
    if samples.iter().any(|v| !v.is_finite()) || channels.iter().any(|c| c.len() != len) {
        return Ok(None);
    }
    let Ok(graph) = log_mel(params, Rows::new(channels.len(), len)) else { return Ok(None) };
    if graph.infer().is_err() {
        // For example too short: dsp reports the error.
        return Ok(None);
    }
    let session = Session::open(&device.parse::<Device>()?)?;
    let plan = session.explain(&graph, Default::default())?.plan;
    let (parts, id) = (on_the_cpu(&plan), &session.device().id);
    let regions = regions(&plan, id);
    if !uses_device(&plan) {
        let declined = Declined { why: parts.unwrap_or_default(), regions };
        return Ok(Some(DeviceMel { channels: Vec::new(), placement: declined.placement(id) }));
    }
    let features = session.compile_plan(plan)?.run_to_vecs(&[&samples])?.swap_remove(0);
    let parts = parts.map_or(String::new(), |parts| format!(", on the CPU {parts}"));
    let said = format!("computed in f32 on {id}{parts}");
    let width = (features.len() / channels.len().max(1)).max(1);
    let placement = Placement { said, regions };
    Ok(Some(DeviceMel { channels: features.chunks_exact(width).map(<[f32]>::to_vec).collect(), placement }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::mel::{LogMel, Preset};

    #[test]
    fn every_preset_is_what_the_library_computes() {
        let x: Vec<f64> =
            (0..24_000).map(|i| (f64::from(i) * 0.05).sin() + 0.1 * (f64::from(i * i % 97))).collect();
        let y: Vec<f64> = x.iter().rev().map(|v| 0.5 * v).collect();
        for preset in [Preset::Librosa, Preset::Whisper, Preset::Kaldi, Preset::Torchaudio, Preset::Nemo] {
            let own = LogMelParams::preset(preset);
            for params in [own.clone(), own.clone().n_mels(20).f_min(100.0).f_max(5e3).hop(200)] {
                let channels = [x.clone(), y.clone()];
                let got = mel_on("cpu", &params, &channels).unwrap().unwrap();
                let library = LogMel::<f64>::new(params.clone()).unwrap();
                for (features, samples) in got.channels.iter().zip(&channels) {
                    let want = library.run(samples).unwrap();
                    assert_eq!(features.len(), want.n_frames * want.n_mels, "{preset}");
                    let (mut error, mut norm) = (0.0, 0.0);
                    for (i, got) in features.iter().enumerate() {
                        let value = want.get(i % want.n_mels, i / want.n_mels).unwrap();
                        error += (f64::from(*got) - value).powi(2);
                        norm += value.powi(2);
                    }
                    // 16 times the error of an f32 transform, because a logarithm follows. NeMo divides by the
                    // deviation of its band, here about a quarter of the logarithms.
                    let times = if preset == Preset::Nemo { 64.0 } else { 16.0 };
                    let bound = times * f64::from(f32::EPSILON) * (params.n_fft as f64).log2();
                    assert!((error / norm).sqrt() <= bound, "{preset}: {}", (error / norm).sqrt());
                }
            }
        }
        let bad = [vec![0.0, f64::NAN, 1.0]];
        assert!(mel_on("cpu", &LogMelParams::preset(Preset::Whisper), &bad).unwrap().is_none());
    }
}
