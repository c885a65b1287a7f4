//! Averages of spectra in memory.

use super::average::hold;
use super::median::SpectraStore;
use crate::fft::Real;
use crate::scaling::Average;

/// Averages spectra of segments that were computed elsewhere, such as on a device, in f64. [`Welch`](super::Welch)
/// does not need to store them.
///
/// ```
/// use rlx_dsp::{scaling::Average, welch::StoredAverage};
///
/// let mut out = [0.0_f32; 2];
/// StoredAverage::new(Average::Max, 2).average_into(&[1.0_f32, 5.0, 3.0, 2.0], false, &mut out);
/// assert_eq!(out, [3.0, 5.0]);
/// ```
#[derive(Debug, Clone)]
pub struct StoredAverage {
    average: Average,
    bins: usize,
    held: Vec<f64>,
    single: Vec<f64>,
    spectra: SpectraStore,
}

impl StoredAverage {
    /// Creates an average of spectra of `bins` bins.
    #[must_use]
    pub fn new(average: Average, bins: usize) -> Self {
        let zeros = || vec![0.0; bins];
        Self { average, bins, held: zeros(), single: zeros(), spectra: SpectraStore::new(bins) }
    }

    /// Averages `powers`, `[segments, bins]`, into `out`, `[bins]`. With `leave_out`, segments whose first bin is NaN
    /// are skipped. Every bin is NaN if no segment is left.
    ///
    /// # Panics
    /// `out` of another length than `bins`.
    pub fn average_into<T: Real>(&mut self, powers: &[T], leave_out: bool, out: &mut [T]) {
        assert_eq!(out.len(), self.bins, "bins");
        if self.bins == 0 {
            return;
        }
        let mut count = 0u64;
        self.held.fill(0.0);
        self.spectra.clear();
        for segment in powers.chunks_exact(self.bins) {
            if leave_out && segment[0].is_nan() {
                continue;
            }
            match self.average {
                Average::Mean => self.held.iter_mut().zip(segment).for_each(|(sum, p)| *sum += p.widen()),
                Average::Median => {
                    let kept = self.spectra.next_segment();
                    kept.iter_mut().zip(segment).for_each(|(kept, p)| *kept = p.widen());
                }
                Average::Max | Average::Min => {
                    self.single.iter_mut().zip(segment).for_each(|(single, p)| *single = p.widen());
                    hold(self.average, count == 0, &mut self.held, &self.single);
                }
            }
            count += 1;
        }
        if count == 0 {
            return out.fill(T::nan());
        }
        let count = match self.average {
            Average::Mean => count as f64,
            Average::Median => {
                self.spectra.medians(&mut self.held);
                1.0
            }
            Average::Max | Average::Min => 1.0,
        };
        out.iter_mut().zip(&self.held).for_each(|(out, held)| *out = T::narrow(held / count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_averaged_or_left_out() {
        let nan = f32::NAN;
        let powers = [1.0, 10.0, nan, nan, 3.0, 30.0, 8.0, 20.0_f32];
        let of = |average, leave_out| {
            let mut out = [0.0; 2];
            StoredAverage::new(average, 2).average_into(&powers, leave_out, &mut out);
            out
        };
        assert_eq!(of(Average::Mean, true), [4.0, 20.0]);
        assert_eq!(of(Average::Max, true), [8.0, 30.0]);
        assert_eq!(of(Average::Min, true), [1.0, 10.0]);
        // Three segments: the bias of the median is 5/6.
        assert_eq!(of(Average::Median, true), [3.6, 24.0]);
        for average in [Average::Mean, Average::Median, Average::Max, Average::Min] {
            assert!(of(average, false).iter().all(|p| p.is_nan()), "{average}");
            let mut out = [0.0; 2];
            StoredAverage::new(average, 2).average_into(&[nan, nan], true, &mut out);
            assert!(out[0].is_nan() && out[1].is_nan());
        }
    }
}
