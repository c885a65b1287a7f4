//! Real matrices as the real part of one product of complex butterflies, from their real entries alone.
//!
//! ```text
//! T = Re C, C a product of butterflies: a block of C that has rank one is a block of T of rank two
//! between two stages every point carries two real numbers, and a weight is a real 2×2 block
//! blocks are fixed up to a change of basis at every point; they are complex numbers where W·J = J·W with J² = −1
//! ```
//! So the factors are found in two steps: bases of rank two at every point (`basis`), then the one complex structure
//! `J` that commutes with all blocks, a linear problem of three unknowns (`structure`). No imaginary part is given.

mod basis;
mod structure;

use crate::matrix::Matrix;
use crate::train::{Structured, Weights};

/// Returns the weights of all stages, stage by stage, whose product has `matrix` as its real part, if such weights
/// exist. `matrix`: its columns in the network's order; imaginary parts are not read. `tolerance`: a second singular
/// value below this share of the first one counts as zero.
fn weights(matrix: &Matrix, tolerance: f64) -> Vec<Weights> {
    structure::complex_weights(&basis::links(matrix, tolerance))
}

/// Shares below which a second dimension counts as rounding or noise, tried in this order.
const TOLERANCES: [f64; 4] = [1e-10, 1e-6, 1e-3, 0.2];
/// Relative error at which no other tolerance is tried.
const FOUND: f64 = 1e-12;

/// Returns the best weights of a real matrix in closed form, and the relative error of their product's real part.
/// `matrix`: its columns in the network's order; imaginary parts are not read.
pub(crate) fn closed_form(matrix: &Matrix) -> (Vec<Weights>, f64) {
    let mut product = Structured::new(matrix.rows);
    let mut best = (Vec::new(), f64::INFINITY);
    for tolerance in TOLERANCES {
        let found = weights(matrix, tolerance);
        let error = product.loss(&found, matrix, true, None).sqrt();
        // Bases that almost coincide lead to NaN weights.
        if error < best.1 {
            best = (found, error);
        }
        if best.1 <= FOUND {
            break;
        }
    }
    if best.0.is_empty() {
        best = (vec![Weights::default(); matrix.rows / 2 * matrix.rows.trailing_zeros() as usize], 1.0);
    }
    best
}

/// One butterfly: four real 2×2 blocks, row by row, from `x0` to `y0`, `x1` to `y0`, `x0` to `y1`, `x1` to `y1`.
type Blocks = [f64; 16];
/// A real 2×2 block, row by row.
type Two = [f64; 4];

fn times(a: Two, b: Two) -> Two {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    ]
}

fn determinant(a: Two) -> f64 {
    a[0] * a[3] - a[1] * a[2]
}

fn inverse(a: Two) -> Two {
    let det = determinant(a);
    [a[3] / det, -a[1] / det, -a[2] / det, a[0] / det]
}

fn norm(a: &[f64]) -> f64 {
    a.iter().map(|x| x * x).sum::<f64>().sqrt()
}
