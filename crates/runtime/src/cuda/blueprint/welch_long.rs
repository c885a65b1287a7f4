//! Welch peaks and PSDs whose transforms do not fit in one block: 8192 … 131,072 points, in several kernels.
//!
//! Steps: segments in pairs to device memory, the two passes of `fft_long`, the average, and the selection of peaks
//! if wanted. The specs, limits and results are those of [`welch_peaks`](super::welch_peaks), with one output per
//! chain.

use rlx_compile::params::{Average, Detrend, Layout, WelchPeaksSpec};
use rlx_compile::shape::one_sided_bins;

use super::fft::Direction;
use super::fft_long::complex_passes;
use super::welch_peaks::{MAX_K, MAX_SEGMENTS};
use super::{Blueprint, Define, Operand, Pass, Passes, SampleType, Table};

/// Scratch buffers: transforms, the values between their passes, the power, the means, a status that is not read.
const Z: Operand = Operand::Scratch(0);
const BETWEEN: Operand = Operand::Scratch(1);
const POWER: Operand = Operand::Scratch(2);
const MEANS: Operand = Operand::Scratch(3);
const UNREAD: Operand = Operand::Scratch(4);

const BLOCK: usize = 256;

/// Returns the kernels for rows of `row_len` samples with `segments` segments, or why there are none. `psd`: the
/// factor of a PSD, computed instead of peaks.
pub fn welch_long(
    spec: &WelchPeaksSpec,
    row_len: usize,
    segments: usize,
    sample: SampleType,
    psd: Option<f32>,
) -> Result<Passes, String> {
    let n = spec.n_fft;
    if !(n.is_power_of_two() && (8192..=131_072).contains(&n)) {
        return Err(format!("n_fft {n} is no power of two from 8192 to 131072"));
    }
    if segments == 0 || segments > MAX_SEGMENTS {
        return Err(format!("{segments} segments are outside 1..={MAX_SEGMENTS}"));
    }
    let k = spec.k;
    if psd.is_none() && (k == 0 || k > MAX_K) {
        return Err(format!("k {k} is outside 1..={MAX_K}"));
    }
    if spec.segment_len == 0 || spec.segment_len > n || spec.hop == 0 {
        return Err(format!("segments of {} every {} in {n}", spec.segment_len, spec.hop));
    }
    let frame_len = (segments - 1)
        .checked_mul(spec.hop)
        .and_then(|len| len.checked_add(spec.segment_len))
        .filter(|&len| len <= row_len && len < i32::MAX as usize / 4)
        .ok_or_else(|| format!("{segments} segments every {} in rows of {row_len}", spec.hop))?;
    let (average, transforms) = match spec.average {
        Average::Mean => ("AVERAGE_MEAN", segments.div_ceil(2)),
        Average::Max => ("AVERAGE_MAX", segments),
        Average::Min => ("AVERAGE_MIN", segments),
        Average::Median => return Err("the kernels have no median".to_owned()),
    };
    let detrend = match spec.detrend {
        Detrend::None => false,
        Detrend::Constant => true,
        Detrend::Linear => return Err("the kernels subtract no line".to_owned()),
    };
    let weights =
        spec.window.coefficients(spec.segment_len, spec.symmetry).map_err(|error| error.to_string())?;

    let mut shared: Vec<Define> = [
        ("N_FFT", n),
        ("SEGMENT", spec.segment_len),
        ("SEGMENTS", segments),
        ("HOP", spec.hop),
        (average, 1),
        ("BLOCK", BLOCK),
    ]
    .map(|(name, value)| (name, value.to_string()))
    .to_vec();
    shared.push(sample.define());
    shared.extend(detrend.then(|| ("DETREND", "1".to_owned())));
    if let Some(band) = spec.keep {
        shared.extend([("KEEP_LO", band.lo.to_string()), ("KEEP_HI", band.hi.to_string())]);
    }
    let kernel = |entry, name, rows_per_block: usize, tables| Blueprint {
        family: "welch_long",
        entry,
        source: "welch_long.cu",
        defines: shared.iter().cloned().chain([(name, "1".to_owned())]).collect(),
        block: BLOCK as u32,
        rows_per_block: rows_per_block as u32,
        shared_bytes: 0,
        register_ceiling: 64,
        tables,
    };
    use Operand::{Count, Factor, Input, InputPlane, Output, OutputPlane, Rows, Scratch, Status};
    let stride = Count(row_len as u64);
    let mut passes = Vec::new();
    if detrend {
        let blueprint = kernel("welch_means", "MEANS", 1, vec![]);
        passes.push(Pass { blueprint, items: segments as u64, operands: vec![Input, MEANS, Rows, stride] });
    }
    let window = Table { name: "window", data: weights.iter().map(|&w| w as f32).collect() };
    passes.push(Pass {
        blueprint: kernel("welch_prepare", "PREPARE", BLOCK, vec![window]),
        items: (transforms * n) as u64,
        operands: vec![Input, Z, Operand::Table(0), MEANS, Status, Rows, stride],
    });
    let complex = complex_passes(n, Direction::Forward, Layout::Interleaved, Layout::Interleaved, 1.0)?;
    for (index, mut pass) in complex.passes.into_iter().enumerate() {
        pass.items *= transforms as u64;
        for operand in &mut pass.operands {
            *operand = match *operand {
                Input => Z,
                Scratch(_) => BETWEEN,
                Output if index == 1 => Z,
                InputPlane | OutputPlane => Count(0),
                // Its positions are not those of samples; `welch_prepare` has already checked the samples.
                Status => UNREAD,
                other => other,
            };
        }
        passes.push(pass);
    }
    let bins = one_sided_bins(n);
    let power = if psd.is_some() { Output } else { POWER };
    passes.push(Pass {
        blueprint: kernel("welch_fold", "FOLD", BLOCK, vec![]),
        items: bins as u64,
        operands: vec![Z, power, Rows, Factor(psd.unwrap_or(1.0))],
    });
    if psd.is_none() {
        let mut blueprint = kernel("welch_top", "TOP", 1, vec![]);
        // One block per row; there are few rows.
        blueprint.block = 1024;
        blueprint.defines.retain(|(name, _)| *name != "BLOCK");
        blueprint.defines.extend([("BLOCK", "1024".to_owned()), ("TOP_K", k.to_string())]);
        passes.push(Pass { blueprint, items: 1, operands: vec![POWER, Output, Rows] });
    }
    Ok(Passes {
        passes,
        scratch: vec![
            2 * n * transforms,
            2 * n * transforms,
            if psd.is_none() { bins } else { 1 },
            2 * segments,
            2,
        ],
        output_len: if psd.is_some() { bins } else { 2 * k },
        checked: Some(frame_len),
        whole_batch: false,
    })
}

/// Selects the `k` largest of each row of `bins` powers, exactly.
pub(crate) fn top(n_fft: usize, bins: usize, k: usize, from: Operand, to: Operand) -> Result<Pass, String> {
    if k == 0 || k > MAX_TOP || bins != n_fft / 2 + 1 {
        return Err(format!("k {k} of {bins} bins is outside 1..={MAX_TOP}"));
    }
    let block = if bins > 2048 { 1024 } else { 256 };
    let numbers = [
        ("N_FFT", n_fft),
        ("SEGMENT", n_fft),
        ("SEGMENTS", 1),
        ("HOP", 1),
        ("AVERAGE_MEAN", 1),
        ("SAMPLE_F32", 1),
        ("TOP", 1),
        ("BLOCK", block),
        ("TOP_K", k),
    ];
    let blueprint = Blueprint {
        family: "welch_long",
        entry: "welch_top",
        source: "welch_long.cu",
        defines: numbers.map(|(name, value)| (name, value.to_string())).to_vec(),
        block: block as u32,
        rows_per_block: 1,
        shared_bytes: 0,
        register_ceiling: 64,
        tables: vec![],
    };
    Ok(Pass { blueprint, items: 1, operands: vec![from, to, Operand::Rows] })
}

/// Largest number of peaks whose list fits in shared memory.
const MAX_TOP: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_compile::builders::WelchPeaksShape;

    #[test]
    fn passes_cover_every_transform_and_name_scratch_that_is_there() {
        let mut spec = WelchPeaksShape::new(3, 16_384, 3, 5).spec();
        let row_len = 16_384 * 2;
        let made = welch_long(&spec, row_len, 3, SampleType::I16, None).expect("passes");
        let entries: Vec<_> = made.passes.iter().map(|p| p.blueprint.entry).collect();
        assert_eq!(entries, ["welch_prepare", "fft_columns", "fft_columns", "welch_fold", "welch_top"]);
        // Two transforms for three segments.
        assert_eq!(made.passes[0].items, 2 * 16_384);
        assert_eq!((made.scratch[0], made.output_len, made.checked), (4 * 16_384, 10, Some(row_len)));
        for operand in made.passes.iter().flat_map(|p| &p.operands) {
            if let Operand::Scratch(index) = operand {
                assert!(*index < made.scratch.len());
            }
        }
        spec.detrend = Detrend::Constant;
        let psd = welch_long(&spec, row_len, 3, SampleType::F32, Some(0.5)).expect("passes");
        assert_eq!((psd.passes[0].blueprint.entry, psd.output_len), ("welch_means", 8193));
        assert!(welch_long(&spec, row_len - 1, 3, SampleType::F32, None).is_err());
        spec.n_fft = 4096;
        assert!(welch_long(&spec, row_len, 3, SampleType::F32, None).is_err());
    }
}
