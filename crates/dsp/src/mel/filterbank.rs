//! Triangular mel filters as sparse rows.

use std::ops::Range;

use super::MelScale;
use crate::fft::Real;
use crate::params::builders;
use crate::stft::check_rate;
use crate::{Error, Result};

/// Height of the triangles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MelNorm {
    /// Each triangle peaks at 1.
    #[default]
    None,
    /// Each triangle has area 1 over Hz: factor `2 / (f[i+2] − f[i])`.
    Slaney,
}

/// The axis on which the sides of the triangles are straight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum TriangleDomain {
    /// Over Hz (librosa, torchaudio).
    #[default]
    Hertz,
    /// Over mel (Kaldi).
    Mel,
}

/// Parameters of a filterbank.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[non_exhaustive]
pub struct MelFilterbankParams {
    /// Sample rate in Hz.
    pub sample_rate: f64,
    /// Length of the FFT; the filters cover its `n_fft/2 + 1` bins.
    pub n_fft: usize,
    /// Number of filters.
    pub n_mels: usize,
    /// Lower edge of the first filter in Hz.
    pub f_min: f64,
    /// Upper edge of the last filter in Hz; `None` is half the sample rate.
    pub f_max: Option<f64>,
    /// Mel scale: the filters' edges are equally spaced on it.
    pub scale: MelScale,
    /// Height of the triangles.
    pub norm: MelNorm,
    /// The axis on which the sides of the triangles are straight.
    pub domain: TriangleDomain,
}

impl MelFilterbankParams {
    /// Returns parameters with Slaney's scale and norm, from 0 Hz to half the sample rate (`librosa.filters.mel`).
    #[must_use]
    pub fn new(sample_rate: f64, n_fft: usize, n_mels: usize) -> Self {
        Self {
            sample_rate,
            n_fft,
            n_mels,
            f_min: 0.0,
            f_max: None,
            scale: MelScale::Slaney,
            norm: MelNorm::Slaney,
            domain: TriangleDomain::Hertz,
        }
    }

    builders! {
        /// Sets the samples per second.
        sample_rate: f64;
        /// Sets the length of the FFT.
        n_fft: usize;
        /// Sets the number of filters.
        n_mels: usize;
        /// Sets the lower edge of the first filter in Hz.
        f_min: f64;
        /// Sets the upper edge of the last filter in Hz.
        f_max: impl Into<Option<f64>>;
        /// Sets the mel scale.
        scale: MelScale;
        /// Sets the height of the triangles.
        norm: MelNorm;
        /// Sets the axis on which the sides of the triangles are straight.
        domain: TriangleDomain;
    }
}

/// `n_mels` triangular filters over the bins of a power spectrum, each stored from its first to its last weight.
#[derive(Debug, Clone, PartialEq)]
pub struct MelFilterbank<T = f32> {
    n_bins: usize,
    /// First bin of each filter, and its range in `weights`.
    rows: Vec<(usize, Range<usize>)>,
    weights: Vec<T>,
    centres: Vec<f64>,
}

impl<T: Real> MelFilterbank<T> {
    /// Computes the weights and rounds them to `T`.
    ///
    /// Formula (librosa's `filters.mel`): edges `m[0..n_mels+2]` equally spaced in mel; filter `i` is `max(0, min((f
    /// − m[i]) / (m[i+1] − m[i]), (m[i+2] − f) / (m[i+2] − m[i+1])))` over Hz or mel. Kaldi's filters
    /// ([`MelScale::Kaldi`] over mel) compute their edges in f32, as Kaldi does: otherwise a tone near an edge
    /// differs by up to 1e-3 dB.
    ///
    /// # Errors
    /// `n_mels` 0; `n_fft` below 2; a rate that is not positive; `f_min` negative, not below `f_max`, or `f_max`
    /// above half the sample rate.
    pub fn new(params: &MelFilterbankParams) -> Result<Self> {
        params.band()?;
        let n_bins = params.n_fft / 2 + 1;
        let Grid { edges, edge_hz, axis } = Grid::new(params, n_bins);
        let mut bank = Self {
            n_bins,
            rows: Vec::with_capacity(params.n_mels),
            weights: Vec::new(),
            centres: edge_hz[1..=params.n_mels].to_vec(),
        };
        for (filter, hz) in edges.windows(3).zip(edge_hz.windows(3)) {
            let height = match params.norm {
                MelNorm::None => 1.0,
                MelNorm::Slaney => 2.0 / (hz[2] - hz[0]),
            };
            let weight = |at: f64| {
                let rising = (at - filter[0]) / (filter[1] - filter[0]);
                let falling = (filter[2] - at) / (filter[2] - filter[1]);
                height * rising.min(falling)
            };
            // The axis ascends, so the bins inside a triangle are neighbours.
            let first = axis.partition_point(|&at| at <= filter[0]);
            let end = axis.partition_point(|&at| at < filter[2]).max(first);
            let start = bank.weights.len();
            bank.weights.extend(axis[first..end].iter().map(|&at| T::narrow(weight(at))));
            let first = if first == end { 0 } else { first };
            bank.rows.push((first, start..bank.weights.len()));
        }
        Ok(bank)
    }

    /// Returns the number of filters.
    pub fn n_mels(&self) -> usize {
        self.rows.len()
    }

    /// Returns the number of bins that the filters cover.
    pub fn n_bins(&self) -> usize {
        self.n_bins
    }

    /// Returns the first bin and the weights of filter `index`; no weights for an empty filter or past the last one.
    pub fn row(&self, index: usize) -> (usize, &[T]) {
        self.rows.get(index).map_or((0, &[]), |(first, range)| (*first, &self.weights[range.clone()]))
    }

    /// Returns the first bin and the weights of every filter, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (usize, &[T])> {
        self.rows.iter().map(|(first, range)| (*first, &self.weights[range.clone()]))
    }

    /// Returns the centre of each filter in Hz.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// Returns the filters without a bin, whose energies are always 0: more filters were requested than the FFT
    /// resolves.
    pub fn empty_filters(&self) -> Vec<usize> {
        (0..self.n_mels()).filter(|&index| self.row(index).1.is_empty()).collect()
    }

    /// Returns the weights as a dense `[n_mels, n_bins]` matrix.
    pub fn to_dense(&self) -> Vec<T> {
        let mut dense = vec![T::zero(); self.n_mels() * self.n_bins];
        for ((first, weights), row) in self.rows().zip(dense.chunks_exact_mut(self.n_bins)) {
            row[first..first + weights.len()].copy_from_slice(weights);
        }
        dense
    }

    /// Filters spectra: `power` `[frames, n_bins]` to `out` `[frames, n_mels]`, both row-major.
    ///
    /// # Errors
    /// A wrong length of `power` or `out`.
    pub fn apply(&self, power: &[T], out: &mut [T]) -> Result<()> {
        if !power.len().is_multiple_of(self.n_bins) {
            let expected = power.len() / self.n_bins * self.n_bins;
            return Err(Error::Length { name: "power", expected, got: power.len() });
        }
        let expected = power.len() / self.n_bins * self.n_mels();
        if out.len() != expected {
            return Err(Error::Length { name: "out", expected, got: out.len() });
        }
        for (spectrum, mels) in power.chunks_exact(self.n_bins).zip(out.chunks_exact_mut(self.n_mels())) {
            for ((first, weights), mel) in self.rows().zip(mels) {
                let bins = &spectrum[first..first + weights.len()];
                *mel = bins.iter().zip(weights).fold(T::zero(), |sum, (&bin, &weight)| sum + bin * weight);
            }
        }
        Ok(())
    }
}

impl MelFilterbankParams {
    /// Returns whether these are Kaldi's filters, which are defined in f32 arithmetic.
    fn in_f32(&self) -> bool {
        (self.scale, self.domain) == (MelScale::Kaldi, TriangleDomain::Mel)
    }

    /// Returns a frequency in Hz on the axis of the triangles.
    fn place(&self, hz: f64) -> f64 {
        if self.in_f32() { f64::from(MelScale::kaldi_f32(hz as f32)) } else { self.scale.to_mel(hz) }
    }

    /// Returns the band in Hz, after all checks.
    pub(super) fn band(&self) -> Result<(f64, f64)> {
        check_rate(self.sample_rate)?;
        if self.n_mels == 0 {
            return Err(Error::argument("n_mels", "0 filters were asked for"));
        }
        if self.n_fft < 2 {
            return Err(Error::argument("n_fft", format!("must be at least 2, got {}", self.n_fft)));
        }
        let nyquist = self.sample_rate / 2.0;
        let f_max = self.f_max.unwrap_or(nyquist);
        if !(self.f_min >= 0.0 && self.f_min < f_max) {
            let reason = format!("must be 0 or more and below f_max {f_max}, got {}", self.f_min);
            return Err(Error::argument("f_min", reason));
        }
        if f_max > nyquist {
            return Err(Error::argument(
                "f_max",
                format!("{f_max} Hz is above half the sample rate {nyquist}"),
            ));
        }
        Ok((self.f_min, f_max))
    }
}

/// The filters' edges and the bins on the axis over which the triangles are straight.
struct Grid {
    edges: Vec<f64>,
    edge_hz: Vec<f64>,
    axis: Vec<f64>,
}

impl Grid {
    /// `params` are valid.
    fn new(params: &MelFilterbankParams, n_bins: usize) -> Self {
        let MelFilterbankParams { scale, f_min, sample_rate, .. } = *params;
        let f_max = params.f_max.unwrap_or(sample_rate / 2.0);
        let last = params.n_mels + 1;
        let mut edge_mels: Vec<f64> = if params.in_f32() {
            let (low, high) = (MelScale::kaldi_f32(f_min as f32), MelScale::kaldi_f32(f_max as f32));
            let step = (high - low) / last as f32;
            (0..=last).map(|i| f64::from(low + i as f32 * step)).collect()
        } else {
            let (low, high) = (scale.to_mel(f_min), scale.to_mel(f_max));
            let step = (high - low) / last as f64;
            (0..=last).map(|i| low + step * i as f64).collect()
        };
        let mut edge_hz: Vec<f64> = edge_mels.iter().map(|&mel| scale.to_hz(mel)).collect();
        // The ends are known exactly: rounding must not let the Nyquist bin into the last filter.
        (edge_hz[0], edge_hz[last]) = (f_min, f_max);
        edge_mels[last] = params.place(f_max);
        let bin_hz = (0..n_bins).map(|bin| bin as f64 * sample_rate / params.n_fft as f64);
        match params.domain {
            TriangleDomain::Hertz => Self { edges: edge_hz.clone(), axis: bin_hz.collect(), edge_hz },
            TriangleDomain::Mel => {
                Self { edges: edge_mels, axis: bin_hz.map(|hz| params.place(hz)).collect(), edge_hz }
            }
        }
    }
}
