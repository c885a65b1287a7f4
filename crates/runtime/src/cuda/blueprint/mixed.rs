//! Frames of any length to spectra, powers, mel energies or averaged powers: one kernel for every product of 2, 3, 5
//! and 7, and Bluestein's algorithm for other lengths, if a frame fits in shared memory.
//!
//! Real frames of even length use transforms of half as many points, other frames of as many points. The kernels for
//! powers of two (`welch_peaks`, `spectrogram`, `fft`) are faster; this one has every option.

use rlx_compile::params::{Average, Band, Detrend, Layout, Padding};
use rlx_dsp::fft::{Complex, ComplexFft, ForwardFft};

use super::fft::planes;
use super::frames::float;
use super::{Blueprint, Define, Operand, Pass, Passes, SampleType, Table, median::median, ops};
use crate::recipe::{MixedLimits, MixedRecipe, convolutions, root};

/// Limits of the kernel's transforms: radices with the cost of a pass per point, threads, and points per thread.
pub(crate) const LIMITS: MixedLimits = MixedLimits {
    radices: &[
        (16, 9.0),
        (15, 10.0),
        (14, 11.0),
        (12, 8.0),
        (10, 8.5),
        (9, 8.0),
        (8, 6.5),
        (7, 10.0),
        (6, 6.0),
        (5, 7.0),
        (4, 4.0),
        (3, 4.5),
        (2, 2.0),
    ],
    threads: 1024,
    points: 32,
    registers: 65_536,
};

/// Largest number of segments that one item sums; more segments are divided between several items, which bounds
/// rounding.
const MAX_GROUP: usize = 64;
/// Number of items that keep a device busy.
const ITEMS: usize = 528;

/// Frames of rows of samples.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MixedFrames {
    /// Transform length.
    pub(crate) n_fft: usize,
    /// Samples per row.
    pub(crate) len: usize,
    /// Frames per row.
    pub(crate) frames: usize,
    /// Samples from one frame to the next.
    pub(crate) hop: usize,
    /// Offset of the first sample of the first frame.
    pub(crate) offset: i64,
    /// Padding beyond the ends of a row.
    pub(crate) padding: Padding,
    /// Pre-emphasis coefficient of rows before padding; 0 for none.
    pub(crate) preemphasis: f64,
    /// Weights, one per sample of a frame.
    pub(crate) window: Vec<f64>,
    /// Detrending of each frame before the window.
    pub(crate) detrend: Detrend,
    /// Whether samples are complex.
    pub(crate) complex: bool,
    /// Bins of a spectrum: `n_fft/2 + 1` or all.
    pub(crate) bins: usize,
    /// Whether powers of bins that also represent their mirror images are doubled.
    pub(crate) doubled: bool,
    /// Bins that are not zero.
    pub(crate) keep: Option<Band>,
}

/// Result written for a frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MixedValue {
    /// `X · scale`.
    Complex(Layout),
    /// `|X|² · scale`.
    Power,
    /// `|X| · scale`.
    Magnitude,
    /// Mel energies or their logarithms: further constants, tables `bands` and `weights`, and whether each block
    /// writes its largest value.
    Mel(Vec<Define>, [Table; 2], bool),
    /// Mean, maximum or minimum power of each group of frames.
    Group(Average, usize),
}

/// Returns the launch that computes the value of each frame of rows, `[rows, frames, bins]`, or of each group.
pub(crate) fn mixed(
    frames: &MixedFrames,
    sample: SampleType,
    value: &MixedValue,
    scale: f64,
) -> Result<Passes, String> {
    let (pass, per_row, _) = launch(frames, sample, value, scale, [Operand::Output, Operand::OutputPlane])?;
    let width = if frames.complex { 2 } else { 1 };
    let mut passes =
        Passes::one(pass.blueprint, pass.items, pass.operands, per_row, Some(width * frames.len));
    if let MixedValue::Mel(_, _, true) = value {
        passes.scratch.push(usize::try_from(passes.passes[0].items).map_err(|e| e.to_string())?);
    }
    Ok(passes)
}

/// Returns the launches that compute averaged powers of rows times `scale`, `[rows, bins]`. `batch`: the known number
/// of rows; if it is small, fewer frames per item keep more of the device busy.
pub(crate) fn averaged(
    frames: &MixedFrames,
    batch: usize,
    sample: SampleType,
    average: Average,
    scale: f64,
    to: Operand,
) -> Result<Passes, String> {
    let count = frames.frames;
    let width = if frames.complex { 2 } else { 1 };
    let mut passes = Passes {
        passes: Vec::new(),
        scratch: Vec::new(),
        output_len: frames.bins,
        checked: Some(width * frames.len),
        whole_batch: false,
    };
    if average == Average::Median {
        let each = launch(frames, sample, &MixedValue::Power, 1.0, [Operand::Scratch(0), Operand::Count(0)])?;
        passes.passes = vec![each.0, median(count, frames.bins, scale, Operand::Scratch(0), to)?];
        passes.scratch = vec![each.1];
        return Ok(passes);
    }
    let wanted = (batch.max(1) * count).div_ceil(ITEMS).clamp(4, MAX_GROUP.max(count / 1024));
    let group = if wanted >= count { count } else { wanted };
    let groups = count.div_ceil(group.max(1));
    let mean = if average == Average::Mean { groups as f64 / count as f64 } else { 1.0 };
    let value = MixedValue::Group(average, group);
    if groups == 1 {
        passes.passes.push(launch(frames, sample, &value, scale * mean, [to, Operand::Count(0)])?.0);
        return Ok(passes);
    }
    let each = launch(frames, sample, &value, scale * mean, [Operand::Scratch(0), Operand::Count(0)])?;
    let all = ops::average(groups, frames.bins, average).ok_or("no such average")?;
    passes.scratch = vec![each.1];
    passes.passes.push(each.0);
    passes.passes.extend(all.passes.into_iter().map(|mut pass| {
        for operand in &mut pass.operands {
            match operand {
                Operand::Input => *operand = Operand::Scratch(0),
                Operand::Output => *operand = to,
                _ => {}
            }
        }
        pass
    }));
    Ok(passes)
}

/// Returns a launch, the floats that it writes per row, and its items per row.
fn launch(
    frames: &MixedFrames,
    sample: SampleType,
    value: &MixedValue,
    scale: f64,
    [to, second]: [Operand; 2],
) -> Result<(Pass, usize, usize), String> {
    let MixedFrames { n_fft, len, hop, .. } = *frames;
    if frames.complex && sample != SampleType::F32 {
        return Err("complex samples are f32".to_owned());
    }
    let win = frames.window.len();
    if win == 0 || win > n_fft {
        return Err(format!("a window of {win} in {n_fft}"));
    }
    let count = frames.frames;
    let within = |value: usize| value <= i32::MAX as usize / 2;
    if count == 0 || !within(count) || !within(hop) {
        return Err(format!("{count} frames every {hop} samples"));
    }
    check_ends(frames)?;
    let paired = !frames.complex && n_fft.is_multiple_of(2);
    let points = if paired { n_fft / 2 } else { n_fft };
    let (recipe, chirped) = match MixedRecipe::new(points, &LIMITS) {
        Some(recipe) => (recipe, false),
        None => {
            let long = || format!("no transform of {n_fft} points in shared memory");
            (convolutions(points, &LIMITS).ok_or_else(long)?, true)
        }
    };
    let (items, group) = match value {
        MixedValue::Group(_, group) => (count.div_ceil((*group).max(1)), *group),
        _ => (count, 1),
    };

    let threads = recipe.threads;
    let mut rows = (128 / threads).max(1);
    let pitch = recipe.n + recipe.n / 16 + 1 + (threads / 32).max(1);
    let grouped = matches!(value, MixedValue::Group(..));
    while rows > 1 && (rows * threads / 2).is_multiple_of(32) && 8 * rows * pitch > 48 << 10 {
        rows /= 2;
    }
    let block = rows * threads;
    let slots = if paired {
        (points / 2 + 1).div_ceil(threads) * 2
    } else {
        frames.bins.min(points).div_ceil(threads)
    };
    let held = recipe.points() + if grouped { slots / 2 } else { 0 };
    // Resident threads per multiprocessor, such that each has the registers that it needs. A convolution has two
    // transforms in one kernel.
    let resident = match (chirped, held) {
        (false, 0..=8) => 768,
        (false, 9..=12) | (true, 0..=8) => 640,
        (false, 13..=24) => 512,
        (false, _) | (true, 9..=16) => 384,
        (true, _) => 256,
    };
    let blocks = (resident / block).max(1);
    // Surplus threads of a block that is not full do nothing. Maxima are those of a row.
    let in_full = items.div_ceil(rows) * rows;
    let across = !matches!(value, MixedValue::Mel(..)) && in_full > items + items / 8;

    let radices: Vec<String> = recipe.radices.iter().map(ToString::to_string).collect();
    let number = |name, value: usize| (name, value.to_string());
    let mut defines = vec![
        number("N_FFT", n_fft),
        number("THREADS", threads),
        ("PASSES", radices.join(",")),
        number("SIZE", recipe.n),
        number("FRAMES", count),
        number("HOP", hop),
        ("OFFSET", format!("({})", frames.offset)),
        number("WIN", win),
        number("BINS", frames.bins),
        number("ITEMS", items),
        number("ROWS", rows),
        number("MIN_BLOCKS", blocks),
        sample.define(),
    ];
    let flag = |name| (name, "1".to_owned());
    defines.extend(chirped.then(|| flag("BLUESTEIN")));
    defines.extend(frames.complex.then(|| flag("COMPLEX")));
    defines.extend(across.then(|| flag("ACROSS")));
    defines.extend(frames.doubled.then(|| flag("DOUBLED")));
    match frames.padding {
        Padding::None | Padding::Constant => {}
        Padding::Reflect => defines.push(flag("PAD_REFLECT")),
        Padding::Mirror => defines.push(flag("PAD_MIRROR")),
    }
    match frames.detrend {
        Detrend::None => {}
        Detrend::Constant => defines.push(number("DETREND", 1)),
        Detrend::Linear => defines.push(number("DETREND", 2)),
    }
    if frames.preemphasis != 0.0 {
        defines.push(("PREEMPHASIS_SIGNAL", float(frames.preemphasis)?));
    }
    if let Some(band) = frames.keep {
        defines.extend([number("KEEP_LO", band.lo), number("KEEP_HI", band.hi)]);
    }
    let mut more = Vec::new();
    let mut maxima = None;
    let mut floats = frames.bins;
    match value {
        MixedValue::Complex(layout) => {
            floats *= 2;
            defines.push(flag("OUT_COMPLEX"));
            defines.extend(planes("OUT_PLANES", *layout));
        }
        MixedValue::Power => defines.push(flag("OUT_POWER")),
        MixedValue::Magnitude => defines.push(flag("OUT_MAGNITUDE")),
        MixedValue::Mel(constants, tables, clamped) => {
            defines.push(flag("OUT_MEL"));
            defines.extend(constants.iter().cloned());
            more.extend(tables.iter().cloned());
            maxima = Some(if *clamped { Operand::Scratch(0) } else { to });
            let mels = constants.iter().find(|(name, _)| *name == "N_MELS").and_then(|(_, n)| n.parse().ok());
            floats = mels.ok_or("no number of filters")?;
        }
        MixedValue::Group(average, _) => {
            defines.push(number("GROUP", group));
            defines.push(flag(match average {
                Average::Mean => "WELCH_MEAN",
                Average::Max => "WELCH_MAX",
                Average::Min => "WELCH_MIN",
                Average::Median => return Err("a median is a launch of its own".to_owned()),
            }));
        }
    }
    let table =
        |name, data: Vec<f32>| Table { name, data: if data.is_empty() { vec![0.0; 4] } else { data } };
    let half = if paired { 0.5 } else { 1.0 };
    let mut window: Vec<f32> = frames.window.iter().map(|w| (w * half) as f32).collect();
    window.resize(win.next_multiple_of(2), 0.0);
    let turns = (0..if paired { points / 2 + 1 } else { 0 }).flat_map(|k| {
        let (re, im) = root(k, n_fft);
        [re as f32, im as f32]
    });
    let (chirp, filter) = if chirped { chirps(points, recipe.n)? } else { Default::default() };
    let mut tables = vec![
        table("window", window),
        table("factors", recipe.factors()),
        table("turns", turns.collect()),
        table("chirp", chirp),
        table("filter", filter),
    ];
    tables.extend(more);
    use Operand::{Count, Factor, Input, Rows, Status, Table as At};
    let mut operands = vec![Input, to, second];
    operands.extend((0..5).map(At));
    operands.extend([Status, Rows, Count(len as u64), Factor(scale as f32)]);
    operands.extend(maxima.map(|at| [At(5), At(6), at]).into_iter().flatten());
    let blueprint = Blueprint {
        family: "mixed",
        entry: "mixed",
        source: "mixed.cu",
        defines,
        block: block as u32,
        rows_per_block: if across { rows as u32 } else { 1 },
        shared_bytes: (8 * rows * pitch) as u32,
        register_ceiling: Blueprint::ceiling(block, blocks),
        tables,
    };
    let launched = if across { items } else { items.div_ceil(rows) };
    Ok((Pass { blueprint, items: launched as u64, operands }, floats * items, items))
}

/// Checks that the padding provides every sample of frames beyond the ends of a row.
fn check_ends(frames: &MixedFrames) -> Result<(), String> {
    let wide = |value: usize| i64::try_from(value).map_err(|error| error.to_string());
    let (len, win) = (wide(frames.len)?, wide(frames.window.len())?);
    let last =
        wide(frames.frames - 1)?.checked_mul(wide(frames.hop)?).and_then(|n| n.checked_add(frames.offset));
    let last = last.ok_or("its frames overflow")?;
    let (before, after) = (-frames.offset, last + win - len);
    let there = match frames.padding {
        Padding::None => before <= 0 && after <= 0,
        Padding::Constant => len > 0,
        Padding::Reflect => before < len && after < len,
        Padding::Mirror => len > 0,
    };
    if there {
        Ok(())
    } else {
        Err(format!("frames {before} samples before and {after} behind a row of {len}"))
    }
}

/// Returns `c[m] = exp(−πi·m²/points)` and the spectrum of its conjugate over `size` points divided by `size`.
fn chirps(points: usize, size: usize) -> Result<(Vec<f32>, Vec<f32>), String> {
    let at = |m: usize| root((m * m) % (2 * points), 2 * points);
    let chirp = (0..points).flat_map(|m| {
        let (re, im) = at(m);
        [re as f32, im as f32]
    });
    let mut given = vec![Complex::new(0.0, 0.0); size];
    for m in 0..points {
        let (re, im) = at(m);
        given[m] = Complex::new(re, -im) / size as f64;
        given[(size - m) % size] = given[m];
    }
    let mut filter = vec![Complex::default(); size];
    let mut fft = ComplexFft::<f64>::new(size).map_err(|error| error.to_string())?;
    fft.forward(&mut given, &mut filter).map_err(|error| error.to_string())?;
    Ok((chirp.collect(), filter.iter().flat_map(|z| [z.re as f32, z.im as f32]).collect()))
}
