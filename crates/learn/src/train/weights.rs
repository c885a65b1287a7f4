//! Conversion of an optimiser's parameters to the weights of butterflies.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// One butterfly: real and imaginary parts of `a`, `b`, `c`, `d`.
pub(crate) type Weights = [f64; 8];

/// Free parameters of a butterfly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parametrisation {
    /// `[[1, w], [1, −w]]/√2` with `w = exp(iθ)`: one angle; on the unit circle by construction.
    Angle,
    /// Four complex numbers.
    General,
    /// `exp(iφ)·[[cos θ·exp(iα), sin θ·exp(iβ)], [−sin θ·exp(−iβ), cos θ·exp(−iα)]]`: four angles.
    Unitary,
}

impl Parametrisation {
    /// Returns the parameters per butterfly.
    pub fn width(self) -> usize {
        match self {
            Self::Angle => 1,
            Self::General => 8,
            Self::Unitary => 4,
        }
    }

    /// Returns random parameters of `butterflies` butterflies, such that each product preserves the mean square of
    /// its input.
    pub(crate) fn random(self, butterflies: usize, random: &mut Random) -> Vec<f64> {
        (0..butterflies * self.width())
            .map(|_| match self {
                // A complex entry of mean square ½: two of them make one output.
                Self::General => 0.5 * random.normal(),
                Self::Angle | Self::Unitary => TAU * random.unit(),
            })
            .collect()
    }

    /// Computes the weights.
    pub(crate) fn weights(self, theta: &[f64], out: &mut [Weights]) {
        for (p, w) in theta.chunks_exact(self.width()).zip(out) {
            *w = match self {
                Self::General => p.try_into().unwrap_or_default(),
                Self::Angle => {
                    let (s, c) = p[0].sin_cos();
                    let (re, im, one) = (FRAC_1_SQRT_2 * c, FRAC_1_SQRT_2 * s, FRAC_1_SQRT_2);
                    [one, 0.0, re, im, one, 0.0, -re, -im]
                }
                Self::Unitary => {
                    let (s, c) = p[1].sin_cos();
                    let at = |angle: f64, r: f64| [r * angle.cos(), r * angle.sin()];
                    let [a, b] = [at(p[0] + p[2], c), at(p[0] + p[3], s)];
                    let [c2, d] = [at(p[0] - p[3], -s), at(p[0] - p[2], c)];
                    [a[0], a[1], b[0], b[1], c2[0], c2[1], d[0], d[1]]
                }
            };
        }
    }

    /// Computes the gradient of the parameters from that of the weights.
    pub(crate) fn backward(self, theta: &[f64], grad: &[Weights], out: &mut [f64]) {
        let width = self.width();
        for ((p, g), out) in theta.chunks_exact(width).zip(grad).zip(out.chunks_exact_mut(width)) {
            match self {
                Self::General => out.copy_from_slice(g),
                Self::Angle => {
                    let (s, c) = p[0].sin_cos();
                    let along = |re: f64, im: f64| FRAC_1_SQRT_2 * (-s * re + c * im);
                    out[0] = along(g[2], g[3]) - along(g[6], g[7]);
                }
                Self::Unitary => {
                    let mut w = [Weights::default()];
                    self.weights(p, &mut w);
                    let w = w[0];
                    // d/dangle of r·exp(i·angle) is i times it.
                    let turn = |at: usize| -w[at + 1] * g[at] + w[at] * g[at + 1];
                    let (s, c) = p[1].sin_cos();
                    let along =
                        |at: usize, angle: f64, r: f64| r * (angle.cos() * g[at] + angle.sin() * g[at + 1]);
                    out[0] = turn(0) + turn(2) + turn(4) + turn(6);
                    out[1] = along(0, p[0] + p[2], -s)
                        + along(2, p[0] + p[3], c)
                        + along(4, p[0] - p[3], -c)
                        + along(6, p[0] - p[2], -s);
                    out[2] = turn(0) - turn(6);
                    out[3] = turn(2) - turn(4);
                }
            }
        }
    }
}
