//! Gates of a student: while they are soft, each mixes what its butterfly can be; decided, they are those of the model.

use serde::{Deserialize, Serialize};

use super::student::{Losses, Student};
use crate::network::Gate;
use crate::train::Weights;

/// States that a gate chooses between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateKind {
    /// Open or closed, by one number.
    Soft,
    /// Forward, skip or reverse, by three numbers.
    Ternary,
}

impl Student {
    /// Returns each butterfly with its gate applied.
    pub(crate) fn effective(&self, theta: &[f64]) -> Vec<Weights> {
        let parts = self.parts();
        let gates = &theta[parts.gates()];
        let raw = self.raw(theta);
        raw.iter()
            .enumerate()
            .map(|(i, w)| {
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

    /// Converts the gradient of the gated butterflies to those of weights and gates, and adds the sparsity loss.
    pub(crate) fn gate_gradients(
        &self,
        theta: &[f64],
        gw: &[Weights],
        grad: &mut [f64],
        losses: &mut Losses,
    ) {
        let parts = self.parts();
        let (gates, start) = (&theta[parts.gates()], parts.gates().start);
        let raw = self.raw(theta);
        let pull = self.weights.sparsity / parts.butterflies as f64;
        for (i, g) in gw.iter().enumerate() {
            let w = &raw[i];
            let [forward, skip, reverse] = self.shares(gates, i);
            let (a, back) = (adjoint(w), adjoint(g));
            let through: Weights = std::array::from_fn(|j| forward * g[j] + reverse * back[j]);
            self.raw_gradient(theta, i, &through, grad);
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
}

const IDENTITY: Weights = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];

fn adjoint(w: &Weights) -> Weights {
    [w[0], -w[1], w[4], -w[5], w[2], -w[3], w[6], -w[7]]
}

pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
