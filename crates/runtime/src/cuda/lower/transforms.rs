//! Transforms without a kernel of frames around them: rows that are the frames, complex samples, long frames, and the way
//! back.

use rlx_compile::params::{Layout, Padding, Window};
use rlx_compile::{NodeId, Op, ValueKind};

use super::super::blueprint::fft::{self, Direction};
use super::super::blueprint::{Passes, SampleType, ops};
use super::frames::{framing, mirror};
use super::walk::{Taken, Walk};

/// Segment → Fft where the frames are the samples as they lie, or the inverse of the caller's bins.
pub(super) fn take(walk: &Walk<'_>, id: NodeId) -> Option<Taken> {
    if let Op::InverseFft { n_fft, real } = *walk.op(id) {
        return inverse(walk, id, n_fft, real);
    }
    let Op::Segment { len, hop, pad: Padding::None, drop_last: 0 } = *walk.op(id) else { return None };
    let mut fft = walk.only_user(id)?;
    if let Op::Window { window: Window::Rectangular, .. } = walk.op(fft) {
        fft = walk.only_user(fft)?;
    }
    let Op::Fft { n_fft, layout, keep: None, .. } = *walk.op(fft) else { return None };
    let samples = walk.ty(walk.operand(id)?);
    let frames = walk.ty(fft).dims.get(1).copied()?;
    if len != n_fft || frames > 1 && hop != len || frames.checked_mul(len) != Some(samples.last()) {
        return None;
    }
    let two_sided = walk.ty(fft).last() != n_fft / 2 + 1;
    if samples.kind == (ValueKind::Samples { complex: true }) {
        let make = move |sample| Ok(complex(n_fft, sample, layout)?.times(frames));
        return taken(fft, true, make);
    }
    // The kernel of frames leaves powers alone, which is half of what this one would write.
    if walk.only_user(fft).is_some_and(|user| matches!(walk.op(user), Op::Power { .. })) {
        return None;
    }
    let make = move |sample| {
        let mut passes = fft::forward_real(n_fft, sample, layout, 1.0)?.times(frames);
        if two_sided {
            mirror(&mut passes, frames, n_fft, layout);
        }
        Ok(passes)
    };
    taken(fft, true, make)
}

/// Segment → [Detrend constant →] [Window →] Fft by a pass that makes the frames: for what no kernel of frames has.
pub(super) fn by_gathering(walk: &Walk<'_>, id: NodeId) -> Option<Taken> {
    let Op::Segment { drop_last: 0, pad, hop, len: win } = *walk.op(id) else { return None };
    let samples = walk.ty(walk.operand(id)?);
    let complex_samples = samples.kind == (ValueKind::Samples { complex: true });
    let (spec, fft) = framing(walk, id)?;
    let Op::Fft { n_fft, layout, keep: None, .. } = *walk.op(fft) else { return None };
    if spec.frame_preemphasis != 0.0 {
        return None;
    }
    let (len, frames) = (samples.last(), walk.ty(fft).dims.get(1).copied()?);
    let two_sided = walk.ty(fft).last() != n_fft / 2 + 1;
    let offset = if pad == Padding::None { 0 } else { -i64::try_from(win / 2).ok()? };
    let width = if complex_samples { 2 } else { 1 };
    let frame_len = frames.checked_mul(width * n_fft)?;
    let make = move |sample| {
        let gather = ops::Gather {
            frames,
            n_fft,
            hop,
            offset,
            reflect: pad == Padding::Reflect,
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
    taken(fft, complex_samples, make)
}

/// Bins in either layout to samples.
pub(super) fn inverse(walk: &Walk<'_>, id: NodeId, n_fft: usize, real: bool) -> Option<Taken> {
    let bins = walk.ty(walk.operand(id)?);
    let (layout, given) = match bins.kind {
        ValueKind::Spectrum { layout, .. } => (layout, false),
        _ => (Layout::Interleaved, true),
    };
    let segments = walk.ty(id).last() / n_fft.max(1);
    let scale = 1.0 / n_fft as f32;
    let make = move |sample| {
        if given && sample != SampleType::F32 {
            return Err("bins are f32".to_owned());
        }
        let passes = match real {
            true => fft::inverse_real(n_fft, layout, scale)?,
            false => fft::complex(n_fft, Direction::Inverse, layout, Layout::Interleaved, scale)?,
        };
        // Bins of finite samples may well be infinite.
        Ok(if given { passes } else { passes.unchecked() }.times(segments))
    };
    taken(id, true, make)
}

fn complex(n: usize, sample: SampleType, to: Layout) -> Result<Passes, String> {
    if sample != SampleType::F32 {
        return Err("complex samples are f32".to_owned());
    }
    fft::complex(n, Direction::Forward, Layout::Interleaved, to, 1.0)
}

fn taken(
    last: NodeId,
    pairs: bool,
    make: impl Fn(SampleType) -> Result<Passes, String> + Send + Sync + 'static,
) -> Option<Taken> {
    make(SampleType::F32).ok()?;
    Some(Taken { last, second: None, pairs, make: Box::new(make) })
}
