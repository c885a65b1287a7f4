//! An averaged spectrum with its axis.

use super::params::PsdParams;
use crate::detrend::Detrend;
use crate::error::{Error, Result};
use crate::fft::{Real, Sample};
use crate::nan::Filled;
use crate::peaks::{SpectralPeakParams, spectral_peaks};
use crate::window::{Symmetry, Window};

/// Number of segments and samples that a spectrum was averaged from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coverage {
    /// Segments that were averaged.
    pub segments: u64,
    /// Segments that were skipped because of NaN or infinity.
    pub skipped: u64,
    /// Missing samples that were interpolated, and those that were not.
    pub filled: Filled,
}

impl Coverage {
    pub(crate) fn add(&mut self, other: Self) {
        self.segments += other.segments;
        self.skipped += other.skipped;
        self.filled.add(other.filled);
    }

    /// Fails if no segment of `len` samples was averaged.
    pub(crate) fn check(&self, len: u64, segment: usize) -> Result<()> {
        match self {
            Self { segments: 0, skipped: 0, .. } => {
                Err(Error::TooShort { len: usize::try_from(len).unwrap_or(usize::MAX), segment })
            }
            Self { segments: 0, skipped, .. } => {
                let reason = format!("each of its {skipped} segments holds a NaN or an infinity");
                Err(Error::argument("signal", reason))
            }
            _ => Ok(()),
        }
    }
}

/// An averaged spectrum with its frequencies.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Psd<T> {
    /// Bin frequencies, in the unit of the sample rate; two-sided ones in [`fftfreq`](crate::fft::fftfreq) order.
    pub freqs: Vec<f64>,
    /// Power of each bin, in the unit of the scaling.
    pub values: Vec<T>,
    /// Coverage of the average.
    pub coverage: Coverage,
    /// Whether Hann's estimator of a tone between two bins is exact.
    #[cfg_attr(feature = "serde", serde(skip))]
    hann: bool,
}

/// A local maximum of a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FreqPeak {
    /// Frequency, estimated between the bins, in the unit of the sample rate.
    pub freq: f64,
    /// Power of the nearest bin, in the unit of the spectrum.
    pub power: f64,
    /// The power in dB: `10·log10(power)`.
    pub level_db: f64,
    /// Prominence: height of the level above its surroundings, in dB.
    pub prominence_db: f64,
    /// Width at half the power above the surroundings, in the unit of the sample rate.
    pub width: f64,
}

impl<T> Psd<T> {
    /// Makes a spectrum from values computed elsewhere, such as on a device.
    #[must_use]
    pub fn new(freqs: Vec<f64>, values: Vec<T>, coverage: Coverage) -> Self {
        Self { freqs, values, coverage, hann: false }
    }

    /// Makes a spectrum with these parameters for samples `S`.
    pub(crate) fn of<S: Sample>(params: &PsdParams, values: Vec<T>, coverage: Coverage) -> Self {
        let segments = &params.segments;
        let hann = segments.window == Window::Hann
            && segments.symmetry == Symmetry::Periodic
            && segments.segment_len == segments.n_fft
            && segments.detrend != Detrend::Linear;
        Self { freqs: params.frequencies::<S>(), values, coverage, hann }
    }
}

impl<T: Real> Psd<T> {
    /// Returns the `k` strongest local maxima (or all, if there are fewer) by descending power. The first and the
    /// last bin of a one-sided spectrum are never local maxima; a two-sided one is a circle.
    ///
    /// A frequency between two bins is estimated from three powers: exactly for a tone under an unpadded periodic Hann
    /// window, by a parabola through their logarithms otherwise.
    ///
    /// ```
    /// let x: Vec<f32> = (0..8192).map(|i| (std::f32::consts::TAU * 50.3 * i as f32 / 1000.0).sin()).collect();
    /// let psd = rlx_dsp::welch::welch(&x, 1000.0)?;
    /// assert!((psd.peaks(1)[0].freq - 50.3).abs() < 0.05);
    /// # Ok::<(), rlx_dsp::Error>(())
    /// ```
    #[must_use]
    pub fn peaks(&self, k: usize) -> Vec<FreqPeak> {
        let n = self.values.len();
        let step = match self.freqs.get(..2) {
            Some([a, b]) if n == self.freqs.len() => b - a,
            _ => return Vec::new(),
        };
        // A two-sided spectrum is a circle: it is cut open at its smallest value, which stands at both ends.
        let circle = self.freqs.iter().any(|f| *f < 0.0);
        let least = |a: &usize, b: &usize| self.values[*a].widen().total_cmp(&self.values[*b].widen());
        let cut = (0..n).filter(|_| circle).min_by(least).unwrap_or(0);
        let rotated = |i: usize| (i + cut) % n;
        let power: Vec<f64> = (0..n + usize::from(circle)).map(|i| self.values[rotated(i)].widen()).collect();
        let span = step * n as f64;
        let wrapped = |freq: f64| if circle { freq - span * (freq / span + 0.5).floor() } else { freq };
        let conditions = SpectralPeakParams::new(0.0).hann(self.hann);
        let found = spectral_peaks(&power, &conditions).unwrap_or_default();
        let peak = |peak: &crate::peaks::SpectralPeak| FreqPeak {
            freq: wrapped(self.freqs[rotated(peak.position)] + peak.offset * step),
            power: power[peak.position],
            level_db: peak.level_db,
            prominence_db: peak.prominence_db,
            width: peak.width * step,
        };
        found.iter().take(k).map(peak).collect()
    }

    /// Returns the frequency of the strongest of the [`peaks`](Self::peaks); `None` if there is no local maximum.
    #[must_use]
    pub fn peak_freq(&self) -> Option<f64> {
        self.peaks(1).first().map(|peak| peak.freq)
    }
}

/// Averaged spectra of many signals of one length, `[rows, bins]`, with their frequencies.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PsdBatch<T> {
    /// Bin frequencies, in the unit of the sample rate.
    pub freqs: Vec<f64>,
    /// Power of each bin, row after row.
    pub values: Vec<T>,
    /// Coverage of the averages, summed over the rows.
    pub coverage: Coverage,
}

impl<T> PsdBatch<T> {
    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.freqs.len().max(1)
    }

    /// Returns the spectrum of a row.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[T] {
        let bins = self.freqs.len();
        &self.values[row * bins..(row + 1) * bins]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fft::Complex;
    use crate::welch::welch_with;

    #[test]
    fn peaks_lie_on_the_axis_of_real_and_complex_signals() {
        let turn = |f: f64, i: usize| std::f64::consts::TAU * f * i as f64 / 100.0;
        let real: Vec<f64> = (0..4000).map(|i| turn(20.3, i).sin() + 0.2 * turn(31.0, i).sin()).collect();
        let params = PsdParams::new(100.0, 200);
        let found = welch_with(&real, &params).unwrap().peaks(2);
        assert!((found[0].freq - 20.3).abs() < 0.01 && (found[1].freq - 31.0).abs() < 0.01, "{found:?}");
        assert!(found[0].power > found[1].power && found[0].width > 0.0);
        for f in [-20.3, 37.1, -49.9, 49.9, 0.1] {
            let iq: Vec<Complex<f64>> = (0..4000).map(|i| Complex::cis(turn(f, i))).collect();
            let psd = welch_with(&iq, &params.clone().detrend(Detrend::None)).unwrap();
            assert!((psd.peak_freq().unwrap() - f).abs() < 0.05, "{f}: {:?}", psd.peak_freq());
        }
        let flat = Psd::new(vec![0.0, 1.0, 2.0], vec![1.0_f32; 3], Coverage::default());
        assert_eq!((flat.peak_freq(), flat.peaks(3).len()), (None, 0));
        assert!(Psd::new(vec![], Vec::<f32>::new(), Coverage::default()).peaks(1).is_empty());
    }
}
