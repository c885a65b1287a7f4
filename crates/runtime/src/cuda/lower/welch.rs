//! The fused Welch kernel: `WelchPeaks`, and Segment … Average [→ Psd] as its PSD, alone or beside the average's TopK.

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
    let (spec, last, psd, peaks) = match walk.op(id) {
        Op::WelchPeaks(spec) => (*spec, id, None, None),
        Op::Segment { .. } => {
            let (spec, average) = powers(walk, id)?;
            let (last, factor, peaks) = results(walk, average);
            (spec, last, Some(factor), peaks)
        }
        _ => return None,
    };
    let ty = walk.ty(operand);
    if ty.kind.element_bytes() != 4 {
        return None;
    }
    let row_len = ty.last();
    if let Some((top_k, k)) = peaks {
        let spec = WelchPeaksSpec { k, ..spec };
        if both(&spec, row_len, psd, SampleType::F32).is_ok() {
            let make = move |sample| both(&spec, row_len, psd, sample);
            return Some(Taken { last, second: Some(top_k), pairs: false, make: Box::new(make) });
        }
    }
    passes(&spec, row_len, psd, SampleType::F32).ok()?;
    Some(Taken::one(last, Box::new(move |sample| passes(&spec, row_len, psd, sample))))
}

/// Segment → [Detrend →] Window → Fft → Power → Average.
fn powers(walk: &Walk<'_>, segment: NodeId) -> Option<(WelchPeaksSpec, NodeId)> {
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
    Some((spec, at))
}

/// Of what is wanted of the averaged power the PSD with its factor, or the power itself, and the TopK beside it with its k.
fn results(walk: &Walk<'_>, average: NodeId) -> (NodeId, f64, Option<(NodeId, usize)>) {
    let psd = |user: NodeId| match *walk.op(user) {
        Op::Psd { sample_rate, scaling } if walk.on_device(user) => {
            let (graph, types) = (walk.plan.graph(), walk.plan.types());
            Some((user, psd_factor(graph, types, user, sample_rate, scaling).ok()?))
        }
        _ => None,
    };
    let top_k = |user: NodeId| match *walk.op(user) {
        Op::TopK { k } if walk.on_device(user) => Some((user, k)),
        _ => None,
    };
    let users: Vec<NodeId> = walk.users(average).collect();
    match (&users[..], walk.leaves(average)) {
        (&[one], true) => (average, 1.0, top_k(one)),
        (&[one], false) => psd(one).map_or((average, 1.0, None), |(user, factor)| (user, factor, None)),
        (&[one, other], false) => {
            let pair = |a, b| Some((psd(a)?, top_k(b)?));
            match pair(one, other).or_else(|| pair(other, one)) {
                Some(((user, factor), peaks)) => (user, factor, Some(peaks)),
                None => (average, 1.0, None),
            }
        }
        _ => (average, 1.0, None),
    }
}

/// The PSD and its peaks by one launch.
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
    if spec.n_fft > 4096 {
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
