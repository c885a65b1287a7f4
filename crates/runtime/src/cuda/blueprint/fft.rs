//! Batched transforms of 16 to 4096 points, one kernel.
//!
//! Arguments of `fft`, in order:
//!
//! | argument | type | what |
//! |---|---|---|
//! | in_re, in_im | `const float*` | data of row 0; interleaved complex and real data use `in_re` alone |
//! | out_re, out_im | `float*` | the same for the result |
//! | factors, halves | `const float4*` | the tables, in this order (`halves` is empty for C2C) |
//! | rows | `u64` | above 0 |
//! | in_stride, out_stride | `u64` | floats from a row (of a plane, where there are two) to the next |
//! | scale | `f32` | factor on the result: 1, or 1/n for a normalised inverse |
//!
//! Interleaved complex rows must be 8-byte aligned; so must be real rows to be read or written two at a time. With
//! [`Layout::Block`], `im` may be `re + bins` (planes row by row) or a plane of its own. R2C gives, and C2R takes,
//! `n/2 + 1` bins; C2R ignores the imaginary parts of DC and Nyquist. An input may be its own output where the
//! strides agree.

use rlx_compile::params::Layout;

use super::{Blueprint, FftPlan, Table, tables};

/// Kind of transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transform {
    /// Complex, `exp(−2πi·nk/N)`.
    Forward,
    /// Complex, `exp(+2πi·nk/N)`.
    Inverse,
    /// Real to the lower half of the spectrum.
    RealToComplex,
    /// The lower half of a spectrum to real, `exp(+2πi·nk/N)`.
    ComplexToReal,
}

/// The kernel for `n` points, or why there is none.
pub fn fft(n: usize, transform: Transform, layout: Layout) -> Result<Blueprint, String> {
    let real = matches!(transform, Transform::RealToComplex | Transform::ComplexToReal);
    let length = if real { n / 2 } else { n };
    let plan = FftPlan::new(length)
        .filter(|_| (16..=4096).contains(&n) && n.is_power_of_two())
        .ok_or_else(|| format!("{n} points are no power of two from 16 to 4096"))?;
    let rows = plan.per_block(128);
    let block = rows * plan.threads();
    let blocks = (RESIDENT / block).max(1);
    let mut defines = plan.defines();
    let kind = match transform {
        Transform::Forward => "FORWARD",
        Transform::Inverse => "INVERSE",
        Transform::RealToComplex => "R2C",
        Transform::ComplexToReal => "C2R",
    };
    defines.extend([("ROWS", rows.to_string()), ("MIN_BLOCKS", blocks.to_string()), (kind, "1".to_owned())]);
    if layout == Layout::Block {
        defines.push(("COMPLEX_BLOCK", "1".to_owned()));
    }
    let mut all = vec![Table { name: "factors", data: tables::factors(&plan) }];
    if real {
        all.push(Table { name: "halves", data: tables::halves(&plan, n) });
    }
    Ok(Blueprint {
        family: "fft",
        entry: "fft",
        source: "fft.cu",
        defines,
        block: block as u32,
        rows_per_block: rows as u32,
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(block, blocks),
        tables: all,
    })
}

/// Threads that share a multiprocessor.
const RESIDENT: usize = 768;
