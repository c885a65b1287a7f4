//! Removal of a mean or a straight line from each segment.

use crate::error::{Error, Result};
use crate::fft::{Real, Sample};
use crate::params::named;

/// What is subtracted from a segment before the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Detrend {
    /// Nothing.
    None,
    /// The mean.
    #[default]
    Constant,
    /// The least-squares line.
    Linear,
}

named! { Detrend, "detrend",
    None = "none", "nothing";
    Constant = "constant", "the mean";
    Linear = "linear", "the least-squares line";
}

impl Detrend {
    /// Fits what is to be subtracted, in f64 whatever the samples are: with an offset of 1e5 a mean in f32
    /// costs 1e-4. The parts of complex samples are fitted apart.
    #[must_use]
    pub(crate) fn fit<S: Sample>(self, samples: &[S]) -> Trend {
        let re = self.fit_part(samples, |s| s.parts().0);
        let im = if S::COMPLEX { self.fit_part(samples, |s| s.parts().1) } else { Line::default() };
        Trend { re, im }
    }

    /// Subtracts the fit from the samples it was made on.
    pub fn apply<S: Sample>(self, samples: &mut [S]) {
        if self == Self::None {
            return;
        }
        let trend = self.fit(samples);
        for (c, chunk) in samples.chunks_mut(LANES).enumerate() {
            let (re, im) = (trend.re.chunk(c), trend.im.chunk(c));
            for ((sample, re), im) in chunk.iter_mut().zip(re).zip(im) {
                let parts = sample.parts();
                *sample = S::from_parts(parts.0 - re, parts.1 - im);
            }
        }
    }

    fn fit_part<S: Sample>(self, samples: &[S], part: impl Fn(S) -> f64 + Copy) -> Line {
        if self == Self::None || samples.is_empty() {
            return Line::default();
        }
        let n = samples.len() as f64;
        let mut level = sum(samples, |_, s| part(s)) / n;
        if S::Real::EPSILON <= f64::EPSILON {
            // A second look takes the rounding of the first sum away; that of f32 samples is far below theirs.
            level += sum(samples, |_, s| part(s) - level) / n;
        }
        if self == Self::Constant || samples.len() < 2 {
            return Line { level, ..Line::default() };
        }
        let centre = (n - 1.0) / 2.0;
        // Σ(i − centre)² in closed form.
        let spread = n * (n * n - 1.0) / 12.0;
        let slope = sum(samples, |i, s| (i - centre) * (part(s) - level)) / spread;
        Line { level, slope, centre }
    }
}

/// Subtracts the mean of `x`, or a least-squares line from each of the parts between the samples `breaks`
/// (`scipy.signal.detrend`); the mean knows no breaks. Positions 0 and `x.len()` need not be named.
///
/// # Errors
/// [`Error::Argument`] named `bp` for a break beyond the end.
pub fn detrend<S: Sample>(x: &mut [S], kind: Detrend, breaks: &[usize]) -> Result<()> {
    if let Some(at) = breaks.iter().find(|at| **at > x.len()) {
        return Err(Error::argument("bp", format!("{at} is beyond the {} samples", x.len())));
    }
    if kind != Detrend::Linear {
        kind.apply(x);
        return Ok(());
    }
    let mut ends = [breaks, &[x.len()]].concat();
    ends.sort_unstable();
    let mut rest = x;
    let mut first = 0;
    for end in ends {
        let (part, after) = rest.split_at_mut(end - first);
        kind.apply(part);
        (rest, first) = (after, end);
    }
    Ok(())
}

/// A fitted mean or line, one for each part of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Trend {
    re: Line,
    im: Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Line {
    level: f64,
    slope: f64,
    centre: f64,
}

/// Samples handled side by side, so that loops over them vectorise.
const LANES: usize = 8;

impl Trend {
    /// `(samples − fit) · weights` into `out`, all of one length; in f64 up to one rounding at the end.
    pub(crate) fn remove_and_weigh<S: Sample>(&self, samples: &[S], weights: &[f64], out: &mut [S]) {
        if self.re.slope == 0.0 && self.im.slope == 0.0 {
            let (re0, im0) = (self.re.level, self.im.level);
            for ((out, sample), weight) in out.iter_mut().zip(samples).zip(weights) {
                let (re, im) = sample.parts();
                *out = S::from_parts((re - re0) * weight, (im - im0) * weight);
            }
            return;
        }
        let chunks = samples.chunks(LANES).zip(weights.chunks(LANES)).zip(out.chunks_mut(LANES));
        for (c, ((samples, weights), out)) in chunks.enumerate() {
            let fit = self.re.chunk(c).into_iter().zip(self.im.chunk(c));
            for (((out, sample), weight), (re0, im0)) in out.iter_mut().zip(samples).zip(weights).zip(fit) {
                let (re, im) = sample.parts();
                *out = S::from_parts((re - re0) * weight, (im - im0) * weight);
            }
        }
    }
}

impl Line {
    /// The line at the eight samples of the `c`-th chunk.
    #[inline]
    fn chunk(&self, c: usize) -> [f64; LANES] {
        // One conversion per chunk: integers of 64 bits become floats slowly.
        let from_centre = (c * LANES) as f64 - self.centre;
        std::array::from_fn(|lane| self.level + self.slope * (from_centre + lane as f64))
    }
}

/// Sum of `term(index, sample)` in eight running sums, which vectorise and round less than one.
fn sum<S: Sample>(samples: &[S], term: impl Fn(f64, S) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = samples.as_chunks::<LANES>();
    for (c, chunk) in chunks.iter().enumerate() {
        let first = (c * LANES) as f64;
        let terms: [f64; LANES] = std::array::from_fn(|lane| term(first + lane as f64, chunk[lane]));
        lanes = std::array::from_fn(|lane| lanes[lane] + terms[lane]);
    }
    let first = (chunks.len() * LANES) as f64;
    let tail: f64 = rest.iter().enumerate().map(|(i, sample)| term(first + i as f64, *sample)).sum();
    lanes.iter().sum::<f64>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fft::Complex;

    #[test]
    fn lines_between_breaks() {
        let mut x: Vec<f64> =
            (0..20).map(|i| if i < 8 { f64::from(i) } else { 30.0 - 2.0 * f64::from(i) }).collect();
        let straight = x.clone();
        detrend(&mut x, Detrend::Linear, &[8]).unwrap();
        assert!(x.iter().all(|v| v.abs() < 1e-13), "{x:?}");
        let mut x = straight;
        detrend(&mut x, Detrend::Constant, &[8]).unwrap();
        assert!(x.iter().sum::<f64>().abs() < 1e-12 && x[0] != 0.0);
        assert!(detrend(&mut x, Detrend::Linear, &[21]).is_err());
    }

    #[test]
    fn a_line_under_an_offset_of_1e5_is_taken_off_in_f32() {
        let mut x: Vec<f32> = (0..1001).map(|i| 1e5 + 0.25 * i as f32 + (i % 2) as f32).collect();
        Detrend::Linear.apply(&mut x);
        // The 0/1 alternation has mean 500/1001 and, by symmetry, no slope.
        for (i, x) in x.iter().enumerate() {
            let left = (i % 2) as f32 - 500.0 / 1001.0;
            assert!((x - left).abs() < 1e-6, "{i}: {x}");
        }
    }

    #[test]
    fn parts_of_complex_samples_are_apart() {
        let mut x: Vec<_> = (0..20).map(|i| Complex::new(3.0 * i as f64, 7.0 - i as f64)).collect();
        Detrend::Linear.apply(&mut x);
        assert!(x.iter().all(|v| v.norm() < 1e-13));
    }

    #[test]
    fn few_samples() {
        for len in 0..3 {
            let mut x = vec![5.0_f64; len];
            Detrend::Linear.apply(&mut x);
            assert!(x.iter().all(|v| *v == 0.0));
        }
        let mut x = [5.0_f32, 6.0];
        Detrend::None.apply(&mut x);
        assert_eq!(x, [5.0, 6.0]);
    }
}
