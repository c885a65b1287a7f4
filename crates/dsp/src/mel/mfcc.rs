//! Cepstral coefficients of log-mel spectrograms.

use std::f64::consts::PI;

use super::dct::{DctType, matrix};
use crate::error::{Error, Result};
use crate::fft::Real;
use crate::params::{Threads, Workers};
use crate::rows;

/// Weights of the coefficients, which raise the higher ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Lifter {
    /// None.
    #[default]
    None,
    /// `1 + L/2 · sin(π(k+1)/L)` for coefficient `k` (librosa).
    Librosa(f64),
    /// `1 + L/2 · sin(πk/L)` for coefficient `k` (Kaldi, HTK).
    Kaldi(f64),
}

/// Parameters of cepstral coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MfccParams {
    /// Bands of the log-mel spectrogram.
    pub n_mels: usize,
    /// How many coefficients.
    pub n_mfcc: usize,
    /// Type of the cosine transform.
    pub dct: DctType,
    /// Whether the transform is orthogonal.
    pub ortho: bool,
    /// Weights of the coefficients.
    pub lifter: Lifter,
}

impl MfccParams {
    /// `n_mfcc` coefficients by the orthogonal transform of type 2.
    #[must_use]
    pub fn new(n_mels: usize, n_mfcc: usize) -> Self {
        Self { n_mels, n_mfcc, dct: DctType::Two, ortho: true, lifter: Lifter::None }
    }

    /// Sets the type of the cosine transform.
    #[must_use]
    pub fn dct(mut self, dct: DctType) -> Self {
        self.dct = dct;
        self
    }

    /// Sets whether the transform is orthogonal.
    #[must_use]
    pub fn ortho(mut self, ortho: bool) -> Self {
        self.ortho = ortho;
        self
    }

    /// Sets the weights of the coefficients.
    #[must_use]
    pub fn lifter(mut self, lifter: Lifter) -> Self {
        self.lifter = lifter;
        self
    }

    /// Refuses more coefficients than bands, none, and a lifter that is not positive.
    ///
    /// # Errors
    /// [`Error::Argument`] with the parameter's name.
    pub fn validate(&self) -> Result<()> {
        match self.lifter {
            Lifter::Librosa(l) | Lifter::Kaldi(l) if !(l.is_finite() && l > 0.0) => {
                return Err(Error::argument("lifter", format!("must be a positive number, got {l}")));
            }
            _ => {}
        }
        matrix(self.dct, self.n_mels, self.n_mfcc, self.ortho).map(drop)
    }
}

/// A plan for cepstral coefficients; immutable.
#[derive(Debug, Clone)]
pub struct Mfcc {
    params: MfccParams,
    /// `[n_mfcc, n_mels]`.
    matrix: Vec<f64>,
}

impl Mfcc {
    /// Plans the transform.
    ///
    /// # Errors
    /// What [`MfccParams::validate`] refuses.
    pub fn new(params: MfccParams) -> Result<Self> {
        params.validate()?;
        let mut matrix = matrix(params.dct, params.n_mels, params.n_mfcc, params.ortho)?;
        for (k, row) in matrix.chunks_exact_mut(params.n_mels).enumerate() {
            let weight = match params.lifter {
                Lifter::None => 1.0,
                Lifter::Librosa(l) => 1.0 + l / 2.0 * (PI * (k + 1) as f64 / l).sin(),
                Lifter::Kaldi(l) => 1.0 + l / 2.0 * (PI * k as f64 / l).sin(),
            };
            row.iter_mut().for_each(|v| *v *= weight);
        }
        Ok(Self { params, matrix })
    }

    /// The parameters of the plan.
    #[must_use]
    pub fn params(&self) -> &MfccParams {
        &self.params
    }

    /// Coefficients `[n_mfcc, n_frames]` of a log-mel spectrogram `[n_mels, n_frames]`.
    ///
    /// # Errors
    /// [`Error::Length`] for values that are not `n_mels` rows.
    pub fn run<T: Real>(&self, mels: &[T]) -> Result<Vec<T>> {
        let frames = mels.len() / self.params.n_mels;
        let mut out = vec![T::zero(); self.params.n_mfcc * frames];
        self.run_into(mels, &mut out)?;
        Ok(out)
    }

    /// As [`run`](Self::run), into `out`.
    ///
    /// # Errors
    /// As [`run`](Self::run); [`Error::Length`] for an `out` of another length.
    pub fn run_into<T: Real>(&self, mels: &[T], out: &mut [T]) -> Result<()> {
        let MfccParams { n_mels, n_mfcc, .. } = self.params;
        let frames = mels.len() / n_mels;
        if mels.len() != frames * n_mels {
            return Err(Error::Length { name: "mels", expected: frames * n_mels, got: mels.len() });
        }
        if out.len() != n_mfcc * frames {
            return Err(Error::Length { name: "out", expected: n_mfcc * frames, got: out.len() });
        }
        if frames == 0 {
            return Ok(());
        }
        // A block of frames of every band stays in the cache; sums are f64.
        const BLOCK: usize = 64;
        let mut sums = [0.0; BLOCK];
        for first in (0..frames).step_by(BLOCK) {
            let used = BLOCK.min(frames - first);
            for (row, out) in self.matrix.chunks_exact(n_mels).zip(out.chunks_exact_mut(frames)) {
                sums.fill(0.0);
                for (weight, band) in row.iter().zip(mels.chunks_exact(frames)) {
                    for (sum, v) in sums.iter_mut().zip(&band[first..first + used]) {
                        *sum += weight * v.widen();
                    }
                }
                for (out, sum) in out[first..first + used].iter_mut().zip(&sums) {
                    *out = T::narrow(*sum);
                }
            }
        }
        Ok(())
    }

    /// Coefficients of each of a batch of spectrograms of `n_frames` frames.
    ///
    /// # Errors
    /// [`Error::Argument`] for values that are not whole spectrograms, and for threads that do not start.
    pub fn run_batch<T: Real>(
        &self,
        mels: &[T],
        n_frames: usize,
        threads: impl Into<Threads>,
    ) -> Result<Vec<T>> {
        let (size, width) = (self.params.n_mels * n_frames, self.params.n_mfcc * n_frames);
        let mut out = vec![T::zero(); rows::count(mels.len(), size)? * width];
        let workers = Workers::start(threads.into())?;
        rows::for_each(
            &workers,
            (mels, size),
            (&mut out, width),
            || (),
            |(), _, mels, out| self.run_into(mels, out),
        )?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_spectrum_has_the_first_coefficient_alone() {
        let plan = Mfcc::new(MfccParams::new(8, 4)).unwrap();
        let out = plan.run(&[3.0_f32; 8 * 5]).unwrap();
        for (k, row) in out.chunks_exact(5).enumerate() {
            let expected = if k == 0 { 3.0 * 8.0_f32.sqrt() } else { 0.0 };
            assert!(row.iter().all(|v| (v - expected).abs() < 1e-5), "{k}: {row:?}");
        }
    }

    #[test]
    fn lifters_weigh_the_rows_and_batches_are_their_items() {
        let mels: Vec<f64> = (0..2 * 6 * 70).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let plain = Mfcc::new(MfccParams::new(6, 5)).unwrap();
        let kaldi = Mfcc::new(MfccParams::new(6, 5).lifter(Lifter::Kaldi(22.0))).unwrap();
        let librosa = Mfcc::new(MfccParams::new(6, 5).lifter(Lifter::Librosa(22.0))).unwrap();
        let (a, b, c) = (
            plain.run_batch(&mels, 70, 2).unwrap(),
            kaldi.run_batch(&mels, 70, 1).unwrap(),
            librosa.run_batch(&mels, 70, 1).unwrap(),
        );
        for (item, a) in a.chunks_exact(5 * 70).enumerate() {
            assert_eq!(a, plain.run(&mels[item * 420..(item + 1) * 420]).unwrap());
        }
        for (i, a) in a.iter().enumerate() {
            let k = (i / 70 % 5) as f64;
            let weight = |k: f64| 1.0 + 11.0 * (PI * k / 22.0).sin();
            assert!((b[i] - a * weight(k)).abs() < 1e-12 && (c[i] - a * weight(k + 1.0)).abs() < 1e-12);
        }
    }

    #[test]
    fn refusals() {
        assert!(Mfcc::new(MfccParams::new(8, 9)).is_err());
        assert!(Mfcc::new(MfccParams::new(8, 8).lifter(Lifter::Kaldi(0.0))).is_err());
        let plan = Mfcc::new(MfccParams::new(8, 4)).unwrap();
        assert!(plan.run(&[0.0; 9]).is_err());
        assert!(plan.run_into(&[0.0; 8], &mut [0.0; 5]).is_err());
        assert!(plan.run::<f64>(&[]).unwrap().is_empty());
    }
}
