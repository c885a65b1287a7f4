//! Averaged spectra, spectra of pairs, spectra of frames.

use crate::arrays::{self, Item, Samples};
use crate::error::Failure;
use crate::request::{Cross, Frames, Psd};
use rlx_dsp::fft::Real;
use rlx_dsp::stft::{Spectrogram, SpectrogramParams};
use rlx_dsp::welch::{Csd, PsdParams, Welch};
use serde_json::{Value, json};

/// A sample type that the estimates support.
pub(crate) trait Number: Real + Item {}
impl Number for f32 {}
impl Number for f64 {}

pub(crate) fn psd(query: &Psd) -> Result<Value, Failure> {
    let params = query.segments.params()?;
    let values = match Samples::of(&query.x)? {
        Samples::Single(x) => arrays::result(&Welch::<f32>::new(params)?.run(x.singles())?.values),
        Samples::Double(x) => arrays::result(&Welch::<f64>::new(params)?.run(x.doubles())?.values),
    };
    Ok(json!({ "values": values }))
}

pub(crate) fn cross(query: &Cross) -> Result<Value, Failure> {
    let params = query.segments.params()?;
    match (Samples::of(&query.x)?, Samples::of(&query.y)?) {
        (Samples::Single(x), Samples::Single(y)) => pair(x.singles(), y.singles(), params, query.coherence),
        (Samples::Double(x), Samples::Double(y)) => pair(x.doubles(), y.doubles(), params, query.coherence),
        _ => Err(Failure::new("y: not of the type of x")),
    }
}

fn pair<T: Number>(x: &[T], y: &[T], params: PsdParams, coherence: bool) -> Result<Value, Failure> {
    let cross = Csd::<T>::new(params)?.run(x, y)?;
    if coherence {
        return Ok(json!({ "values": arrays::result(&cross.coherence) }));
    }
    Ok(json!({ "re": arrays::result(&cross.re), "im": arrays::result(&cross.im) }))
}

/// Powers of frames, `[frames][bins]`.
pub(crate) fn spectrogram(query: &Frames) -> Result<Value, Failure> {
    let params = query.segments.params()?;
    match Samples::of(&query.x)? {
        Samples::Single(x) => powers(x.singles(), &params),
        Samples::Double(x) => powers(x.doubles(), &params),
    }
}

fn powers<T: Number>(x: &[T], params: &PsdParams) -> Result<Value, Failure> {
    let out = Spectrogram::<T>::new(SpectrogramParams::frames_of(params))?.run(x)?;
    Ok(json!({ "frames": out.n_frames, "bins": out.n_bins, "values": arrays::result(&out.values) }))
}

/// Complex spectra of frames, unscaled, `[frames][bins][re, im]`.
pub(crate) fn stft(query: &Frames) -> Result<Value, Failure> {
    let params = query.segments.params()?;
    match Samples::of(&query.x)? {
        Samples::Single(x) => complex(x.singles(), &params),
        Samples::Double(x) => complex(x.doubles(), &params),
    }
}

fn complex<T: Number>(x: &[T], params: &PsdParams) -> Result<Value, Failure> {
    let out = Spectrogram::<T>::new(SpectrogramParams::frames_of(params))?.run_complex(x)?;
    let parts: Vec<T> = out.values.iter().flat_map(|point| [point.re, point.im]).collect();
    let weights = params.segments.weights()?;
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
