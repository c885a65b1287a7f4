//! Spectrogram: one scaled power spectrum per frame.

use rlx_dsp::stft::{Padding, Placement, SpectrogramParams, SpectrogramScaling};
use rlx_dsp::welch::PsdParams;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::op::Op;
use crate::params::{Detrend, Layout, LogBase, Rows, Scaling, Sides, Window};

/// Returns the frames that [`psd`](super::psd) averages, each in its scaling; `average` and `sides` are not used.
pub fn frames_of(params: &PsdParams) -> SpectrogramParams {
    SpectrogramParams::frames_of(params)
}

/// Returns whether this placement of the window within the transform gives the powers of a frame of the window's
/// length. A centred window does if the signal is padded by half the transform's length and both lengths are even.
pub(super) fn is_placed(placement: Placement, win_length: usize, n_fft: usize, padding: Padding) -> bool {
    match placement {
        Placement::Start => true,
        Placement::Center if win_length == n_fft => true,
        Placement::Center => {
            win_length.is_multiple_of(2) && n_fft.is_multiple_of(2) && padding != Padding::None
        }
    }
}

/// Values of a spectrogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpectrogramMode {
    /// Powers in the unit of the scaling.
    Power,
    /// `|X|` times the root of the scaling's factor; bins are not doubled (SciPy's `magnitude`).
    Magnitude,
    /// `X` times the root of the scaling's factor, as pairs of real and imaginary parts (SciPy's `complex`).
    Complex,
}

/// Input → Segment → [Detrend →] Window → Fft → Power [→ Psd] → output `spectrogram`, `[batch, frames, bins]`; for
/// [`SpectrogramScaling::Magnitude`] … → Fft → Magnitude. The NaN policy is that of the session; the one of the
/// parameters is ignored.
///
/// # Errors
/// [`Error::Argument`] for parameters that a graph cannot express: a window centred in a transform that is longer by
/// an odd number or not padded. Shapes are checked by [`Graph::infer`].
pub fn spectrogram(params: &SpectrogramParams, rows: Rows) -> Result<Graph> {
    build(params, None, rows)
}

/// [`spectrogram`] in another mode. The root of the factor is part of the window.
///
/// # Errors
/// Those of [`spectrogram`]; [`Error::Argument`] for a window whose weights are invalid or add up to zero.
pub fn spectrogram_in(params: &SpectrogramParams, mode: SpectrogramMode, rows: Rows) -> Result<Graph> {
    let last = match mode {
        SpectrogramMode::Power => return spectrogram(params, rows),
        SpectrogramMode::Magnitude => Some(Op::Magnitude),
        SpectrogramMode::Complex => None,
    };
    let segments = &params.segments;
    let invalid = |error: rlx_dsp::Error| Error::argument("window", error.to_string());
    let weights = segments.window.coefficients(segments.segment_len, segments.symmetry).map_err(invalid)?;
    let (factor, _) = params.scale(&weights).map_err(invalid)?;
    let window = match factor == 1.0 {
        true => segments.window.clone(),
        false => Window::Custom(weights.iter().map(|w| w * factor.sqrt()).collect()),
    };
    framed(params, window, Layout::Interleaved, rows, last)
}

/// [`spectrogram`] in decibels: `10 · log10(max(x, floor))`.
///
/// # Errors
/// Those of [`spectrogram`]; [`Error::Argument`] for magnitudes.
pub fn spectrogram_db(params: &SpectrogramParams, floor: f64, rows: Rows) -> Result<Graph> {
    if params.scaling == SpectrogramScaling::Magnitude {
        return Err(Error::argument("scaling", "decibels are those of powers, not of magnitudes"));
    }
    build(params, Some(Op::Log { base: LogBase::Db, floor, add: 0.0 }), rows)
}

fn build(params: &SpectrogramParams, log: Option<Op>, rows: Rows) -> Result<Graph> {
    let scaling = match params.scaling {
        SpectrogramScaling::Density => Some(Scaling::Density),
        SpectrogramScaling::Spectrum => Some(Scaling::Spectrum),
        SpectrogramScaling::Raw => Some(Scaling::Raw),
        SpectrogramScaling::Power => None,
        SpectrogramScaling::Magnitude => return spectrogram_in(params, SpectrogramMode::Magnitude, rows),
    };
    let power = Op::Power { one_sided: !rows.complex && scaling.is_some() };
    let scaled = scaling.map(|scaling| Op::Psd { sample_rate: params.sample_rate, scaling });
    let window = params.segments.window.clone();
    framed(params, window, Layout::Block, rows, [power].into_iter().chain(scaled).chain(log))
}

/// Input → Segment → [Detrend →] Window → Fft → … → output `spectrogram`.
fn framed(
    params: &SpectrogramParams,
    window: Window,
    layout: Layout,
    rows: Rows,
    more: impl IntoIterator<Item = Op>,
) -> Result<Graph> {
    let (win_length, n_fft) = (params.segments.segment_len, params.segments.n_fft);
    if !is_placed(params.placement, win_length, n_fft, params.padding) {
        let reason = format!("graphs do not support a window of {win_length} centred in {n_fft} points here");
        return Err(Error::argument("win_length", reason));
    }
    let mut graph = Graph::new();
    let x = graph.push(rows.input(), &[])?;
    let mut ops =
        vec![Op::Segment { len: win_length, hop: params.segments.hop, pad: params.padding, drop_last: 0 }];
    if params.segments.detrend != Detrend::None {
        ops.push(Op::Detrend { kind: params.segments.detrend });
    }
    ops.extend([
        Op::Window { window, symmetry: params.segments.symmetry },
        Op::Fft { n_fft, sides: Sides::Auto, layout, keep: None },
    ]);
    graph.chain(x, ops.into_iter().chain(more).chain([Op::output("spectrogram")]))?;
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spectrum_per_frame() {
        let params = frames_of(&PsdParams::new(8e3, 200));
        let dims = |params: &SpectrogramParams, rows| {
            spectrogram(params, rows).unwrap().infer().unwrap().last().unwrap().dims.clone()
        };
        assert_eq!(dims(&params, Rows::new(2, 1000)), [2, 9, 101]);
        assert_eq!(dims(&params, Rows::complex(2, 1000)), [2, 9, 200]);
        let levels = spectrogram_db(&params, 1e-12, Rows::new(2, 1000)).unwrap().infer().unwrap();
        assert_eq!(levels.last().unwrap().dims, [2, 9, 101]);
        let padded = params.clone().padding(Padding::Constant);
        assert_eq!(dims(&padded, Rows::new(2, 1000)), [2, 11, 101]);
        let power = params.clone().scaling(SpectrogramScaling::Power);
        assert_eq!(dims(&power, Rows::new(2, 1000)), [2, 9, 101]);
    }

    #[test]
    fn what_no_graph_says_is_named() {
        let params = SpectrogramParams::librosa(8e3, 256, 64);
        assert!(spectrogram(&params, Rows::new(1, 1000)).is_ok());
        for (name, odd) in [
            ("win_length", params.clone().segment_len(199)),
            ("win_length", params.clone().segment_len(200).padding(Padding::None)),
        ] {
            let error = spectrogram(&odd, Rows::new(1, 1000)).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn magnitudes_and_transforms_have_the_roots_of_the_factor_in_their_window() {
        use crate::shape::{PowerUnit, ValueKind};
        let params = SpectrogramParams::scipy(8e3, 200);
        for (mode, bytes) in [(SpectrogramMode::Magnitude, 4), (SpectrogramMode::Complex, 8)] {
            let graph = spectrogram_in(&params, mode, Rows::new(2, 1000)).unwrap();
            let types = graph.infer().unwrap();
            let last = types.last().unwrap();
            assert_eq!((&last.dims[..], last.kind.element_bytes()), (&[2, 5, 101][..], bytes));
            let window = graph.nodes().iter().find_map(|n| match &n.op {
                Op::Window { window: Window::Custom(weights), .. } => Some(weights.clone()),
                _ => None,
            });
            // Density: the squares of the scaled weights add up to 1/fs.
            let squares: f64 = window.unwrap().iter().map(|w| w * w).sum();
            assert!((squares * 8e3 - 1.0).abs() < 1e-12);
        }
        let librosa = SpectrogramParams::librosa(8e3, 256, 64).scaling(SpectrogramScaling::Magnitude);
        let types = spectrogram(&librosa, Rows::new(1, 1000)).unwrap().infer().unwrap();
        let kind = ValueKind::Power { n_fft: 256, one_sided: true, unit: PowerUnit::Magnitude };
        assert_eq!(types.last().unwrap().kind, kind);
        assert!(spectrogram_db(&librosa, 1e-10, Rows::new(1, 1000)).is_err());
    }
}
