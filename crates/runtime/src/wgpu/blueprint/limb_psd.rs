//! Averaged powers in two limbs: segments in pairs, one launch per pass of the transform, sums.

use rlx_compile::builders::to_limbs;
use rlx_compile::params::Detrend;

use super::source::{Source, stage};
use super::{Blueprint, Buffer, Passes};
use crate::error::{Error, Result};
use crate::limbs::LimbPlan;

/// Threads of a workgroup that loads a pair of segments, and of the other kernels.
const LOADING: usize = 64;
const GROUP: usize = 256;

/// Returns the launches for rows of `len` samples.
pub(in crate::wgpu) fn limb_psd(plan: &LimbPlan, len: usize) -> Result<Passes> {
    let LimbPlan { n, group, groups, .. } = *plan;
    let (pairs, bins) = (plan.pairs(), n / 2 + 1);
    let row = 16u64.saturating_mul(pairs as u64).saturating_mul(n as u64);
    // Kernels count values in 32 bits.
    let Some(row) = usize::try_from(row).ok().filter(|row| row / 4 <= u32::MAX as usize && len <= 1 << 30)
    else {
        return Err(Error::unsupported(format!("the transforms of a row are {row} bytes")));
    };
    let numbers = |values: &mut dyn Iterator<Item = f64>| Buffer::Table(values.flat_map(to_limbs).collect());
    let kernel =
        |name, mut source: Source, text: &str, table: Buffer, per_group, items| -> Result<Blueprint> {
            source.count("N", n).count("PAIRS", pairs).stage(stage!("limbs")).stage(text);
            Ok(Blueprint {
                name,
                text: source.finish()?,
                buffers: vec![Buffer::Input, Buffer::Output(0), Buffer::Batch, table],
                items_of_group: per_group,
                items_of_row: items,
            })
        };
    let mut source = Source::default();
    source
        .count("GROUP", LOADING)
        .count("LEN", plan.window_len)
        .count("HOP", plan.hop)
        .count("ROW_LEN", len)
        .count("SEGMENTS", plan.segments)
        .switch("DETREND", plan.detrend != Detrend::None)
        .switch("LINE", plan.detrend == Detrend::Linear);
    let window = numbers(&mut plan.window.iter().copied());
    let load = kernel("limb_load", source, stage!("limb_load"), window, 1, pairs)?;
    let mut all = Passes::one(load);
    for &(radix, before) in &plan.passes {
        let mut source = Source::default();
        source.count("GROUP", GROUP).count("L", before).count("R", radix);
        let roots = numbers(&mut plan.roots().flatten());
        all = all.then(row, kernel("limb_pass", source, stage!("limb_pass"), roots, GROUP, pairs * n)?);
    }
    let sums = |name, text, items| {
        let mut source = Source::default();
        source
            .count("GROUP", GROUP)
            .count("BINS", bins)
            .count("PAIRS_OF_GROUP", group)
            .count("GROUPS", groups);
        kernel(name, source, text, numbers(&mut [plan.factor].into_iter()), GROUP, items)
    };
    all = all.then(row, sums("limb_power", stage!("limb_power"), groups * bins)?);
    if groups > 1 {
        all = all.then(8 * groups * bins, sums("limb_finish", stage!("limb_finish"), bins)?);
    }
    Ok(all)
}
