//! A power spectrum with ascending frequencies.

use super::{Shape, shown};
use crate::flags::Band;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::welch::PsdParams;

/// Where the bins of a transform lie on the frequency axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// Frequencies, ascending.
    pub(crate) freq: Vec<f64>,
    /// The transform's bin at each position.
    pub(crate) bins: Vec<usize>,
    /// Whether negative frequencies have bins of their own.
    two_sided: bool,
    center: f64,
}

impl Layout {
    /// Two-sided bins come with the negative frequencies last: they are put first, and `center` is added.
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

    /// Returns how the spectrum goes on beyond its ends.
    pub(crate) fn shape(&self, params: &PsdParams) -> Shape {
        match self.two_sided {
            true => Shape::Circle,
            false => Shape::Half {
                mean: params.segments.detrend == Detrend::None,
                odd: params.segments.n_fft % 2 == 1,
            },
        }
    }

    /// Returns a frequency between the bins as one that there is: beyond the ends the circle goes on at the other
    /// end, and half a circle comes back.
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

    /// Positions inside a band.
    pub(crate) fn inside(&self, band: Option<&Band>) -> Vec<usize> {
        (0..self.freq.len()).filter(|&i| band.is_none_or(|band| band.contains(self.freq[i]))).collect()
    }

    /// Returns a transform's values in the order of the frequencies.
    pub(crate) fn arrange<T: Real>(&self, values: &[T]) -> Vec<f64> {
        self.bins.iter().map(|bin| shown(values[*bin])).collect()
    }
}

/// Powers on a [`Layout`].
#[derive(Debug, Clone)]
pub(crate) struct Spectrum<'a> {
    /// Where the bins lie.
    pub(crate) layout: &'a Layout,
    /// Power at each position.
    pub(crate) power: Vec<f64>,
}
