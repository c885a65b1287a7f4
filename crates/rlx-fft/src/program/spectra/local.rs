//! Local maxima of a spectrum on a circle.
//!
//! A two-sided spectrum is a circle: the bin below its first one is its last one. A one-sided spectrum is half of a
//! circle: beyond its ends come the mirror images of its bins. Between the ends, peaks, prominences and widths are
//! those of SciPy's `find_peaks`; at the ends they are those on the circle.

use crate::flags::PeaksArgs;
use anyhow::Result;
use rlx_dsp::peaks::{Bounds, LocalPeakParams, find_peaks, peak_prominences, peak_widths};
use rlx_io::write::results::level_db;

/// Continuation of a spectrum beyond its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// With its other end.
    Circle,
    /// With its mirror image.
    Half {
        /// Whether the mean was not subtracted, so that bin 0 can be a peak.
        mean: bool,
        /// Whether the last bin is half a bin below the Nyquist frequency, followed by its image.
        odd: bool,
    },
}

/// A local maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Local {
    /// Index in the spectrum.
    pub(crate) at: usize,
    /// Powers of the bin below, the bin and the bin above.
    pub(crate) around: [f64; 3],
    /// Prominence in dB.
    pub(crate) prominence: f64,
    /// Width in bins, at half the height of the power above its surroundings.
    pub(crate) width: f64,
}

/// Depth at which levels below the strongest are clipped, so that the prominence over silence is finite.
const DEPTH_DB: f64 = 400.0;

/// Returns all local maxima that satisfy the conditions, in no particular order. `step` is the distance between bins.
pub(crate) fn local_peaks(power: &[f64], shape: Shape, args: &PeaksArgs, step: f64) -> Result<Vec<Local>> {
    let top = power.iter().copied().fold(f64::NAN, f64::max);
    // Only silence, or unknown powers.
    if top.is_nan() || top <= 0.0 {
        return Ok(Vec::new());
    }
    let floor = level_db(top) - DEPTH_DB;
    let level = |p: f64| if p.is_nan() { p } else { level_db(p).max(floor) };
    match shape {
        Shape::Circle => {
            // The circle is cut at its lowest bin, which is not a peak and becomes both ends.
            let lowest = (0..power.len()).min_by(|&a, &b| power[a].total_cmp(&power[b])).unwrap_or(0);
            let turned: Vec<f64> = (0..=power.len()).map(|i| power[(lowest + i) % power.len()]).collect();
            let levels: Vec<f64> = turned.iter().map(|&p| level(p)).collect();
            let found = row(&turned, &levels, &[], power.len(), args, step)?;
            Ok(found.into_iter().map(|peak| Local { at: (lowest + peak.at) % power.len(), ..peak }).collect())
        }
        Shape::Half { mean, odd } => {
            let levels: Vec<f64> = power.iter().map(|&p| level(p)).collect();
            let ends = ends(power, mean, odd);
            row(power, &levels, &ends, usize::MAX, args, step)
        }
    }
}

/// A maximum at an end of half a circle.
#[derive(Debug, Clone, Copy)]
struct End {
    at: usize,
    /// Power of the adjacent image.
    beside: f64,
}

fn ends(power: &[f64], mean: bool, odd: bool) -> Vec<End> {
    let Some(last) = power.len().checked_sub(1).filter(|last| *last > 0) else { return Vec::new() };
    let mut found = Vec::new();
    // A flat top that reaches the end is centred there, because of its image.
    let falls = |mut side: Box<dyn Iterator<Item = &f64> + '_>, top: f64| {
        side.find(|v| **v != top).is_some_and(|v| *v < top)
    };
    if mean && falls(Box::new(power.iter()), power[0]) {
        found.push(End { at: 0, beside: power[1] });
    }
    if falls(Box::new(power.iter().rev()), power[last]) {
        found.push(End { at: last, beside: if odd { power[last] } else { power[last - 1] } });
    }
    found
}

/// Returns the peaks of a row and of its `ends`. `around` is the length of the circle if the row is a cut circle.
fn row(
    power: &[f64],
    level: &[f64],
    ends: &[End],
    around: usize,
    args: &PeaksArgs,
    step: f64,
) -> Result<Vec<Local>> {
    let least = args.height.unwrap_or(f64::NEG_INFINITY);
    let bounds = args.height.map(|value| Bounds { min: Some(value), max: None });
    let mut positions = find_peaks(level, &LocalPeakParams::default().height(bounds))?.positions;
    positions.extend(ends.iter().map(|end| end.at).filter(|&at| level[at] >= least));
    positions.sort_unstable();
    if let Some(distance) = args.distance {
        thin(&mut positions, level, (distance / step).max(1.0).ceil(), around);
    }
    let rises = peak_prominences(level, &positions, None)?;
    let linear = peak_prominences(power, &positions, None)?;
    let widths = peak_widths(power, &positions, 0.5, &linear)?;
    let mut found = Vec::new();
    for (i, &at) in positions.iter().enumerate() {
        let (mut prominence, mut width) = (rises.values[i], widths.values[i]);
        let end = ends.iter().find(|end| end.at == at);
        let around = match end {
            None => [power[at - 1], power[at], power[at + 1]],
            Some(end) => {
                // Both sides are equal, and dsp has seen one of them.
                let (from, to) = if at == 0 { (1, power.len()) } else { (0, at) };
                let side: Vec<usize> =
                    if at == 0 { (from..to).collect() } else { (from..to).rev().collect() };
                let base =
                    |x: &[f64]| side.iter().map(|&i| x[i]).take_while(|v| *v <= x[at]).fold(x[at], f64::min);
                prominence = level[at] - base(level);
                let half = power[at] - 0.5 * (power[at] - base(power));
                width = 2.0 * reach(power, at, &side, half) + if end.beside == power[at] { 1.0 } else { 0.0 };
                if at == 0 {
                    [end.beside, power[at], power[1]]
                } else {
                    [power[at - 1], power[at], end.beside]
                }
            }
        };
        if prominence >= args.prominence {
            found.push(Local { at, around, prominence, width });
        }
    }
    Ok(found)
}

/// Returns the distance in bins from a peak to the position where the curve has fallen to `height`.
fn reach(power: &[f64], at: usize, side: &[usize], height: f64) -> f64 {
    let (mut previous, mut steps) = (power[at], 0.0);
    for &i in side {
        if power[i] <= height {
            let fall = previous - power[i];
            return steps + if fall > 0.0 { (previous - height) / fall } else { 1.0 };
        }
        (previous, steps) = (power[i], steps + 1.0);
    }
    steps
}

/// Removes peaks by distance: the highest peak removes all that are nearer than `distance` bins, then the next
/// highest remaining one, and so on. Of equal heights the later one comes first, as in dsp.
fn thin(positions: &mut Vec<usize>, level: &[f64], distance: f64, around: usize) {
    let mut order = positions.clone();
    order.sort_by(|&a, &b| level[b].total_cmp(&level[a]).then(b.cmp(&a)));
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        let near = |&other: &usize| {
            let apart = at.abs_diff(other);
            (apart.min(around - apart.min(around)) as f64) < distance
        };
        // Every kept peak was higher, so it removes this one if it is near.
        if !kept.iter().any(near) {
            kept.push(at);
        }
    }
    kept.sort_unstable();
    *positions = kept;
}
