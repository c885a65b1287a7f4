//! A learned transform with what follows it: `Butterfly` up to the peaks, as far as one kernel goes.

use rlx_compile::params::{Average, ButterflySpec, Padding};
use rlx_compile::{NodeId, Op, ValueKind};

use super::super::blueprint::butterflies::{After, Bins, Segments, butterflies};
use super::super::blueprint::{Passes, SampleType};
use super::ops::kept;
use super::walk::{Taken, Walk};

/// Segment → [Window →] Butterfly [→ Power → Average (mean) [→ Affine] [→ SpectralMask] [→ TopK]].
pub(super) fn take(walk: &Walk<'_>, segment: NodeId) -> Option<Taken> {
    let Op::Segment { len, hop, pad: Padding::None, drop_last: 0 } = *walk.op(segment) else { return None };
    let samples = walk.ty(walk.operand(segment)?);
    if samples.kind != (ValueKind::Samples { complex: false }) {
        return None;
    }
    let mut at = walk.only_user(segment)?;
    let mut window = vec![1.0; len];
    if let Op::Window { window: weights, symmetry } = *walk.op(at) {
        window = weights.coefficients(len, symmetry).ok()?;
        at = walk.only_user(at)?;
    }
    let Op::Butterfly(spec) = walk.op(at) else { return None };
    let count = walk.ty(at).dims.get(1).copied()?;
    let segments = Segments { count, hop, window, stride: samples.last() };
    let powers = averaged(walk, at, spec.n).and_then(|(average, bins)| {
        let peaks = walk.only_user(average).and_then(|user| match *walk.op(user) {
            Op::TopK { k } => Some((user, After::Peaks(bins.clone(), k))),
            _ => None,
        });
        let power = Some((average, After::Power(bins)));
        [peaks, power]
            .into_iter()
            .flatten()
            .find_map(|(last, after)| made(walk, spec, &segments, last, after))
    });
    powers.or_else(|| made(walk, spec, &segments, at, After::Spectrum(spec.layout)))
}

/// The last op that turns the spectra into one spectrum of powers a row, and what it makes of the average.
fn averaged(walk: &Walk<'_>, butterfly: NodeId, n: usize) -> Option<(NodeId, Bins)> {
    let power = walk.only_user(butterfly)?;
    if !matches!(walk.op(power), Op::Power { one_sided: true }) || walk.ty(power).last() != n / 2 + 1 {
        return None;
    }
    let mut last = walk.only_user(power)?;
    if !matches!(walk.op(last), Op::Average { average: Average::Mean }) {
        return None;
    }
    let mut bins = Bins { scale: 1.0, offset: 0.0, kept: vec![true; n / 2 + 1] };
    if let Some((user, &Op::Affine { scale, offset })) = walk.only_user(last).map(|u| (u, walk.op(u))) {
        (last, bins.scale, bins.offset) = (user, scale, offset);
    }
    if let Some((user, Op::SpectralMask { mask })) = walk.only_user(last).map(|u| (u, walk.op(u))) {
        (last, bins.kept) = (user, kept(mask, n / 2 + 1));
    }
    Some((last, bins))
}

/// The kernel of the model that the session has under this name, without what nobody needs of it.
fn made(
    walk: &Walk<'_>,
    spec: &ButterflySpec,
    segments: &Segments,
    last: NodeId,
    after: After,
) -> Option<Taken> {
    let transform = walk.options.transforms.get(&spec.model).filter(|t| t.n() == spec.n)?;
    let needed: Vec<bool> = match &after {
        After::Spectrum(_) => vec![true; spec.n],
        After::Power(bins) | After::Peaks(bins, _) => {
            (0..spec.n).map(|k| bins.kept[k.min(spec.n - k)]).collect()
        }
    };
    let left = transform.butterflies(&needed).filter(|left| left.n == spec.n)?;
    let segments = segments.clone();
    let make =
        move |sample: SampleType| -> Result<Passes, String> { butterflies(&left, &segments, &after, sample) };
    make(SampleType::F32).ok()?;
    Some(Taken::one(last, Box::new(make)))
}
