//! Transforms outside the kernels of frames: rows that are the frames, complex samples, long frames, and inverse
//! transforms.

use rlx_compile::ValueKind;
use rlx_compile::params::{Detrend, Layout, Padding, Window};
use rlx_compile::regions::{Asked, Transform};

use super::super::blueprint::fft::{self, Direction};
use super::super::blueprint::{Passes, SampleType, ops};
use super::frames::{framing, mirror, spectra};
use super::mixed;
use super::regions::Taken;

/// Framing → Fft: for rows that are the frames, by the kernel of frames, by the kernel of any length, or by a pass
/// that makes the frames.
pub(super) fn kernel(transform: &Transform) -> Result<Taken, String> {
    let whole = |of: &dyn Fn() -> Result<Taken, String>| match transform.keep {
        Some(_) => Err("no transform of a band".to_owned()),
        None => of(),
    };
    // One trip through memory; the transform of rows takes three (16,384 points on an H200: 116 µs instead of 208).
    let Transform { frames, n_fft, .. } = transform;
    if !frames.complex
        && (8193..=16_384).contains(n_fft)
        && let Ok(taken) = mixed::spectra(transform)
    {
        return Ok(taken);
    }
    whole(&|| rows(transform))
        .or_else(|_| whole(&|| spectra(transform)))
        .or_else(|_| mixed::spectra(transform))
        .or_else(|reason| whole(&|| by_gathering(transform)).map_err(|_| reason))
}

/// Frames that are the samples in memory.
fn rows(transform: &Transform) -> Result<Taken, String> {
    let Transform { frames, n_fft, layout, .. } = transform;
    let (n_fft, layout, count) = (*n_fft, *layout, frames.segments);
    let bare = frames.plain().is_some_and(|plain| {
        plain.window == Window::Rectangular && plain.detrend == Detrend::None && plain.preemphasis.is_none()
    });
    let side_by_side = frames.is_inside()
        && frames.len == n_fft
        && (count == 1 || frames.hop == n_fft)
        && count.checked_mul(n_fft) == Some(frames.row_len);
    if !(bare && side_by_side) {
        return Err("its frames are not its rows".to_owned());
    }
    if frames.complex {
        return Taken::in_pairs(move |sample| Ok(complex(n_fft, sample, layout)?.times(count)));
    }
    let two_sided = transform.bins != n_fft / 2 + 1;
    Taken::in_pairs(move |sample| {
        let mut passes = fft::forward_real(n_fft, sample, layout, 1.0)?.times(count);
        if two_sided {
            mirror(&mut passes, count, n_fft, layout);
        }
        Ok(passes)
    })
}

/// Segment → [Detrend constant →] [Window →] Fft by a pass that makes the frames, for options that no kernel of
/// frames has.
fn by_gathering(transform: &Transform) -> Result<Taken, String> {
    let Transform { frames: framed, n_fft, layout, .. } = transform;
    let (n_fft, layout, complex_samples) = (*n_fft, *layout, framed.complex);
    let spec = framing(framed, n_fft)?;
    if spec.frame_preemphasis != 0.0 || framed.pad == Padding::Mirror || framed.drop_last > 0 {
        return Err(format!(
            "no kernel of frames of {n_fft} points with pre-emphasis, mirrored ends or dropped frames"
        ));
    }
    let (len, frames) = (framed.row_len, framed.segments);
    let two_sided = transform.bins != n_fft / 2 + 1;
    let half = || i64::try_from(framed.len / 2).map_err(|e| e.to_string());
    let offset = if framed.pad == Padding::None { 0 } else { -half()? };
    let width = if complex_samples { 2 } else { 1 };
    let frame_len = frames.checked_mul(width * n_fft).ok_or("its frames overflow")?;
    let (hop, reflect) = (framed.hop, framed.pad == Padding::Reflect);
    let make = move |sample| {
        let gather = ops::Gather {
            frames,
            n_fft,
            hop,
            offset,
            reflect,
            window: &spec.window,
            len,
            complex: complex_samples,
            remove_mean: spec.remove_dc,
        };
        let first = ops::gather(&gather, sample)?;
        let passes = if complex_samples {
            complex(n_fft, SampleType::F32, layout)?
        } else {
            fft::forward_real(n_fft, SampleType::F32, layout, 1.0)?
        };
        let mut passes = passes.times(frames).behind(first, frame_len, width * len);
        if two_sided && !complex_samples {
            mirror(&mut passes, frames, n_fft, layout);
        }
        Ok(passes)
    };
    if complex_samples { Taken::in_pairs(make) } else { Taken::of(make) }
}

/// Converts bins in either layout to samples.
pub(super) fn inverse(asked: &Asked<'_>, n_fft: usize, real: bool) -> Result<Taken, String> {
    let (layout, given) = match asked.source().kind {
        ValueKind::Spectrum { layout, .. } => (layout, false),
        _ => (Layout::Interleaved, true),
    };
    let segments = asked.types[asked.region.results[0].0].last() / n_fft.max(1);
    let scale = 1.0 / n_fft as f32;
    Taken::in_pairs(move |sample| {
        if given && sample != SampleType::F32 {
            return Err("bins are f32".to_owned());
        }
        let passes = match real {
            true => fft::inverse_real(n_fft, layout, scale)?,
            false => fft::complex(n_fft, Direction::Inverse, layout, Layout::Interleaved, scale)?,
        };
        // Bins of finite samples may be infinite.
        Ok(if given { passes } else { passes.unchecked() }.times(segments))
    })
}

fn complex(n: usize, sample: SampleType, to: Layout) -> Result<Passes, String> {
    if sample != SampleType::F32 {
        return Err("complex samples are f32".to_owned());
    }
    fft::complex(n, Direction::Forward, Layout::Interleaved, to, 1.0)
}
