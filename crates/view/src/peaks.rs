//! Spectra with ascending frequencies, and the peaks in a band.

use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::peaks::{SpectralPeakParams, spectral_peaks as all_peaks};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use rlx_io::write::results::PeakEntry;

/// Mapping of the bins of a transform to ascending frequencies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// Frequencies, ascending.
    pub(crate) freq: Vec<f64>,
    /// The transform's bin at each position.
    bins: Vec<usize>,
}

impl Axis {
    /// Creates an axis. For two-sided bins the negative frequencies are moved to the front; `center` is added.
    pub(crate) fn new<S: Sample>(params: &PsdParams, center: f64) -> Self {
        let freq = params.frequencies::<S>();
        let mut bins: Vec<usize> = (0..freq.len()).collect();
        bins.sort_by(|a, b| freq[*a].total_cmp(&freq[*b]));
        Self { freq: bins.iter().map(|bin| freq[*bin] + center).collect(), bins }
    }

    /// Returns the positions inside a band, ends included.
    pub(crate) fn inside(&self, band: Option<[f64; 2]>) -> Vec<usize> {
        let within = |freq: f64| band.is_none_or(|[lo, hi]| (lo..=hi).contains(&freq));
        (0..self.freq.len()).filter(|&i| within(self.freq[i])).collect()
    }

    /// Returns the values of a transform in order of frequency.
    pub(crate) fn arrange<T: Real>(&self, values: &[T]) -> Vec<f64> {
        self.bins.iter().map(|bin| shown(values[*bin])).collect()
    }
}

/// Returns the double with the shortest decimal text of this number, as results show it.
fn shown<T: Real>(value: T) -> f64 {
    if T::EPSILON < 1e-12 {
        return value.widen();
    }
    format!("{value}").parse().unwrap_or_else(|_| value.widen())
}

/// Selection of the peaks of a spectrum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeakChoice {
    pub(crate) k: usize,
    pub(crate) prominence_db: f64,
    pub(crate) band: Option<[f64; 2]>,
}

/// Returns the strongest peaks inside a band; prominences and widths are those in the whole spectrum.
pub(crate) fn peaks(
    axis: &Axis,
    power: &[f64],
    params: &PsdParams,
    choice: PeakChoice,
) -> rlx_dsp::Result<Vec<PeakEntry>> {
    let step = params.sample_rate / params.segments.n_fft as f64;
    let conditions = SpectralPeakParams::new(choice.prominence_db)
        .height_db(None)
        .distance(None)
        .hann(params.segments.window == Window::Hann && params.segments.segment_len == params.segments.n_fft);
    let within = |freq: f64| choice.band.is_none_or(|[lo, hi]| (lo..=hi).contains(&freq));
    let found = all_peaks(power, &conditions)?.into_iter().filter(|p| within(axis.freq[p.position]));
    let entry = |(rank, peak): (usize, rlx_dsp::peaks::SpectralPeak)| PeakEntry {
        rank: rank + 1,
        bin: axis.bins[peak.position],
        freq: axis.freq[peak.position] + peak.offset * step,
        power: power[peak.position],
        level_db: peak.level_db,
        prominence_db: Some(peak.prominence_db),
        width: Some(peak.width * step),
    };
    Ok(found.take(choice.k).enumerate().map(entry).collect())
}
