//! A learned transform of real segments and the ops that follow it in the same launch.
//!
//! Arguments of `butterflies`, in order: samples; the result and its second plane; the tables weights, ends, starts, bins
//! and window; status, rows and stride as those of the Welch kernel.

use rlx_compile::Butterflies;
use rlx_compile::params::Layout;

use super::fft::planes;
use super::frames::float;
use super::{Blueprint, Operand, Passes, SampleType, Table};

/// Transform lengths: a row's points fit in the shared memory that every device has.
pub const LENGTHS: std::ops::RangeInclusive<usize> = 8..=4096;
/// Largest K.
pub const MAX_K: usize = 64;
/// Transform lengths whose peaks are found by the same launch: those of a warp per row.
pub const PEAKS: std::ops::RangeInclusive<usize> = 64..=1024;

/// Consecutive segments of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Segments {
    /// Segments per row.
    pub count: usize,
    /// Samples from the start of a segment to the next.
    pub hop: usize,
    /// Weights, as many as the transform has points.
    pub window: Vec<f64>,
    /// Samples from the start of a row to the next.
    pub stride: usize,
}

/// Use of the bins.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    /// All bins of every segment.
    Spectrum(Layout),
    /// One-sided power, averaged over the segments.
    Power(Bins),
    /// The K largest of that power.
    Peaks(Bins, usize),
}

/// Use of the averaged power.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// Factor.
    pub scale: f64,
    /// Term added after the factor.
    pub offset: f64,
    /// For each of `n/2 + 1` bins, whether it is kept; other bins are zero.
    pub kept: Vec<bool>,
}

/// Returns the kernel, or why there is none.
pub fn butterflies(
    left: &Butterflies,
    segments: &Segments,
    after: &After,
    sample: SampleType,
) -> Result<Passes, String> {
    let n = left.n;
    if !LENGTHS.contains(&n) || !n.is_power_of_two() || !left.is_sound() {
        return Err(format!("no kernel for {n} points"));
    }
    // The frame length and offsets within a frame fit in 32 bits.
    let frame_len = segments.count.checked_sub(1).and_then(|tail| tail.checked_mul(segments.hop));
    let frame_len = frame_len
        .and_then(|tail| tail.checked_add(n))
        .filter(|&len| len < i32::MAX as usize / 4 && segments.hop > 0 && segments.window.len() == n)
        .ok_or_else(|| format!("{} segments every {}", segments.count, segments.hop))?;
    let threads = (n / 2).clamp(32, 256);
    let rows = (4096 / n).clamp(1, 4);
    let shared = rows * (8 * n + 4 * (n / 2 + 1));
    let blocks = (RESIDENT_THREADS / threads).min(SHARED_BYTES / shared).max(1);
    let twiddles: Option<Vec<[f32; 2]>> = left.stages.iter().flatten().map(|m| m.twiddle()).collect();
    let number = |name, value: usize| (name, value.to_string());
    let mut defines = vec![
        number("N_FFT", n),
        number("SEGMENTS", segments.count),
        number("HOP", segments.hop),
        number("STAGES", left.stages.len()),
        number("ROWS", rows),
        number("THREADS", threads),
        number("MIN_BLOCKS", blocks),
        sample.define(),
    ];
    defines.extend(twiddles.is_some().then(|| number("TWIDDLES", 1)));
    defines.extend(left.real.then(|| number("REAL", 1)));
    let one = Bins { scale: 1.0, offset: 0.0, kept: vec![true; n] };
    let (of_bins, output_len) = match after {
        After::Spectrum(layout) => {
            defines.push(number("OUT_SPECTRUM", 1));
            defines.extend(planes("OUT_PLANES", *layout));
            (&one, 2 * n * segments.count)
        }
        After::Power(bins) => {
            defines.push(number("OUT_POWER", 1));
            (bins, n / 2 + 1)
        }
        After::Peaks(bins, k) => {
            let k = (*k).min(n / 2 + 1);
            // Keys are bits of numbers that are not negative.
            let sign = bins.scale.is_sign_negative() || bins.offset.is_sign_negative();
            if sign || k == 0 || k > MAX_K || !PEAKS.contains(&n) {
                return Err(format!("the {k} largest of what {n} points make"));
            }
            defines.extend([number("OUT_PEAKS", 1), number("TOP_K", k)]);
            (bins, 2 * k)
        }
    };
    defines.push(("SHIFT", float(of_bins.offset)?));
    let mut starts = vec![0u32];
    starts.extend(left.stages.iter().scan(0, |end, stage| {
        *end += stage.len() as u32;
        Some(*end)
    }));
    let words = |name, data: Vec<u32>| Table { name, data: data.into_iter().map(f32::from_bits).collect() };
    let weights = match twiddles {
        Some(twiddles) => twiddles.concat(),
        None => left.stages.iter().flatten().flat_map(|m| m.weights.concat()).collect(),
    };
    let mut of_bins = bins(left, of_bins, segments.count);
    if !matches!(after, After::Spectrum(_)) {
        of_bins.sort_by_key(|bin| bin[0].to_bits());
    }
    let window = segments.window.iter().map(|&w| w as f32).collect();
    let blueprint = Blueprint {
        family: "butterflies",
        entry: "butterflies",
        source: "butterflies.cu",
        defines,
        block: threads as u32,
        rows_per_block: rows as u32,
        shared_bytes: 0,
        register_ceiling: Blueprint::ceiling(threads, blocks),
        tables: vec![
            Table { name: "weights", data: weights },
            words("ends", ends(left)),
            words("starts", starts),
            Table { name: "bins", data: of_bins.concat() },
            Table { name: "window", data: window },
        ],
    };
    use Operand::{Count, Input, Output, OutputPlane, Rows, Status, Table as At};
    let operands = vec![
        Input,
        Output,
        OutputPlane,
        At(0),
        At(1),
        At(2),
        At(3),
        At(4),
        Status,
        Rows,
        Count(segments.stride as u64),
    ];
    Ok(Passes::one(blueprint, 1, operands, output_len, Some(frame_len)))
}

/// Returns the position of a place in the kernel: every second group of sixteen is mirrored. `n` means none.
fn place(n: usize, place: Option<u32>) -> u32 {
    place.map_or(n as u32, |p| if p & 16 == 0 { p } else { p ^ 15 })
}

/// Returns two places to read and two to write for every mix, 16 bits each.
fn ends(left: &Butterflies) -> Vec<u32> {
    let both = |ends: [Option<u32>; 2]| {
        let [low, high] = ends.map(|end| place(left.n, end));
        low | high << 16
    };
    left.stages.iter().flatten().flat_map(|m| [both(m.from.map(Some)), both(m.to)]).collect()
}

/// Returns, for each bin, its place and that of its mirror, the factor and the bin's index.
fn bins(left: &Butterflies, after: &Bins, segments: usize) -> Vec<[f32; 4]> {
    let n = left.n;
    let at = |k: usize| place(n, left.bins[k % n]);
    let gain = (after.scale / segments as f64) as f32;
    let of = |(k, &kept): (usize, &bool)| {
        let places = [if kept { at(k) } else { 0xffff }, at(n - k)].map(f32::from_bits);
        [places[0], places[1], gain, f32::from_bits(k as u32)]
    };
    after.kept.iter().enumerate().map(of).collect()
}

/// Resident threads per multiprocessor that occupancy is planned for.
const RESIDENT_THREADS: usize = 768;
/// Shared memory per multiprocessor that occupancy is planned for, bytes.
const SHARED_BYTES: usize = 160 << 10;

#[cfg(test)]
pub(super) mod tests {
    use rlx_compile::Mix;

    use super::*;

    /// A transform of `n` points for tests: mixes are twiddles or general, and some write one point.
    pub(crate) fn sample(n: usize, general: bool) -> Butterflies {
        let second = if general { [0.5, 0.25, 1.0, 0.0] } else { [1.0, 0.0, -0.25, -0.5] };
        let weights = [[1.0, 0.0, 0.25, 0.5], second];
        let stage = |half: usize| {
            let of = |p: usize| {
                let from = [p as u32, (p + half) as u32];
                Mix { from, to: [Some(from[0]), (p != 3).then_some(from[1])], weights }
            };
            (0..n).filter(|p| p & half == 0).map(of).collect()
        };
        let stages = (0..n.trailing_zeros()).map(|s| stage(1 << s)).collect();
        Butterflies { n, stages, bins: (0..n as u32).map(Some).collect(), real: false }
    }

    #[test]
    fn tables_name_places_and_what_has_no_kernel_is_refused() {
        let segments = Segments { count: 2, hop: 32, window: vec![1.0; 64], stride: 96 };
        let power = |scale| Bins { scale, offset: 0.0, kept: (0..33).map(|k| k != 5).collect() };
        let passes =
            butterflies(&sample(64, false), &segments, &After::Peaks(power(1.0), 5), SampleType::F32);
        let passes = passes.expect("a kernel");
        let kernel = &passes.passes[0].blueprint;
        assert_eq!((passes.checked, passes.output_len, kernel.grid(9)), (Some(96), 10, Some(3)));
        let table = |index: usize| kernel.tables[index].data.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(kernel.tables[0].data[..2], [0.25, 0.5]);
        // The second mix of the first stage reads and writes places 2 and 3; the mix of point 3 writes one place.
        assert_eq!(table(1)[2..4], [2 | 3 << 16, 2 | 3 << 16]);
        assert_eq!(table(2), [0, 32, 64, 96, 128, 160, 192]);
        // In order of place: bin 17 is where 30 would be, and the masked bin is the last one.
        let bin = |row: usize| (table(3)[4 * row], table(3)[4 * row + 1], table(3)[4 * row + 3]);
        assert_eq!((bin(6), bin(29).2), ((7, 57 ^ 15, 7), 17));
        assert_eq!((bin(32).0, bin(32).2), (0xffff, 5));
        let refused = |left, segments, after| butterflies(&left, segments, &after, SampleType::F32).is_err();
        assert!(refused(sample(64, false), &segments, After::Peaks(power(-1.0), 5)));
        assert!(refused(sample(64, false), &segments, After::Peaks(power(1.0), 0)));
        assert!(
            refused(sample(128, false), &segments, After::Power(power(1.0))),
            "a window of another length"
        );
        let mut wrong = sample(64, true);
        wrong.bins[7] = Some(64);
        assert!(refused(wrong, &segments, After::Power(power(1.0))));
    }
}
