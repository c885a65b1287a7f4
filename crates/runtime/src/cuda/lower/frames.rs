//! Frames of real samples to their spectra or powers.

use rlx_compile::params::{Detrend, Layout, Padding};
use rlx_compile::{NodeId, Op};
use rlx_dsp::stft;

use super::super::blueprint::spectrogram::{SpectrumValue, spectrogram};
use super::super::blueprint::{FrameSpec, Operand, Passes, SampleType, ops};
use super::walk::{Taken, Walk};

/// Segment → [Detrend constant →] [Preemphasis in frames →] Window, as the kernels have it, and the op after them.
pub(super) fn framing(walk: &Walk<'_>, segment: NodeId) -> Option<(FrameSpec, NodeId)> {
    let Op::Segment { len, hop, pad, drop_last } = *walk.op(segment) else { return None };
    let mut spec = FrameSpec {
        n_fft: len,
        framing: stft::Framing { frame_len: len, hop, padding: padding(pad), drop_last: drop_last == 1 },
        window: vec![1.0; len],
        lead: 0,
        remove_dc: false,
        signal_preemphasis: 0.0,
        frame_preemphasis: 0.0,
    };
    if drop_last > 1 {
        return None;
    }
    let mut at = walk.only_user(segment)?;
    if let Op::Detrend { kind } = *walk.op(at) {
        match kind {
            Detrend::None => {}
            Detrend::Constant => spec.remove_dc = true,
            Detrend::Linear => return None,
        }
        at = walk.only_user(at)?;
    }
    if let Op::Preemphasis { coefficient, per_frame: true } = *walk.op(at) {
        spec.frame_preemphasis = coefficient;
        at = walk.only_user(at)?;
    }
    if let Op::Window { window, symmetry } = *walk.op(at) {
        spec.window = window.coefficients(len, symmetry).ok()?;
        at = walk.only_user(at)?;
    }
    Some((spec, at))
}

pub(super) fn padding(pad: Padding) -> stft::Padding {
    match pad {
        Padding::None => stft::Padding::None,
        Padding::Constant => stft::Padding::Constant,
        Padding::Reflect => stft::Padding::Reflect,
    }
}

/// Framing → Fft [→ Power].
pub(super) fn take(walk: &Walk<'_>, segment: NodeId) -> Option<Taken> {
    let samples = walk.ty(walk.operand(segment)?);
    if samples.kind.element_bytes() != 4 {
        return None;
    }
    let (mut spec, fft) = framing(walk, segment)?;
    let Op::Fft { n_fft, layout, keep: None, .. } = *walk.op(fft) else { return None };
    spec.n_fft = n_fft;
    let frames = walk.ty(fft).dims.get(1).copied()?;
    let len = samples.last();
    let power = walk.only_user(fft).and_then(|user| match walk.op(user) {
        Op::Power { one_sided } if walk.ty(user).last() == n_fft / 2 + 1 => Some((user, *one_sided)),
        _ => None,
    });
    let two_sided = walk.ty(fft).last() != n_fft / 2 + 1;
    let (last, value) = match power {
        Some((user, one_sided)) => (user, SpectrumValue::Power { one_sided }),
        None => (fft, SpectrumValue::Complex(layout)),
    };
    let mirrored = power.is_none() && two_sided;
    let make = move |sample: SampleType| {
        let mut passes = spectrogram(&spec, len, sample, value, 1.0)?;
        if mirrored {
            mirror(&mut passes, frames, n_fft, layout);
        }
        Ok(passes)
    };
    make(SampleType::F32).ok()?;
    Some(Taken::one(last, Box::new(make)))
}

/// The whole spectrum of real signals, as a host library hands it out: the lower half goes to scratch first.
pub(super) fn mirror(passes: &mut Passes, frames: usize, n_fft: usize, layout: Layout) {
    let half = frames * (n_fft / 2 + 1);
    let planes = if layout == Layout::Block { 2 } else { 1 };
    // A second plane needs an address of its own: two scratches, one after the other in one allocation, do not have it.
    let from = passes.scratch.len();
    passes.scratch.extend(if planes == 2 { vec![half, half] } else { vec![2 * half] });
    for operand in passes.passes.iter_mut().flat_map(|p| &mut p.operands) {
        match operand {
            Operand::Output => *operand = Operand::Scratch(from),
            Operand::OutputPlane if planes == 2 => *operand = Operand::Scratch(from + 1),
            _ => {}
        }
    }
    let second = |at| if planes == 2 { at } else { Operand::Count(0) };
    let (to, to_second) = (Operand::Output, Operand::OutputPlane);
    let operands = [Operand::Scratch(from), second(Operand::Scratch(from + 1)), to, to_second, Operand::Rows];
    passes.passes.push(ops::mirror(frames, n_fft, layout, &operands));
    passes.output_len = 2 * frames * n_fft;
}
