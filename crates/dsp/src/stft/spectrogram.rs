//! The spectrogram of a whole signal.

use std::fmt;
use std::sync::Arc;

use num_complex::Complex;

use super::fast::fast_power_frames;
use super::params::{SpectrogramParams, SpectrogramScaling};
use super::{FrameFft, FrameParams, Framing, PowerFrames};
use crate::fft::Real;
use crate::nan::{Filled, NanPolicy, fill_gaps, first_non_finite};
use crate::scratch::{Idle, Owner};
use crate::{Error, Result};

/// A spectrogram: `[n_frames, n_bins]`, row-major, with its axes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SpectrogramOutput<T> {
    /// Number of frames.
    pub n_frames: usize,
    /// Number of bins, `n_fft/2 + 1`.
    pub n_bins: usize,
    /// Values in the unit of [`SpectrogramScaling`]; frame `i` is `values[i·n_bins..(i+1)·n_bins]`.
    pub values: Vec<T>,
    /// Middle of each frame in seconds from the first sample of the signal.
    pub times: Vec<f64>,
    /// Frequency of each bin in Hz.
    pub freqs: Vec<f64>,
    /// What [`NanPolicy::Interpolate`] did.
    pub filled: Filled,
}

impl<T> SpectrogramOutput<T> {
    /// The spectra, frame by frame.
    pub fn frames(&self) -> impl Iterator<Item = &[T]> {
        self.values.chunks_exact(self.n_bins)
    }
}

/// A complex short-time spectrum: `[n_frames, n_bins]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct ComplexSpectrogram<T> {
    /// Number of frames.
    pub n_frames: usize,
    /// Number of bins, `n_fft/2 + 1`.
    pub n_bins: usize,
    /// `Σ w[n] x[start + n] e^(−2πikn/n_fft)`: unscaled, phase relative to the start of the frame.
    pub values: Vec<Complex<T>>,
}

/// A plan for spectrograms of real signals, one precision (`f32` or `f64`) throughout. Immutable: threads may share it, and
/// clones share its tables.
///
/// ```
/// use rlx_dsp::stft::{Spectrogram, SpectrogramParams};
///
/// let tone: Vec<f32> = (0..1000).map(|n| (n as f32 * 0.2 * std::f32::consts::PI).sin()).collect();
/// let out = Spectrogram::new(SpectrogramParams::scipy(1000.0, 200))?.run(&tone)?;
/// assert_eq!((out.n_frames, out.n_bins), (5, 101));
/// assert_eq!(out.freqs[20], 100.0);
/// assert!(out.values[20] > 1e4 * out.values[40]);
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
#[derive(Clone)]
pub struct Spectrogram<T: Real> {
    shared: Arc<Shared<T>>,
}

struct Shared<T: Real> {
    params: SpectrogramParams,
    /// Has the tables; its clones are in the scratch.
    prototype: FrameSpectrum<T>,
    owner: Owner,
    idle: Idle<SpectrogramScratch<T>>,
}

/// The mutable part of a [`Spectrogram`] plan.
pub struct SpectrogramScratch<T: Real> {
    owner: Owner,
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
        let prototype = FrameSpectrum::new(&params)?.in_lanes(&params)?;
        let shared = Shared { params, prototype, owner: Owner::default(), idle: Idle::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The parameters of the plan.
    pub fn params(&self) -> &SpectrogramParams {
        &self.shared.params
    }

    /// Number of frames of a signal of `len` samples; 0 where [`Self::run`] would refuse it as too short.
    pub fn n_frames(&self, len: usize) -> usize {
        self.framing().count(len)
    }

    /// Middle of frame `index` in seconds from the first sample.
    pub fn time(&self, index: usize) -> f64 {
        let first = self.framing().first_centre();
        (first + (index * self.params().segments.hop) as f64) / self.params().sample_rate
    }

    /// Frequency of each bin in Hz.
    pub fn frequencies(&self) -> Vec<f64> {
        let step = self.params().sample_rate / self.params().segments.n_fft as f64;
        (0..self.params().n_bins()).map(|bin| bin as f64 * step).collect()
    }

    /// Buffers for [`run_into`](Self::run_into).
    #[must_use]
    pub fn scratch(&self) -> SpectrogramScratch<T> {
        SpectrogramScratch {
            owner: self.shared.owner.clone(),
            spectrum: self.shared.prototype.clone(),
            padded: Vec::new(),
            repaired: Vec::new(),
        }
    }

    /// The spectrogram of `x`.
    ///
    /// # Errors
    /// A signal shorter than a frame (or than a reflection needs); a NaN or infinite sample under
    /// [`NanPolicy::Error`].
    pub fn run(&self, x: &[T]) -> Result<SpectrogramOutput<T>> {
        self.row(x, 0)
    }

    /// The spectrogram of `x` into `out`, which holds exactly `n_frames(x.len()) · n_bins` values.
    ///
    /// # Errors
    /// As [`run`](Self::run); `out` of another length, scratch of another plan.
    pub fn run_into(&self, x: &[T], scratch: &mut SpectrogramScratch<T>, out: &mut [T]) -> Result<Filled> {
        self.shared.owner.check(&scratch.owner)?;
        self.row_into(x, 0, scratch, out)
    }

    /// Spectrograms of `rows` signals of equal length: `x` is `[rows, len]`, row-major.
    ///
    /// # Errors
    /// As [`run`](Self::run), with the row; `x` that does not divide into `rows`.
    pub fn run_batch(&self, x: &[T], rows: usize) -> Result<Vec<SpectrogramOutput<T>>> {
        let len = row_len(x.len(), rows)?;
        (0..rows).map(|row| self.row(&x[row * len..][..len], row)).collect()
    }

    fn row(&self, x: &[T], row: usize) -> Result<SpectrogramOutput<T>> {
        let n_frames = self.framing().checked_count(x.len())?;
        let n_bins = self.params().n_bins();
        let mut values = vec![T::zero(); n_frames * n_bins];
        let filled = self.with_scratch(|scratch| self.row_into(x, row, scratch, &mut values))?;
        let times = (0..n_frames).map(|index| self.time(index)).collect();
        Ok(SpectrogramOutput { n_frames, n_bins, values, times, freqs: self.frequencies(), filled })
    }

    fn row_into(
        &self,
        x: &[T],
        row: usize,
        scratch: &mut SpectrogramScratch<T>,
        out: &mut [T],
    ) -> Result<Filled> {
        let framing = self.framing();
        let n_frames = framing.checked_count(x.len())?;
        let n_bins = self.params().n_bins();
        let expected = n_frames * n_bins;
        if out.len() != expected {
            return Err(Error::Length { name: "out", expected, got: out.len() });
        }
        let SpectrogramScratch { spectrum, padded, repaired, .. } = scratch;
        let (x, filled) = repair(x, row, self.params().nan, repaired)?;
        for part in framing.parts(x.len(), n_frames) {
            let out = &mut out[part.start * n_bins..part.end * n_bins];
            spectrum.frames(framing.samples(x, part, padded), framing.hop, out);
        }
        Ok(filled)
    }

    /// The unscaled complex spectra of `x`; the scaling of the parameters is not applied.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_complex(&self, x: &[T]) -> Result<ComplexSpectrogram<T>> {
        let framing = self.framing();
        let (n_frames, n_bins) = (framing.checked_count(x.len())?, self.params().n_bins());
        self.with_scratch(|SpectrogramScratch { spectrum, padded, repaired, .. }| {
            let (x, _) = repair(x, 0, self.params().nan, repaired)?;
            let signal = framing.padded(x, n_frames, padded);
            let mut values = Vec::with_capacity(n_frames * n_bins);
            for frame in 0..n_frames {
                let start = frame * framing.hop;
                values.extend_from_slice(spectrum.fft.transform(&signal[start..start + framing.frame_len]));
            }
            Ok(ComplexSpectrogram { n_frames, n_bins, values })
        })
    }

    fn with_scratch<R>(&self, work: impl FnOnce(&mut SpectrogramScratch<T>) -> R) -> R {
        self.shared.idle.with(|| self.scratch(), work)
    }

    fn framing(&self) -> Framing {
        self.params().framing()
    }
}

impl<T: Real> fmt::Debug for Spectrogram<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spectrogram").field("params", self.params()).finish_non_exhaustive()
    }
}

impl<T: Real> fmt::Debug for SpectrogramScratch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpectrogramScratch")
    }
}

/// Samples of each of `rows` rows.
pub(crate) fn row_len(samples: usize, rows: usize) -> Result<usize> {
    match rows {
        0 if samples == 0 => Ok(0),
        rows if rows > 0 && samples.is_multiple_of(rows) => Ok(samples / rows),
        _ => Err(Error::argument("rows", format!("{samples} samples do not divide into {rows} rows"))),
    }
}

/// The spectrogram of one signal with SciPy's defaults (`scipy.signal.spectrogram(x, sample_rate, nperseg=n_fft)`):
/// Tukey(0.25) windows that overlap by an eighth, each without its mean, as densities.
///
/// ```
/// let x: Vec<f64> = (0..4000).map(|i| (f64::from(i) * 0.4).sin()).collect();
/// let out = rlx_dsp::stft::spectrogram(&x, 1000.0, 256)?;
/// assert_eq!((out.times.len(), out.freqs.len()), (out.n_frames, 129));
/// # Ok::<(), rlx_dsp::Error>(())
/// ```
///
/// # Errors
/// Those of [`spectrogram_with`].
pub fn spectrogram<T: Real>(x: &[T], sample_rate: f64, n_fft: usize) -> Result<SpectrogramOutput<T>> {
    spectrogram_with(x, &SpectrogramParams::scipy(sample_rate, n_fft))
}

/// The spectrogram of one signal; for more than one keep a [`Spectrogram`].
///
/// # Errors
/// Those of [`Spectrogram::new`] and [`Spectrogram::run`].
pub fn spectrogram_with<T: Real>(x: &[T], params: &SpectrogramParams) -> Result<SpectrogramOutput<T>> {
    Spectrogram::new(params.clone())?.run(x)
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
#[derive(Clone)]
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

    /// `|X|²` as it is.
    pub(super) fn powers(frame: FrameParams) -> Result<Self> {
        let (n_fft, one) = (frame.segments.n_fft, T::one());
        let fft = FrameFft::new(frame)?;
        Ok(Self { fft, fast: None, n_fft, factors: (one, one), magnitude: false, lenient: false })
    }

    /// Bins of a frame.
    pub(super) fn n_bins(&self) -> usize {
        self.n_fft / 2 + 1
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
