//! Transforms too long for one block, by the four-step method: N1·N2 points in two passes over memory.

use rlx_compile::params::Layout;

use super::fft::{Direction, inverse, planes};
use super::{Blueprint, FftPlan, Operand, Pass, Passes, Table, tables};

/// Returns the column lengths of the first and the second pass.
fn split(n: usize) -> Option<(usize, usize)> {
    let bits = n.ilog2() / 2;
    let first = 1 << bits;
    (n.is_power_of_two() && (8192..=131_072).contains(&n)).then_some((first, n / first))
}

/// Transforms complex rows of `n` points, 8192 … 131,072.
pub(super) fn complex_passes(
    n: usize,
    direction: Direction,
    from: Layout,
    to: Layout,
    scale: f32,
) -> Result<Passes, String> {
    let plans = split(n).and_then(|(a, b)| Some((FftPlan::new(a)?, FftPlan::new(b)?)));
    let (first, second) = plans.ok_or_else(|| format!("no transform of {n}"))?;
    use Operand::{Factor, Input, InputPlane, Output, OutputPlane, Rows, Scratch, Status, Table as At};

    let mut one = columns(&first, second.n, direction, "FIRST");
    one.defines.extend(planes("IN_PLANES", from));
    one.tables.push(Table { name: "turns", data: tables::turns(first.n, second.n) });
    let operands = vec![Input, InputPlane, Scratch(0), At(0), At(1), Status, Rows];
    let one = Pass { blueprint: one, items: second.n as u64, operands };

    let mut two = columns(&second, first.n, direction, "SECOND");
    two.defines.extend(planes("OUT_PLANES", to));
    let operands = vec![Scratch(0), Output, OutputPlane, At(0), Rows, Factor(scale)];
    let two = Pass { blueprint: two, items: first.n as u64, operands };

    Ok(Passes {
        passes: vec![one, two],
        scratch: vec![2 * n],
        output_len: 2 * n,
        checked: Some(2 * n),
        whole_batch: false,
    })
}

/// Returns the columns per block: whole memory lines if they fit in shared memory.
fn block_columns(plan: &FftPlan) -> usize {
    if plan.n > 256 { 8 } else { 16 }
}

/// A block has `rows_per_block` columns; `width` is a multiple of that.
fn columns(plan: &FftPlan, width: usize, direction: Direction, pass: &'static str) -> Blueprint {
    let columns = block_columns(plan);
    let block = columns * plan.threads();
    let resident = (RESIDENT_THREADS / block).max(1);
    let mut defines = plan.defines();
    defines.extend([
        (pass, "1".to_owned()),
        ("WIDTH", width.to_string()),
        ("COLUMNS", columns.to_string()),
        ("MIN_BLOCKS", resident.to_string()),
    ]);
    defines.extend(inverse(direction));
    Blueprint {
        family: "fft_columns",
        entry: "fft_columns",
        source: "fft_columns.cu",
        defines,
        block: block as u32,
        rows_per_block: columns as u32,
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(block, resident),
        tables: vec![Table { name: "factors", data: tables::factors(plan) }],
    }
}

/// Converts between the spectra of `half` complex points in `scratch` and one-sided spectra.
pub(super) fn untangle_pass(
    half: usize,
    direction: Direction,
    layout: Layout,
    scratch: usize,
    scale: f32,
) -> Pass {
    use Operand::{Factor, Input, InputPlane, Output, OutputPlane, Rows, Scratch, Table as At};
    let block = 256;
    let mut defines = vec![("N_FFT", half.to_string()), ("BLOCK", block.to_string())];
    defines.extend(inverse(direction));
    let (name, operands) = match direction {
        Direction::Forward => {
            ("OUT_PLANES", vec![Scratch(scratch), Output, OutputPlane, At(0), Rows, Factor(scale)])
        }
        Direction::Inverse => ("IN_PLANES", vec![Input, InputPlane, Scratch(scratch), At(0), Rows]),
    };
    defines.extend(planes(name, layout));
    let turns = (0..=half / 2).flat_map(|k| {
        let (re, im) = tables::root(k, 2 * half);
        [re as f32, im as f32]
    });
    let blueprint = Blueprint {
        family: "fft_untangle",
        entry: "fft_untangle",
        source: "fft_untangle.cu",
        defines,
        block,
        rows_per_block: 1,
        shared_bytes: 0,
        register_ceiling: 64,
        tables: vec![Table { name: "turns", data: turns.collect() }],
    };
    let blocks = (half as u64 / 2 + 1).div_ceil(u64::from(block));
    Pass { blueprint, items: blocks, operands }
}

/// Resident threads per multiprocessor that occupancy is planned for.
const RESIDENT_THREADS: usize = 768;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_above_a_block_has_two_passes_that_cover_it() {
        for bits in 13..=17 {
            let n = 1usize << bits;
            let (a, b) = split(n).expect("a split");
            assert_eq!(a * b, n);
            let passes = complex_passes(n, Direction::Forward, Layout::Block, Layout::Interleaved, 1.0)
                .expect("passes");
            for (pass, (length, width)) in passes.passes.iter().zip([(a, b), (b, a)]) {
                let columns = pass.blueprint.rows_per_block as usize;
                assert_eq!(pass.items, width as u64);
                // Static shared memory is at most 48 KiB.
                assert!(width % columns == 0 && length * (columns + 1) * 8 <= 48 << 10, "{n}");
                assert!(pass.blueprint.block <= 1024);
            }
        }
        assert_eq!((split(4096), split(1 << 18)), (None, None));
    }
}
