//! Hierarchical factorisation in balanced order (Zheng, Riccietti, Gribonval 2023).
//!
//! ```text
//! split m stages in the middle: A = X·Y, Y the first l stages (blocks of 2^l), X the rest
//!     A[i, j] = X[i, k]·Y[k, j] for the one k with the low l bits of i and the high bits of j
//!     for every k: rows with its low bits × columns with its high bits is a block of rank one = X[·, k]·Y[k, ·]
//! Y is 2^(m−l) matrices of l stages, X is 2^l matrices of m−l stages: the same again, down to 2 × 2
//! ```
//! `O(n²)` work; blocks of `√n × √n` average noise better than removing one stage at a time.

use num_complex::Complex64;

use super::rank_one::rank_one;
use crate::matrix::Matrix;
use crate::train::Weights;

/// Returns the weights of every stage of a matrix `[2^m, 2^m]` whose columns are in the network's order.
pub(super) fn factor(matrix: &Matrix) -> Vec<Vec<Weights>> {
    let n = matrix.rows;
    let entries: Vec<Complex64> =
        matrix.re.iter().zip(&matrix.im).map(|(re, im)| Complex64::new(*re, *im)).collect();
    split(&entries, n.trailing_zeros() as usize)
}

fn split(a: &[Complex64], m: usize) -> Vec<Vec<Weights>> {
    if m == 1 {
        let mut w = Weights::default();
        for (i, z) in a.iter().enumerate() {
            (w[2 * i], w[2 * i + 1]) = (z.re, z.im);
        }
        return vec![vec![w]];
    }
    let n = 1 << m;
    let low = m / 2;
    let (small, large) = (1usize << low, 1usize << (m - low));
    let mut x = vec![Complex64::default(); n * large];
    let mut y = vec![Complex64::default(); n * small];
    let mut block = vec![Complex64::default(); n];
    for k in 0..n {
        let (k_low, k_high) = (k & (small - 1), k >> low);
        for (t, row) in block.chunks_exact_mut(small).enumerate() {
            row.copy_from_slice(&a[(k_low + t * small) * n + k_high * small..][..small]);
        }
        let (column, row) = rank_one(&block, large, small);
        // X grouped by its low bits: matrices of rows t and columns k_high.
        for (t, value) in column.into_iter().enumerate() {
            x[(k_low * large + t) * large + k_high] = value;
        }
        y[(k_high * small + k_low) * small..][..small].copy_from_slice(&row);
    }
    let mut stages = vec![vec![Weights::default(); n / 2]; m];
    for (block, y) in y.chunks_exact(small * small).enumerate() {
        for (s, weights) in split(y, low).into_iter().enumerate() {
            stages[s][block * small / 2..][..small / 2].copy_from_slice(&weights);
        }
    }
    for (k_low, x) in x.chunks_exact(large * large).enumerate() {
        for (s, weights) in split(x, m - low).into_iter().enumerate() {
            let half = 1 << s;
            for (i, w) in weights.into_iter().enumerate() {
                let (block, r) = (i / half, i % half);
                stages[low + s][((block * half) + r) * small + k_low] = w;
            }
        }
    }
    stages
}

/// Returns the product of the stages, its columns in the network's order.
pub(super) fn product(stages: &[Vec<Weights>]) -> Matrix {
    let n = stages.first().map_or(1, |s| 2 * s.len());
    let mut below = Matrix { rows: n, cols: n, re: vec![1.0; n], im: vec![0.0; n] };
    for (s, weights) in stages.iter().enumerate() {
        let mut above = Matrix { rows: n, cols: n, re: vec![0.0; n << (s + 1)], im: vec![0.0; n << (s + 1)] };
        crate::train::forward_stage(1 << s, weights, (&below.re, &below.im), (&mut above.re, &mut above.im));
        below = above;
    }
    below
}
