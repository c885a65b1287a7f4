//! Linear interpolation of short gaps, in a stream of blocks of any length.

use crate::error::{Error, Result};
use crate::fft::Sample;

/// Counts of an [`Interpolator`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Filled {
    /// Missing samples that were replaced.
    pub samples: u64,
    /// Gaps that were filled.
    pub gaps: u64,
    /// Missing samples that were left, in gaps too long or without a sample on both sides.
    pub left: u64,
}

impl Filled {
    pub(crate) fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.gaps += other.gaps;
        self.left += other.left;
    }
}

/// State of an [`Interpolator`] in its stretch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct InterpolatorState {
    /// The last present sample, as (re, im).
    pub before: Option<(f64, f64)>,
    /// Missing samples held back.
    pub held: usize,
}

/// Fills gaps of at most `max_gap` missing samples with the line between the adjacent samples.
///
/// Takes blocks and returns the same samples in the same order; those of an open gap follow when its length is known,
/// so at most `max_gap` samples are held back (as a count: the memory does not depend on `max_gap`). Samples that
/// cannot be filled become NaN.
#[derive(Debug, Clone)]
pub struct Interpolator<S> {
    max_gap: usize,
    /// The last present sample of this stretch, the left end of a line.
    before: Option<S>,
    /// Missing samples held back.
    held: usize,
    counts: Filled,
}

impl<S: Sample> Interpolator<S> {
    /// Creates an interpolator at the start of a stretch.
    #[must_use]
    pub fn new(max_gap: usize) -> Self {
        Self { max_gap, before: None, held: 0, counts: Filled::default() }
    }

    /// Takes a block and appends the decided samples to `out`.
    pub fn push(&mut self, block: &[S], out: &mut Vec<S>) {
        for &sample in block {
            if sample.finite() {
                self.close(sample, out);
                out.push(sample);
                self.before = Some(sample);
            } else if self.before.is_some() && self.held < self.max_gap {
                self.held += 1;
            } else {
                // Too long, or without a sample before it: this gap stays up to the next present sample.
                self.give_up(out);
                self.counts.left += 1;
                out.push(missing());
            }
        }
    }

    /// Ends the stretch: an open gap stays, and the next sample has no predecessor.
    pub fn end_stretch(&mut self, out: &mut Vec<S>) {
        self.give_up(out);
    }

    /// Returns the numbers of filled and remaining samples since the start, without those held back.
    #[must_use]
    pub fn counts(&self) -> Filled {
        self.counts
    }

    /// Returns the state for [`resume`](Self::resume), without the counts.
    #[must_use]
    pub fn state(&self) -> InterpolatorState {
        InterpolatorState { before: self.before.map(S::parts), held: self.held }
    }

    /// Continues inside the gap of another interpolator.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for a gap longer than `max_gap`.
    pub fn resume(&mut self, state: &InterpolatorState) -> Result<()> {
        if state.held > self.max_gap || (state.held > 0 && state.before.is_none()) {
            let reason =
                format!("an open gap of {} samples where {} may be filled", state.held, self.max_gap);
            return Err(Error::argument("state", reason));
        }
        self.before = state.before.map(|(re, im)| S::from_parts(re, im));
        self.held = state.held;
        Ok(())
    }

    fn close(&mut self, after: S, out: &mut Vec<S>) {
        let Some(before) = self.before.filter(|_| self.held > 0) else { return };
        let ((re0, im0), (re1, im1)) = (before.parts(), after.parts());
        for i in 1..=self.held {
            let t = i as f64 / (self.held + 1) as f64;
            // Not re0 + t(re1 − re0): that difference can overflow.
            out.push(S::from_parts(re0 * (1.0 - t) + re1 * t, im0 * (1.0 - t) + im1 * t));
        }
        self.counts.samples += self.held as u64;
        self.counts.gaps += 1;
        self.held = 0;
    }

    fn give_up(&mut self, out: &mut Vec<S>) {
        out.extend(std::iter::repeat_n(missing::<S>(), self.held));
        self.counts.left += self.held as u64;
        self.held = 0;
        self.before = None;
    }
}

fn missing<S: Sample>() -> S {
    S::from_parts(f64::NAN, f64::NAN)
}

/// Fills the gaps of a whole signal in place.
pub fn fill_gaps<S: Sample>(samples: &mut [S], max_gap: usize) -> Filled {
    let mut interpolator = Interpolator::new(max_gap);
    let mut out = Vec::with_capacity(samples.len());
    interpolator.push(samples, &mut out);
    interpolator.end_stretch(&mut out);
    samples.copy_from_slice(&out);
    interpolator.counts()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fft::Complex;

    const N: f64 = f64::NAN;

    fn same(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
    }

    #[test]
    fn short_gaps_are_lines_and_long_ones_stay() {
        let mut x = [N, 1.0, N, 3.0, N, f64::INFINITY, 6.0, N, N, N, 4.0, N];
        let counts = fill_gaps(&mut x, 2);
        assert!(same(&x, &[N, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, N, N, N, 4.0, N]), "{x:?}");
        assert_eq!(counts, Filled { samples: 3, gaps: 2, left: 5 });
    }

    #[test]
    fn max_gap_of_zero_fills_nothing() {
        let mut x = [1.0_f32, f32::NAN, 3.0];
        assert_eq!(fill_gaps(&mut x, 0), Filled { samples: 0, gaps: 0, left: 1 });
        assert!(x[1].is_nan());
    }

    #[test]
    fn a_stretch_end_inside_a_gap_is_not_crossed() {
        let mut out = Vec::new();
        let mut interpolator = Interpolator::new(4);
        interpolator.push(&[1.0, N], &mut out);
        assert!(same(&out, &[1.0]));
        interpolator.end_stretch(&mut out);
        interpolator.push(&[N, 5.0], &mut out);
        assert!(same(&out, &[1.0, N, N, 5.0]), "{out:?}");
        assert_eq!(interpolator.counts(), Filled { samples: 0, gaps: 0, left: 2 });
    }

    #[test]
    fn both_parts_of_a_complex_sample_are_drawn() {
        let mut x = [Complex::new(0.0_f32, 4.0), Complex::new(9.0, f32::NAN), Complex::new(2.0, 8.0)];
        fill_gaps(&mut x, 1);
        assert_eq!(x[1], Complex::new(1.0, 6.0));
    }
}
