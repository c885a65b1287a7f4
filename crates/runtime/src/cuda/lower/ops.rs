//! Single ops on values in device memory.

use rlx_compile::params::Mask;
use rlx_compile::regions::Asked;
use rlx_compile::{Op, ValueKind, ValueType};

use super::super::blueprint::median::median;
use super::super::blueprint::{Operand, Passes, SampleType, local_peaks, ops};
use super::regions::Taken;
use super::transforms::inverse;
use super::{cross, limb_psd};
use crate::cpu::psd_factor;

/// Returns, for each bin, whether the mask keeps it.
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

/// Returns the kernel of one op.
pub(super) fn kernel(asked: &Asked<'_>, op: &Op) -> Result<Taken, String> {
    let id = asked.region.results[0];
    let (taken, made) = (asked.source(), &asked.types[id.0]);
    match op {
        Op::InverseFft { n_fft, real } => return inverse(asked, *n_fft, *real),
        Op::CrossSpectra(spec) => return cross::kernel(asked, spec),
        Op::LimbPsd(spec) => return limb_psd::kernel(asked, spec),
        _ => {}
    }
    if asked.reads_input() {
        return Err(format!("no kernel that only does {} to samples", op.kind()));
    }
    let spectra = |ty: &ValueType| ty.dims.iter().rev().skip(1).rev().skip(1).product::<usize>();
    let (frames, bins) = (spectra(taken), taken.last());
    let layout = match taken.kind {
        ValueKind::Spectrum { layout, .. } => Some(layout),
        _ => None,
    };
    let none = || Err(format!("no {} kernel of this value", op.kind()));
    let passes: Passes = match *op {
        Op::Power { one_sided } => match taken.kind {
            ValueKind::Spectrum { n_fft, layout, .. } => {
                ops::power(frames, n_fft, bins, made.last(), layout, one_sided)
            }
            _ => return none(),
        },
        Op::Magnitude => match layout {
            Some(layout) => ops::magnitude(frames, bins, layout),
            None => return none(),
        },
        Op::Average { average } => match ops::average(frames, bins, average) {
            Some(passes) => passes,
            None => {
                let pass = median(frames, bins, 1.0, Operand::Input, Operand::Output)?;
                let (scratch, checked, whole_batch) = (Vec::new(), None, false);
                Passes { passes: vec![pass], scratch, output_len: bins, checked, whole_batch }
            }
        },
        Op::Psd { sample_rate, scaling } => {
            let factor = psd_factor(asked.graph, asked.types, id, sample_rate, scaling);
            ops::affine(frames, bins, factor.map_err(|e| e.to_string())?, 0.0)
        }
        Op::Affine { scale, offset } if taken.kind.element_bytes() == 4 => {
            ops::affine(frames, bins, scale, offset)
        }
        Op::SpectralMask { ref mask } => ops::mask(frames, &kept(mask, bins), layout),
        Op::Log { base, floor, add } => ops::log(frames, bins, base, floor, add),
        Op::TopK { k } => ops::top_k(frames, bins, k),
        Op::LocalPeaks(spec) => {
            let kernel = local_peaks::local_peaks(&spec, bins)?;
            let operands = vec![Operand::Input, Operand::Output, Operand::Rows];
            Passes::one(kernel, 1, operands, 2 * spec.max_peaks, None).times(frames)
        }
        Op::Affine { .. }
        | Op::Input { .. }
        | Op::Output { .. }
        | Op::Segment { .. }
        | Op::Detrend { .. }
        | Op::Preemphasis { .. }
        | Op::Window { .. }
        | Op::Fft { .. }
        | Op::InverseFft { .. }
        | Op::Butterfly(_)
        | Op::WelchPeaks(_)
        | Op::CrossSpectra(_)
        | Op::LimbPsd(_)
        | Op::MelFilterbank(_)
        | Op::ClampNormalise { .. }
        | Op::NormaliseFeatures { .. } => return none(),
    };
    Taken::of(move |_: SampleType| Ok(passes.clone()))
}
