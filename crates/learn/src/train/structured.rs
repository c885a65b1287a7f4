//! One product of butterflies against a whole matrix: value and gradient in `O(n²)`.
//!
//! ```text
//! for every stage s = 0 …, block p, row r < 2^s       (left, right: blocks 2p and 2p+1 of the level below)
//!     row r       = [a·left[r] | b·right[r]]
//!     row r + 2^s = [c·left[r] | d·right[r]]
//! ```
//! After `s` stages the product is block-diagonal with blocks of `2^s × 2^s`, so stage `s` costs `n·2^s`
//! multiplications and all stages `2n²`; a batch of all `n` unit vectors would cost `n² log2 n` with four times the
//! multiplications. Levels are kept for the backward pass, which has the same structure. Bound by memory: 16 bytes
//! per entry, `2n²` entries.

use super::rows::{Row, RowMut, back, scale, vectorized};
use super::weights::Weights;
use crate::matrix::Matrix;

/// The levels of one product, kept between calls.
#[derive(Debug, Clone)]
pub(crate) struct Structured {
    n: usize,
    /// Level `s`: `n/2^s` contiguous blocks of `2^s` rows and columns.
    levels: Vec<Plane>,
    /// The gradients of the current level and of the level below.
    grads: [Plane; 2],
}

#[derive(Debug, Clone, Default)]
struct Plane {
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Plane {
    fn zeros(len: usize) -> Self {
        Self { re: vec![0.0; len], im: vec![0.0; len] }
    }
}

impl Structured {
    /// Makes buffers for `n = 2^m` points.
    pub(crate) fn new(n: usize) -> Self {
        let stages = n.trailing_zeros();
        let levels = (0..=stages).map(|s| Plane::zeros(n << s)).collect();
        Self { n, levels, grads: [Plane::zeros(n * n), Plane::zeros(n * n / 2)] }
    }

    fn stages(&self) -> usize {
        self.levels.len() - 1
    }

    /// Returns the product, `[n, n]` in two planes. `weights`: stage by stage, `n/2` each.
    pub(crate) fn forward(&mut self, weights: &[Weights]) -> (&[f64], &[f64]) {
        self.levels[0].re.fill(1.0);
        self.levels[0].im.fill(0.0);
        for (s, weights) in weights.chunks_exact(self.n / 2).enumerate() {
            let (below, above) = self.levels.split_at_mut(s + 1);
            let (x, y) = (&below[s], &mut above[0]);
            vectorized(
                #[inline(always)]
                || stage_rows(1 << s, weights, (&x.re, &x.im), (&mut y.re, &mut y.im)),
            );
        }
        let top = &self.levels[self.stages()];
        (&top.re, &top.im)
    }

    /// Writes the gradient of the weights, given that of the product, which is overwritten.
    pub(crate) fn backward(&mut self, weights: &[Weights], grad: &mut [Weights]) {
        let half = self.n / 2;
        for s in (0..self.stages()).rev() {
            let (w, g) = (&weights[s * half..][..half], &mut grad[s * half..][..half]);
            let x = &self.levels[s];
            let [top, below] = &mut self.grads;
            vectorized(
                #[inline(always)]
                || backward_stage(1 << s, w, x, top, below, g, s > 0),
            );
            self.grads.swap(0, 1);
        }
        // The gradient of the next product goes to the larger buffer.
        if self.grads[0].re.len() < self.grads[1].re.len() {
            self.grads.swap(0, 1);
        }
    }

    /// Returns the buffer of the product's gradient, which is filled before [`backward`](Self::backward).
    pub(crate) fn output_grad(&mut self) -> (&mut [f64], &mut [f64]) {
        let grad = &mut self.grads[0];
        (&mut grad.re, &mut grad.im)
    }

    /// Returns `‖product − target‖² / ‖target‖²` and computes its gradient; with `real`, only real parts are
    /// compared.
    pub(crate) fn loss(
        &mut self,
        weights: &[Weights],
        target: &Matrix,
        real: bool,
        grad: Option<&mut [Weights]>,
    ) -> f64 {
        self.forward(weights);
        let stages = self.stages();
        let (top, out) = (&self.levels[stages], &mut self.grads[0]);
        let norm = target.norm().powi(2);
        let loss = vectorized(
            #[inline(always)]
            || {
                let loss = difference(&top.re, &target.re, 2.0 / norm, &mut out.re);
                if real {
                    out.im.fill(0.0);
                    return loss;
                }
                loss + difference(&top.im, &target.im, 2.0 / norm, &mut out.im)
            },
        ) / norm;
        if let Some(grad) = grad {
            self.backward(weights, grad);
        }
        loss
    }
}

/// Writes `factor·(x − target)` to `grad` and returns the sum of squares of the difference.
#[inline(always)]
pub(crate) fn difference(x: &[f64], target: &[f64], factor: f64, grad: &mut [f64]) -> f64 {
    let mut sums = [0.0; 8];
    let n = x.len();
    for ((x, t), g) in x.chunks(8).zip(target[..n].chunks(8)).zip(grad[..n].chunks_mut(8)) {
        for (((x, t), g), sum) in x.iter().zip(t).zip(g).zip(&mut sums) {
            let d = x - t;
            *g = factor * d;
            *sum += d * d;
        }
    }
    sums.iter().sum()
}

/// Computes one stage of the product: `x` has blocks of `half × half`, `y` of twice that size.
pub(crate) fn forward_stage(half: usize, weights: &[Weights], x: Row<'_>, y: RowMut<'_>) {
    vectorized(
        #[inline(always)]
        || stage_rows(half, weights, x, y),
    );
}

#[inline(always)]
fn stage_rows(half: usize, weights: &[Weights], x: Row<'_>, y: RowMut<'_>) {
    let (small, large) = (half * half, 4 * half * half);
    for (p, w) in weights.chunks_exact(half).enumerate() {
        let (left, right) = (2 * p * small, (2 * p + 1) * small);
        for (r, w) in w.iter().enumerate() {
            let (row, at) = (p * large + r * 2 * half, r * half);
            let below = row + 2 * small;
            for (to, from, entry) in
                [(row, left, 0), (row + half, right, 2), (below, left, 4), (below + half, right, 6)]
            {
                let x = (&x.0[from + at..][..half], &x.1[from + at..][..half]);
                scale((&mut y.0[to..][..half], &mut y.1[to..][..half]), x, [w[entry], w[entry + 1]]);
            }
        }
    }
}

#[inline(always)]
fn backward_stage(
    half: usize,
    weights: &[Weights],
    x: &Plane,
    top: &Plane,
    below: &mut Plane,
    grad: &mut [Weights],
    wanted: bool,
) {
    let (small, large) = (half * half, 4 * half * half);
    for (p, (w, g)) in weights.chunks_exact(half).zip(grad.chunks_exact_mut(half)).enumerate() {
        for (r, (w, g)) in w.iter().zip(g).enumerate() {
            for side in 0..2 {
                let from = (2 * p + side) * small + r * half;
                let (g0, g1) =
                    (p * large + r * 2 * half + side * half, p * large + (r + half) * 2 * half + side * half);
                let row = |at: usize| (&top.re[at..][..half], &top.im[at..][..half]);
                let x = (&x.re[from..][..half], &x.im[from..][..half]);
                let (a, c) = ([w[2 * side], w[2 * side + 1]], [w[4 + 2 * side], w[5 + 2 * side]]);
                let gx = wanted.then(|| (&mut below.re[from..][..half], &mut below.im[from..][..half]));
                let (ga, gc) = back(row(g0), row(g1), x, a, c, gx);
                [g[2 * side], g[2 * side + 1]] = ga;
                [g[4 + 2 * side], g[5 + 2 * side]] = gc;
            }
        }
    }
}
