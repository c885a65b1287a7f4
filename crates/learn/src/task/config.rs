//! Settings of a training for a task.

use serde::{Deserialize, Serialize};

use super::gates::GateKind;
use super::loss::LossWeights;
use super::parameters::FreeButterflies;
use crate::error::{Error, Result};
use crate::model::FastLearnedFftModel;
use crate::train::Init;

/// Share of the steps after which gates are decided, 0 … 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HardenAt(pub f64);

/// Settings of a training for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct E2eConfig {
    /// Points of the transform.
    pub n_fft: usize,
    /// Rows per step.
    pub batch: usize,
    /// Mel bands of the mel loss.
    pub n_mels: usize,
    /// Steps.
    pub steps: usize,
    /// Rate of the weights.
    pub rate: f64,
    /// Rate of gates, mask and corrector.
    pub gate_rate: f64,
    /// Weights of the losses. With a sparsity of 0 and no target all gates stay open.
    pub weights: LossWeights,
    /// Peaks of each row.
    pub peak_k: usize,
    /// First and last bin that peaks are searched in; all by default.
    pub band: Option<(usize, usize)>,
    /// Free parameters of the butterflies.
    pub butterflies: FreeButterflies,
    /// Whether the window is learned. A window of its own costs a model nothing.
    pub learn_window: bool,
    /// Soft or ternary.
    pub gates: GateKind,
    /// Share of the butterflies to keep; `None`: those whose gate is more open than closed.
    pub target_gates: Option<f64>,
    /// When gates are decided.
    pub harden_at: HardenAt,
    /// Start of the weights: the teacher's ([`Init::Exact`]) or random.
    pub init: Init,
    /// Seed of data and start.
    pub seed: u64,
    /// Steps between two validations.
    pub validate_every: usize,
    /// Number of validations without improvement after which training ends, once gates are decided.
    pub patience: usize,
}

impl E2eConfig {
    /// Returns the program's defaults.
    pub fn new(n_fft: usize) -> Self {
        Self {
            n_fft,
            batch: 64,
            n_mels: 40,
            steps: 1500,
            rate: 3e-3,
            gate_rate: 0.03,
            weights: LossWeights { sparsity: 0.0, mel: 0.1, welch: 0.1, peak: 2.0, spectrum: 0.1 },
            peak_k: 16,
            band: None,
            butterflies: FreeButterflies::General,
            learn_window: false,
            gates: GateKind::Soft,
            target_gates: None,
            harden_at: HardenAt(0.6),
            init: Init::Exact,
            seed: 0,
            validate_every: 100,
            patience: 10,
        }
    }

    /// Returns whether butterflies may be closed, skipped or reversed.
    pub(crate) fn prunes(&self) -> bool {
        self.weights.sparsity > 0.0 || self.target_gates.is_some() || self.gates == GateKind::Ternary
    }

    pub(crate) fn check(&self, teacher: Option<&FastLearnedFftModel>) -> Result<()> {
        crate::matrix::check_size("n_fft", self.n_fft, 4096)?;
        let bins = self.n_fft / 2 + 1;
        if let Some(teacher) = teacher
            && (teacher.n_fft() != self.n_fft
                || teacher.network().depth() != 1
                || teacher.network().is_real())
        {
            let reason = format!("must be one complex product for n_fft {}", self.n_fft);
            return Err(Error::argument("teacher", reason));
        }
        for (name, value) in [("batch", self.batch), ("steps", self.steps), ("peak_k", self.peak_k)] {
            if value == 0 {
                return Err(Error::argument(name, "must be at least 1"));
            }
        }
        if self.peak_k > bins {
            return Err(Error::argument("peak_k", format!("{} is more than the {bins} bins", self.peak_k)));
        }
        if let Some((lo, hi)) = self.band
            && (lo > hi || hi >= bins)
        {
            return Err(Error::argument(
                "band",
                format!("bins {lo} to {hi} are not within 0 to {}", bins - 1),
            ));
        }
        for (name, rate) in [("lr", self.rate), ("gate_lr", self.gate_rate)] {
            if !(rate >= 0.0 && rate.is_finite()) {
                return Err(Error::argument(name, format!("must be at least 0, got {rate}")));
            }
        }
        if self.butterflies == FreeButterflies::None && self.init == Init::Random {
            return Err(Error::argument(
                "init",
                "random: butterflies that are not learned start as the transform",
            ));
        }
        let share = |x: f64| (0.0..=1.0).contains(&x);
        if !share(self.harden_at.0) {
            return Err(Error::argument("harden_at", format!("{} is not within 0 … 1", self.harden_at.0)));
        }
        match self.target_gates {
            Some(target) if !share(target) => {
                Err(Error::argument("target_gates", format!("{target} is not within 0 … 1")))
            }
            _ => Ok(()),
        }
    }
}
