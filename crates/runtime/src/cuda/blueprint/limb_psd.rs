//! Averaged powers in two floats or in doubles: segments in pairs, one launch per pass of the transform, sums.

use rlx_compile::builders::to_limbs;
use rlx_compile::params::{Detrend, LimbArithmetic};

use super::{Blueprint, Define, Operand, Pass, Passes, Table};
use crate::limbs::LimbPlan;

/// Threads of a block that loads a pair of segments, and of the other kernels.
const LOADING: u32 = 128;
const BLOCK: u32 = 256;

/// Returns the launches for rows of `len` samples in two limbs.
pub(crate) fn limb_psd(plan: &LimbPlan, arithmetic: LimbArithmetic, len: usize) -> Passes {
    let LimbPlan { n, group, groups, .. } = *plan;
    let pairs = plan.pairs();
    let points = 4 * pairs * n;
    // Two buffers of points, which the passes read and write in turn, and the sums of the groups.
    let (mut from, mut to) = (Operand::Scratch(0), Operand::Scratch(1));
    let launch =
        |what: &'static str, more: &[(&'static str, usize)], table: Vec<f32>, items, operands: &[Operand]| {
            let number = |name, value: usize| (name, value.to_string());
            let mut defines: Vec<Define> = vec![number(what, 1), number("POINTS", n), number("PAIRS", pairs)];
            defines.extend(more.iter().map(|&(name, value)| number(name, value)));
            defines.push(("SAMPLE_F32", "1".to_owned()));
            defines.extend((arithmetic == LimbArithmetic::F64).then(|| number("NATIVE", 1)));
            let loads = what == "LOAD";
            let blueprint = Blueprint {
                family: "limb_psd",
                entry: "limb_psd",
                source: "limb_psd.cu",
                defines,
                block: if loads { LOADING } else { BLOCK },
                rows_per_block: if loads { 1 } else { BLOCK },
                shared_bytes: 0,
                register_ceiling: 128,
                tables: vec![Table { name: "numbers", data: table }],
            };
            Pass { blueprint, items: items as u64, operands: operands.to_vec() }
        };
    let numbers = |values: &mut dyn Iterator<Item = f64>| -> Vec<f32> {
        values.flat_map(|value| number(value, arithmetic)).collect()
    };
    use Operand::{Count, Input, Output, Rows, Status, Table as At};
    let detrend = match plan.detrend {
        Detrend::None => 0,
        Detrend::Constant => 1,
        Detrend::Linear => 2,
    };
    let shape =
        [("WIN", plan.window_len), ("HOP", plan.hop), ("SEGMENTS", plan.segments), ("DETREND", detrend)];
    let window = numbers(&mut plan.window.iter().copied());
    let mut passes =
        vec![launch("LOAD", &shape, window, pairs, &[Input, from, At(0), Status, Rows, Count(len as u64)])];
    let roots = numbers(&mut plan.roots().flatten());
    for &(radix, before) in &plan.passes {
        let shape = [("BEFORE", before), ("RADIX", radix)];
        passes.push(launch("PASS", &shape, roots.clone(), pairs * n, &[from, to, At(0), Rows]));
        std::mem::swap(&mut from, &mut to);
    }
    let factor = numbers(&mut [plan.factor].into_iter());
    let (shape, bins) = ([("GROUP", group), ("GROUPS", groups)], n / 2 + 1);
    let mut scratch = vec![points; 2];
    let sums = if groups == 1 { Output } else { Operand::Scratch(2) };
    passes.push(launch("POWER", &shape, factor.clone(), groups * bins, &[from, sums, At(0), Rows]));
    if groups > 1 {
        scratch.push(2 * groups * bins);
        passes.push(launch("FINISH", &shape, factor, bins, &[sums, Output, At(0), Rows]));
    }
    Passes { passes, scratch, output_len: 2 * bins, checked: Some(2 * len), whole_batch: false }
}

/// Returns a number as the kernels read it: two floats, or the bits of a double.
fn number(value: f64, arithmetic: LimbArithmetic) -> [f32; 2] {
    match arithmetic {
        LimbArithmetic::F32x2 => to_limbs(value),
        LimbArithmetic::F64 => {
            // Devices are little-endian.
            let bits = value.to_bits();
            [f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32)]
        }
    }
}

#[cfg(test)]
mod tests {
    use rlx_compile::params::LimbPsdSpec;
    use rlx_dsp::welch::PsdParams;

    use super::*;

    #[test]
    #[ignore = "needs NVRTC, the CUDA compiler; no GPU"]
    fn every_kernel_compiles_and_floats_use_no_doubles() {
        let nvrtc = crate::cuda::nvrtc::nvrtc().unwrap();
        for arithmetic in [LimbArithmetic::F32x2, LimbArithmetic::F64] {
            for (detrend, n, len) in
                [(Detrend::None, 64, 64), (Detrend::Constant, 30, 90_000), (Detrend::Linear, 4096, 10_000)]
            {
                let estimate = PsdParams::new(1.0, n).detrend(detrend);
                let plan = LimbPlan::new(&LimbPsdSpec { arithmetic, estimate }, len, 1).unwrap();
                for pass in limb_psd(&plan, arithmetic, len).passes {
                    let mut options = vec!["--gpu-architecture=sm_80".to_owned()];
                    options.extend(pass.blueprint.options());
                    let blueprint = &pass.blueprint;
                    let cubin =
                        nvrtc.cubin(blueprint.source, blueprint.text(), Blueprint::headers(), &options);
                    assert!(cubin.is_ok(), "{:?}: {}", blueprint.defines, cubin.unwrap_err());
                }
            }
        }
    }
}
