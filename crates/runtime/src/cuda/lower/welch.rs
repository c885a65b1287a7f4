//! The fused Welch kernel: `WelchPeaks`, and Segment … Average [→ Psd] as its PSD.

use rlx_compile::params::{Detrend, Padding, Sides, WelchPeaksSpec, Window};
use rlx_compile::{NodeId, Op};

use super::super::blueprint::welch_long::welch_long;
use super::super::blueprint::welch_peaks::{Outputs, welch_peaks};
use super::super::blueprint::{Operand, Passes, SampleType};
use super::walk::{Taken, Walk};
use crate::cpu::psd_factor;

/// The kernel that begins at this op.
pub(super) fn take(walk: &Walk<'_>, id: NodeId) -> Option<Taken> {
    let operand = walk.operand(id)?;
    let (spec, last, psd) = match walk.op(id) {
        Op::WelchPeaks(spec) => (*spec, id, None),
        Op::Segment { .. } => {
            let (spec, last, factor) = psd(walk, id)?;
            (spec, last, Some(factor))
        }
        _ => return None,
    };
    let ty = walk.ty(operand);
    if ty.kind.element_bytes() != 4 {
        return None;
    }
    let row_len = ty.last();
    passes(&spec, row_len, psd, SampleType::F32).ok()?;
    let make = move |sample| passes(&spec, row_len, psd, sample);
    Some(Taken { last, make: Box::new(make) })
}

/// Segment → [Detrend →] Window → Fft → Power → Average [→ Psd].
fn psd(walk: &Walk<'_>, segment: NodeId) -> Option<(WelchPeaksSpec, NodeId, f64)> {
    let Op::Segment { len, hop, pad: Padding::None, drop_last: 0 } = *walk.op(segment) else { return None };
    let mut spec = WelchPeaksSpec {
        segment_len: len,
        hop,
        n_fft: len,
        k: 1,
        window: Window::Rectangular,
        symmetry: Default::default(),
        detrend: Detrend::None,
        average: Default::default(),
        keep: None,
    };
    let mut at = walk.only_user(segment)?;
    if let Op::Detrend { kind } = *walk.op(at) {
        spec.detrend = kind;
        at = walk.only_user(at)?;
    }
    if let Op::Window { window, symmetry } = *walk.op(at) {
        (spec.window, spec.symmetry) = (window, symmetry);
        at = walk.only_user(at)?;
    }
    let Op::Fft { n_fft, sides, keep: None, .. } = *walk.op(at) else { return None };
    spec.n_fft = n_fft;
    at = walk.only_user(at)?;
    let one_sided = matches!(walk.op(at), Op::Power { one_sided: true });
    if !one_sided || sides == Sides::Two && walk.ty(at).last() != n_fft / 2 + 1 {
        return None;
    }
    at = walk.only_user(at)?;
    let Op::Average { average } = *walk.op(at) else { return None };
    spec.average = average;
    let scaled = walk.only_user(at).and_then(|user| match *walk.op(user) {
        Op::Psd { sample_rate, scaling } => {
            let (graph, types) = (walk.plan.graph(), walk.plan.types());
            Some((user, psd_factor(graph, types, user, sample_rate, scaling).ok()?))
        }
        _ => None,
    });
    let (last, factor) = scaled.unwrap_or((at, 1.0));
    Some((spec, last, factor))
}

fn passes(
    spec: &WelchPeaksSpec,
    row_len: usize,
    psd: Option<f64>,
    sample: SampleType,
) -> Result<Passes, String> {
    let tail = row_len.checked_sub(spec.segment_len).ok_or("rows shorter than a segment")?;
    let segments = tail / spec.hop.max(1) + 1;
    if spec.n_fft > 4096 {
        return welch_long(spec, row_len, segments, sample, psd.map(|factor| factor as f32));
    }
    let outputs = Outputs { peaks: psd.is_none(), psd: psd.is_some() };
    let kernel = welch_peaks(spec, segments, sample, outputs)?;
    let (peaks, power) = match psd {
        None => (Operand::Output, Operand::Count(0)),
        Some(_) => (Operand::Count(0), Operand::Output),
    };
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
