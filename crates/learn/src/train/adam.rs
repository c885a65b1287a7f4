//! Adam (Kingma, Ba 2015) with a cosine schedule.

use serde::{Deserialize, Serialize};

/// Moments of the gradient; a checkpoint needs these and the parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    step: u32,
    mean: Vec<f64>,
    square: Vec<f64>,
}

const BETA: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-12;

impl Adam {
    /// Makes a state for `len` parameters.
    pub fn new(len: usize) -> Self {
        Self { step: 0, mean: vec![0.0; len], square: vec![0.0; len] }
    }

    /// Returns the steps done, and the mean and mean square of the gradient.
    pub(crate) fn parts(&self) -> (u32, &[f64], &[f64]) {
        (self.step, &self.mean, &self.square)
    }

    /// Inverse of [`parts`](Self::parts).
    pub(crate) fn of_parts(step: u32, mean: Vec<f64>, square: Vec<f64>) -> Self {
        Self { step, mean, square }
    }

    /// Returns the number of parameters.
    pub fn len(&self) -> usize {
        self.mean.len()
    }

    /// Returns whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.mean.is_empty()
    }

    /// Moves `theta` against `grad`; parameter `i` at the rate `rate(i)`.
    pub fn step(&mut self, theta: &mut [f64], grad: &[f64], rate: impl Fn(usize) -> f64) {
        self.step += 1;
        let step = self.step.min(1 << 20) as i32;
        let (c1, c2) = (1.0 - BETA.0.powi(step), 1.0 - BETA.1.powi(step));
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for (i, ((theta, g), (m, v))) in theta.iter_mut().zip(grad).zip(moments).enumerate() {
            *m = BETA.0 * *m + (1.0 - BETA.0) * g;
            *v = BETA.1 * *v + (1.0 - BETA.1) * g * g;
            *theta -= rate(i) * (*m / c1) / ((*v / c2).sqrt() + EPSILON);
        }
    }
}

/// Returns the factor of the cosine schedule: 1 at step 0, 0 at the last step.
pub fn cosine(step: usize, steps: usize) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * step as f64 / steps.max(1) as f64).cos())
}
