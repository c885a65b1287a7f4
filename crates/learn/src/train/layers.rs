//! Two products, learned layer by layer: the outermost stages first, with a free matrix between them.
//!
//! ```text
//! both orders bit reversal:   A = L·diag(M₁, M₂)·R     L, R: last stage of the second, first stage of the first product
//! A(r, c) = X_r · diag(m₁(r, c), m₂(r, c)) · Y_c       A(r, c): entries (r | r + n/2, c | c + n/2);  X_r, Y_c: butterflies
//! ```
//! For given `X` and `Y`, the best `m` is a least-squares problem with two unknowns per entry, so the loss depends on
//! the butterflies alone (variable projection; Golub, Pereyra 1973). L-BFGS minimises it from random butterflies,
//! with another start if it ends in a local minimum; `M₁` and `M₂` are the same problem at half the size. The
//! gradient of a layer does not pass through the stages inside it, unlike a gradient through all `2·log2 N` stages.
//! The loss is in `split`.

use std::ops::ControlFlow;

use super::lbfgs::minimise;
use super::split::Split;
use super::weights::Parametrisation;
use crate::matrix::Matrix;
use crate::random::Random;

/// Largest number of starts of one layer's butterflies.
const STARTS: usize = 12;
/// Relative error of one layer at which no other start is tried: far above rounding, far below a local minimum.
const FOUND: f64 = 1e-6;
/// Relative distance below which two starts have found the same minimum.
const SAME: f64 = 1e-3;
/// Steps within which a loss above [`FOUND`] must fall by 1 %.
const STALL: usize = 100;

/// Limits of learning by layers.
pub(crate) struct Budget {
    /// Steps of one start of one block.
    pub(crate) steps: usize,
    /// Relative error of a layer at which to stop.
    pub(crate) target: f64,
}

/// Returns start butterflies of the left and of the right stage, `a, b, c, d` each, for a matrix and the number of
/// the attempt.
pub(crate) type Starts<'a> = dyn FnMut(&Matrix, usize) -> Vec<f64> + 'a;

/// Returns random butterflies.
pub(crate) fn random_start(matrix: &Matrix, random: &mut Random) -> Vec<f64> {
    Parametrisation::General.random(matrix.rows, random)
}

/// Result of learning by layers.
pub(crate) struct Learned {
    /// Weights of both products, stage by stage.
    pub(crate) theta: Vec<f64>,
    /// Number of starts of blocks that were replaced by another.
    pub(crate) restarts: usize,
}

/// Learns both products for `matrix` with its columns in natural order. `tell(share, error)` receives the share of
/// the work done and the relative error of the current layer.
pub(crate) fn learn(
    matrix: &Matrix,
    budget: &Budget,
    starts: &mut Starts<'_>,
    tell: &mut dyn FnMut(f64, f64) -> ControlFlow<()>,
) -> ControlFlow<(), Learned> {
    let n = matrix.rows;
    let levels = n.trailing_zeros() as usize;
    let mut theta = vec![0.0; 2 * levels * (n / 2) * 8];
    let place = |product: usize, stage: usize, i: usize| ((product * levels + stage) * (n / 2) + i) * 8;
    let reversed = |i: usize| i.reverse_bits() >> (usize::BITS as usize - levels);
    let mut cores = vec![matrix.clone()];
    let (mut done, mut restarts) = (0, 0);
    for level in 0..levels {
        let half = n >> (level + 1);
        let mut inner = Vec::with_capacity(2 * cores.len());
        for (b, core) in cores.into_iter().enumerate() {
            let layer = if half == 1 {
                Layer::whole(&core)
            } else {
                let share = done as f64 / n as f64;
                Layer::learn(core, budget, starts, |error| tell(share, error).is_continue())?
            };
            // Every layer has as many points as the layer around it, and its work per point is proportional to its
            // columns.
            done += half >> level;
            for r in 0..half {
                // The pair (r, r + half) of the block, in either product's numbering.
                let left = place(1, levels - 1 - level, b * half + r);
                theta[left..left + 8].copy_from_slice(&layer.left[8 * r..8 * r + 8]);
                let first = reversed(b * 2 * half + r);
                let right = place(0, level, (first >> (level + 1) << level) + (first & ((1 << level) - 1)));
                theta[right..right + 8].copy_from_slice(&layer.right[8 * r..8 * r + 8]);
            }
            restarts += layer.restarts;
            inner.extend(layer.cores);
        }
        cores = inner;
    }
    ControlFlow::Continue(Learned { theta, restarts })
}

/// Outer butterflies of one block and the matrices between them.
struct Layer {
    left: Vec<f64>,
    right: Vec<f64>,
    cores: Vec<Matrix>,
    restarts: usize,
}

impl Layer {
    /// Makes a layer of a 2 × 2 matrix, which is a butterfly.
    fn whole(core: &Matrix) -> Self {
        let left = core.re.iter().zip(&core.im).flat_map(|(re, im)| [*re, *im]).collect();
        Self { left, right: vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0], cores: Vec::new(), restarts: 0 }
    }

    fn learn(
        core: Matrix,
        budget: &Budget,
        starts: &mut Starts<'_>,
        mut tell: impl FnMut(f64) -> bool,
    ) -> ControlFlow<(), Self> {
        let half = core.rows / 2;
        let mut split = Split::new(core);
        let mut best = (f64::INFINITY, Vec::new());
        let mut restarts = 0;
        for start in 0..STARTS {
            restarts = start;
            let mut theta = starts(&split.matrix, start);
            let (mut on, mut mark) = (true, f64::INFINITY);
            let (loss, _) = minimise(
                &mut theta,
                budget.steps,
                budget.target * budget.target,
                |x, g| split.value(x, g),
                |i, loss| {
                    on = tell(loss.sqrt());
                    let stalled = i % STALL == 0 && loss > FOUND * FOUND && loss > 0.99 * mark;
                    if i % STALL == 0 {
                        mark = loss;
                    }
                    on && !stalled
                },
            );
            if !on {
                return ControlFlow::Break(());
            }
            let again = best.0.is_finite() && (loss - best.0).abs() <= SAME * best.0;
            if loss < best.0 || best.1.is_empty() {
                best = (loss, theta);
            }
            if again || best.0 <= FOUND * FOUND {
                break;
            }
        }
        let (left, right) = best.1.split_at(8 * half);
        let (mut left, mut right) = (left.to_vec(), right.to_vec());
        // Columns of X and rows of Y have norm 1, as in a unitary butterfly.
        left.chunks_exact_mut(8).for_each(|w| [[0, 1, 4, 5], [2, 3, 6, 7]].iter().for_each(|at| unit(w, at)));
        right
            .chunks_exact_mut(8)
            .for_each(|w| [[0, 1, 2, 3], [4, 5, 6, 7]].iter().for_each(|at| unit(w, at)));
        split.value(&[left.clone(), right.clone()].concat(), &mut vec![0.0; 16 * half]);
        ControlFlow::Continue(Self { left, right, cores: split.cores.into(), restarts })
    }
}

fn unit(w: &mut [f64], at: &[usize; 4]) {
    let norm = at.iter().map(|&i| w[i] * w[i]).sum::<f64>().sqrt();
    if norm > 0.0 {
        at.iter().for_each(|&i| w[i] /= norm);
    }
}
