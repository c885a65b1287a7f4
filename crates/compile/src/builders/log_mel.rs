//! Log-mel spectrograms: Whisper, librosa, torchaudio, Kaldi, NeMo.

use rlx_dsp::mel::{LogMelParams, MelLog, MelNormalise, Preemphasis, Reference};

use super::spectrogram::is_placed;
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{Detrend, Layout, LogBase, MaxOver, Rows, Sides};

/// Input → [Preemphasis →] Segment → [Detrend →] [Preemphasis →] Window → Fft → Power → MelFilterbank [→ Log] [→
/// ClampNormalise] [→ NormaliseFeatures] → output `log_mel`, `[batch, frames, n_mels]` for every layout of the
/// parameters. The power is not doubled: mel filterbanks take `|X|²`.
///
/// # Errors
/// [`Error::Argument`] names the first parameter that a graph cannot express, see [`expressible`]. Shapes are checked
/// by [`Graph::infer`].
pub fn log_mel(params: &LogMelParams, rows: Rows) -> Result<Graph> {
    expressible(params)?;
    let mut graph = Graph::new();
    let x = graph.push(rows.input(), &[])?;
    let mut ops = Vec::new();
    if let Preemphasis::Signal(coefficient) = params.preemphasis {
        ops.push(Op::Preemphasis { coefficient, per_frame: false });
    }
    let drop_last = usize::from(params.drop_last_frame);
    ops.push(Op::Segment { len: params.win_length, hop: params.hop, pad: params.padding, drop_last });
    if params.remove_dc {
        ops.push(Op::Detrend { kind: Detrend::Constant });
    }
    if let Preemphasis::Frame(coefficient) = params.preemphasis {
        ops.push(Op::Preemphasis { coefficient, per_frame: true });
    }
    ops.extend([
        Op::Window { window: params.window.clone(), symmetry: params.symmetry },
        Op::Fft { n_fft: params.n_fft, sides: Sides::One, layout: Layout::Block, keep: None },
        Op::Power { one_sided: false },
        Op::MelFilterbank(params.filterbank()),
    ]);
    ops.extend(logarithm(&params.log, params.max_over));
    ops.extend(match params.normalise {
        MelNormalise::None => None,
        MelNormalise::Clamp { range, shift, divisor } => {
            let scale = 1.0 / divisor;
            Some(Op::ClampNormalise { below_max: range, offset: shift, scale, scope: params.max_over })
        }
        MelNormalise::PerFeature { epsilon } => Some(Op::NormaliseFeatures { epsilon }),
    });
    ops.push(Op::output("log_mel"));
    graph.chain(x, ops)?;
    Ok(graph)
}

/// Returns the ops of a logarithm: itself and its range.
fn logarithm(log: &MelLog, scope: MaxOver) -> Vec<Op> {
    let base = |base, floor, add| Op::Log { base, floor, add };
    match *log {
        MelLog::Linear => Vec::new(),
        MelLog::Log10 { floor } => vec![base(LogBase::Log10, floor, 0.0)],
        MelLog::Ln { floor } => vec![base(LogBase::Ln, floor, 0.0)],
        MelLog::LnPlus { offset } => vec![base(LogBase::Ln, 0.0, offset)],
        MelLog::Decibel { amin, top_db, .. } => {
            let range =
                top_db.map(|below_max| Op::ClampNormalise { below_max, offset: 0.0, scale: 1.0, scope });
            std::iter::once(base(LogBase::Db, amin, 0.0)).chain(range).collect()
        }
    }
}

/// Checks that a graph can express these parameters.
///
/// # Errors
/// [`Error::Argument`] names the first parameter that cannot be expressed: a `power` other than 2, a decibel
/// reference other than power 1, a window centred in a transform that is longer by an odd number or not padded.
pub fn expressible(params: &LogMelParams) -> Result<()> {
    let (win_length, n_fft) = (params.win_length, params.n_fft);
    if !is_placed(params.placement, win_length, n_fft, params.padding) {
        let reason = format!("graphs do not support a window of {win_length} centred in {n_fft} points here");
        return Err(Error::argument("win_length", reason));
    }
    if params.power != 2.0 {
        return Err(Error::argument("power", format!("graphs support power 2, not {}", params.power)));
    }
    match params.log {
        MelLog::Decibel { amin, reference: Reference::Power(1.0), .. } if amin <= 1.0 => Ok(()),
        MelLog::Decibel { .. } => {
            Err(Error::argument("log", "graphs support decibels relative to power 1 only"))
        }
        MelLog::Linear | MelLog::Log10 { .. } | MelLog::Ln { .. } | MelLog::LnPlus { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rlx_dsp::mel::Preset;
    use rlx_dsp::stft::Padding;

    use super::*;

    #[test]
    fn presets_have_the_known_frame_counts() {
        let dims = |preset, batch, len| {
            let graph = log_mel(&LogMelParams::preset(preset), Rows::new(batch, len)).unwrap();
            graph.infer().map(|mut types| types.pop().unwrap().dims)
        };
        assert_eq!(dims(Preset::Whisper, 1, 480_000), Ok(vec![1, 3000, 80]));
        assert_eq!(dims(Preset::Librosa, 2, 22_050), Ok(vec![2, 44, 128]));
        assert_eq!(dims(Preset::Torchaudio, 1, 16_000), Ok(vec![1, 81, 128]));
        assert_eq!(dims(Preset::Kaldi, 2, 16_000), Ok(vec![2, 98, 23]));
        assert_eq!(dims(Preset::Nemo, 1, 16_000), Ok(vec![1, 100, 80]));
        assert!(dims(Preset::Whisper, 1, 100).is_err());
        // Kaldi with `snip_edges=false`: a frame around the middle of each hop.
        let kaldi = LogMelParams::preset(Preset::Kaldi).padding(Padding::Mirror);
        let types = log_mel(&kaldi, Rows::new(2, 16_000)).unwrap().infer().unwrap();
        assert_eq!(types.last().unwrap().dims, [2, 100, 23]);
    }

    #[test]
    fn what_no_graph_says_is_named() {
        let whisper = LogMelParams::preset(Preset::Whisper);
        let decibel = MelLog::Decibel { amin: 1e-10, reference: Reference::Max, top_db: None };
        for (name, odd) in [
            ("power", whisper.clone().power(1.0)),
            ("win_length", whisper.clone().win_length(399)),
            ("log", whisper.clone().log(decibel)),
        ] {
            let error = log_mel(&odd, Rows::new(1, 16_000)).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }
}
