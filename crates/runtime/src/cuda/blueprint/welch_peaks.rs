//! The fused Welch-peaks kernel: samples in, packed peaks or the PSD or both out.
//!
//! Arguments of `welch_peaks`, in order:
//!
//! | argument | type | what |
//! |---|---|---|
//! | samples | `const T*` | row `r` starts at `samples + r·stride`, [`frame_len`](WelchKernel::frame_len) of them are read |
//! | peaks | `float*`, 8-byte aligned | `[rows, min(k, bins), 2]`; not touched unless [`Outputs`] has it (may be null) |
//! | psd | `float*` | `[rows, n_fft/2 + 1]` one-sided power · psd_scale; as above |
//! | window, factors | `const float4*` | the tables, in this order |
//! | status | `u64*` | `u64::MAX` before the launch; afterwards the smallest `row·frame_len + index` of a NaN or infinite sample |
//! | rows | `u64` | above 0 |
//! | stride | `u64` | samples from a row to the next, at least `frame_len` unless rows overlap |
//! | psd_scale | `f32` | factor on the PSD (1 gives raw power) |
//!
//! A row with a NaN or infinite sample has NaN powers and arbitrary bin numbers; every element is written.

use rlx_compile::params::{Average, Detrend, WelchPeaksSpec};
use rlx_compile::shape::one_sided_bins;

use super::{Blueprint, FftPlan, SampleType, Table, tables};

/// Results that the kernel writes to memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Outputs {
    /// Packed peaks.
    pub peaks: bool,
    /// One-sided power.
    pub psd: bool,
}

/// Largest number of segments.
pub const MAX_SEGMENTS: usize = 64;
/// Largest K.
pub const MAX_K: usize = 64;

/// The kernel of a spec.
#[derive(Debug, Clone, PartialEq)]
pub struct WelchKernel {
    /// Kernels to compile and launch.
    pub blueprint: Blueprint,
    /// Samples of a row that are read.
    pub frame_len: usize,
    /// Peaks per row, `min(k, bins)`.
    pub k: usize,
}

/// Returns the kernel for `spec` with `segments` segments per row, or why there is none.
pub fn welch_peaks(
    spec: &WelchPeaksSpec,
    segments: usize,
    sample: SampleType,
    outputs: Outputs,
) -> Result<WelchKernel, String> {
    let plan = FftPlan::fused(spec.n_fft)
        .filter(|_| spec.n_fft.is_power_of_two() && (64..=4096).contains(&spec.n_fft))
        .ok_or_else(|| format!("n_fft {} is no power of two from 64 to 4096", spec.n_fft))?;
    if segments == 0 || segments > MAX_SEGMENTS {
        return Err(format!("{segments} segments are outside 1..={MAX_SEGMENTS}"));
    }
    if spec.segment_len == 0 || spec.segment_len > spec.n_fft || spec.hop == 0 {
        return Err(format!("segments of {} every {} in {}", spec.segment_len, spec.hop, spec.n_fft));
    }
    let k = spec.k.min(one_sided_bins(spec.n_fft));
    if k == 0 || k > MAX_K {
        return Err(format!("k {k} is outside 1..={MAX_K}"));
    }
    if !(outputs.peaks || outputs.psd) {
        return Err("no output is asked for".to_owned());
    }
    let average = match spec.average {
        Average::Mean => "AVERAGE_MEAN",
        Average::Max => "AVERAGE_MAX",
        Average::Min => "AVERAGE_MIN",
        Average::Median => return Err("the kernel has no median".to_owned()),
    };
    let window =
        spec.window.coefficients(spec.segment_len, spec.symmetry).map_err(|error| error.to_string())?;
    // The frame length and indices within the frame fit in 32 bits.
    let frame_len = (segments - 1)
        .checked_mul(spec.hop)
        .and_then(|n| n.checked_add(spec.segment_len))
        .filter(|&n| n < i32::MAX as usize / 4)
        .ok_or_else(|| format!("a hop of {}", spec.hop))?;

    let rows = plan.per_block(128);
    let block = rows * plan.threads();
    // Measured: more threads hide latency until the accumulated powers spill.
    let light = segments <= 2 && spec.average == Average::Mean && spec.detrend == Detrend::None;
    let resident = match (plan.points, plan.n, light) {
        (32, ..) => 384,
        (_, ..=256, true) => 1024,
        (.., true) => 768,
        (_, ..=512, false) => 640,
        _ => 512,
    };
    let blocks = (resident / block).max(1);
    let mut defines = plan.defines();
    let number = |name, value: usize| (name, value.to_string());
    defines.extend([
        number("SEGMENT", spec.segment_len),
        number("SEGMENTS", segments),
        number("HOP", spec.hop),
        number("TOP_K", k),
        number("ROWS", rows),
        number("MIN_BLOCKS", blocks),
        (average, "1".to_owned()),
        sample.define(),
    ]);
    match spec.detrend {
        Detrend::None => {}
        Detrend::Constant => defines.push(number("DETREND", 1)),
        Detrend::Linear => return Err("the kernel subtracts no line".to_owned()),
    }
    if let Some(band) = spec.keep {
        defines.extend([number("KEEP_LO", band.lo), number("KEEP_HI", band.hi)]);
    }
    if outputs.peaks {
        defines.push(number("OUT_PEAKS", 1));
    }
    if outputs.psd {
        defines.push(number("OUT_PSD", 1));
    }
    let blueprint = Blueprint {
        family: "welch_peaks",
        entry: "welch_peaks",
        source: "welch_peaks.cu",
        defines,
        block: block as u32,
        rows_per_block: rows as u32,
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(block, blocks),
        tables: vec![
            Table { name: "window", data: tables::window(&plan, &window) },
            Table { name: "factors", data: tables::factors(&plan) },
        ],
    };
    Ok(WelchKernel { blueprint, frame_len, k })
}
