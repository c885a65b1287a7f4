//! Log-mel spectrograms: Whisper, librosa, torchaudio, Kaldi, NeMo.

use rlx_dsp::mel::{
    self, LogMelParams, MaxOver, MelLog, MelNorm, MelNormalise, Preemphasis, Reference, TriangleDomain,
};
use rlx_dsp::stft::{self, Placement};

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

impl LogMelSpec {
    /// The pipeline that computes what these parameters ask for, frames by mels whatever their layout; the part of them
    /// that no graph says where there is none.
    ///
    /// # Errors
    /// The name of that parameter.
    pub fn of_params(
        params: &LogMelParams,
        batch: usize,
        len: usize,
    ) -> std::result::Result<Self, &'static str> {
        let pad = match params.padding {
            stft::Padding::None => Padding::None,
            stft::Padding::Constant => Padding::Constant,
            stft::Padding::Reflect => Padding::Reflect,
            stft::Padding::Mirror => return Err("pad_mode"),
        };
        // A window in the middle of a longer transform lies where a frame of its own length would, if both are padded by
        // half their (even) lengths.
        let even = params.win_length.is_multiple_of(2) && params.n_fft.is_multiple_of(2);
        let placed = match params.placement {
            Placement::Start => true,
            Placement::Center => params.win_length == params.n_fft || (even && pad != Padding::None),
        };
        if !placed {
            return Err("win_length");
        }
        let scale = match params.scale {
            mel::MelScale::Slaney => MelScale::Slaney,
            mel::MelScale::Htk => MelScale::Htk,
            mel::MelScale::Kaldi => MelScale::Kaldi,
        };
        if (params.domain == TriangleDomain::Mel) != (scale == MelScale::Kaldi) {
            return Err("scale");
        }
        if params.power != 2.0 {
            return Err("power");
        }
        let scope = match params.max_over {
            MaxOver::Item => MaxScope::Item,
            MaxOver::Batch => MaxScope::Batch,
        };
        let (log, log_add, range) = match params.log {
            MelLog::Linear => (None, 0.0, None),
            MelLog::Log10 { floor } => (Some((LogBase::Log10, floor)), 0.0, None),
            MelLog::Ln { floor } => (Some((LogBase::Ln, floor)), 0.0, None),
            MelLog::LnPlus { offset } => (Some((LogBase::Ln, 0.0)), offset, None),
            MelLog::Decibel { amin, reference: Reference::Power(1.0), top_db } if amin <= 1.0 => {
                (Some((LogBase::Db, amin)), 0.0, top_db)
            }
            MelLog::Decibel { .. } => return Err("ref_max"),
        };
        let (clamp, per_feature) = match (range, params.normalise) {
            (None, MelNormalise::None) => (None, None),
            (Some(range), MelNormalise::None) => (Some((range, 0.0, 1.0, scope)), None),
            (None, MelNormalise::Clamp { range, shift, divisor }) => {
                (Some((range, shift, 1.0 / divisor, scope)), None)
            }
            (range, MelNormalise::PerFeature { epsilon }) => {
                (range.map(|range| (range, 0.0, 1.0, scope)), Some(epsilon))
            }
            (Some(_), MelNormalise::Clamp { .. }) => return Err("top_db"),
        };
        Ok(Self {
            batch,
            len,
            win_length: params.win_length,
            n_fft: params.n_fft,
            hop: params.hop,
            preemphasis: match params.preemphasis {
                Preemphasis::None => PreemphasisSpec::None,
                Preemphasis::Signal(c) => PreemphasisSpec::Signal(c),
                Preemphasis::Frame(c) => PreemphasisSpec::Frame(c),
            },
            remove_dc: params.remove_dc,
            window: params.window,
            symmetry: params.symmetry,
            pad,
            drop_last: usize::from(params.drop_last_frame),
            mel: MelSpec {
                sample_rate: params.sample_rate,
                n_mels: params.n_mels,
                f_min: params.f_min,
                f_max: params.f_max.unwrap_or(params.sample_rate / 2.0),
                scale,
                slaney_norm: params.norm == MelNorm::Slaney,
            },
            log,
            log_add,
            clamp,
            per_feature,
        })
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

    #[test]
    fn presets_are_what_their_parameters_say() {
        use rlx_dsp::mel::Preset;
        let of = |params: &LogMelParams| LogMelSpec::of_params(params, 2, 16_000);
        for (preset, spec) in [
            (Preset::Whisper, LogMelSpec::whisper(2, 16_000, 80)),
            (Preset::Librosa, LogMelSpec::librosa(2, 16_000)),
            (
                Preset::Torchaudio,
                LogMelSpec { log: Some((LogBase::Db, 1e-10)), ..LogMelSpec::torchaudio(2, 16_000) },
            ),
            (Preset::Kaldi, LogMelSpec::kaldi(2, 16_000)),
            (Preset::Nemo, LogMelSpec::nemo(2, 16_000)),
        ] {
            assert_eq!(of(&LogMelParams::preset(preset)), Ok(spec), "{preset}");
        }
        let whisper = LogMelParams::preset(Preset::Whisper);
        for (name, odd) in [
            ("power", LogMelParams { power: 1.0, ..whisper }),
            ("pad_mode", LogMelParams { padding: stft::Padding::Mirror, ..whisper }),
            ("win_length", LogMelParams { win_length: 399, ..whisper }),
            ("scale", LogMelParams { scale: mel::MelScale::Kaldi, ..whisper }),
            (
                "ref_max",
                LogMelParams {
                    log: MelLog::Decibel { amin: 1e-10, reference: Reference::Max, top_db: None },
                    ..whisper
                },
            ),
        ] {
            assert_eq!(of(&odd), Err(name));
        }
    }
}
