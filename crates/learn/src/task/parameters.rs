//! The numbers that a training for a task changes: butterflies, gates, mask, scale and window, one after another.

use std::ops::Range;

use rlx_dsp::window::Symmetry;
use serde::{Deserialize, Serialize};

use super::gates::GateKind;
use super::student::Student;
use crate::error::{Error, Result};
use crate::network::{Butterfly, ButterflyNetwork, Gate};
use crate::random::Random;
use crate::train::Weights;

/// Free parameters of a student's butterflies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FreeButterflies {
    /// Nothing: they stay those of the start, and an FFT runs by the FFT's own kernel.
    None,
    /// One angle `θ` of `[[1, w], [1, −w]]`, `w = exp(iθ)`: one complex product per butterfly, as in the FFT.
    Angle,
    /// Four complex numbers.
    General,
}

impl FreeButterflies {
    /// Returns the numbers per butterfly.
    fn width(self) -> usize {
        match self {
            Self::None => 0,
            Self::Angle => 1,
            Self::General => 8,
        }
    }
}

/// Positions of the parts of the parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) butterflies: usize,
    /// Numbers per butterfly.
    width: usize,
    /// Numbers per gate.
    gate: usize,
    pub(crate) bins: usize,
    /// Weights of the window, if it is learned.
    window: usize,
}

impl Parts {
    pub(crate) fn weights(&self) -> Range<usize> {
        0..self.width * self.butterflies
    }

    pub(crate) fn gates(&self) -> Range<usize> {
        let start = self.weights().end;
        start..start + self.gate * self.butterflies
    }

    pub(crate) fn mask(&self) -> Range<usize> {
        let start = self.gates().end;
        start..start + self.bins
    }

    /// Returns the position of the logarithm of the corrector's scale.
    pub(crate) fn scale(&self) -> usize {
        self.mask().end
    }

    pub(crate) fn window(&self) -> Range<usize> {
        let start = self.scale() + 1;
        start..start + self.window
    }

    pub(crate) fn len(&self) -> usize {
        self.window().end
    }
}

impl Student {
    pub(crate) fn parts(&self) -> Parts {
        Parts {
            butterflies: self.n.trailing_zeros() as usize * self.n / 2,
            width: self.free.width(),
            gate: if self.kind == GateKind::Ternary { 3 } else { 1 },
            bins: self.n / 2 + 1,
            window: if self.learns_window { self.n } else { 0 },
        }
    }

    /// Checks that the teacher's butterflies, at which the student starts, have the form that stays.
    pub(crate) fn check_start(&self) -> Result<()> {
        let form = |w: &Weights| {
            let near = |x: f64, y: f64| (x - y).abs() < 1e-5;
            let ones = near(w[0], 1.0) && near(w[1], 0.0) && near(w[4], 1.0) && near(w[5], 0.0);
            ones && near(w[2], -w[6]) && near(w[3], -w[7]) && near(w[2].hypot(w[3]), 1.0)
        };
        if self.free == FreeButterflies::Angle && !weights_of(self.teacher().network()).iter().all(form) {
            return Err(Error::argument("butterflies", "angle: the teacher's are not all [[1, w], [1, -w]]"));
        }
        Ok(())
    }

    /// Returns start parameters: the teacher's weights or random ones, gates nearly open, mask nearly one, the window of the
    /// segments.
    pub(crate) fn start(&self, random: Option<&mut Random>) -> Vec<f64> {
        let parts = self.parts();
        let exact = weights_of(self.teacher().network());
        let mut theta: Vec<f64> = match (self.free, random) {
            (FreeButterflies::None, _) => Vec::new(),
            (FreeButterflies::Angle, None) => exact.iter().map(|w| w[3].atan2(w[2])).collect(),
            (FreeButterflies::Angle, Some(random)) => {
                (0..parts.butterflies).map(|_| std::f64::consts::TAU * random.unit()).collect()
            }
            (FreeButterflies::General, None) => exact.concat(),
            // Twice the mean square of a norm-preserving start: the transform's stages grow by √2.
            (FreeButterflies::General, Some(random)) => {
                (0..8 * parts.butterflies).map(|_| random.normal() / 2f64.sqrt()).collect()
            }
        };
        match self.kind {
            GateKind::Soft => theta.extend(vec![3.0; parts.butterflies]),
            GateKind::Ternary => theta.extend([3.0, 0.0, 0.0].repeat(parts.butterflies)),
        }
        theta.extend(vec![5.0; parts.bins]);
        theta.push(0.0);
        theta.extend(&self.window[..parts.window().len()]);
        theta
    }

    /// Returns the butterflies before gates are applied.
    pub(crate) fn raw(&self, theta: &[f64]) -> Vec<Weights> {
        let numbers = &theta[self.parts().weights()];
        match self.free {
            FreeButterflies::None => self.fixed.clone(),
            FreeButterflies::Angle => numbers
                .iter()
                .map(|angle| {
                    let (s, c) = angle.sin_cos();
                    [1.0, 0.0, c, s, 1.0, 0.0, -c, -s]
                })
                .collect(),
            FreeButterflies::General => numbers.as_chunks::<8>().0.to_vec(),
        }
    }

    /// Writes the gradient over the numbers of butterfly `i` from that over its weights.
    pub(crate) fn raw_gradient(&self, theta: &[f64], i: usize, g: &Weights, grad: &mut [f64]) {
        match self.free {
            FreeButterflies::None => {}
            FreeButterflies::Angle => {
                let (s, c) = theta[i].sin_cos();
                grad[i] = -s * (g[2] - g[6]) + c * (g[3] - g[7]);
            }
            FreeButterflies::General => grad[8 * i..8 * i + 8].copy_from_slice(g),
        }
    }

    /// Returns the window of the student.
    pub(crate) fn window<'a>(&'a self, theta: &'a [f64]) -> &'a [f64] {
        if self.learns_window { &theta[self.parts().window()] } else { &self.window }
    }

    /// Returns the learned window for a model; `None` if it is that of the segments.
    pub(crate) fn own_window(&self, theta: &[f64]) -> Result<Option<Vec<f32>>> {
        let given = self.params.welch.window.coefficients(self.n, Symmetry::Periodic)?;
        let narrow = |w: &[f64]| w.iter().map(|w| *w as f32).collect::<Vec<_>>();
        let (mine, given) = (narrow(self.window(theta)), narrow(&given));
        Ok((mine != given).then_some(mine))
    }
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
