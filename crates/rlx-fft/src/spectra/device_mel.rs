//! Log-mel features of all channels on a device, by the graph of their preset.

use anyhow::Result;
use rlx_compile::builders::{LogMelSpec, log_mel};
use rlx_compile::params::MelSpec;
use rlx_dsp::fft::Real;
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_runtime::{Device, Session};

/// Features of each channel, `[frames, n_mels]`, and where they were computed.
pub(crate) struct DeviceMel {
    pub(crate) channels: Vec<Vec<f32>>,
    pub(crate) said: String,
}

/// The preset's graph with what was asked for instead.
fn spec(preset: Preset, params: &LogMelParams, batch: usize, len: usize) -> LogMelSpec {
    let own = match preset {
        Preset::Librosa => LogMelSpec::librosa(batch, len),
        Preset::Whisper => LogMelSpec::whisper(batch, len, params.n_mels),
        Preset::Kaldi => LogMelSpec::kaldi(batch, len),
        Preset::Torchaudio => LogMelSpec::torchaudio(batch, len),
        Preset::Nemo => LogMelSpec::nemo(batch, len),
    };
    let mel = MelSpec {
        sample_rate: params.sample_rate,
        n_mels: params.n_mels,
        f_min: params.f_min,
        f_max: params.f_max.unwrap_or(params.sample_rate / 2.0),
        ..own.mel
    };
    LogMelSpec { win_length: params.win_length, n_fft: params.n_fft, hop: params.hop, mel, ..own }
}

/// `None` where a sample is missing or no `f32`: what becomes of those is the library's business.
pub(crate) fn mel_on<T: Real>(
    device: &str,
    preset: Preset,
    params: &LogMelParams,
    channels: &[Vec<T>],
) -> Result<Option<DeviceMel>> {
    let len = channels.first().map_or(0, Vec::len);
    let samples: Vec<f32> = channels.iter().flatten().map(|v| v.widen() as f32).collect();
    if samples.iter().any(|v| !v.is_finite()) || channels.iter().any(|c| c.len() != len) {
        return Ok(None);
    }
    let Ok(graph) = log_mel(&spec(preset, params, channels.len(), len)) else { return Ok(None) };
    if graph.infer().is_err() {
        // Too short, for one: the library says it in its own words.
        return Ok(None);
    }
    let session = Session::open(&device.parse::<Device>()?)?;
    let executable = session.compile(&graph)?;
    let features = executable.run_to_vecs(&[&samples])?.swap_remove(0);
    let split = match executable.plan().splits() {
        [] => String::new(),
        [first, ..] => format!(" and, from {} on, on the host ({})", first.op, first.reason),
    };
    let said = format!("computed in f32 on {}{split}", session.device().id);
    let width = (features.len() / channels.len().max(1)).max(1);
    Ok(Some(DeviceMel { channels: features.chunks_exact(width).map(<[f32]>::to_vec).collect(), said }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::mel::LogMel;

    #[test]
    fn every_preset_is_what_the_library_computes() {
        let x: Vec<f64> =
            (0..24_000).map(|i| (f64::from(i) * 0.05).sin() + 0.1 * (f64::from(i * i % 97))).collect();
        let y: Vec<f64> = x.iter().rev().map(|v| 0.5 * v).collect();
        for preset in [Preset::Librosa, Preset::Whisper, Preset::Kaldi, Preset::Torchaudio, Preset::Nemo] {
            let own = LogMelParams::preset(preset);
            for params in [own, LogMelParams { n_mels: 20, f_min: 100.0, f_max: Some(5e3), hop: 200, ..own }]
            {
                let channels = [x.clone(), y.clone()];
                let got = mel_on("cpu", preset, &params, &channels).unwrap().unwrap();
                let mut library = LogMel::<f64>::new(params).unwrap();
                for (features, samples) in got.channels.iter().zip(&channels) {
                    let want = library.process(samples).unwrap();
                    assert_eq!(features.len(), want.n_frames * want.n_mels, "{preset}");
                    let (mut error, mut norm) = (0.0, 0.0);
                    for (i, got) in features.iter().enumerate() {
                        let value = want.get(i % want.n_mels, i / want.n_mels).unwrap();
                        error += (f64::from(*got) - value).powi(2);
                        norm += value.powi(2);
                    }
                    // 16 times what a transform of f32 loses: a logarithm follows.
                    let bound = 16.0 * f64::from(f32::EPSILON) * (params.n_fft as f64).log2();
                    assert!((error / norm).sqrt() <= bound, "{preset}: {}", (error / norm).sqrt());
                }
            }
        }
        let bad = [vec![0.0, f64::NAN, 1.0]];
        assert!(
            mel_on("cpu", Preset::Whisper, &LogMelParams::preset(Preset::Whisper), &bad).unwrap().is_none()
        );
    }
}
