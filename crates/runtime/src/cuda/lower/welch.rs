//! The fused Welch kernel: peaks, an averaged PSD, or both in one launch; peaks that it does not support by the
//! kernel of any length.

use rlx_compile::params::{Padding, Scaling, WelchPeaksSpec};
use rlx_compile::regions::{Asked, Welch};

use super::super::blueprint::mixed::MixedFrames;
use super::super::blueprint::welch_long::welch_long;
use super::super::blueprint::welch_peaks::{Outputs, welch_peaks};
use super::super::blueprint::{Operand, Passes, SampleType};
use super::frames::LONGEST;
use super::mixed;
use super::regions::Taken;

/// Returns the kernels for peaks alone.
pub(super) fn peaks(asked: &Asked<'_>, spec: &WelchPeaksSpec) -> Result<Taken, String> {
    let (spec, row_len) = (spec.clone(), asked.source().last());
    let fused = spec.clone();
    Taken::of(move |sample| passes(&fused, row_len, None, sample)).or_else(|_| any_length(asked, &spec))
}

/// Returns kernels for the same peaks by a selection after averaged powers of any length.
fn any_length(asked: &Asked<'_>, spec: &WelchPeaksSpec) -> Result<Taken, String> {
    let row_len = asked.source().last();
    if spec.segment_len > spec.n_fft || spec.k == 0 {
        return Err(format!("{} peaks of segments of {} in {}", spec.k, spec.segment_len, spec.n_fft));
    }
    if spec.n_fft > LONGEST {
        return Err(format!("no transform of {} points in shared memory", spec.n_fft));
    }
    let frames = MixedFrames {
        n_fft: spec.n_fft,
        len: row_len,
        frames: segments(spec, row_len)?,
        hop: spec.hop,
        offset: 0,
        padding: Padding::None,
        preemphasis: 0.0,
        window: spec.window.coefficients(spec.segment_len, spec.symmetry).map_err(|e| e.to_string())?,
        detrend: spec.detrend,
        complex: false,
        bins: spec.n_fft / 2 + 1,
        doubled: true,
        keep: spec.keep,
    };
    let (average, k, batch) = (spec.average, spec.k, mixed::batch(asked));
    Taken::of(move |sample| mixed::peaks(&frames, batch, sample, average, k))
}

/// Segment … Average [→ Psd], alone or with the TopK of the average.
pub(super) fn average(asked: &Asked<'_>, welch: &Welch) -> Result<Taken, String> {
    let spec = welch.spec(welch.peaks.unwrap_or(1));
    let spec = spec.filter(|_| !welch.powers.transform.frames.complex);
    let spec = spec.ok_or("the fused kernel has real rows without padding and pre-emphasis")?;
    if spec.keep.is_some() {
        return Err("the fused kernel has no bands".to_owned());
    }
    if spec.segment_len > LONGEST {
        return Err(format!("no segments of {} samples", spec.segment_len));
    }
    let weights = spec.window.coefficients(spec.segment_len, spec.symmetry).map_err(|e| e.to_string())?;
    let factor = |(rate, scaling): (f64, Scaling)| scaling.factor(&weights, rate);
    let (factor, row_len) = (Some(welch.powers.scaling.map_or(1.0, factor)), asked.source().last());
    if welch.peaks.is_some() {
        return Taken::of(move |sample| both(&spec, row_len, factor, sample));
    }
    Taken::of(move |sample| passes(&spec, row_len, factor, sample))
}

/// Returns one launch for the PSD and its peaks.
fn both(
    spec: &WelchPeaksSpec,
    row_len: usize,
    psd: Option<f64>,
    sample: SampleType,
) -> Result<Passes, String> {
    if spec.n_fft > 4096 {
        return Err("long transforms have one result".to_owned());
    }
    let outputs = Outputs { peaks: true, psd: true };
    launch(spec, row_len, outputs, [Operand::Second, Operand::Output], psd, sample)
}

fn passes(
    spec: &WelchPeaksSpec,
    row_len: usize,
    psd: Option<f64>,
    sample: SampleType,
) -> Result<Passes, String> {
    if spec.n_fft > 16_384 {
        let segments = segments(spec, row_len)?;
        return welch_long(spec, row_len, segments, sample, psd.map(|factor| factor as f32));
    }
    let outputs = Outputs { peaks: psd.is_none(), psd: psd.is_some() };
    let to = match psd {
        None => [Operand::Output, Operand::Count(0)],
        Some(_) => [Operand::Count(0), Operand::Output],
    };
    launch(spec, row_len, outputs, to, psd, sample)
}

fn segments(spec: &WelchPeaksSpec, row_len: usize) -> Result<usize, String> {
    let tail = row_len.checked_sub(spec.segment_len).ok_or("rows shorter than a segment")?;
    Ok(tail / spec.hop.max(1) + 1)
}

/// The fused kernel with these results.
fn launch(
    spec: &WelchPeaksSpec,
    row_len: usize,
    outputs: Outputs,
    [peaks, power]: [Operand; 2],
    psd: Option<f64>,
    sample: SampleType,
) -> Result<Passes, String> {
    let kernel = welch_peaks(spec, segments(spec, row_len)?, sample, outputs)?;
    let operands = vec![
        Operand::Input,
        peaks,
        power,
        Operand::Table(0),
        Operand::Table(1),
        Operand::Status,
        Operand::Rows,
        Operand::Count(row_len as u64),
        Operand::Factor(psd.unwrap_or(1.0) as f32),
    ];
    let output_len = if psd.is_some() { spec.n_fft / 2 + 1 } else { 2 * kernel.k };
    Ok(Passes::one(kernel.blueprint, 1, operands, output_len, Some(kernel.frame_len)))
}
