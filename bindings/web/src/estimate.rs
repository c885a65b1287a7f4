//! Averaged spectra, spectra of pairs, spectra of frames.

use crate::arrays::{self, Item, Samples};
use crate::error::Failure;
use crate::request::{Cross, Frames, Psd};
use rlx_dsp::fft::Real;
use rlx_dsp::scaling::{Scaling, is_doubled};
use rlx_dsp::stft::{Padding, Placement, Spectrogram, SpectrogramParams, SpectrogramScaling};
use rlx_dsp::welch::{Csd, PsdParams, SegmentSpectra, Welch};
use serde_json::{Value, json};

/// What the estimates need of a sample.
pub(crate) trait Number: Real + rlx_dsp::fft::Sample<Real = Self> + Item {}
impl Number for f32 {}
impl Number for f64 {}

pub(crate) fn plan<T: Number>(params: PsdParams, weights: Option<&[f64]>) -> Result<Welch<T>, Failure> {
    let plan = match weights {
        Some(weights) => Welch::<T>::with_weights(params, weights),
        None => Welch::<T>::new(params),
    };
    Ok(plan?)
}

pub(crate) fn psd(query: &Psd) -> Result<Value, Failure> {
    let (params, weights) = query.segments.params()?;
    let weights = weights.as_deref();
    let values = match Samples::of(&query.x)? {
        Samples::Single(x) => arrays::result(&plan::<f32>(params, weights)?.psd(x.singles())?),
        Samples::Double(x) => arrays::result(&plan::<f64>(params, weights)?.psd(x.doubles())?),
    };
    Ok(json!({ "values": values }))
}

pub(crate) fn cross(query: &Cross) -> Result<Value, Failure> {
    let (params, weights) = query.segments.params()?;
    let weights = weights.as_deref();
    match (Samples::of(&query.x)?, Samples::of(&query.y)?) {
        (Samples::Single(x), Samples::Single(y)) => {
            pair(x.singles(), y.singles(), params, weights, query.coherence)
        }
        (Samples::Double(x), Samples::Double(y)) => {
            pair(x.doubles(), y.doubles(), params, weights, query.coherence)
        }
        _ => Err(Failure::new("y: not of the type of x")),
    }
}

fn pair<T: Number>(
    x: &[T],
    y: &[T],
    params: PsdParams,
    weights: Option<&[f64]>,
    coherence: bool,
) -> Result<Value, Failure> {
    let mut plan = match weights {
        Some(weights) => Csd::<T>::with_weights(params, weights)?,
        None => Csd::<T>::new(params)?,
    };
    let cross = plan.compute(x, y)?;
    if coherence {
        return Ok(json!({ "values": arrays::result(&cross.coherence) }));
    }
    Ok(json!({ "re": arrays::result(&cross.re), "im": arrays::result(&cross.im) }))
}

fn frames(params: &PsdParams) -> SpectrogramParams {
    let scaling = match params.scaling {
        Scaling::Density => SpectrogramScaling::Density,
        Scaling::Spectrum => SpectrogramScaling::Spectrum,
        Scaling::Raw => SpectrogramScaling::Raw,
    };
    SpectrogramParams {
        sample_rate: params.sample_rate,
        window: params.window,
        symmetry: params.symmetry,
        win_length: params.segment_len,
        n_fft: params.n_fft,
        hop: params.hop,
        placement: Placement::Start,
        padding: Padding::None,
        detrend: params.detrend,
        scaling,
        nan: params.nan,
    }
}

/// Powers of frames, `[frames][bins]`.
pub(crate) fn spectrogram(query: &Frames) -> Result<Value, Failure> {
    let (params, weights) = query.segments.params()?;
    match Samples::of(&query.x)? {
        Samples::Single(x) => powers(x.singles(), params, weights.as_deref()),
        Samples::Double(x) => powers(x.doubles(), params, weights.as_deref()),
    }
}

fn powers<T: Number>(x: &[T], params: PsdParams, weights: Option<&[f64]>) -> Result<Value, Failure> {
    let Some(weights) = weights else {
        let out = Spectrogram::<T>::new(frames(&params))?.process(x)?;
        return Ok(
            json!({ "frames": out.n_frames, "bins": out.n_bins, "values": arrays::result(&out.data) }),
        );
    };
    let mut spectra = SegmentSpectra::<T>::with_weights(params, weights)?;
    let (count, bins) = (params.segment_count(x.len()), params.n_bins::<T>());
    let mut values = vec![T::default(); count * bins];
    spectra.powers_into(x, &mut values)?;
    let factor = params.scaling.factor(weights, params.sample_rate);
    for (at, power) in values.iter_mut().enumerate() {
        let doubled = params.one_sided::<T>() && is_doubled(at % bins, params.n_fft);
        *power = T::narrow(power.widen() * if doubled { 2.0 * factor } else { factor });
    }
    Ok(json!({ "frames": count, "bins": bins, "values": arrays::result(&values) }))
}

/// Complex spectra of frames, unscaled, `[frames][bins][re, im]`.
pub(crate) fn stft(query: &Frames) -> Result<Value, Failure> {
    let (params, weights) = query.segments.params()?;
    if weights.is_some() {
        return Err(Failure::new("window: stft needs the name of a window"));
    }
    match Samples::of(&query.x)? {
        Samples::Single(x) => complex(x.singles(), params),
        Samples::Double(x) => complex(x.doubles(), params),
    }
}

fn complex<T: Number>(x: &[T], params: PsdParams) -> Result<Value, Failure> {
    let out = Spectrogram::<T>::new(frames(&params))?.process_complex(x)?;
    let parts: Vec<T> = out.data.iter().flat_map(|point| [point.re, point.im]).collect();
    let weights = params.weights()?;
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    Ok(json!({
        "frames": out.n_frames,
        "bins": out.n_bins,
        "values": arrays::result(&parts),
        "window_sum": sum,
        "window_squares": squares,
    }))
}
