//! Batched transforms: complex to complex, real to one-sided bins and back. Rows lie one after the other.
//!
//! | from | to | rows of the input | rows of the output |
//! |---|---|---|---|
//! | [`complex`] | | `n` complex | `n` complex |
//! | [`forward_real`] | | `n` samples | `n/2 + 1` complex |
//! | [`inverse_real`] | | `n/2 + 1` complex | `n` floats |
//!
//! Complex rows are interleaved, or lie in two planes of the whole batch. The sums are those of
//! `Σ x·exp(∓2πi·nk/N)` times `scale`: 1/N gives the inverse its usual norm. Powers of two from 16 to 131,072; one
//! kernel while a block holds a row (complex 4096, real 8192), else the four-step method in [`long`](super::fft_long).

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

/// Threads of a block where several rows share it.
const BLOCK: usize = 128;

/// Complex rows of `n`.
pub fn complex(
    n: usize,
    direction: Direction,
    from: Layout,
    to: Layout,
    scale: f32,
) -> Result<Passes, String> {
    check(n)?;
    let Some(plan) = FftPlan::new(n) else {
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

/// Real rows of `n` to their one-sided spectra. Rows start at multiples of `n` samples.
pub fn forward_real(n: usize, sample: SampleType, to: Layout, scale: f32) -> Result<Passes, String> {
    check(n)?;
    let half = n / 2;
    let Some(plan) = FftPlan::new(half) else {
        if sample != SampleType::F32 {
            return Err(format!("transforms of {n} take f32 samples only"));
        }
        // Interleaved complex values are what neighbouring samples are already.
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

/// One-sided spectra to real rows of `n`; the imaginary parts of the first and last bin do not count.
pub fn inverse_real(n: usize, from: Layout, scale: f32) -> Result<Passes, String> {
    check(n)?;
    let half = n / 2;
    let Some(plan) = FftPlan::new(half) else {
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
    let resident = RESIDENT_THREADS / block;
    defines.extend([("ROWS", rows.to_string()), ("MIN_BLOCKS", resident.to_string())]);
    Blueprint {
        family,
        entry,
        source,
        defines,
        block: block as u32,
        rows_per_block: rows as u32,
        shared_bytes: 0,
        register_ceiling: (65536 / RESIDENT_THREADS) as u32,
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

/// Threads that share a multiprocessor: 64 registers each, 128 KiB of loads in flight.
const RESIDENT_THREADS: usize = 1024;
