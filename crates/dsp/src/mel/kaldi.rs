//! Kaldi's further options around a filterbank: energy, dither, cepstral coefficients, mean subtraction.

use std::f64::consts::{SQRT_2, TAU};

use super::{LogMel, LogMelParams, LogMelScratch, MelLayout, Mfcc, MfccParams, Preemphasis, Preset};
use crate::detrend::Detrend;
use crate::error::Result;
use crate::fft::Real;
use crate::params::builders;

/// The logarithm of each frame's energy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameEnergy {
    /// Whether the energy is that of the samples before preemphasis and window.
    pub raw: bool,
    /// Smallest energy; 0 for none.
    pub floor: f64,
}

/// Noise that is added to the samples, so that silence has a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dither {
    /// Standard deviation in the samples' unit.
    pub amplitude: f64,
    /// Which noise: the same seed gives the same numbers. A sample's noise depends on the seed and its position.
    pub seed: u64,
}

/// Parameters of Kaldi's features.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KaldiParams {
    /// Frames, filters and logarithm; the layout is frames by columns.
    pub mel: LogMelParams,
    /// A column with the energy, if wanted.
    pub energy: Option<FrameEnergy>,
    /// Noise, if wanted.
    pub dither: Option<Dither>,
    /// Cepstral coefficients instead of mel bands; the energy then takes the place of the first one.
    pub mfcc: Option<MfccParams>,
    /// Whether each column's mean over the frames is subtracted (CMN).
    pub subtract_mean: bool,
    /// Whether the energy (or first coefficient) is the last column instead of the first, as HTK has it.
    pub htk_compat: bool,
}

impl KaldiParams {
    /// `compute-fbank-feats` without dither and energy.
    #[must_use]
    pub fn new() -> Self {
        Self {
            mel: LogMelParams::preset(Preset::Kaldi),
            energy: None,
            dither: None,
            mfcc: None,
            subtract_mean: false,
            htk_compat: false,
        }
    }

    builders! {
        /// Sets frames, filters and logarithm.
        mel: LogMelParams;
        /// Sets the column with the energy.
        energy: impl Into<Option<FrameEnergy>>;
        /// Sets the noise.
        dither: impl Into<Option<Dither>>;
        /// Sets the cepstral coefficients.
        mfcc: impl Into<Option<MfccParams>>;
        /// Sets whether each column's mean is subtracted.
        subtract_mean: bool;
        /// Sets whether the energy is the last column.
        htk_compat: bool;
    }
}

impl Default for KaldiParams {
    fn default() -> Self {
        Self::new()
    }
}

/// A plan for Kaldi's features; immutable.
pub struct KaldiFeatures<T: Real = f32> {
    params: KaldiParams,
    mel: LogMel<T>,
    mfcc: Option<Mfcc>,
    window: Vec<f64>,
}

/// Buffers of one thread.
pub struct KaldiScratch<T: Real> {
    mel: LogMelScratch<T>,
    dithered: Vec<T>,
    padded: Vec<T>,
    frame: Vec<f64>,
}

impl<T: Real> KaldiFeatures<T> {
    /// Plans the features.
    ///
    /// # Errors
    /// As [`LogMel::new`] and [`Mfcc::new`].
    pub fn new(mut params: KaldiParams) -> Result<Self> {
        params.mel.layout = MelLayout::MelsByFrames;
        if let Some(mfcc) = &mut params.mfcc {
            mfcc.n_mels = params.mel.n_mels;
        }
        let mel = LogMel::new(params.mel.clone())?;
        let mfcc = params.mfcc.map(Mfcc::new).transpose()?;
        let window = params.mel.window.coefficients(params.mel.win_length, params.mel.symmetry)?;
        Ok(Self { params, mel, mfcc, window })
    }

    /// The parameters of the plan.
    pub fn params(&self) -> &KaldiParams {
        &self.params
    }

    /// Columns of the features.
    pub fn n_columns(&self) -> usize {
        match &self.mfcc {
            Some(mfcc) => mfcc.params().n_mfcc,
            None => self.params.mel.n_mels + usize::from(self.params.energy.is_some()),
        }
    }

    /// Frames of a signal of `len` samples; 0 where it is too short.
    pub fn n_frames(&self, len: usize) -> usize {
        self.mel.n_frames(len)
    }

    /// Buffers for [`run_with`](Self::run_with).
    pub fn scratch(&self) -> KaldiScratch<T> {
        KaldiScratch { mel: self.mel.scratch(), dithered: Vec::new(), padded: Vec::new(), frame: Vec::new() }
    }

    /// The features of a signal, `[frames, n_columns]`.
    ///
    /// # Errors
    /// As [`LogMel::run`].
    pub fn run(&self, x: &[T]) -> Result<Vec<T>> {
        self.run_with(x, &mut self.scratch())
    }

    /// As [`run`](Self::run), with buffers that are kept between calls.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, x: &[T], scratch: &mut KaldiScratch<T>) -> Result<Vec<T>> {
        let mut dithered = std::mem::take(&mut scratch.dithered);
        let samples = match self.params.dither {
            None => x,
            Some(dither) => {
                dithered.clear();
                let noisy =
                    |(i, x): (usize, &T)| T::narrow(x.widen() + dither.amplitude * normal(dither.seed, i));
                dithered.extend(x.iter().enumerate().map(noisy));
                &dithered
            }
        };
        let done = self.features(samples, scratch);
        scratch.dithered = dithered;
        done
    }

    fn features(&self, x: &[T], scratch: &mut KaldiScratch<T>) -> Result<Vec<T>> {
        let frames = self.params.mel.framing().checked_count(x.len())?;
        let mut mels = vec![T::zero(); frames * self.params.mel.n_mels];
        self.mel.run_into(x, &mut scratch.mel, &mut mels)?;
        let energies = self.params.energy.map(|energy| self.energies(x, frames, energy, scratch));
        let values = match &self.mfcc {
            Some(mfcc) => mfcc.run(&mels)?,
            None => mels,
        };
        let rows = values.len() / frames;
        let columns = self.n_columns();
        let htk = self.params.htk_compat;
        let mut out = vec![T::zero(); frames * columns];
        for (frame, out) in out.chunks_exact_mut(columns).enumerate() {
            let (first, rest) = match (&self.mfcc, &energies) {
                // The energy is a column of its own.
                (None, Some(energies)) => (Some(energies[frame]), 0),
                (None, None) => (None, 0),
                // The first coefficient is the energy, if there is one; HTK's first coefficient is √2 times Kaldi's.
                (Some(_), Some(energies)) => (Some(energies[frame]), 1),
                (Some(_), None) => (Some(values[frame].widen() * if htk { SQRT_2 } else { 1.0 }), 1),
            };
            let rest = (rest..rows).map(|row| values[row * frames + frame]);
            let first = first.map(T::narrow);
            let (head, tail) = if htk { (None, first) } else { (first, None) };
            out.iter_mut().zip(head.into_iter().chain(rest).chain(tail)).for_each(|(out, v)| *out = v);
        }
        if self.params.subtract_mean {
            for column in 0..columns {
                let cells = || (column..frames * columns).step_by(columns);
                let mean = cells().map(|at| out[at].widen()).sum::<f64>() / frames as f64;
                cells().for_each(|at| out[at] = T::narrow(out[at].widen() - mean));
            }
        }
        Ok(out)
    }

    /// The logarithms of the frames' energies.
    fn energies(
        &self,
        x: &[T],
        frames: usize,
        energy: FrameEnergy,
        scratch: &mut KaldiScratch<T>,
    ) -> Vec<f64> {
        let KaldiScratch { padded, frame: held, .. } = scratch;
        let framing = self.params.mel.framing();
        let least = T::EPSILON.max(energy.floor);
        let mut out = Vec::with_capacity(frames);
        for part in framing.parts(x.len(), frames) {
            let count = part.len();
            let samples = framing.samples(x, part, padded);
            for frame in 0..count {
                let samples = &samples[frame * framing.hop..][..self.window.len()];
                held.clear();
                held.extend(samples.iter().map(|v| v.widen()));
                if self.params.mel.remove_dc {
                    Detrend::Constant.apply(held);
                }
                if !energy.raw {
                    if let Preemphasis::Frame(c) = self.params.mel.preemphasis {
                        for i in (1..held.len()).rev() {
                            held[i] -= c * held[i - 1];
                        }
                        held[0] *= 1.0 - c;
                    }
                    held.iter_mut().zip(&self.window).for_each(|(v, w)| *v *= w);
                }
                out.push(held.iter().map(|v| v * v).sum::<f64>().max(least).ln());
            }
        }
        out
    }
}

/// Number `i` of the normally distributed noise of `seed` (Box and Muller's transform of SplitMix64's hash).
fn normal(seed: u64, i: usize) -> f64 {
    let uniform = |i: u64| {
        let mut z = seed.wrapping_add(i.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) as f64 + 0.5) * 2.0_f64.powi(-53)
    };
    let pair = 2 * (i as u64 / 2);
    let (radius, angle) = ((-2.0 * uniform(pair).ln()).sqrt(), TAU * uniform(pair + 1));
    if i.is_multiple_of(2) { radius * angle.cos() } else { radius * angle.sin() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mel::Lifter;

    fn wave() -> Vec<f64> {
        (0..2000).map(|i| 1000.0 * (f64::from(i) * 0.11).sin() + 3.0 * f64::from(i % 17)).collect()
    }

    #[test]
    fn the_energy_is_a_column() {
        let x = wave();
        let plain = KaldiFeatures::new(KaldiParams::new()).unwrap().run(&x).unwrap();
        let energy = FrameEnergy { raw: true, floor: 0.0 };
        for (htk, at) in [(false, 0), (true, 23)] {
            let params = KaldiParams::new().energy(energy).htk_compat(htk);
            let with = KaldiFeatures::new(params).unwrap().run(&x).unwrap();
            for (frame, (row, plain)) in with.chunks_exact(24).zip(plain.chunks_exact(23)).enumerate() {
                let samples = &x[frame * 160..frame * 160 + 400];
                let mean = samples.iter().sum::<f64>() / 400.0;
                let expected = samples.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>().ln();
                assert!((row[at] - expected).abs() < 1e-12 * expected);
                assert_eq!(if htk { &row[..23] } else { &row[1..] }, plain);
            }
        }
    }

    #[test]
    fn means_are_subtracted_and_coefficients_ordered() {
        let x = wave();
        let mfcc = MfccParams::new(23, 13).lifter(Lifter::Kaldi(22.0));
        let plain = KaldiFeatures::new(KaldiParams::new().mfcc(mfcc)).unwrap().run(&x).unwrap();
        let htk =
            KaldiFeatures::new(KaldiParams::new().mfcc(mfcc).htk_compat(true)).unwrap().run(&x).unwrap();
        for (a, b) in plain.chunks_exact(13).zip(htk.chunks_exact(13)) {
            assert_eq!(a[1..], b[..12]);
            assert!((a[0] * SQRT_2 - b[12]).abs() < 1e-12 * b[12].abs());
        }
        let centred = KaldiFeatures::new(KaldiParams::new().mfcc(mfcc).subtract_mean(true)).unwrap();
        let centred = centred.run(&x).unwrap();
        for column in 0..13 {
            assert!(centred[column..].iter().step_by(13).sum::<f64>().abs() < 1e-10);
        }
    }

    #[test]
    fn dither_is_normal_and_repeats() {
        let values: Vec<f64> = (0..20_000).map(|i| normal(7, i)).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let square = values.iter().map(|v| v * v).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.04, "{mean} {square}");
        let silence = vec![0.0_f32; 1000];
        let run = |seed| {
            let params = KaldiParams::new().dither(Dither { amplitude: 1.0, seed });
            KaldiFeatures::<f32>::new(params).unwrap().run(&silence).unwrap()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
        assert!(run(3).iter().all(|v| *v > -10.0));
    }
}
