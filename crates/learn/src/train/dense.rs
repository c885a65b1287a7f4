//! Butterflies over a batch of any vectors: each row of planes holds one point of all vectors, so lanes are
//! independent.
//!
//! ```text
//! for every stage s, butterfly (i, i + 2^s):   y_i = a·x_i + b·x_{i+2^s},   y_{i+2^s} = c·x_i + d·x_{i+2^s}
//! ```
//! Layout `[point, vector]` in two planes. The input of every stage is kept for the backward pass. Bound by memory if
//! `16·n·batch` bytes exceed the second-level cache.

use super::rows::{back, mix, vectorized};
use super::weights::Weights;

/// Activations of one product, kept between calls.
#[derive(Debug, Clone)]
pub(crate) struct Dense {
    n: usize,
    batch: usize,
    /// Input of each stage, then the output.
    levels: Vec<[Vec<f64>; 2]>,
    grad: [Vec<f64>; 2],
    next: [Vec<f64>; 2],
}

impl Dense {
    /// Makes buffers for `n = 2^m` points of `batch` vectors.
    pub(crate) fn new(n: usize, batch: usize) -> Self {
        let plane = || [vec![0.0; n * batch], vec![0.0; n * batch]];
        let levels = (0..=n.trailing_zeros()).map(|_| plane()).collect();
        Self { n, batch, levels, grad: plane(), next: plane() }
    }

    /// Returns the buffer of the input, which is to be in the network's order.
    pub(crate) fn input(&mut self) -> &mut [Vec<f64>; 2] {
        &mut self.levels[0]
    }

    /// Returns the output.
    pub(crate) fn output(&self) -> &[Vec<f64>; 2] {
        &self.levels[self.levels.len() - 1]
    }

    /// Returns the buffer of the output's gradient; after [`backward`](Self::backward) it holds the gradient of the
    /// input.
    pub(crate) fn grad(&mut self) -> &mut [Vec<f64>; 2] {
        &mut self.grad
    }

    /// Computes all stages.
    pub(crate) fn forward(&mut self, weights: &[Weights]) {
        let batch = self.batch;
        for (s, weights) in weights.chunks_exact(self.n / 2).enumerate() {
            let (below, above) = self.levels.split_at_mut(s + 1);
            let ([xr, xi], [yr, yi]) = (&below[s], &mut above[0]);
            let half = batch << s;
            vectorized(
                #[inline(always)]
                || {
                    for (block, w) in weights.chunks_exact(1 << s).enumerate() {
                        for (r, w) in w.iter().enumerate() {
                            let i = block * 2 * half + r * batch;
                            let x0 = (&xr[i..][..batch], &xi[i..][..batch]);
                            let x1 = (&xr[i + half..][..batch], &xi[i + half..][..batch]);
                            let y = (&mut yr[i..][..batch], &mut yi[i..][..batch]);
                            mix(y, x0, x1, [w[0], w[1]], [w[2], w[3]]);
                            let y = (&mut yr[i + half..][..batch], &mut yi[i + half..][..batch]);
                            mix(y, x0, x1, [w[4], w[5]], [w[6], w[7]]);
                        }
                    }
                },
            );
        }
    }

    /// Replaces the gradient of the output in [`grad`](Self::grad) by that of the input and writes the weights'
    /// gradients to `out`.
    pub(crate) fn backward(&mut self, weights: &[Weights], out: &mut [Weights]) {
        let (batch, stages) = (self.batch, self.levels.len() - 1);
        let per_stage = self.n / 2;
        for s in (0..stages).rev() {
            let half = batch << s;
            let ([xr, xi], [gr, gi], [nr, ni]) = (&self.levels[s], &self.grad, &mut self.next);
            let (w, out) = (&weights[s * per_stage..][..per_stage], &mut out[s * per_stage..][..per_stage]);
            vectorized(
                #[inline(always)]
                || {
                    for (k, (w, out)) in w.iter().zip(out).enumerate() {
                        let i = (k >> s) * 2 * half + (k & ((1 << s) - 1)) * batch;
                        let row = |at: usize| (&gr[at..][..batch], &gi[at..][..batch]);
                        for side in 0..2 {
                            let at = i + side * half;
                            let x = (&xr[at..][..batch], &xi[at..][..batch]);
                            let (a, c) = ([w[2 * side], w[2 * side + 1]], [w[4 + 2 * side], w[5 + 2 * side]]);
                            let gx = (&mut nr[at..][..batch], &mut ni[at..][..batch]);
                            let (ga, gc) = back(row(i), row(i + half), x, a, c, Some(gx));
                            [out[2 * side], out[2 * side + 1]] = ga;
                            [out[4 + 2 * side], out[5 + 2 * side]] = gc;
                        }
                    }
                },
            );
            std::mem::swap(&mut self.grad, &mut self.next);
        }
    }
}
