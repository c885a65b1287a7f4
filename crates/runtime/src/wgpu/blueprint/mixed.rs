//! Frames of any length, for lengths and options that the kernels of powers of two do not have.
//!
//! Real frames of even length use transforms of half as many points, other frames of as many points; lengths with
//! prime factors other than 2, 3, 5 and 7 use Bluestein's algorithm. Workgroup memory bounds the length.

use std::fmt::Write as _;

use rlx_compile::params::{Average, Band, Detrend, Padding};
use rlx_dsp::fft::{Complex, ComplexFft, ForwardFft};
use rlx_dsp::stft::Framing;

use super::frames::Spectrum;
use super::limits::GroupLimits;
use super::source::{Source, stage};
use super::{Blueprint, Buffer, Passes, pointwise};
use crate::error::{Error, Result};
use crate::recipe::{MixedLimits, MixedRecipe, convolutions, root};
use crate::session::SampleFormat;

/// Radices of the shaders with the cost of a pass per point.
const RADICES: &[(usize, f64)] =
    &[(16, 9.0), (10, 8.5), (9, 8.0), (8, 6.5), (7, 10.0), (6, 6.0), (5, 7.0), (4, 4.0), (3, 4.5), (2, 2.0)];
/// Largest number of points per thread.
const POINTS: usize = 32;
/// Registers of a workgroup; no interface reports it, and most devices have this number.
const REGISTERS: usize = 65_536;
/// Largest number of segments that one item sums; more segments are divided between several items, which bounds
/// rounding.
const MAX_GROUP: usize = 64;
/// Number of items that keep a device busy.
const ITEMS: usize = 512;

/// Frames of rows of samples.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wgpu) struct MixedFrames {
    /// Transform length.
    pub(in crate::wgpu) n_fft: usize,
    /// Samples per row.
    pub(in crate::wgpu) row_len: usize,
    /// Frames per row.
    pub(in crate::wgpu) segments: usize,
    /// Samples from one frame to the next.
    pub(in crate::wgpu) hop: usize,
    /// Padding beyond the ends of a row; with any padding, frames are centred.
    pub(in crate::wgpu) pad: Padding,
    /// Weights, one per sample of a frame.
    pub(in crate::wgpu) window: Vec<f64>,
    /// Detrending of each frame before the window.
    pub(in crate::wgpu) detrend: Detrend,
    /// Type of a sample.
    pub(in crate::wgpu) samples: SampleFormat,
    /// Whether a sample is a pair.
    pub(in crate::wgpu) complex: bool,
    /// Bins of a spectrum: `n_fft/2 + 1` or all.
    pub(in crate::wgpu) bins: usize,
    /// Whether powers of bins that also represent their mirror images are doubled.
    pub(in crate::wgpu) doubled: bool,
    /// Bins that are not zero.
    pub(in crate::wgpu) keep: Option<Band>,
}

impl MixedFrames {
    /// Returns the launches for the spectrum or powers of every frame.
    pub(in crate::wgpu) fn each(&self, spectrum: Spectrum, limits: &GroupLimits) -> Result<Passes> {
        Ok(Passes::one(self.kernel(spectrum, None, 1.0, limits)?))
    }

    /// Returns the launches for averaged powers times `scale`. `batch`: the known number of rows; if it is small,
    /// fewer frames per item keep more of the device busy.
    pub(in crate::wgpu) fn averaged(
        &self,
        batch: usize,
        average: Average,
        scale: f64,
        limits: &GroupLimits,
    ) -> Result<Passes> {
        let (count, bins) = (self.segments, self.bins);
        if average == Average::Median {
            let powers = Spectrum::Power { one_sided: self.doubled };
            let each = self.kernel(powers, None, 1.0, limits)?;
            let median = pointwise::median(count, bins, scale)?;
            return Ok(Passes::one(each).then(4 * count * bins, median));
        }
        let wanted = (batch.max(1) * count).div_ceil(ITEMS).clamp(4, MAX_GROUP.max(count / 1024));
        let group = if wanted >= count { count } else { wanted };
        let groups = count.div_ceil(group.max(1));
        let mean = if average == Average::Mean { groups as f64 / count as f64 } else { 1.0 };
        let powers = Spectrum::Power { one_sided: self.doubled };
        let each = self.kernel(powers, Some((average, group)), scale * mean, limits)?;
        Ok(match groups {
            1 => Passes::one(each),
            _ => Passes::one(each).then(4 * groups * bins, pointwise::average(average, groups, bins)?),
        })
    }

    fn kernel(
        &self,
        spectrum: Spectrum,
        grouped: Option<(Average, usize)>,
        scale: f64,
        limits: &GroupLimits,
    ) -> Result<Blueprint> {
        let (n_fft, win) = (self.n_fft, self.window.len());
        let lacks = |what: String| Err(Error::unsupported(what));
        if win == 0 || win > n_fft || self.segments == 0 {
            return lacks(format!("{} frames of {win} in {n_fft}", self.segments));
        }
        let framing = Framing { frame_len: win, hop: self.hop, padding: self.pad, drop_last: false };
        let most = framing.checked_count(self.row_len).map_err(Error::Dsp)?;
        // Offsets in a row and in a frame are 32-bit.
        let far = self.hop.saturating_mul(self.segments).max(self.row_len).saturating_add(2 * win);
        if self.segments > most || far > i32::MAX as usize / 4 {
            return lacks(format!("{} frames every {} samples", self.segments, self.hop));
        }
        let paired = !self.complex && n_fft.is_multiple_of(2);
        let points = if paired { n_fft / 2 } else { n_fft };
        let mixed =
            MixedLimits { radices: RADICES, threads: limits.threads, points: POINTS, registers: REGISTERS };
        let (recipe, chirped) = match MixedRecipe::new(points, &mixed) {
            Some(recipe) => (recipe, false),
            None => match convolutions(points, &mixed) {
                Some(recipe) => (recipe, true),
                None => return lacks(format!("no transform of {n_fft} points in workgroup memory")),
            },
        };
        let threads = recipe.threads;
        let pairs = recipe.n.next_multiple_of(32).max(threads);
        let rows = limits.rows(threads, pairs);
        let in_turn = !limits.fits(rows, threads, pairs);
        let pairs_of_row = if in_turn { (pairs / 2).max(threads) } else { pairs };
        let memory = 8 * rows * pairs_of_row;
        limits.check(&format!("a transform of {n_fft}"), rows * threads, memory)?;

        let held = if paired { points / 2 + 1 } else { self.bins.min(points) };
        let (group, average) = match grouped {
            Some((average, group)) => (group, average),
            None => (1, Average::Mean),
        };
        let items = self.segments.div_ceil(group.max(1));
        let keep = self.keep.unwrap_or(Band { lo: 0, hi: self.bins });
        let squares = 12.0 / (win as f64 * (win as f64 * win as f64 - 1.0)).max(1.0);
        let turns = if paired { points / 2 + 1 } else { 1 };
        let mut more: Vec<f32> = Vec::new();
        let pair = |(re, im): (f64, f64)| [re as f32, im as f32];
        more.extend((0..turns).flat_map(|k| pair(root(k, n_fft))));
        if chirped {
            more.extend(chirps(points, recipe.n)?);
        }
        let mut source = Source::default();
        source
            .count("N_FFT", n_fft)
            .count("M", points)
            .count("T", threads)
            .count("ROWS", rows)
            .count("GROUP", rows * threads)
            .count("PAIRS_OF_ROW", pairs_of_row)
            .count("PAIRS_OF_GROUP", rows * pairs_of_row)
            .count("POINTS", recipe.points())
            .count("SLOTS", held.div_ceil(threads))
            .count("HELD", held)
            .count("SPREAD", if paired { 2 } else { 1 })
            .count("LEN", win)
            .count("HOP", self.hop)
            .count("ROW_LEN", self.row_len)
            .count("SEGMENTS", self.segments)
            .count("ITEMS", items)
            .count("FRAMES_OF_ITEM", group)
            .count("BINS", self.bins)
            .count("KEEP_LO", keep.lo)
            .count("KEEP_HI", keep.hi)
            .count("CHIRP_AT", turns)
            .count("FILTER_AT", turns + points)
            .count(
                "PAD",
                match self.pad {
                    Padding::None => 0,
                    Padding::Constant => 1,
                    Padding::Reflect => 2,
                    Padding::Mirror => 3,
                },
            )
            .count("OUTPUT", spectrum.number())
            .count(
                "AVERAGE",
                match average {
                    Average::Mean => 0,
                    Average::Max => 1,
                    Average::Min => 2,
                    Average::Median => return lacks("a median is a kernel of its own".to_owned()),
                },
            )
            .integer("OFFSET", framing.offset())
            .number("SCALE", scale as f32)
            .number("SQUARES", squares as f32)
            .switch("AVERAGED", grouped.is_some())
            .switch("COMPLEX", self.complex)
            .switch("PAIRED", paired)
            .switch("CHIRP", chirped)
            .switch("MIRRORED", !self.complex && self.bins == n_fft)
            .switch("DETREND", self.detrend == Detrend::Constant)
            .switch("LINE", self.detrend == Detrend::Linear && win > 1)
            .switch("ONE_SIDED", spectrum == Spectrum::Power { one_sided: true });
        source
            .samples(self.samples)
            .stage(if in_turn { stage!("memory_words") } else { stage!("memory_pairs") })
            .stage(stage!("fft"))
            .stage(stage!("row_sum"))
            .stage(stage!("spectrum_out"));
        passes(&mut source, &recipe, in_turn, chirped);
        let half = if paired { 0.5 } else { 1.0 };
        let mut window: Vec<f32> = self.window.iter().map(|w| (w * half) as f32).collect();
        window.resize(win.next_multiple_of(2), 0.0);
        let mut factors = recipe.factors();
        factors.resize(factors.len().max(2), 0.0);
        Ok(Blueprint {
            name: "mixed_frames",
            text: source.finish()?,
            buffers: vec![
                Buffer::Input,
                Buffer::Table(window),
                Buffer::Table(factors),
                Buffer::Output(0),
                Buffer::Batch,
                Buffer::Table(more),
            ],
            items_of_group: rows,
            items_of_row: items,
        })
    }
}

/// Adds the functions of the passes, `transform`, which calls them in order, and the stages that depend on the first
/// or the last pass.
fn passes(source: &mut Source, recipe: &MixedRecipe, in_turn: bool, chirped: bool) {
    let shape = |radix: usize| {
        let count = recipe.n / radix;
        [count.div_ceil(recipe.threads), radix, count]
    };
    let named = |text: &str, prefix: &str, [per, radix, count]: [usize; 3]| {
        text.replace(&format!("{prefix}_PER"), &per.to_string())
            .replace(&format!("{prefix}_RADIX"), &radix.to_string())
            .replace(&format!("{prefix}_COUNT"), &count.to_string())
    };
    let (hand_over, collect) = match in_turn {
        false => (stage!("mixed_hand_over"), stage!("mixed_collect")),
        true => (stage!("mixed_hand_over_in_turn"), stage!("mixed_collect_in_turn")),
    };
    let all: Vec<_> = recipe.passes().collect();
    let (mut table, mut body) = (0, String::new());
    let first = shape(recipe.radices[0]);
    for (index, &(radix, before)) in all.iter().enumerate() {
        let placed = |text: &str| {
            named(text, "P", shape(radix))
                .replace("P_INDEX", &index.to_string())
                .replace("P_BEFORE", &before.to_string())
                .replace("P_TABLE", &table.to_string())
        };
        source.stage(&placed(stage!("mixed_pass")));
        // Writing to a String cannot fail.
        let _ = writeln!(body, "    pass_{index}(t);");
        let next = match all.get(index + 1) {
            Some(&(next, _)) => Some(shape(next)),
            None if chirped => Some(first),
            None => None,
        };
        if let Some(next) = next {
            source.stage(&placed(&named(hand_over, "N", next)));
        }
        if index + 1 < all.len() {
            let _ = writeln!(body, "    hand_over_{index}(t, base);");
        } else {
            source.stage(&placed(collect));
            if chirped {
                source.stage(&placed(stage!("mixed_filter")));
            }
        }
        if before > 1 {
            table += (radix - 1) * before;
        }
    }
    let whole = match chirped {
        false => body,
        true => format!("{body}    filtered(t);\n    hand_over_{}(t, base);\n{body}", all.len() - 1),
    };
    source.stage(&format!("fn transform(t: u32, base: u32) {{\n{whole}}}"));
    source.stage(&named(stage!("mixed_frames"), "F", first));
}

/// Returns `exp(−πi·m²/points)`, followed by the spectrum of its conjugate over `size` points divided by `size`.
fn chirps(points: usize, size: usize) -> Result<Vec<f32>> {
    let at = |m: usize| root((m * m) % (2 * points), 2 * points);
    let mut given = vec![Complex::new(0.0, 0.0); size];
    for m in 0..points {
        let (re, im) = at(m);
        given[m] = Complex::new(re, -im) / size as f64;
        given[(size - m) % size] = given[m];
    }
    let mut filter = vec![Complex::default(); size];
    let mut fft = ComplexFft::<f64>::new(size).map_err(Error::Dsp)?;
    fft.forward(&mut given, &mut filter).map_err(Error::Dsp)?;
    let chirp = (0..points).map(at).map(|(re, im)| Complex::new(re, im));
    Ok(chirp.chain(filter).flat_map(|z| [z.re as f32, z.im as f32]).collect())
}
