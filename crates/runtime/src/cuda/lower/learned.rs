//! A learned transform and the ops after it, from `Butterfly` up to the peaks, as far as one kernel computes them.

use rlx_compile::params::{Detrend, Mask};
use rlx_compile::regions::{Asked, Learned};

use super::super::blueprint::SampleType;
use super::super::blueprint::butterflies::{After, Bins, Segments, butterflies};
use super::frames::LONGEST;
use super::ops::kept;
use super::regions::Taken;
use crate::session::SessionOptions;

/// Segment → [Window →] Butterfly [→ Power → Average (mean) [→ Affine] [→ SpectralMask] [→ TopK]].
pub(super) fn kernel(
    asked: &Asked<'_>,
    learned: &Learned,
    options: &SessionOptions,
) -> Result<Taken, String> {
    let Learned { frames, spec, .. } = learned;
    let plain = frames.plain().filter(|p| {
        p.detrend == Detrend::None && p.preemphasis.is_none() && frames.is_inside() && !frames.complex
    });
    let plain = plain.ok_or("the learned kernel has real rows that are windowed at most")?;
    if frames.len > LONGEST {
        return Err(format!("no frames of {} samples", frames.len));
    }
    let window = plain.window.coefficients(frames.len, plain.symmetry).map_err(|e| e.to_string())?;
    let stride = asked.source().last();
    let segments = Segments { count: frames.segments, hop: frames.hop, window, stride };
    let all = spec.n / 2 + 1;
    let after = if learned.averaged {
        let (scale, offset) = learned.affine.unwrap_or((1.0, 0.0));
        let kept = learned.mask.as_ref().map_or_else(|| vec![true; all], |mask: &Mask| kept(mask, all));
        let bins = Bins { scale, offset, kept };
        match learned.peaks {
            Some(k) => After::Peaks(bins, k),
            None => After::Power(bins),
        }
    } else {
        After::Spectrum(spec.layout)
    };
    // The model that the session has under this name, without the parts that nothing needs.
    let needed: Vec<bool> = match &after {
        After::Spectrum(_) => vec![true; spec.n],
        After::Power(bins) | After::Peaks(bins, _) => {
            (0..spec.n).map(|k| bins.kept[k.min(spec.n - k)]).collect()
        }
    };
    let transform = options.transforms.get(&spec.model).filter(|t| t.n() == spec.n);
    let transform =
        transform.ok_or_else(|| format!("no learned model {:?} of {} points", spec.model, spec.n))?;
    let left = transform.butterflies(&needed).filter(|left| left.n == spec.n);
    let left = left.ok_or("the model is not made of butterflies")?;
    Taken::of(move |sample: SampleType| butterflies(&left, &segments, &after, sample))
}
