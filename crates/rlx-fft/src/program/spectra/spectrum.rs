//! A power spectrum with ascending frequencies.

use super::{Shape, shown};
use crate::flags::Band;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::welch::PsdParams;

/// Mapping of the bins of a transform to ascending frequencies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// Frequencies, ascending.
    pub(crate) freq: Vec<f64>,
    /// The transform's bin at each position.
    pub(crate) bins: Vec<usize>,
    /// Whether negative frequencies have separate bins.
    two_sided: bool,
    center: f64,
}

impl Layout {
    /// Creates a layout. For two-sided bins the negative frequencies are moved to the front; `center` is added.
    pub(crate) fn new<S: Sample>(params: &PsdParams, center: f64) -> Self {
        let freq = params.frequencies::<S>();
        let mut bins: Vec<usize> = (0..freq.len()).collect();
        bins.sort_by(|a, b| freq[*a].total_cmp(&freq[*b]));
        Self {
            freq: bins.iter().map(|bin| freq[*bin] + center).collect(),
            bins,
            two_sided: !params.one_sided::<S>(),
            center,
        }
    }

    /// Returns the continuation of the spectrum beyond its ends.
    pub(crate) fn shape(&self, params: &PsdParams) -> Shape {
        match self.two_sided {
            true => Shape::Circle,
            false => Shape::Half {
                mean: params.segments.detrend == Detrend::None,
                odd: params.segments.n_fft % 2 == 1,
            },
        }
    }

    /// Returns a frequency inside the range: beyond the ends it continues at the other end of a circle, and is
    /// mirrored for half a circle.
    pub(crate) fn wrapped(&self, freq: f64, params: &PsdParams) -> f64 {
        let (rate, half) = (params.sample_rate, params.sample_rate / 2.0);
        match freq - self.center {
            f if self.two_sided && f < -half => freq + rate,
            f if self.two_sided && f >= half => freq - rate,
            f if !self.two_sided && f > half => self.center + rate - f,
            f if !self.two_sided && f < 0.0 => self.center - f,
            _ => freq,
        }
    }

    /// Returns the positions inside a band.
    pub(crate) fn inside(&self, band: Option<&Band>) -> Vec<usize> {
        (0..self.freq.len()).filter(|&i| band.is_none_or(|band| band.contains(self.freq[i]))).collect()
    }

    /// Returns the frequencies at positions.
    pub(crate) fn freq_at(&self, positions: &[usize]) -> Vec<f64> {
        positions.iter().map(|&i| self.freq[i]).collect()
    }

    /// Returns the values of a transform at positions.
    pub(crate) fn pick<T: Real>(&self, values: &[T], positions: &[usize]) -> Vec<f64> {
        positions.iter().map(|&i| shown(values[self.bins[i]])).collect()
    }

    /// Returns the values of a transform in order of frequency.
    pub(crate) fn arrange<T: Real>(&self, values: &[T]) -> Vec<f64> {
        self.bins.iter().map(|bin| shown(values[*bin])).collect()
    }
}

/// Powers on a [`Layout`].
#[derive(Debug, Clone)]
pub(crate) struct Spectrum<'a> {
    /// The layout of the bins.
    pub(crate) layout: &'a Layout,
    /// Power at each position.
    pub(crate) power: Vec<f64>,
}
