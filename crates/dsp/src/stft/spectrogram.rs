//! The spectrogram of a whole signal.

use num_complex::Complex;

use super::fast::fast_power_frames;
use super::params::{SpectrogramParams, SpectrogramScaling};
use super::{FrameFft, Framing, PowerFrames};
use crate::fft::Real;
use crate::nan::{Filled, NanPolicy, fill_gaps, first_non_finite};
use crate::{Error, Result};

/// A spectrogram: `[n_frames, n_bins]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectrogramOutput<T> {
    /// Number of frames.
    pub n_frames: usize,
    /// Number of bins, `n_fft/2 + 1`.
    pub n_bins: usize,
    /// Values in the unit of [`SpectrogramScaling`]; frame `i` is `data[i·n_bins..(i+1)·n_bins]`.
    pub data: Vec<T>,
    /// Middle of each frame in seconds from the first sample of the signal.
    pub times: Vec<f64>,
    /// Frequency of each bin in Hz.
    pub frequencies: Vec<f64>,
    /// What [`NanPolicy::Interpolate`] did.
    pub filled: Filled,
}

/// A complex short-time spectrum: `[n_frames, n_bins]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct ComplexSpectrogram<T> {
    /// Number of frames.
    pub n_frames: usize,
    /// Number of bins, `n_fft/2 + 1`.
    pub n_bins: usize,
    /// `Σ w[n] x[start + n] e^(−2πikn/n_fft)`: unscaled, phase relative to the start of the frame.
    pub data: Vec<Complex<T>>,
}

/// A reusable plan for spectrograms of real signals, one precision (`f32` or `f64`) throughout.
///
/// ```
/// use rlx_dsp::stft::{Spectrogram, SpectrogramParams};
///
/// let tone: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.2 * std::f32::consts::PI).sin()).collect();
/// let out = Spectrogram::new(SpectrogramParams::scipy(1000.0, 200))?.process(&tone)?;
/// assert_eq!((out.n_frames, out.n_bins), (5, 101));
/// assert_eq!(out.frequencies[20], 100.0);
/// assert!(out.data[20] > 1e4 * out.data[40]);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
pub struct Spectrogram<T: Real> {
    params: SpectrogramParams,
    spectrum: FrameSpectrum<T>,
    padded: Vec<T>,
    repaired: Vec<T>,
}

impl<T: Real> Spectrogram<T> {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`SpectrogramParams::validate`] refuses; a window outside its domain or with a sum of 0.
    pub fn new(params: SpectrogramParams) -> Result<Self> {
        let spectrum = FrameSpectrum::new(&params)?.in_lanes(&params)?;
        Ok(Self { spectrum, params, padded: Vec::new(), repaired: Vec::new() })
    }

    /// The parameters of the plan.
    pub fn params(&self) -> &SpectrogramParams {
        &self.params
    }

    /// Number of frames of a signal of `len` samples; 0 where [`Self::process`] would refuse it as too short.
    pub fn n_frames(&self, len: usize) -> usize {
        self.framing().count(len)
    }

    /// Middle of frame `index` in seconds from the first sample.
    pub fn time(&self, index: usize) -> f64 {
        (self.framing().first_center() + (index * self.params.segments.hop) as f64) / self.params.sample_rate
    }

    /// Frequency of each bin in Hz.
    pub fn frequencies(&self) -> Vec<f64> {
        let step = self.params.sample_rate / self.params.segments.n_fft as f64;
        (0..self.params.n_bins()).map(|bin| bin as f64 * step).collect()
    }

    /// The spectrogram of `x`.
    ///
    /// # Errors
    /// A signal shorter than a frame (or than a reflection needs); a NaN or infinite sample under
    /// [`NanPolicy::Error`].
    pub fn process(&mut self, x: &[T]) -> Result<SpectrogramOutput<T>> {
        let n_frames = self.framing().checked_count(x.len())?;
        let n_bins = self.params.n_bins();
        let mut data = vec![T::zero(); n_frames * n_bins];
        let filled = self.process_into(x, &mut data)?;
        let times = (0..n_frames).map(|index| self.time(index)).collect();
        Ok(SpectrogramOutput { n_frames, n_bins, data, times, frequencies: self.frequencies(), filled })
    }

    /// The spectrogram of `x` into `out`, which holds exactly `n_frames(x.len()) · n_bins` values.
    ///
    /// # Errors
    /// As [`Self::process`]; `out` of another length.
    pub fn process_into(&mut self, x: &[T], out: &mut [T]) -> Result<Filled> {
        self.row_into(x, 0, out)
    }

    fn row_into(&mut self, x: &[T], row: usize, out: &mut [T]) -> Result<Filled> {
        let framing = self.framing();
        let n_frames = framing.checked_count(x.len())?;
        let expected = n_frames * self.params.n_bins();
        if out.len() != expected {
            return Err(Error::Length { name: "out", expected, got: out.len() });
        }
        let (x, filled) = repair(x, row, self.params.nan, &mut self.repaired)?;
        let n_bins = self.params.n_bins();
        for part in framing.parts(x.len(), n_frames) {
            let out = &mut out[part.start * n_bins..part.end * n_bins];
            self.spectrum.frames(framing.samples(x, part, &mut self.padded), framing.hop, out);
        }
        Ok(filled)
    }

    /// Spectrograms of every row of `x`, a flat `[rows, row_len]` array: `[rows, n_frames, n_bins]`, flat.
    ///
    /// # Errors
    /// As [`Self::process`]; `row_len` 0 or no divisor of the length of `x`.
    pub fn process_rows(&mut self, x: &[T], row_len: usize) -> Result<Vec<T>> {
        if row_len == 0 || !x.len().is_multiple_of(row_len) {
            let reason = format!("rows of {row_len} values in {} values", x.len());
            return Err(Error::argument("row_len", reason));
        }
        let size = self.framing().checked_count(row_len)? * self.params.n_bins();
        let mut out = vec![T::zero(); x.len() / row_len * size];
        for (row, (x, out)) in x.chunks_exact(row_len).zip(out.chunks_exact_mut(size)).enumerate() {
            self.row_into(x, row, out)?;
        }
        Ok(out)
    }

    /// The unscaled complex spectra of `x`; the scaling of the parameters is not applied.
    ///
    /// # Errors
    /// As [`Self::process`].
    pub fn process_complex(&mut self, x: &[T]) -> Result<ComplexSpectrogram<T>> {
        let framing = self.framing();
        let n_frames = framing.checked_count(x.len())?;
        let (x, _) = repair(x, 0, self.params.nan, &mut self.repaired)?;
        let signal = framing.padded(x, n_frames, &mut self.padded);
        let mut data = Vec::with_capacity(n_frames * self.params.n_bins());
        for frame in 0..n_frames {
            let start = frame * framing.hop;
            data.extend_from_slice(self.spectrum.fft.transform(&signal[start..start + framing.frame_len]));
        }
        Ok(ComplexSpectrogram { n_frames, n_bins: self.params.n_bins(), data })
    }

    fn framing(&self) -> Framing {
        self.params.framing()
    }
}

/// The signal as the policy wants it, in `copy` if it had to be changed.
fn repair<'a, T: Real>(
    x: &'a [T],
    row: usize,
    policy: NanPolicy,
    copy: &'a mut Vec<T>,
) -> Result<(&'a [T], Filled)> {
    match policy {
        NanPolicy::Error => check_finite(x, row, 0)?,
        NanPolicy::SkipSegment | NanPolicy::Propagate => {}
        NanPolicy::Interpolate { max_gap } => {
            copy.clear();
            copy.extend_from_slice(x);
            let filled = fill_gaps(copy, max_gap);
            return Ok((copy, filled));
        }
    }
    Ok((x, Filled::default()))
}

/// Frames whose powers are scaled while they are in the cache.
const BLOCK: usize = 32;

/// Spectra of frames in the unit that was asked for.
pub(super) struct FrameSpectrum<T: Real> {
    fft: FrameFft<T>,
    /// For several frames at a time.
    fast: Option<Box<dyn PowerFrames<T>>>,
    n_fft: usize,
    /// Factor of DC and the even Nyquist bin, factor of the bins between.
    factors: (T, T),
    magnitude: bool,
    /// Whether missing samples may be met.
    lenient: bool,
}

impl<T: Real> FrameSpectrum<T> {
    pub(super) fn new(params: &SpectrogramParams) -> Result<Self> {
        params.validate()?;
        let (scale, doubled) = params.scale(
            &params.segments.window.coefficients(params.segments.segment_len, params.segments.symmetry)?,
        )?;
        Ok(Self {
            fft: FrameFft::new(params.frame())?,
            fast: None,
            n_fft: params.segments.n_fft,
            factors: (T::narrow(scale), T::narrow(if doubled { 2.0 * scale } else { scale })),
            magnitude: params.scaling == SpectrogramScaling::Magnitude,
            lenient: params.nan != NanPolicy::Error,
        })
    }

    /// With the faster kernel that there may be for whole signals.
    fn in_lanes(mut self, params: &SpectrogramParams) -> Result<Self> {
        self.fast = fast_power_frames(&params.frame())?;
        Ok(self)
    }

    /// As many frames of `signal` as `out` has rows, `[n_frames, n_bins]`; frame `f` starts at sample `f·hop`.
    fn frames(&mut self, signal: &[T], hop: usize, out: &mut [T]) {
        let n_bins = self.n_fft / 2 + 1;
        for (block, out) in out.chunks_mut(BLOCK * n_bins).enumerate() {
            let signal = &signal[block * BLOCK * hop..];
            let frames = 0..out.len() / n_bins;
            match &mut self.fast {
                Some(fast) => fast.power_frames(signal, frames, out),
                None => self.fft.power_frames(signal, frames, out),
            }
            out.chunks_exact_mut(n_bins).for_each(|row| self.scale(row));
        }
    }

    /// One frame into `row`, by itself.
    pub(super) fn frame(&mut self, samples: &[T], row: &mut [T]) {
        self.fft.power_frames(samples, 0..1, row);
        self.scale(row);
    }

    /// `|X|²` of one frame to its unit.
    fn scale(&self, row: &mut [T]) {
        // An infinite sample leaves some bins infinite and others NaN; neither means anything.
        if self.lenient && !row.iter().fold(true, |finite, v| finite & v.is_finite()) {
            return row.fill(T::nan());
        }
        if self.magnitude {
            return row.iter_mut().for_each(|v| *v = v.sqrt());
        }
        let (edge, inner) = self.factors;
        let inner_bins = 1..self.n_fft.div_ceil(2);
        row[0] = row[0] * edge;
        row[inner_bins.clone()].iter_mut().for_each(|v| *v = *v * inner);
        row[inner_bins.end..].iter_mut().for_each(|v| *v = *v * edge);
    }
}

/// Refuses NaN and infinity; `index` is the position of `x[0]` in its row.
pub(crate) fn check_finite<T: Real>(x: &[T], row: usize, index: u64) -> Result<()> {
    match first_non_finite(x) {
        None => Ok(()),
        Some((at, value)) => Err(Error::NonFinite { row, index: index + at as u64, value }),
    }
}
