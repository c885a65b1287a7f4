//! Log-mel spectrograms: Whisper, librosa, torchaudio, Kaldi, NeMo.

use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{
    Detrend, Layout, LogBase, MaxScope, MelScale, MelSpec, Padding, Sides, Symmetry, Window,
};

/// `max(x, max − below_max)`, then `(x + offset) · scale`.
pub type ClampSpec = (f64, f64, f64, MaxScope);

/// Pre-emphasis: over the item, or in each frame.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum PreemphasisSpec {
    /// None.
    #[default]
    None,
    /// Of the whole item, with this coefficient.
    Signal(f64),
    /// Of each frame.
    Frame(f64),
}

/// A log-mel pipeline; every field is public.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogMelSpec {
    /// Items.
    pub batch: usize,
    /// Samples an item.
    pub len: usize,
    /// Samples a frame (and its window). Padding is half of it on each side, which gives the frames of a window in the
    /// middle of `n_fft` samples too.
    pub win_length: usize,
    /// Points of the transform, at least `win_length`.
    pub n_fft: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Pre-emphasis.
    pub preemphasis: PreemphasisSpec,
    /// Whether each frame loses its mean, before its pre-emphasis.
    pub remove_dc: bool,
    /// Window of each frame.
    pub window: Window,
    /// Periodic or symmetric.
    pub symmetry: Symmetry,
    /// Padding of both ends by win_length/2.
    pub pad: Padding,
    /// Frames dropped at the end.
    pub drop_last: usize,
    /// Filterbank.
    pub mel: MelSpec,
    /// Base and floor of the logarithm; none leaves energies.
    pub log: Option<(LogBase, f64)>,
    /// Added under the logarithm.
    pub log_add: f64,
    /// Dynamic range and normalisation after the logarithm.
    pub clamp: Option<ClampSpec>,
    /// Epsilon of the normalisation per band, after all.
    pub per_feature: Option<f64>,
}

impl LogMelSpec {
    /// openai/whisper: 16 kHz, n_fft 400, hop 160, reflect, last frame dropped, `(max(x, max−8)+4)/4`.
    pub fn whisper(batch: usize, len: usize, n_mels: usize) -> Self {
        Self {
            batch,
            len,
            win_length: 400,
            n_fft: 400,
            hop: 160,
            preemphasis: PreemphasisSpec::None,
            remove_dc: false,
            window: Window::Hann,
            symmetry: Symmetry::Periodic,
            pad: Padding::Reflect,
            drop_last: 1,
            mel: slaney(16e3, n_mels, true),
            log: Some((LogBase::Log10, 1e-10)),
            log_add: 0.0,
            clamp: Some((8.0, 4.0, 0.25, MaxScope::Item)),
            per_feature: None,
        }
    }

    /// librosa: 22,050 Hz, n_fft 2048, hop 512, constant padding, 128 mels, decibels with top_db 80.
    pub fn librosa(batch: usize, len: usize) -> Self {
        Self {
            win_length: 2048,
            n_fft: 2048,
            hop: 512,
            pad: Padding::Constant,
            drop_last: 0,
            mel: slaney(22_050.0, 128, true),
            log: Some((LogBase::Db, 1e-10)),
            clamp: Some((80.0, 0.0, 1.0, MaxScope::Item)),
            ..Self::whisper(batch, len, 128)
        }
    }

    /// torchaudio's MelSpectrogram: 16 kHz, n_fft 400, hop 200, 128 HTK mels, no logarithm.
    pub fn torchaudio(batch: usize, len: usize) -> Self {
        Self {
            hop: 200,
            drop_last: 0,
            mel: MelSpec { scale: MelScale::Htk, ..slaney(16e3, 128, false) },
            log: None,
            clamp: None,
            ..Self::whisper(batch, len, 128)
        }
    }

    /// Kaldi's fbank without dither: 16 kHz, 25 ms Povey windows in 512 points, mean removed, pre-emphasis 0.97 in each
    /// frame, no padding, 23 bands from 20 Hz, natural logarithm from `f32`'s epsilon.
    pub fn kaldi(batch: usize, len: usize) -> Self {
        Self {
            n_fft: 512,
            preemphasis: PreemphasisSpec::Frame(0.97),
            remove_dc: true,
            window: Window::Povey,
            symmetry: Symmetry::Symmetric,
            pad: Padding::None,
            drop_last: 0,
            mel: MelSpec { f_min: 20.0, scale: MelScale::Kaldi, ..slaney(16e3, 23, false) },
            log: Some((LogBase::Ln, f64::from(f32::EPSILON))),
            clamp: None,
            ..Self::whisper(batch, len, 23)
        }
    }

    /// NeMo at evaluation: 16 kHz, pre-emphasis 0.97 of the item, symmetric Hann 400 in 512 points, constant padding,
    /// 80 Slaney bands, `ln(x + 2⁻²⁴)`, each band normalised; the masked last frame is left out.
    pub fn nemo(batch: usize, len: usize) -> Self {
        Self {
            n_fft: 512,
            preemphasis: PreemphasisSpec::Signal(0.97),
            symmetry: Symmetry::Symmetric,
            pad: Padding::Constant,
            log: Some((LogBase::Ln, 0.0)),
            log_add: (-24.0_f64).exp2(),
            clamp: None,
            per_feature: Some(1e-5),
            ..Self::whisper(batch, len, 80)
        }
    }
}

fn slaney(sample_rate: f64, n_mels: usize, slaney_norm: bool) -> MelSpec {
    let f_max = sample_rate / 2.0;
    MelSpec { sample_rate, n_mels, f_min: 0.0, f_max, scale: MelScale::Slaney, slaney_norm }
}

/// Input → [Preemphasis →] Segment → [Detrend →] [Preemphasis →] Window → Fft → Power → MelFilterbank → [Log →]
/// [ClampNormalise →] [NormaliseFeatures →] output `log_mel` `[batch, frames, n_mels]`. The power is not doubled: mel
/// filterbanks take `|X|²`.
///
/// # Errors
/// Structural ones only; shapes are checked by [`Graph::infer`].
pub fn log_mel(spec: &LogMelSpec) -> Result<Graph> {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch: spec.batch, len: spec.len, complex: false }, &[])?;
    let mut ops = Vec::new();
    if let PreemphasisSpec::Signal(coefficient) = spec.preemphasis {
        ops.push(Op::Preemphasis { coefficient, per_frame: false });
    }
    ops.push(Op::Segment { len: spec.win_length, hop: spec.hop, pad: spec.pad, drop_last: spec.drop_last });
    if spec.remove_dc {
        ops.push(Op::Detrend { kind: Detrend::Constant });
    }
    if let PreemphasisSpec::Frame(coefficient) = spec.preemphasis {
        ops.push(Op::Preemphasis { coefficient, per_frame: true });
    }
    ops.extend([
        Op::Window { window: spec.window, symmetry: spec.symmetry },
        Op::Fft { n_fft: spec.n_fft, sides: Sides::One, layout: Layout::Block, keep: None },
        Op::Power { one_sided: false },
        Op::MelFilterbank(spec.mel),
    ]);
    if let Some((base, floor)) = spec.log {
        ops.push(Op::Log { base, floor, add: spec.log_add });
    }
    if let Some((below_max, offset, scale, scope)) = spec.clamp {
        ops.push(Op::ClampNormalise { below_max, offset, scale, scope });
    }
    if let Some(epsilon) = spec.per_feature {
        ops.push(Op::NormaliseFeatures { epsilon });
    }
    ops.push(Op::output("log_mel"));
    graph.chain(x, ops)?;
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_the_known_frame_counts() {
        let dims = |spec: LogMelSpec| log_mel(&spec).unwrap().infer().unwrap().pop().unwrap().dims;
        assert_eq!(dims(LogMelSpec::whisper(1, 480_000, 80)), [1, 3000, 80]);
        assert_eq!(dims(LogMelSpec::librosa(2, 22_050)), [2, 44, 128]);
        assert_eq!(dims(LogMelSpec::torchaudio(1, 16_000)), [1, 81, 128]);
        assert_eq!(dims(LogMelSpec::kaldi(2, 16_000)), [2, 98, 23]);
        assert_eq!(dims(LogMelSpec::nemo(1, 16_000)), [1, 100, 80]);
        assert!(log_mel(&LogMelSpec::whisper(1, 100, 80)).unwrap().infer().is_err());
    }
}
