//! Frames of signals to spectra, power or magnitudes: `[rows, frames, n_fft/2 + 1]`.

use rlx_compile::params::Layout;

use super::fft::planes;
use super::{Blueprint, FrameSpec, Operand, Passes, SampleType};

/// Value written for a bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpectrumValue {
    /// `X · scale`.
    Complex(Layout),
    /// `|X|² · scale`.
    Power {
        /// Twice that for every bin except DC and Nyquist.
        one_sided: bool,
    },
    /// `|X| · scale`.
    Magnitude,
}

/// Returns the kernel for contiguous rows of `len` samples. Planes of complex values are those of the whole batch.
///
/// `n_fft`: 400 and the powers of two from 16 to 8192.
pub fn spectrogram(
    frames: &FrameSpec,
    len: usize,
    sample: SampleType,
    value: SpectrumValue,
    scale: f32,
) -> Result<Passes, String> {
    let mut kernel = frames.kernel(len, sample)?;
    let (rows, block) = kernel.block(128);
    let mut define = |name, value: usize| kernel.defines.push((name, value.to_string()));
    define("ROWS", rows);
    define("MIN_BLOCKS", (RESIDENT_THREADS / block).max(1));
    // Surplus threads of a block that is not full do nothing.
    let count = kernel.frames as u64;
    let in_full = count.div_ceil(rows as u64) * rows as u64;
    let across = in_full > count + count / 8;
    if across {
        define("ACROSS", 1);
    }
    let floats = match value {
        SpectrumValue::Complex(_) => {
            define("OUT_COMPLEX", 1);
            2
        }
        SpectrumValue::Power { one_sided } => {
            define("OUT_POWER", 1);
            if one_sided {
                define("ONE_SIDED", 1);
            }
            1
        }
        SpectrumValue::Magnitude => {
            define("OUT_MAGNITUDE", 1);
            1
        }
    };
    if let SpectrumValue::Complex(layout) = value {
        kernel.defines.extend(planes("OUT_PLANES", layout));
    }
    let blueprint = Blueprint {
        family: "spectrogram",
        entry: "spectrogram",
        source: "spectrogram.cu",
        defines: kernel.defines,
        block: block as u32,
        rows_per_block: if across { rows as u32 } else { 1 },
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(block, (RESIDENT_THREADS / block).max(1)),
        tables: kernel.tables,
    };
    use Operand::{Count, Factor, Input, Output, OutputPlane, Rows, Status, Table as At};
    let operands = vec![
        Input,
        Output,
        OutputPlane,
        At(0),
        At(1),
        At(2),
        Status,
        Rows,
        Count(len as u64),
        Count(len as u64),
        Count(count),
        Factor(scale),
    ];
    let output_len = kernel.frames * (frames.n_fft / 2 + 1) * floats;
    let items = if across { count } else { count.div_ceil(rows as u64) };
    Ok(Passes::one(blueprint, items, operands, output_len, Some(len)))
}

/// Resident threads per multiprocessor that occupancy is planned for.
const RESIDENT_THREADS: usize = 640;
