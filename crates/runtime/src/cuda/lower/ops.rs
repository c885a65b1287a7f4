//! Ops one by one on values in device memory.

use rlx_compile::params::Mask;
use rlx_compile::{NodeId, Op, ValueKind, ValueType};

use super::super::blueprint::{Operand, Passes, SampleType, local_peaks, ops};
use super::transforms::inverse;
use super::walk::{Taken, Walk};
use crate::cpu::psd_factor;

/// For each bin whether the mask keeps it.
pub(super) fn kept(mask: &Mask, bins: usize) -> Vec<bool> {
    let mut kept = vec![false; bins];
    match mask {
        Mask::Band(band) => kept.iter_mut().take(band.hi).skip(band.lo).for_each(|k| *k = true),
        Mask::Bins(list) => {
            list.iter().for_each(|&bin| kept.iter_mut().skip(bin).take(1).for_each(|k| *k = true))
        }
    }
    kept
}

/// The kernel of one op.
pub(super) fn take(walk: &Walk<'_>, id: NodeId) -> Option<Taken> {
    let (taken, made) = (walk.ty(walk.operand(id)?), walk.ty(id));
    let spectra = |ty: &ValueType| ty.dims.iter().rev().skip(1).rev().skip(1).product::<usize>();
    let (frames, bins) = (spectra(taken), taken.last());
    let passes: Passes = match *walk.op(id) {
        Op::Power { one_sided } => {
            let ValueKind::Spectrum { n_fft, layout, .. } = taken.kind else { return None };
            ops::power(frames, n_fft, bins, made.last(), layout, one_sided)
        }
        Op::Average { average } => ops::average(frames, bins, average)?,
        Op::Psd { sample_rate, scaling } => {
            let factor = psd_factor(walk.plan.graph(), walk.plan.types(), id, sample_rate, scaling).ok()?;
            ops::affine(frames, bins, factor, 0.0)
        }
        Op::Affine { scale, offset } if taken.kind.element_bytes() == 4 => {
            ops::affine(frames, bins, scale, offset)
        }
        Op::SpectralMask { ref mask } => {
            let layout = match taken.kind {
                ValueKind::Spectrum { layout, .. } => Some(layout),
                _ => None,
            };
            ops::mask(frames, &kept(mask, bins), layout)
        }
        Op::Log { base, floor, add } => ops::log(frames, bins, base, floor, add),
        Op::TopK { k } => ops::top_k(frames, bins, k),
        Op::LocalPeaks(spec) => {
            let kernel = local_peaks::local_peaks(&spec, bins).ok()?;
            let operands = vec![Operand::Input, Operand::Output, Operand::Rows];
            Passes::one(kernel, 1, operands, 2 * spec.max_peaks, None).times(frames)
        }
        Op::InverseFft { n_fft, real } => return inverse(walk, id, n_fft, real),
        _ => return None,
    };
    Some(Taken::one(id, Box::new(move |_: SampleType| Ok(passes.clone()))))
}
