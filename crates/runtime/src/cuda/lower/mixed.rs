//! The kernel of frames of any length (`blueprint::mixed`), for lengths and options that the faster kernels do not
//! have.

use rlx_compile::params::{Average, Detrend, Scaling};
use rlx_compile::regions::{Asked, Spectrogram, Transform, Welch};
use rlx_dsp::stft::Framing;

use super::super::blueprint::mixed::{MixedFrames, MixedValue, averaged, mixed};
use super::super::blueprint::{Operand, Passes, SampleType, ops, welch_long};
use super::regions::Taken;
use super::welch;

/// Longest transform that is requested; the kernel decides whether it fits in shared memory.
const LONGEST: usize = 1 << 15;

/// Framing → Fft.
pub(super) fn spectra(transform: &Transform) -> Result<Taken, String> {
    let frames = frames(transform, transform.bins, false)?;
    let value = MixedValue::Complex(transform.layout);
    taken(transform.frames.complex, move |sample| mixed(&frames, sample, &value, 1.0))
}

/// Framing → Fft → Power [→ Psd].
pub(super) fn powers(powers: &Spectrogram) -> Result<Taken, String> {
    let frames = frames(&powers.transform, powers.bins, powers.doubled)?;
    let scale = powers.scaling.map_or(1.0, |(rate, scaling)| scaling.factor(&frames.window, rate));
    let complex = frames.complex;
    let value = if powers.magnitude { MixedValue::Magnitude } else { MixedValue::Power };
    taken(complex, move |sample| mixed(&frames, sample, &value, scale))
}

/// Framing → Fft → Power → Average [→ Psd] [and → TopK].
pub(super) fn average(asked: &Asked<'_>, welch: &Welch) -> Result<Taken, String> {
    let Welch { powers, average, peaks } = welch;
    let alone = Welch { peaks: None, ..welch.clone() };
    if peaks.is_some() && welch::average(asked, &alone).is_ok() {
        return Err("the fused kernel has the average, and peaks are a kernel of their own".to_owned());
    }
    let frames = frames(&powers.transform, powers.bins, powers.doubled)?;
    let scale =
        powers.scaling.map_or(1.0, |(rate, scaling): (f64, Scaling)| scaling.factor(&frames.window, rate));
    let (average, batch, complex) = (*average, batch(asked), frames.complex);
    match *peaks {
        None => {
            taken(complex, move |sample| averaged(&frames, batch, sample, average, scale, Operand::Output))
        }
        Some(k) => taken(complex, move |sample| with_peaks(&frames, batch, sample, average, scale, k)),
    }
}

/// Only the peaks of an average.
pub(super) fn peaks(
    frames: &MixedFrames,
    batch: usize,
    sample: SampleType,
    average: Average,
    k: usize,
) -> Result<Passes, String> {
    // It follows the scratch of the average, which has at most one.
    let power = Operand::Scratch(1);
    let mut passes = averaged(frames, batch, sample, average, 1.0, power)?;
    passes.scratch.resize(1, 1);
    passes.scratch.push(frames.bins);
    let k = k.min(frames.bins);
    passes.passes.push(welch_long::top(frames.n_fft, frames.bins, k, power, Operand::Output)?);
    passes.output_len = 2 * k;
    Ok(passes)
}

/// The scaled average and the peaks of the unscaled one.
fn with_peaks(
    frames: &MixedFrames,
    batch: usize,
    sample: SampleType,
    average: Average,
    scale: f64,
    k: usize,
) -> Result<Passes, String> {
    let power = if scale == 1.0 { Operand::Output } else { Operand::Scratch(1) };
    let mut passes = averaged(frames, batch, sample, average, 1.0, power)?;
    let k = k.min(frames.bins);
    passes.passes.push(welch_long::top(frames.n_fft, frames.bins, k, power, Operand::Second)?);
    if scale == 1.0 {
        return Ok(passes);
    }
    passes.scratch.resize(1, 1);
    passes.scratch.push(frames.bins);
    passes.passes.extend(ops::affine(1, frames.bins, scale, 0.0).passes.into_iter().map(|mut pass| {
        pass.operands.iter_mut().filter(|o| **o == Operand::Input).for_each(|o| *o = power);
        pass
    }));
    Ok(passes)
}

/// Complex samples are loaded in pairs.
fn taken(
    complex: bool,
    make: impl Fn(SampleType) -> Result<Passes, String> + Send + Sync + 'static,
) -> Result<Taken, String> {
    if complex { Taken::in_pairs(make) } else { Taken::of(make) }
}

/// Returns the rows that the plan is for.
pub(super) fn batch(asked: &Asked<'_>) -> usize {
    asked.source().dims.first().copied().unwrap_or(1)
}

fn frames(transform: &Transform, bins: usize, doubled: bool) -> Result<MixedFrames, String> {
    let Transform { frames: framed, n_fft, keep, .. } = transform;
    let plain = framed.plain().ok_or("its frames are made in an order that no kernel has")?;
    if plain.preemphasis.is_some() {
        return Err(format!("no pre-emphasis of frames of {n_fft} points"));
    }
    if *n_fft > LONGEST || framed.len > *n_fft {
        return Err(format!("no transform of {n_fft} points in shared memory"));
    }
    let (frame_len, hop, padding) = (framed.len, framed.hop, framed.pad);
    let offset = Framing { frame_len, hop, padding, drop_last: false }.offset();
    let detrend =
        if framed.len == 1 && plain.detrend == Detrend::Linear { Detrend::Constant } else { plain.detrend };
    Ok(MixedFrames {
        n_fft: *n_fft,
        len: framed.row_len,
        frames: framed.segments,
        hop,
        offset: i64::try_from(offset).map_err(|error| error.to_string())?,
        padding,
        preemphasis: 0.0,
        window: plain.window.coefficients(frame_len, plain.symmetry).map_err(|error| error.to_string())?,
        detrend,
        complex: framed.complex,
        bins,
        doubled,
        keep: *keep,
    })
}
