//! Welch's averages as `scipy.signal.csd` defines them, one step after the other.

use num_complex::Complex;

use super::dft::dft;
use crate::detrend::Detrend;
use crate::scaling::{Average, Scaling};

/// Parameters; the names are those of [`PsdParams`](crate::welch::PsdParams).
#[derive(Debug, Clone)]
pub struct Reference<'a> {
    /// Samples per second.
    pub sample_rate: f64,
    /// Weights of one segment; its length is the segment's.
    pub window: &'a [f64],
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// Length after zero-padding.
    pub n_fft: usize,
    /// Detrending of each segment.
    pub detrend: Detrend,
    /// Scaling.
    pub scaling: Scaling,
    /// Average over the segments.
    pub average: Average,
    /// Whether the result has `n_fft/2 + 1` doubled bins instead of all `n_fft`.
    pub one_sided: bool,
}

impl Reference<'_> {
    /// Returns the averaged power of a real signal, one value per bin.
    #[must_use]
    pub fn psd(&self, x: &[f64]) -> Vec<f64> {
        let x = complex(x);
        self.csd(&x, &x).iter().map(|v| v.re).collect()
    }

    /// Returns the averaged `conj(X) · Y`, one value per bin.
    #[must_use]
    pub fn csd(&self, x: &[Complex<f64>], y: &[Complex<f64>]) -> Vec<Complex<f64>> {
        let x = self.spectra(x);
        let y = self.spectra(y);
        let bins = if self.one_sided { self.n_fft / 2 + 1 } else { self.n_fft };
        (0..bins)
            .map(|k| {
                let products: Vec<_> = x.iter().zip(&y).map(|(x, y)| x[k].conj() * y[k]).collect();
                let re = self.average(products.iter().map(|p| p.re).collect());
                let im = self.average(products.iter().map(|p| p.im).collect());
                let unpaired = k == 0 || (self.n_fft.is_multiple_of(2) && k == self.n_fft / 2);
                let sides = if self.one_sided && !unpaired { 2.0 } else { 1.0 };
                Complex::new(re, im) * sides * self.scale()
            })
            .collect()
    }

    /// Returns every segment's transform, all bins.
    fn spectra(&self, x: &[Complex<f64>]) -> Vec<Vec<Complex<f64>>> {
        let len = self.window.len();
        let mut spectra = Vec::new();
        let mut start = 0;
        while start + len <= x.len() {
            let segment = self.detrended(&x[start..start + len]);
            let mut padded = vec![Complex::default(); self.n_fft];
            for ((out, v), w) in padded.iter_mut().zip(&segment).zip(self.window) {
                *out = v * w;
            }
            spectra.push(dft(&padded));
            start += self.hop;
        }
        spectra
    }

    fn detrended(&self, segment: &[Complex<f64>]) -> Vec<Complex<f64>> {
        let n = segment.len() as f64;
        let mean = segment.iter().sum::<Complex<f64>>() / n;
        let t = |i: usize| i as f64 - (n - 1.0) / 2.0;
        let spread: f64 = (0..segment.len()).map(|i| t(i) * t(i)).sum();
        let rise: Complex<f64> = segment.iter().enumerate().map(|(i, v)| (v - mean) * t(i)).sum();
        let slope = if spread > 0.0 { rise / spread } else { Complex::default() };
        let fit = |i: usize| match self.detrend {
            Detrend::None => Complex::default(),
            Detrend::Constant => mean,
            Detrend::Linear => mean + slope * t(i),
        };
        segment.iter().enumerate().map(|(i, v)| v - fit(i)).collect()
    }

    fn average(&self, mut values: Vec<f64>) -> f64 {
        let count = values.len();
        match self.average {
            Average::Mean => values.iter().sum::<f64>() / count as f64,
            Average::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Average::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Average::Median => {
                values.sort_by(f64::total_cmp);
                let middle = (values[(count - 1) / 2] + values[count / 2]) / 2.0;
                let bias: f64 = (1..=(count - 1) / 2)
                    .map(|i| 1.0 / (2 * i + 1) as f64 - 1.0 / (2 * i) as f64)
                    .sum::<f64>();
                middle / (1.0 + bias)
            }
        }
    }

    fn scale(&self) -> f64 {
        match self.scaling {
            Scaling::Density => 1.0 / (self.sample_rate * self.window.iter().map(|w| w * w).sum::<f64>()),
            Scaling::Spectrum => 1.0 / self.window.iter().sum::<f64>().powi(2),
            Scaling::Raw => 1.0,
        }
    }
}

/// Real samples as complex ones.
#[must_use]
pub fn complex(x: &[f64]) -> Vec<Complex<f64>> {
    x.iter().map(|v| Complex::new(*v, 0.0)).collect()
}
