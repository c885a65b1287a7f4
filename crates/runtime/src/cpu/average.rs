//! `Average`: segments to one spectrum, in f64.

use rlx_compile::ValueType;
use rlx_compile::params::Average;
use rlx_dsp::nan::NanPolicy;

use super::program::Step;
use crate::error::Result;

struct Averaging {
    average: Average,
    segments: usize,
    bins: usize,
    /// Segments that hold a missing sample are left out: their powers are NaN, all of them.
    skip: bool,
    sums: Vec<f64>,
    column: Vec<f32>,
}

pub(super) fn step(average: Average, taken: &ValueType, nan: NanPolicy) -> Box<dyn Step> {
    let (segments, bins) = (taken.dims.get(1).copied().unwrap_or(1), taken.last());
    Box::new(Averaging {
        average,
        segments,
        bins,
        skip: matches!(nan, NanPolicy::SkipSegment | NanPolicy::Interpolate { .. }),
        sums: vec![0.0; bins],
        column: Vec::with_capacity(segments),
    })
}

impl Step for Averaging {
    fn run(&mut self, input: &[f32], out: &mut [f32]) -> Result<()> {
        let bins = self.bins;
        if bins == 0 {
            return Ok(());
        }
        let skip = self.skip;
        for (item, out) in input.chunks_exact(self.segments * bins).zip(out.chunks_exact_mut(bins)) {
            let used = || item.chunks_exact(bins).filter(|segment| !(skip && segment[0].is_nan()));
            let n = if skip { used().count() } else { self.segments };
            if n == 0 {
                // Nothing is left of the row.
                out.fill(f32::NAN);
                continue;
            }
            match self.average {
                Average::Mean => {
                    self.sums.fill(0.0);
                    for segment in used() {
                        self.sums.iter_mut().zip(segment).for_each(|(sum, v)| *sum += f64::from(*v));
                    }
                    out.iter_mut().zip(&self.sums).for_each(|(out, sum)| *out = (sum / n as f64) as f32);
                }
                Average::Max => hold(used(), out, |new, held| new > held),
                Average::Min => hold(used(), out, |new, held| new < held),
                Average::Median => {
                    let bias = median_bias(n);
                    for (k, out) in out.iter_mut().enumerate() {
                        self.column.clear();
                        self.column.extend(used().map(|segment| segment[k]));
                        *out = (median(&mut self.column) / bias) as f32;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Keeps the better of each bin; NaN wins and stays.
fn hold<'a>(segments: impl Iterator<Item = &'a [f32]>, out: &mut [f32], better: impl Fn(f32, f32) -> bool) {
    for (i, segment) in segments.enumerate() {
        if i == 0 {
            out.copy_from_slice(segment);
            continue;
        }
        for (held, &new) in out.iter_mut().zip(segment) {
            if better(new, *held) || new.is_nan() {
                *held = new;
            }
        }
    }
}

fn median(values: &mut [f32]) -> f64 {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return f64::NAN;
    }
    values.sort_unstable_by(f32::total_cmp);
    let n = values.len();
    0.5 * (f64::from(values[n / 2]) + f64::from(values[(n - 1) / 2]))
}

/// SciPy's `_median_bias` (Allen et al., Phys. Rev. D 85, 122006, appendix B).
fn median_bias(n: usize) -> f64 {
    let pairs = n.saturating_sub(1) / 2;
    1.0 + (1..=pairs).map(|i| 1.0 / (2 * i + 1) as f64 - 1.0 / (2 * i) as f64).sum::<f64>()
}
