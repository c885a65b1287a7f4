//! Accuracy of a call on rows that were not used in training.

use rlx_dsp::fft::Complex;
use rlx_dsp::fft::{ComplexFft, ForwardFft};
use rlx_dsp::mel::MelFilterbank;
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_learn::{Random, Signals, Split, bank_params, significant_recall};

use super::call::{Call, FLOOR, params};
use super::{E2eBenchOptions, Pipeline};
use crate::error::Result;

/// Rows in the pipeline's layout and their expected results.
pub(super) struct Score {
    pipeline: Pipeline,
    samples: Vec<f32>,
    truth: Vec<f64>,
    row: usize,
    rows: usize,
    batch: usize,
}

impl Score {
    /// `chunks` batches of held-out rows. The reference of powers, peaks and mel is the 8-segment Welch estimate of
    /// the same rows, that of a spectrum its DFT in `f64`, that of noise reduction the rows before white noise of
    /// equal power was added.
    pub(super) fn new(
        options: &E2eBenchOptions,
        pipeline: Pipeline,
        signals: &Signals,
        chunks: usize,
    ) -> Result<Self> {
        let (n, rows) = (options.n_fft, chunks * options.batch);
        let full = WelchPeakParams::reference_for_n_fft(n, options.k);
        let long = signals.rows(Split::Test, 7, rows, full.welch.frame_len());
        let welch = params(pipeline, n, options.k).welch;
        let row = welch.frame_len();
        let mut samples = welch.truncate_batch(&long, rows, full.welch.frame_len())?;
        let truth = match pipeline {
            Pipeline::Q8 => spectra(n, &samples)?,
            Pipeline::Denoise => {
                let clean = samples.iter().map(|&x| f64::from(x)).collect();
                add_noise(options.seed, row, &mut samples);
                clean
            }
            _ => {
                let mut psd = vec![0.0f32; rows * full.welch.n_bins()];
                WelchPeaksScratch::new(full, PeaksEngine::Streaming, 1)?.psd_into(&long, rows, &mut psd)?;
                if pipeline == Pipeline::Mel {
                    let bank = MelFilterbank::<f32>::new(&bank_params(n, options.n_mels))?;
                    let mut mel = vec![0.0; rows * options.n_mels];
                    bank.apply(&psd, &mut mel)?;
                    psd = mel.into_iter().map(|v| v.max(FLOOR).ln()).collect();
                }
                psd.into_iter().map(f64::from).collect()
            }
        };
        Ok(Self { pipeline, samples, truth, row, rows, batch: options.batch })
    }

    /// Returns the first batch, which is timed.
    pub(super) fn batch(&self) -> &[f32] {
        &self.samples[..self.batch * self.row]
    }

    /// Returns the pipeline's metric over all rows.
    pub(super) fn accuracy(&self, options: &E2eBenchOptions, call: &mut Call<'_>) -> Result<f64> {
        let mut got = vec![0.0f32; self.rows * call.width];
        let batches = self.samples.chunks_exact(self.batch * self.row);
        for (x, out) in batches.zip(got.chunks_exact_mut(self.batch * call.width)) {
            (call.run)(x, out)?;
        }
        let pairs = || got.iter().map(|&g| f64::from(g)).zip(self.truth.iter().copied());
        let decibels = 10.0 / std::f64::consts::LN_10;
        Ok(match self.pipeline {
            Pipeline::Mel => {
                let sum: f64 = pairs().map(|(g, t)| (decibels * (g - t)).powi(2)).sum();
                (sum / got.len() as f64).sqrt()
            }
            Pipeline::Welch => {
                let floor = f64::from(f32::MIN_POSITIVE);
                let mut errors: Vec<f64> =
                    pairs().map(|(g, t)| (decibels * (g.max(floor) / t.max(floor)).ln()).abs()).collect();
                let middle = errors.len() / 2;
                *errors.select_nth_unstable_by(middle, f64::total_cmp).1
            }
            Pipeline::WelchPeaks | Pipeline::WelchPeaksUltra => {
                let teacher: Vec<f32> = self.truth.iter().map(|&t| t as f32).collect();
                let bins = options.n_fft / 2 + 1;
                let found = significant_recall(&got, &teacher, bins, options.k.min(bins), call.width / 2);
                found.ok_or_else(|| {
                    let reason = "no held-out row has a significant peak: there is nothing to find";
                    crate::Error::argument("rows", reason)
                })?
            }
            Pipeline::Q8 => {
                let (error, power) =
                    pairs().fold((0.0, 0.0), |(e, p), (g, t)| (e + (g - t).powi(2), p + t * t));
                (error / power).sqrt()
            }
            Pipeline::Denoise => self.gain(&got),
        })
    }

    /// Returns the mean gain in signal-to-noise ratio in dB, without half a frame at both ends, which is in one frame
    /// only.
    fn gain(&self, got: &[f32]) -> f64 {
        let edge = self.row / 9;
        let mut sum = 0.0;
        let rows = got.chunks_exact(self.row).zip(self.samples.chunks_exact(self.row));
        for ((got, noisy), clean) in rows.zip(self.truth.chunks_exact(self.row)) {
            let noise = |x: &[f32]| -> f64 {
                let inner = edge..self.row - edge;
                inner.map(|i| (f64::from(x[i]) - clean[i]).powi(2)).sum::<f64>().max(f64::MIN_POSITIVE)
            };
            sum += 10.0 * (noise(noisy) / noise(got)).log10();
        }
        sum / self.rows as f64
    }
}

fn spectra(n: usize, samples: &[f32]) -> Result<Vec<f64>> {
    let mut fft = ComplexFft::<f64>::new(n)?;
    let mut bins = vec![Complex::default(); n];
    let mut truth = Vec::with_capacity(2 * samples.len());
    for frame in samples.chunks_exact(n) {
        let mut frame: Vec<Complex<f64>> = frame.iter().map(|&x| Complex::new(x.into(), 0.0)).collect();
        fft.forward(&mut frame, &mut bins)?;
        truth.extend(bins.iter().flat_map(|z| [z.re, z.im]));
    }
    Ok(truth)
}

/// White noise of each row's own power: a signal-to-noise ratio of 0 dB.
fn add_noise(seed: u64, row: usize, samples: &mut [f32]) {
    let mut random = Random::stream(seed, 0xD0);
    for row in samples.chunks_exact_mut(row) {
        let power: f64 = row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / row.len() as f64;
        row.iter_mut().for_each(|x| *x += (power.sqrt() * random.normal()) as f32);
    }
}
