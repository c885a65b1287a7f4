//! Log-mel spectrograms whose every step is an op here (Whisper, librosa, torchaudio).
//!
//! Kaldi and NeMo pre-emphasise and (NeMo) normalise per feature, for which there is no op: they run in the
//! CPU library.

use crate::error::Result;
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{Layout, LogBase, MaxScope, MelScale, MelSpec, Padding, Sides, Symmetry, Window};

/// `max(x, max − below_max)`, then `(x + offset) · scale`.
pub type ClampSpec = (f64, f64, f64, MaxScope);

/// A log-mel pipeline; every field is public.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogMelSpec {
    /// Items.
    pub batch: usize,
    /// Samples an item.
    pub len: usize,
    /// Samples a frame.
    pub n_fft: usize,
    /// Samples from one frame to the next.
    pub hop: usize,
    /// Padding of both ends by n_fft/2.
    pub pad: Padding,
    /// Frames dropped at the end.
    pub drop_last: usize,
    /// Filterbank.
    pub mel: MelSpec,
    /// Base and floor of the logarithm; none leaves energies.
    pub log: Option<(LogBase, f64)>,
    /// Dynamic range and normalisation after the logarithm.
    pub clamp: Option<ClampSpec>,
}

impl LogMelSpec {
    /// openai/whisper: 16 kHz, n_fft 400, hop 160, reflect, last frame dropped, `(max(x, max−8)+4)/4`.
    pub fn whisper(batch: usize, len: usize, n_mels: usize) -> Self {
        Self {
            batch,
            len,
            n_fft: 400,
            hop: 160,
            pad: Padding::Reflect,
            drop_last: 1,
            mel: slaney(16e3, n_mels, true),
            log: Some((LogBase::Log10, 1e-10)),
            clamp: Some((8.0, 4.0, 0.25, MaxScope::Item)),
        }
    }

    /// librosa: 22,050 Hz, n_fft 2048, hop 512, constant padding, 128 mels, decibels with top_db 80.
    pub fn librosa(batch: usize, len: usize) -> Self {
        Self {
            batch,
            len,
            n_fft: 2048,
            hop: 512,
            pad: Padding::Constant,
            drop_last: 0,
            mel: slaney(22_050.0, 128, true),
            log: Some((LogBase::Db, 1e-10)),
            clamp: Some((80.0, 0.0, 1.0, MaxScope::Item)),
        }
    }

    /// torchaudio's MelSpectrogram: 16 kHz, n_fft 400, hop 200, 128 HTK mels, no logarithm.
    pub fn torchaudio(batch: usize, len: usize) -> Self {
        Self {
            batch,
            len,
            n_fft: 400,
            hop: 200,
            pad: Padding::Reflect,
            drop_last: 0,
            mel: MelSpec { scale: MelScale::Htk, ..slaney(16e3, 128, false) },
            log: None,
            clamp: None,
        }
    }
}

fn slaney(sample_rate: f64, n_mels: usize, slaney_norm: bool) -> MelSpec {
    let f_max = sample_rate / 2.0;
    MelSpec { sample_rate, n_mels, f_min: 0.0, f_max, scale: MelScale::Slaney, slaney_norm }
}

/// Input → Segment → Window → Fft → Power → MelFilterbank → [Log →] [ClampNormalise →] output `log_mel`
/// `[batch, frames, n_mels]`. The power is not doubled: mel filterbanks take `|X|²`.
///
/// # Errors
/// Structural ones only; shapes are checked by [`Graph::infer`].
pub fn log_mel(spec: &LogMelSpec) -> Result<Graph> {
    let mut graph = Graph::new();
    let x = graph.push(Op::Input { batch: spec.batch, len: spec.len, complex: false }, &[])?;
    let mut ops = vec![
        Op::Segment { len: spec.n_fft, hop: spec.hop, pad: spec.pad, drop_last: spec.drop_last },
        Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
        Op::Fft { n_fft: spec.n_fft, sides: Sides::One, layout: Layout::Block, keep: None },
        Op::Power { one_sided: false },
        Op::MelFilterbank(spec.mel),
    ];
    if let Some((base, floor)) = spec.log {
        ops.push(Op::Log { base, floor, add: 0.0 });
    }
    if let Some((below_max, offset, scale, scope)) = spec.clamp {
        ops.push(Op::ClampNormalise { below_max, offset, scale, scope });
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
        assert!(log_mel(&LogMelSpec::whisper(1, 100, 80)).unwrap().infer().is_err());
    }
}
