//! Batched transforms: complex to complex, real to one-sided bins and back. Rows are contiguous.
//!
//! | from | to | rows of the input | rows of the output |
//! |---|---|---|---|
//! | [`complex`] | | `n` complex | `n` complex |
//! | [`forward_real`] | | `n` samples | `n/2 + 1` complex |
//! | [`inverse_real`] | | `n/2 + 1` complex | `n` floats |
//!
//! Complex rows are interleaved or in two planes of the whole batch. Results are `Σ x·exp(∓2πi·nk/N)` times `scale`;
//! 1/N gives the inverse its usual norm. Lengths are powers of two from 16 to 131,072: one kernel if a block can hold
//! a row (complex 4096, real 8192), otherwise the four-step method in `fft_long`.

use rlx_compile::params::Layout;

use super::fft_long::{complex_passes, untangle_pass};
use super::{Blueprint, Define, FftPlan, Operand, Passes, SampleType, Table, tables};

/// Sign of the exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `exp(−2πi·nk/N)`.
    Forward,
    /// `exp(+2πi·nk/N)`.
    Inverse,
}

/// Smallest and largest length.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 16..=131_072;

/// Threads of a block that several rows share.
const BLOCK: usize = 64;

/// Transforms complex rows of `n` points.
pub fn complex(
    n: usize,
    direction: Direction,
    from: Layout,
    to: Layout,
    scale: f32,
) -> Result<Passes, String> {
    check(n)?;
    let Some(plan) = rows_plan(n) else {
        return complex_passes(n, direction, from, to, scale);
    };
    let mut defines = plan.defines();
    defines.extend(inverse(direction));
    defines.extend(planes("IN_PLANES", from));
    defines.extend(planes("OUT_PLANES", to));
    let blueprint = rows_kernel("fft", "fft", "fft.cu", &plan, defines, vec![factors(&plan)]);
    use Operand::{Factor, Input, InputPlane, Output, OutputPlane, Rows, Status};
    let operands =
        vec![Input, InputPlane, Output, OutputPlane, Operand::Table(0), Status, Rows, Factor(scale)];
    Ok(Passes::one(blueprint, 1, operands, 2 * n, Some(2 * n)))
}

/// Transforms real rows of `n` samples to one-sided spectra. Rows start at multiples of `n` samples.
pub fn forward_real(n: usize, sample: SampleType, to: Layout, scale: f32) -> Result<Passes, String> {
    check(n)?;
    let half = n / 2;
    let Some(plan) = real_plan(half) else {
        if sample != SampleType::F32 {
            return Err(format!("transforms of {n} take f32 samples only"));
        }
        // Neighbouring samples already are interleaved complex values.
        let mut passes =
            complex_passes(half, Direction::Forward, Layout::Interleaved, Layout::Interleaved, 1.0)?;
        let spectrum = passes.scratch.len();
        for operand in passes.passes.iter_mut().flat_map(|pass| &mut pass.operands) {
            if *operand == Operand::Output {
                *operand = Operand::Scratch(spectrum);
            }
        }
        passes.scratch.push(n);
        passes.passes.push(untangle_pass(half, Direction::Forward, to, spectrum, scale));
        passes.output_len = n + 2;
        return Ok(passes);
    };
    let mut defines = plan.defines();
    defines.push(sample.define());
    defines.extend(planes("OUT_PLANES", to));
    let blueprint = rows_kernel("real_fft", "real_fft", "real_fft.cu", &plan, defines, real_tables(&plan));
    use Operand::{Factor, Input, Output, OutputPlane, Rows, Status, Table as At};
    let operands = vec![Input, Output, OutputPlane, At(0), At(1), Status, Rows, Factor(scale)];
    Ok(Passes::one(blueprint, 1, operands, n + 2, Some(n)))
}

/// Transforms one-sided spectra to real rows of `n` samples; the imaginary parts of the first and last bins are
/// ignored.
pub fn inverse_real(n: usize, from: Layout, scale: f32) -> Result<Passes, String> {
    check(n)?;
    let half = n / 2;
    let Some(plan) = real_plan(half) else {
        let mut passes =
            complex_passes(half, Direction::Inverse, Layout::Interleaved, Layout::Interleaved, scale)?;
        let spectrum = passes.scratch.len();
        for operand in passes.passes.iter_mut().flat_map(|pass| &mut pass.operands) {
            if *operand == Operand::Input {
                *operand = Operand::Scratch(spectrum);
            }
        }
        passes.scratch.push(n);
        passes.passes.insert(0, untangle_pass(half, Direction::Inverse, from, spectrum, scale));
        (passes.output_len, passes.checked) = (n, None);
        return Ok(passes);
    };
    let mut defines = plan.defines();
    defines.extend(inverse(Direction::Inverse));
    defines.extend(planes("IN_PLANES", from));
    let blueprint = rows_kernel("real_fft", "real_fft", "real_fft.cu", &plan, defines, real_tables(&plan));
    use Operand::{Factor, Input, InputPlane, Output, Rows, Table as At};
    let operands = vec![Input, InputPlane, Output, At(0), At(1), Rows, Factor(scale)];
    Ok(Passes::one(blueprint, 1, operands, n, None))
}

fn check(n: usize) -> Result<(), String> {
    if n.is_power_of_two() && LENGTHS.contains(&n) {
        return Ok(());
    }
    Err(format!("a transform of {n}: neither a power of two nor within {LENGTHS:?}"))
}

fn rows_kernel(
    family: &'static str,
    entry: &'static str,
    source: &'static str,
    plan: &FftPlan,
    mut defines: Vec<Define>,
    tables: Vec<Table>,
) -> Blueprint {
    let rows = plan.per_block(BLOCK);
    let block = rows * plan.threads();
    // A compromise between registers per thread and loads in flight.
    let resident = match plan.points {
        8 => 1280,
        32 => 512,
        _ => 768,
    };
    let resident = (resident / block).max(1);
    defines.extend([("ROWS", rows.to_string()), ("MIN_BLOCKS", resident.to_string())]);
    Blueprint {
        family,
        entry,
        source,
        defines,
        block: block as u32,
        rows_per_block: rows as u32,
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(block, resident),
        tables,
    }
}

fn factors(plan: &FftPlan) -> Table {
    Table { name: "factors", data: tables::factors(plan) }
}

pub(super) fn real_tables(plan: &FftPlan) -> Vec<Table> {
    vec![factors(plan), Table { name: "untangle", data: tables::untangle(plan) }]
}

pub(super) fn inverse(direction: Direction) -> Option<Define> {
    (direction == Direction::Inverse).then(|| ("INVERSE", "1".to_owned()))
}

pub(super) fn planes(name: &'static str, layout: Layout) -> Option<Define> {
    (layout == Layout::Block).then(|| (name, "1".to_owned()))
}

/// Returns the plan of rows in memory. Up to 512 points, eight points per thread in twice as many threads are faster
/// than sixteen, because a warp then reads and writes longer contiguous runs.
fn rows_plan(n: usize) -> Option<FftPlan> {
    match n {
        128 => Some(FftPlan { n, points: 8, radices: [8, 8, 2] }),
        256 => Some(FftPlan { n, points: 8, radices: [8, 8, 4] }),
        512 => Some(FftPlan { n, points: 8, radices: [8, 8, 8] }),
        _ => FftPlan::fused(n),
    }
}

/// Returns the plan of complex rows of `half` points for real rows twice as long. At 512 points, where complex rows
/// are faster with eight points per thread, sixteen are 1 to 4 % faster here.
fn real_plan(half: usize) -> Option<FftPlan> {
    if half == 512 { FftPlan::new(half) } else { rows_plan(half) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_4096_points_and_longer_rows_go_by_scratch() {
        let i = Layout::Interleaved;
        let launches = |passes: &Passes| (passes.passes.len(), passes.scratch.clone());
        let forward = |n| complex(n, Direction::Forward, i, Layout::Block, 1.0).expect("passes");
        assert_eq!(launches(&forward(16)), (1, vec![]));
        assert_eq!(launches(&forward(4096)), (1, vec![]));
        assert_eq!(launches(&forward(8192)), (2, vec![16_384]));
        let real = |n| forward_real(n, SampleType::F32, i, 1.0).expect("passes");
        assert_eq!((launches(&real(8192)), real(8192).output_len), ((1, vec![]), 8194));
        assert_eq!(launches(&real(16_384)), (3, vec![16_384, 16_384]));
        let back = inverse_real(16_384, i, 1.0).expect("passes");
        assert_eq!((back.passes[0].operands[0], back.output_len), (Operand::Input, 16_384));
        assert_eq!(back.passes[0].operands[2], back.passes[1].operands[0]);
        for n in [0, 8, 400, 1 << 18] {
            assert!(complex(n, Direction::Inverse, i, i, 1.0).is_err(), "{n}");
        }
        assert!(forward_real(1 << 17, SampleType::I16, i, 1.0).is_err());
    }

    #[test]
    fn blocks_are_whole_warps_with_the_threads_that_the_kernels_count() {
        for n in (4..=12).map(|bits| 1usize << bits) {
            let pass =
                &forward_real(n, SampleType::I16, Layout::Block, 1.0).expect("passes").passes[0].blueprint;
            let plan = real_plan(n / 2).expect("a plan");
            assert_eq!(pass.block as usize, pass.rows_per_block as usize * plan.threads());
            assert!(pass.block.is_multiple_of(32) && pass.block <= 1024, "{n}");
            assert_eq!(pass.tables[1].data.len(), plan.n, "{n}");
        }
    }
}
