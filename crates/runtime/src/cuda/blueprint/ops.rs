//! Single ops on values in device memory.
//!
//! The arguments of every kernel are its input, its result and the number of rows; complex values have one address
//! per plane.

use rlx_compile::params::{Average, Layout, LogBase};

use super::{Blueprint, Define, Operand, Pass, Passes, SampleType, Table};

const THREADS: u32 = 256;

fn pass(
    name: &'static str,
    items: usize,
    per_block: u32,
    operands: &[Operand],
    defines: impl IntoIterator<Item = Define>,
) -> Pass {
    let defines = std::iter::once((name, "1".to_owned())).chain(defines).collect();
    let blueprint = Blueprint {
        family: "ops",
        entry: "op",
        source: "ops.cu",
        defines,
        block: THREADS,
        rows_per_block: per_block,
        shared_bytes: 0,
        register_ceiling: 64,
        tables: Vec::new(),
    };
    Pass { blueprint, items: items as u64, operands: operands.to_vec() }
}

fn alone(pass: Pass, output_len: usize) -> Passes {
    Passes { passes: vec![pass], scratch: Vec::new(), output_len, checked: None, whole_batch: false }
}

/// Returns the launch of an op from real values to real values.
fn real_op(name: &'static str, items: usize, defines: impl IntoIterator<Item = Define>) -> Passes {
    alone(pass(name, items, THREADS, &[Operand::Input, Operand::Output, Operand::Rows], defines), items)
}

fn number(name: &'static str, value: usize) -> Define {
    (name, value.to_string())
}

/// Formats a constant so that the compiler reads the same bits.
fn real(name: &'static str, value: f64) -> Define {
    (name, format!("{value:e}"))
}

fn planes(layout: Layout) -> usize {
    match layout {
        Layout::Interleaved => 1,
        Layout::Block => 2,
    }
}

/// Frames of samples, each multiplied by the window and padded with zeros to `n_fft`.
pub(crate) struct Gather<'a> {
    pub(crate) frames: usize,
    pub(crate) n_fft: usize,
    pub(crate) hop: usize,
    /// Offset of the first sample of the first frame.
    pub(crate) offset: i64,
    /// The signal is mirrored about its end samples instead of padded with zeros.
    pub(crate) reflect: bool,
    pub(crate) window: &'a [f64],
    /// Samples of a row.
    pub(crate) len: usize,
    pub(crate) complex: bool,
    /// The mean of its samples is first subtracted from each frame.
    pub(crate) remove_mean: bool,
}

/// Returns the kernel of [`Gather`], whose output is the frames.
pub(crate) fn gather(gather: &Gather<'_>, sample: SampleType) -> Result<Pass, String> {
    if gather.complex && sample != SampleType::F32 {
        return Err("complex samples are f32".to_owned());
    }
    if gather.hop > i32::MAX as usize {
        return Err(format!("a hop of {}", gather.hop));
    }
    let mut defines = vec![
        number("FRAMES", gather.frames),
        number("N_FFT", gather.n_fft),
        number("HOP", gather.hop),
        ("OFFSET", format!("({})", gather.offset)),
        number("WIN", gather.window.len()),
        sample.define(),
    ];
    defines.extend(gather.complex.then(|| number("COMPLEX", 1)));
    defines.extend(gather.reflect.then(|| number("PAD_REFLECT", 1)));
    defines.extend(gather.remove_mean.then(|| number("REMOVE_MEAN", 1)));
    use Operand::{Count, Input, Output, Rows, Status, Table as At};
    let operands = [Input, At(0), Output, Status, Rows, Count(gather.len as u64)];
    let (items, per_block) = match gather.remove_mean {
        true => (gather.frames, THREADS / 32),
        false => (gather.frames * gather.n_fft, THREADS),
    };
    let mut pass = pass("GATHER", items, per_block, &operands, defines);
    let data = gather.window.iter().map(|&w| w as f32).collect();
    pass.blueprint.tables.push(Table { name: "window", data });
    Ok(pass)
}

/// Computes `|X|²` of the first `out_bins` of `in_bins`; with `doubled`, twice that for every bin except DC and
/// `n_fft / 2`.
pub fn power(
    frames: usize,
    n_fft: usize,
    in_bins: usize,
    out_bins: usize,
    layout: Layout,
    doubled: bool,
) -> Passes {
    // An odd transform has no Nyquist bin.
    let nyquist = if n_fft.is_multiple_of(2) { n_fft / 2 } else { n_fft };
    let mut defines = vec![
        number("FRAMES", frames),
        number("IN_BINS", in_bins),
        number("OUT_BINS", out_bins),
        number("IN_PLANES", planes(layout)),
        number("NYQUIST", nyquist),
    ];
    if doubled {
        defines.push(number("DOUBLED", 1));
    }
    let operands = [Operand::Input, Operand::InputPlane, Operand::Output, Operand::Rows];
    let items = frames * out_bins;
    alone(pass("POWER", items, THREADS, &operands, defines), items)
}

/// Computes `|X|` of `bins` bins.
pub fn magnitude(frames: usize, bins: usize, layout: Layout) -> Passes {
    let defines = [number("FRAMES", frames), number("OUT_BINS", bins), number("IN_PLANES", planes(layout))];
    let operands = [Operand::Input, Operand::InputPlane, Operand::Output, Operand::Rows];
    alone(pass("MAGNITUDE", frames * bins, THREADS, &operands, defines), frames * bins)
}

/// Computes the `n_fft` bins of real signals from the lower `n_fft/2 + 1`, in the same layout. `operands`: both
/// planes of the input and of the result, and the rows.
pub(crate) fn mirror(frames: usize, n_fft: usize, layout: Layout, operands: &[Operand]) -> Pass {
    let defines = [
        number("FRAMES", frames),
        number("IN_BINS", n_fft / 2 + 1),
        number("OUT_BINS", n_fft),
        number("IN_PLANES", planes(layout)),
    ];
    pass("MIRROR", frames * n_fft, THREADS, operands, defines)
}

/// Computes the mean, maximum or minimum of `frames` spectra; `None` for the median.
pub fn average(frames: usize, bins: usize, average: Average) -> Option<Passes> {
    let name = match average {
        Average::Mean => "AVERAGE_MEAN",
        Average::Max => "AVERAGE_MAX",
        Average::Min => "AVERAGE_MIN",
        Average::Median => return None,
    };
    let defines = [number("FRAMES", frames), number("OUT_BINS", bins), number(name, 1)];
    Some(real_op("AVERAGE", bins, defines))
}

/// Computes `x · factor + shift`.
pub fn affine(frames: usize, bins: usize, factor: f64, shift: f64) -> Passes {
    let defines =
        [number("FRAMES", frames), number("OUT_BINS", bins), real("FACTOR", factor), real("SHIFT", shift)];
    real_op("AFFINE", frames * bins, defines)
}

/// Sets bins that are not kept to zero, in real values or in both planes of complex values (`layout`).
pub fn mask(frames: usize, kept: &[bool], layout: Option<Layout>) -> Passes {
    // Pairs are two values per bin.
    let width = if layout == Some(Layout::Interleaved) { 2 } else { 1 };
    let bins = kept.len() * width;
    let planes = layout.map_or(1, planes);
    let defines = [number("FRAMES", frames), number("OUT_BINS", bins), number("IN_PLANES", planes)];
    use Operand::{Input, InputPlane, Output, OutputPlane, Rows, Table as At};
    let operands = [Input, InputPlane, Output, OutputPlane, At(0), Rows];
    let mut pass = pass("MASK", frames * bins, THREADS, &operands, defines);
    let data = kept.iter().flat_map(|&kept| vec![f32::from(u8::from(kept)); width]).collect();
    pass.blueprint.tables.push(Table { name: "kept", data });
    alone(pass, planes * frames * bins)
}

/// Computes the logarithm of `max(x + add, floor)`.
pub fn log(frames: usize, bins: usize, base: LogBase, floor: f64, add: f64) -> Passes {
    let factor = match base {
        LogBase::Ln => std::f64::consts::LN_10,
        LogBase::Log10 => 1.0,
        LogBase::Db => 10.0,
    };
    let defines = [
        number("FRAMES", frames),
        number("OUT_BINS", bins),
        real("FACTOR", factor),
        real("FLOOR", floor),
        real("ADD", add),
    ];
    real_op("LOG", frames * bins, defines)
}

/// Selects the `k` largest values of each of `frames` spectra.
pub fn top_k(frames: usize, bins: usize, k: usize) -> Passes {
    let defines = [number("FRAMES", frames), number("OUT_BINS", bins), number("K", k.min(bins))];
    let operands = [Operand::Input, Operand::Output, Operand::Rows];
    alone(pass("TOP_K", frames, THREADS / 32, &operands, defines), 2 * frames * k.min(bins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_keep_their_bits_and_blocks_cover_the_rows() {
        let [pass] = &affine(3, 129, 1.0 / 3.0, -0.0).passes[..] else { panic!("one pass") };
        let value = |name| {
            let (_, text) = pass.blueprint.defines.iter().find(|(n, _)| *n == name).expect("defined");
            text.parse::<f64>().expect("a number")
        };
        assert_eq!((value("FACTOR"), value("SHIFT").to_bits()), (1.0 / 3.0, (-0.0f64).to_bits()));
        assert_eq!(pass.blueprint.grid(5 * pass.items), Some((5 * 3 * 129u32).div_ceil(256)));
        assert!(average(3, 129, Average::Median).is_none());
        let peaks = &top_k(2, 33, 64).passes[0];
        assert_eq!(peaks.blueprint.grid(9 * peaks.items), Some(3));
        assert!(peaks.blueprint.defines.contains(&("K", "33".to_owned())));
    }

    #[test]
    #[ignore = "needs NVRTC, the CUDA compiler; no GPU"]
    fn every_op_compiles() {
        let nvrtc = crate::cuda::nvrtc::nvrtc().unwrap();
        let mut passes = vec![
            power(2, 256, 129, 129, Layout::Block, true),
            power(2, 255, 255, 128, Layout::Interleaved, false),
            magnitude(2, 129, Layout::Block),
            magnitude(2, 129, Layout::Interleaved),
            affine(2, 129, 1.0 / 3.0, -1.5),
            log(2, 129, LogBase::Db, 1e-10, 0.0),
            top_k(1, 129, 16),
            mask(2, &[true; 129], None),
            mask(2, &[false; 256], Some(Layout::Block)),
        ];
        passes.extend(
            [Average::Mean, Average::Max, Average::Min].into_iter().filter_map(|a| average(3, 129, a)),
        );
        for (complex, remove_mean) in [(false, false), (true, false), (false, true), (true, true)] {
            let frames = Gather {
                frames: 3,
                n_fft: 256,
                hop: 100,
                offset: -100,
                reflect: complex,
                window: &[1.0; 200],
                len: 999,
                complex,
                remove_mean,
            };
            let sample = if complex { SampleType::F32 } else { SampleType::I16 };
            passes.push(alone(gather(&frames, sample).expect("a kernel"), 0));
            assert!(!complex || gather(&frames, SampleType::I16).is_err());
        }
        let mirrors = [Layout::Block, Layout::Interleaved].map(|layout| mirror(2, 256, layout, &[]));
        for pass in passes.iter().flat_map(|p| &p.passes).chain(&mirrors) {
            let blueprint = &pass.blueprint;
            let mut options = vec!["--gpu-architecture=sm_80".to_owned()];
            options.extend(blueprint.options());
            let cubin = nvrtc.cubin(blueprint.source, blueprint.text(), Blueprint::headers(), &options);
            assert!(cubin.is_ok(), "{:?}: {}", blueprint.defines, cubin.unwrap_err());
        }
    }
}
