//! Frames of real samples to their spectra or powers.

use rlx_compile::params::{Detrend, Layout};
use rlx_compile::regions::{Framed, Spectrogram, Transform};
use rlx_dsp::stft;

use super::super::blueprint::spectrogram::{SpectrumValue, spectrogram};
use super::super::blueprint::{FrameSpec, Operand, Passes, SampleType, ops};
use super::regions::Taken;

/// Longest frame of any kernel; no window is computed for longer frames.
pub(super) const LONGEST: usize = 1 << 17;

/// Segment → [Detrend constant →] [Preemphasis in frames →] Window, in the form of the kernels.
pub(super) fn framing(frames: &Framed, n_fft: usize) -> Result<FrameSpec, String> {
    let plain = frames.plain().ok_or("its frames are made in an order that no kernel has")?;
    let remove_dc = match plain.detrend {
        Detrend::None => false,
        Detrend::Constant => true,
        Detrend::Linear => return Err("no linear detrend".to_owned()),
    };
    if frames.drop_last > 1 {
        return Err("one frame is left out at most".to_owned());
    }
    if frames.len > LONGEST {
        return Err(format!("no frames of {} samples", frames.len));
    }
    let drop_last = frames.drop_last == 1;
    let (frame_len, hop, padding) = (frames.len, frames.hop, frames.pad);
    Ok(FrameSpec {
        n_fft,
        framing: stft::Framing { frame_len, hop, padding, drop_last },
        window: plain.window.coefficients(frame_len, plain.symmetry).map_err(|e| e.to_string())?,
        lead: 0,
        remove_dc,
        signal_preemphasis: 0.0,
        frame_preemphasis: plain.preemphasis.unwrap_or(0.0),
    })
}

/// Framing → Fft → Power [→ Psd].
pub(super) fn powers(powers: &Spectrogram) -> Result<Taken, String> {
    let Transform { frames, n_fft, keep, .. } = &powers.transform;
    if frames.complex || keep.is_some() || powers.bins != n_fft / 2 + 1 {
        return Err("the kernel of frames has all one-sided bins of real samples".to_owned());
    }
    let (spec, len) = (framing(frames, *n_fft)?, frames.row_len);
    let value = match powers.magnitude {
        true => SpectrumValue::Magnitude,
        false => SpectrumValue::Power { one_sided: powers.doubled },
    };
    let scale = powers.scaling.map_or(1.0, |(rate, scaling)| scaling.factor(&spec.window, rate)) as f32;
    Taken::of(move |sample| spectrogram(&spec, len, sample, value, scale))
}

/// Framing → Fft.
pub(super) fn spectra(transform: &Transform) -> Result<Taken, String> {
    let Transform { frames, n_fft, layout, .. } = transform;
    if frames.complex {
        return Err("the kernel of frames has real samples".to_owned());
    }
    let (spec, len) = (framing(frames, *n_fft)?, frames.row_len);
    let (segments, n_fft, layout) = (frames.segments, *n_fft, *layout);
    let two_sided = transform.bins != n_fft / 2 + 1;
    Taken::of(move |sample: SampleType| {
        let mut passes = spectrogram(&spec, len, sample, SpectrumValue::Complex(layout), 1.0)?;
        if two_sided {
            mirror(&mut passes, segments, n_fft, layout);
        }
        Ok(passes)
    })
}

/// Adds the upper half of the spectrum of real signals; the lower half is written to scratch first.
pub(super) fn mirror(passes: &mut Passes, frames: usize, n_fft: usize, layout: Layout) {
    let half = frames * (n_fft / 2 + 1);
    let planes = if layout == Layout::Block { 2 } else { 1 };
    // A second plane needs its own address, which two consecutive scratches in one allocation do not have.
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
