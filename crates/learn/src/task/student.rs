//! The student of a task: weights, gates and mask, from rows of samples to losses and back.

use rlx_dsp::mel::{MelFilterbank, MelFilterbankParams, MelNorm, MelScale, TriangleDomain};
use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use rlx_dsp::window::Symmetry;

use super::loss::{LossWeights, Teacher, row_loss, significant};
use crate::error::Result;
use crate::model::{AffineCorrector, FastLearnedFftModel};
use crate::network::{Butterfly, ButterflyNetwork, Gate};
use crate::random::Random;
use crate::record::TrainingRecord;
use crate::train::{Dense, Weights};

/// States that a gate chooses between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateKind {
    /// Open or closed, by one number.
    Soft,
    /// Forward, skip or reverse, by three numbers.
    Ternary,
}

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
    n: usize,
    rows: usize,
    kept: Vec<bool>,
    window: Vec<f64>,
    bank: Option<MelFilterbank<f64>>,
    weights: LossWeights,
    kind: GateKind,
    /// The network that the spectrum is compared with; with `distil`, its powers are the target.
    teacher: FastLearnedFftModel,
    distil: bool,
    reference: WelchPeaksScratch,
    order: Vec<u32>,
    net: Dense,
    truth: Dense,
    /// Decided gates, which take no gradient any more.
    pub(crate) hard: Option<Vec<Gate>>,
}

/// Positions of the parts of the parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) butterflies: usize,
    /// Numbers per gate.
    pub(crate) gate: usize,
    pub(crate) bins: usize,
}

impl Parts {
    pub(crate) fn gates(&self) -> std::ops::Range<usize> {
        8 * self.butterflies..(8 + self.gate) * self.butterflies
    }

    pub(crate) fn mask(&self) -> std::ops::Range<usize> {
        let start = self.gates().end;
        start..start + self.bins
    }

    /// Returns the count of all numbers: weights, gates, mask and the logarithm of the corrector's scale.
    pub(crate) fn len(&self) -> usize {
        self.mask().end + 1
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Student {
    #[expect(clippy::too_many_arguments, reason = "what stays the same over a training, named one by one")]
    pub(crate) fn new(
        teacher: FastLearnedFftModel,
        distil: bool,
        params: WelchPeakParams,
        rows: usize,
        n_mels: usize,
        kept: Vec<bool>,
        weights: LossWeights,
        kind: GateKind,
    ) -> Result<Self> {
        let n = params.welch.n_fft;
        let whole = kept.iter().all(|&k| k);
        let bank = if whole && n_mels > 0 && weights.mel > 0.0 {
            Some(MelFilterbank::new(&bank_params(n, n_mels))?)
        } else {
            None
        };
        let full = if distil { params.clone() } else { WelchPeakParams::reference_for_n_fft(n, params.k) };
        let reference = WelchPeaksScratch::new(full, PeaksEngine::Streaming, 1)?;
        let window = params.welch.window.coefficients(n, Symmetry::Periodic)?;
        let order = teacher.network().order(0).unwrap_or_default().to_vec();
        Ok(Self {
            n,
            rows,
            kept,
            window,
            bank,
            weights,
            kind,
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

    pub(crate) fn parts(&self) -> Parts {
        let gate = if self.kind == GateKind::Ternary { 3 } else { 1 };
        Parts { butterflies: self.n.trailing_zeros() as usize * self.n / 2, gate, bins: self.n / 2 + 1 }
    }

    /// Returns the network that the spectrum is compared with.
    pub(crate) fn teacher(&self) -> &FastLearnedFftModel {
        &self.teacher
    }

    pub(crate) fn kept(&self) -> &[bool] {
        &self.kept
    }

    /// Returns start parameters: the teacher's weights or random ones, gates nearly open, mask nearly one.
    pub(crate) fn start(&self, random: Option<&mut Random>) -> Vec<f64> {
        let parts = self.parts();
        let mut theta: Vec<f64> = match random {
            // Twice the mean square of a norm-preserving start: the transform's stages grow by √2.
            Some(random) => (0..8 * parts.butterflies).map(|_| random.normal() / 2f64.sqrt()).collect(),
            None => weights_of(self.teacher.network()).concat(),
        };
        match self.kind {
            GateKind::Soft => theta.extend(vec![3.0; parts.butterflies]),
            GateKind::Ternary => theta.extend([3.0, 0.0, 0.0].repeat(parts.butterflies)),
        }
        theta.extend(vec![5.0; parts.bins]);
        theta.push(0.0);
        theta
    }

    /// Returns each butterfly with its gate applied.
    fn effective(&self, theta: &[f64]) -> Vec<Weights> {
        let parts = self.parts();
        let gates = &theta[parts.gates()];
        (0..parts.butterflies)
            .map(|i| {
                let w: &[f64] = &theta[8 * i..8 * i + 8];
                let [forward, skip, reverse] = self.shares(gates, i);
                let a = adjoint(w);
                std::array::from_fn(|j| forward * w[j] + skip * IDENTITY[j] + reverse * a[j])
            })
            .collect()
    }

    /// Returns the shares with which a butterfly is applied forward, skipped and reversed.
    pub(crate) fn shares(&self, gates: &[f64], i: usize) -> [f64; 3] {
        if let Some(hard) = &self.hard {
            return match hard[i] {
                Gate::Open => [1.0, 0.0, 0.0],
                Gate::Skip => [0.0, 1.0, 0.0],
                Gate::Reverse => [0.0, 0.0, 1.0],
                Gate::Closed => [0.0; 3],
            };
        }
        match self.kind {
            GateKind::Soft => [logistic(gates[i]), 0.0, 0.0],
            GateKind::Ternary => {
                let g = &gates[3 * i..3 * i + 3];
                let top = g.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let e: Vec<f64> = g.iter().map(|x| (x - top).exp()).collect();
                let sum: f64 = e.iter().sum();
                [e[0] / sum, e[1] / sum, e[2] / sum]
            }
        }
    }

    /// Returns the losses of a batch of full rows and writes the gradient to `grad`.
    pub(crate) fn losses(&mut self, theta: &[f64], samples: &[f32], grad: &mut [f64]) -> Result<Losses> {
        let parts = self.parts();
        let (n, rows, bins) = (self.n, self.rows, parts.bins);
        let frame = self.frame_len();
        let hop = self.params.welch.hop;
        let effective = self.effective(theta);
        for (i, &from) in self.order.iter().enumerate() {
            let from = from as usize;
            for r in 0..rows {
                let at = r * frame + from;
                let w = self.window[from];
                let (x, y) = (w * f64::from(samples[at]), w * f64::from(samples[at + hop]));
                for input in [self.net.input(), self.truth.input()] {
                    (input[0][i * rows + r], input[1][i * rows + r]) = (x, y);
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
        let scale = theta[parts.len() - 1].exp();
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
                grad[parts.len() - 1] += g * power[k];
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
        self.gate_gradients(theta, &gw, grad, &mut losses);
        let w = &self.weights;
        losses.total = w.mel * losses.mel
            + w.welch * losses.welch
            + w.peak * losses.peak
            + w.spectrum * losses.spectrum
            + w.sparsity * losses.open;
        Ok(losses)
    }

    /// Converts the gradient of the gated butterflies to those of weights and gates, and adds the sparsity loss.
    fn gate_gradients(&self, theta: &[f64], gw: &[Weights], grad: &mut [f64], losses: &mut Losses) {
        let parts = self.parts();
        let (gates, start) = (&theta[parts.gates()], parts.gates().start);
        let pull = self.weights.sparsity / parts.butterflies as f64;
        for (i, g) in gw.iter().enumerate() {
            let w: &[f64] = &theta[8 * i..8 * i + 8];
            let [forward, skip, reverse] = self.shares(gates, i);
            let (a, back) = (adjoint(w), adjoint(g));
            for j in 0..8 {
                grad[8 * i + j] = forward * g[j] + reverse * back[j];
            }
            losses.open += (forward + reverse) / parts.butterflies as f64;
            if self.hard.is_some() {
                continue;
            }
            let dot = |v: &[f64]| v.iter().zip(g).map(|(v, g)| v * g).sum::<f64>();
            match self.kind {
                GateKind::Soft => {
                    grad[start + i] = (dot(w) + pull) * forward * (1.0 - forward);
                }
                GateKind::Ternary => {
                    let slopes = [dot(w) + pull, dot(&IDENTITY), dot(&a) + pull];
                    let shares = [forward, skip, reverse];
                    let mean: f64 = slopes.iter().zip(shares).map(|(s, p)| s * p).sum();
                    for j in 0..3 {
                        grad[start + 3 * i + j] = shares[j] * (slopes[j] - mean);
                    }
                }
            }
        }
    }

    /// Returns the gates as they would be decided now; with `target`, that share of the butterflies remains.
    pub(crate) fn decide(&self, theta: &[f64], target: Option<f64>) -> Vec<Gate> {
        let parts = self.parts();
        let gates = &theta[parts.gates()];
        let shares: Vec<[f64; 3]> = (0..parts.butterflies).map(|i| self.shares(gates, i)).collect();
        let worth = |s: &[f64; 3]| s[0].max(s[2]);
        let bar = match target {
            Some(target) => {
                let mut all: Vec<f64> = shares.iter().map(worth).collect();
                all.sort_by(|a, b| b.total_cmp(a));
                let keep = (target * all.len() as f64).round() as usize;
                if keep >= all.len() { -1.0 } else { all[keep] }
            }
            // Without a weight on open gates, no butterfly has to be removed.
            None if self.weights.sparsity == 0.0 && self.kind == GateKind::Soft => -1.0,
            None => 0.5,
        };
        let off = if self.kind == GateKind::Ternary { Gate::Skip } else { Gate::Closed };
        let decide = |s: &[f64; 3]| {
            let chosen = match (target, self.kind) {
                (None, GateKind::Ternary) => s[0].max(s[2]) >= s[1],
                _ => worth(s) > bar,
            };
            match chosen {
                false => off,
                true if s[2] > s[0] => Gate::Reverse,
                true => Gate::Open,
            }
        };
        shares.iter().map(decide).collect()
    }

    /// Returns the model; gates that are not decided are folded into the weights.
    pub(crate) fn model(&self, theta: &[f64], record: TrainingRecord) -> Result<FastLearnedFftModel> {
        self.model_with(theta, self.hard.as_deref(), record)
    }

    /// Returns the model with these gates if they are decided.
    pub(crate) fn model_with(
        &self,
        theta: &[f64],
        hard: Option<&[Gate]>,
        record: TrainingRecord,
    ) -> Result<FastLearnedFftModel> {
        let parts = self.parts();
        let plain = Student::raw_weights(theta, parts.butterflies);
        let weights = if hard.is_some() { plain } else { self.effective(theta) };
        let half = self.n / 2;
        let stage = |w: &[Weights]| w.iter().map(|w| Butterfly::from_array(w.map(|x| x as f32))).collect();
        let stages = weights.chunks_exact(half).map(stage).collect();
        let mut network = ButterflyNetwork::new(vec![self.order.clone()], stages, false)?;
        if let Some(hard) = hard {
            for (s, gates) in hard.chunks_exact(half).enumerate() {
                network.gates_mut(s).unwrap_or_default().copy_from_slice(gates);
            }
        }
        let mut model = FastLearnedFftModel::of_network(network, TrainingRecord::default());
        let mask: Vec<f32> = theta[parts.mask()]
            .iter()
            .zip(&self.kept)
            .map(|(m, kept)| if *kept { logistic(*m) as f32 } else { 0.0 })
            .collect();
        model.set_mask(&mask)?;
        let scale = theta[parts.len() - 1].exp() as f32;
        model.set_corrector(AffineCorrector { scale, offset: 0.0 })?;
        model.set_record(record)?;
        Ok(model)
    }

    fn raw_weights(theta: &[f64], butterflies: usize) -> Vec<Weights> {
        theta[..8 * butterflies].chunks_exact(8).map(|w| w.try_into().unwrap_or_default()).collect()
    }
}

const IDENTITY: Weights = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];

fn adjoint(w: &[f64]) -> Weights {
    [w[0], -w[1], w[4], -w[5], w[2], -w[3], w[6], -w[7]]
}

/// Returns the weights of a network with gates applied.
pub(crate) fn weights_of(network: &ButterflyNetwork) -> Vec<Weights> {
    let mut all = Vec::new();
    for s in 0..network.stages() {
        let stage = network.stage(s).unwrap_or_default().iter().zip(network.gates(s).unwrap_or_default());
        all.extend(stage.map(|(w, gate)| {
            let acts = match gate {
                Gate::Open => *w,
                Gate::Reverse => w.adjoint(),
                Gate::Skip => Butterfly::IDENTITY,
                Gate::Closed => Butterfly::from_array([0.0; 8]),
            };
            acts.to_array().map(f64::from)
        }));
    }
    all
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
