//! The student of a task: from rows of samples to losses and back.

use rlx_dsp::mel::{MelFilterbank, MelFilterbankParams, MelNorm, MelScale, TriangleDomain};
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_dsp::window::Symmetry;

use super::config::E2eConfig;
use super::gates::{GateKind, logistic};
use super::loss::{LossWeights, Teacher, row_loss, significant};
use super::parameters::{FreeButterflies, weights_of};
use crate::error::Result;
use crate::model::FastLearnedFftModel;
use crate::network::Gate;
use crate::train::{Dense, Weights};

/// Losses of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Losses {
    /// Weighted sum.
    pub total: f64,
    /// Log-mel.
    pub mel: f64,
    /// Log power.
    pub welch: f64,
    /// Peaks.
    pub peak: f64,
    /// Complex spectrum.
    pub spectrum: f64,
    /// Mean of the open gates.
    pub open: f64,
}

/// State that is constant during a training.
pub(crate) struct Student {
    pub(crate) params: WelchPeakParams,
    pub(super) n: usize,
    rows: usize,
    pub(super) kept: Vec<bool>,
    /// The window of the segments.
    pub(super) window: Vec<f64>,
    bank: Option<MelFilterbank<f64>>,
    pub(super) weights: LossWeights,
    pub(super) kind: GateKind,
    pub(super) free: FreeButterflies,
    pub(super) learns_window: bool,
    /// The start's butterflies.
    pub(super) fixed: Vec<Weights>,
    /// The network that the spectrum is compared with; with `distil`, its powers are the target.
    teacher: FastLearnedFftModel,
    distil: bool,
    reference: WelchPeaksScratch,
    pub(super) order: Vec<u32>,
    net: Dense,
    truth: Dense,
    /// Decided gates, which take no gradient any more.
    pub(crate) hard: Option<Vec<Gate>>,
}

impl Student {
    /// Makes the student of a configuration. It starts as `teacher`; with `distil`, that model's powers are its target. `kept`
    /// marks the bins that count.
    pub(crate) fn new(
        config: &E2eConfig,
        teacher: FastLearnedFftModel,
        distil: bool,
        kept: Vec<bool>,
    ) -> Result<Self> {
        let &E2eConfig { n_fft: n, batch: rows, n_mels, weights, .. } = config;
        let params = WelchPeakParams::fast_for_n_fft(n, config.peak_k);
        let whole = kept.iter().all(|&k| k);
        let bank = if whole && n_mels > 0 && weights.mel > 0.0 {
            Some(MelFilterbank::new(&bank_params(n, n_mels))?)
        } else {
            None
        };
        let full = if distil { params.clone() } else { WelchPeakParams::reference_for_n_fft(n, params.k) };
        let reference = WelchPeaksScratch::new(full, PeaksEngine::Streaming, 1)?;
        let window = match teacher.window() {
            Some(window) => window.iter().map(|w| f64::from(*w)).collect(),
            None => params.welch.window.coefficients(n, Symmetry::Periodic)?,
        };
        let order = teacher.network().order(0).unwrap_or_default().to_vec();
        Ok(Self {
            n,
            rows,
            kept,
            window,
            bank,
            weights,
            kind: config.gates,
            free: config.butterflies,
            learns_window: config.learn_window,
            fixed: weights_of(teacher.network()),
            teacher,
            distil,
            reference,
            order,
            net: Dense::new(n, rows),
            truth: Dense::new(n, rows),
            hard: None,
            params,
        })
    }

    /// Returns the samples per row, those of the teacher.
    pub(crate) fn frame_len(&self) -> usize {
        WelchPeakParams::reference_for_n_fft(self.n, 1).welch.frame_len()
    }

    /// Returns the network that the spectrum is compared with.
    pub(crate) fn teacher(&self) -> &FastLearnedFftModel {
        &self.teacher
    }

    pub(crate) fn kept(&self) -> &[bool] {
        &self.kept
    }

    /// Returns the losses of a batch of full rows and writes the gradient to `grad`.
    pub(crate) fn losses(&mut self, theta: &[f64], samples: &[f32], grad: &mut [f64]) -> Result<Losses> {
        let parts = self.parts();
        let (n, rows, bins) = (self.n, self.rows, parts.bins);
        let frame = self.frame_len();
        let (lead, hop) = (self.params.welch.lead, self.params.welch.hop);
        let effective = self.effective(theta);
        let window = self.window(theta).to_vec();
        for (i, &from) in self.order.iter().enumerate() {
            let from = from as usize;
            for r in 0..rows {
                let at = r * frame + lead + from;
                let (x, y) = (f64::from(samples[at]), f64::from(samples[at + hop]));
                for (input, w) in [(self.net.input(), window[from]), (self.truth.input(), self.window[from])]
                {
                    (input[0][i * rows + r], input[1][i * rows + r]) = (w * x, w * y);
                }
            }
        }
        self.net.forward(&effective);
        self.truth.forward(&weights_of(self.teacher.network()));
        let mut theirs = vec![0.0f32; rows * bins];
        if !self.distil {
            self.reference.psd_into(samples, rows, &mut theirs)?;
        }
        grad.fill(0.0);
        let mut losses = Losses::default();
        let scale = theta[parts.scale()].exp();
        let mask: Vec<f64> = theta[parts.mask()].iter().map(|m| logistic(*m)).collect();
        let z = self.net.output().clone();
        let truth = self.truth.output();
        let mut gz = [vec![0.0; n * rows], vec![0.0; n * rows]];
        let share = 1.0 / rows as f64;
        for r in 0..rows {
            let square =
                |z: &[Vec<f64>; 2], k: usize| z[0][k * rows + r].powi(2) + z[1][k * rows + r].powi(2);
            // Both segments share one transform: their powers are half the sum at a bin and at its mirror, doubled
            // for the one-sided power.
            let raw_of = |z: &[Vec<f64>; 2], k: usize| {
                let mirror = (n - k) % n;
                if mirror == k { 0.5 * square(z, k) } else { 0.5 * (square(z, k) + square(z, mirror)) }
            };
            let raw: Vec<f64> = (0..bins).map(|k| raw_of(&z, k)).collect();
            let power: Vec<f64> =
                (0..bins).map(|k| if self.kept[k] { scale * mask[k] * raw[k] } else { 0.0 }).collect();
            let their: Vec<f64> = if self.distil {
                (0..bins).map(|k| raw_of(truth, k)).collect()
            } else {
                theirs[r * bins..][..bins].iter().map(|&p| f64::from(p)).collect()
            };
            let peaks = significant(&their, &self.kept, self.params.k);
            let teacher = Teacher { power: &their, peaks: &peaks };
            let mut g = vec![0.0; bins];
            let [mel, welch, peak] = row_loss(
                &power,
                &teacher,
                &self.kept,
                self.params.k,
                self.bank.as_ref(),
                &self.weights,
                &mut g,
            );
            losses.mel += share * mel;
            losses.welch += share * welch;
            losses.peak += share * peak;
            for k in (0..bins).filter(|&k| self.kept[k]) {
                let g = share * g[k];
                grad[parts.mask().start + k] += g * scale * raw[k] * mask[k] * (1.0 - mask[k]);
                grad[parts.scale()] += g * power[k];
                let d = g * scale * mask[k];
                let mirror = (n - k) % n;
                for at in if mirror == k { vec![k] } else { vec![k, mirror] } {
                    let at = at * rows + r;
                    gz[0][at] += d * z[0][at];
                    gz[1][at] += d * z[1][at];
                }
            }
            let wanted: Vec<usize> = (0..n).filter(|&k| self.kept[k.min(n - k)]).collect();
            let norm: f64 = wanted.iter().map(|&k| square(truth, k)).sum::<f64>().max(1e-30);
            for at in wanted.into_iter().map(|k| k * rows + r) {
                for plane in 0..2 {
                    let d = z[plane][at] - truth[plane][at];
                    losses.spectrum += share * d * d / norm;
                    gz[plane][at] += self.weights.spectrum * share * 2.0 * d / norm;
                }
            }
        }
        let [gr, gi] = self.net.grad();
        gr.copy_from_slice(&gz[0]);
        gi.copy_from_slice(&gz[1]);
        let mut gw = vec![Weights::default(); parts.butterflies];
        self.net.backward(&effective, &mut gw);
        if self.learns_window {
            let start = parts.window().start;
            let [gr, gi] = self.net.grad();
            for (i, &from) in self.order.iter().enumerate() {
                let from = from as usize;
                grad[start + from] = (0..rows)
                    .map(|r| {
                        let at = r * frame + lead + from;
                        gr[i * rows + r] * f64::from(samples[at])
                            + gi[i * rows + r] * f64::from(samples[at + hop])
                    })
                    .sum();
            }
        }
        self.gate_gradients(theta, &gw, grad, &mut losses);
        let w = &self.weights;
        losses.total = w.mel * losses.mel
            + w.welch * losses.welch
            + w.peak * losses.peak
            + w.spectrum * losses.spectrum
            + w.sparsity * losses.open;
        Ok(losses)
    }
}

/// Returns the parameters of the mel loss's filters: Slaney's at 16 kHz, of unit area.
pub fn bank_params(n_fft: usize, n_mels: usize) -> MelFilterbankParams {
    MelFilterbankParams::new(16_000.0, n_fft, n_mels)
        .f_min(0.0)
        .f_max(None)
        .scale(MelScale::Slaney)
        .norm(MelNorm::Slaney)
        .domain(TriangleDomain::Hertz)
}
