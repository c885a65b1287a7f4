//! Bases of the signals at each point of the network, and the blocks between them.
//!
//! The point `(block p, row r)` after stage `s` depends on the columns of its block, and it determines rows `r +
//! t·2^s` of the matrix over these columns. These rows span at most two dimensions.

use super::{Blocks, norm};
use crate::matrix::Matrix;

/// Steps of the subspace iteration: one is enough for exact rank two, noise falls by `(σ₃/σ₂)²` per step.
const ROUNDS: usize = 4;

/// A matrix as blocks between bases.
pub(super) struct Links {
    pub(super) n: usize,
    /// Stage by stage, `n/2` butterflies of four real 2×2 blocks. In stage 0 only the first columns are used (one
    /// input), in the last stage only the first rows (one output).
    pub(super) blocks: Vec<Vec<Blocks>>,
    /// Dimensions, 0 to 2, of each point before each stage from the second on.
    pub(super) ranks: Vec<Vec<u8>>,
    pub(super) tolerance: f64,
}

/// Orthonormal rows: the basis of one point.
#[derive(Clone, Default)]
struct Basis {
    rows: [Vec<f64>; 2],
    rank: u8,
}

/// Returns the blocks of `matrix` in bases of rank two.
pub(super) fn links(matrix: &Matrix, tolerance: f64) -> Links {
    let n = matrix.rows;
    let stages = n.trailing_zeros() as usize;
    let mut below: Vec<Basis> = (0..n).map(|_| Basis { rows: [vec![1.0], vec![0.0]], rank: 1 }).collect();
    let mut ranks = Vec::with_capacity(stages);
    let mut blocks = Vec::with_capacity(stages);
    for s in 0..stages {
        let (half, width) = (1usize << s, 2usize << s);
        let last = s + 1 == stages;
        let above: Vec<Basis> = (0..n)
            .map(|point| {
                let (first, r) = (point / width * width, point % width);
                let rows = (r..n).step_by(width).map(|row| &matrix.re[row * n + first..][..width]);
                if last {
                    let row: Vec<f64> = rows.flatten().copied().collect();
                    let zero = vec![0.0; row.len()];
                    return Basis { rows: [row, zero], rank: 1 };
                }
                span(&rows.collect::<Vec<_>>(), tolerance)
            })
            .collect();
        let stage = (0..n / 2)
            .map(|i| {
                let first = i / half * width + i % half;
                let mut block = [0.0; 16];
                for (out, target) in [first, first + half].into_iter().enumerate() {
                    for (side, source) in [first, first + half].into_iter().enumerate() {
                        for a in 0..2 {
                            for b in 0..2 {
                                let part = &above[target].rows[a][side * half..][..half];
                                block[8 * out + 4 * side + 2 * a + b] = dot(part, &below[source].rows[b]);
                            }
                        }
                    }
                }
                block
            })
            .collect();
        blocks.push(stage);
        ranks.push(above.iter().map(|b| b.rank).collect());
        below = above;
    }
    ranks.pop();
    Links { n, blocks, ranks, tolerance }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Returns at most two orthonormal rows that span `rows` best.
fn span(rows: &[&[f64]], tolerance: f64) -> Basis {
    let width = rows.first().map_or(0, |row| row.len());
    let total = rows.iter().map(|row| dot(row, row)).sum::<f64>().sqrt();
    let zero = || vec![0.0; width];
    if total == 0.0 {
        return Basis { rows: [zero(), zero()], rank: 0 };
    }
    // Start from the longest row and the row that is farthest from its direction.
    let longest =
        rows.iter().max_by(|a, b| dot(a, a).total_cmp(&dot(b, b))).map_or_else(zero, |r| r.to_vec());
    let mut first = longest;
    unit(&mut first);
    let rest = |row: &[f64], first: &[f64]| {
        let along = dot(row, first);
        row.iter().zip(first).map(|(x, f)| x - along * f).collect::<Vec<f64>>()
    };
    let mut second = rows
        .iter()
        .map(|row| rest(row, &first))
        .max_by(|a, b| dot(a, a).total_cmp(&dot(b, b)))
        .unwrap_or_else(zero);
    if norm(&second) <= tolerance * total / (rows.len() as f64).sqrt() {
        return Basis { rows: [first, zero()], rank: 1 };
    }
    unit(&mut second);
    for _ in 0..ROUNDS {
        let mut next = [zero(), zero()];
        for row in rows {
            let (p, q) = (dot(row, &first), dot(row, &second));
            next[0].iter_mut().zip(*row).for_each(|(x, r)| *x += p * r);
            next[1].iter_mut().zip(*row).for_each(|(x, r)| *x += q * r);
        }
        let [mut a, b] = next;
        unit(&mut a);
        let mut b = rest(&b, &a);
        unit(&mut b);
        b = rest(&b, &a);
        unit(&mut b);
        (first, second) = (a, b);
    }
    Basis { rows: [first, second], rank: 2 }
}

fn unit(row: &mut [f64]) {
    let length = norm(row);
    if length > 0.0 {
        row.iter_mut().for_each(|x| *x /= length);
    }
}
