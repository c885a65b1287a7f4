//! The nearest matrix of rank one, `x·yᵀ`.

use num_complex::Complex64;

/// Returns `x` and `y` with `B ≈ x·yᵀ` for `B` `[rows, cols]`, by alternating least squares that starts at its
/// largest column; `‖x‖ = ‖y‖`.
///
/// A rank-one `B` takes one iteration; otherwise the error falls by `(σ₂/σ₁)²` per iteration.
pub(super) fn rank_one(b: &[Complex64], rows: usize, cols: usize) -> (Vec<Complex64>, Vec<Complex64>) {
    let zero = Complex64::default();
    let power = |j: usize| (0..rows).map(|i| b[i * cols + j].norm_sqr()).sum::<f64>();
    let largest = (0..cols).max_by(|&p, &q| power(p).total_cmp(&power(q))).unwrap_or(0);
    let mut x: Vec<Complex64> = (0..rows).map(|i| b[i * cols + largest]).collect();
    let mut y = vec![zero; cols];
    let square = |v: &[Complex64]| v.iter().map(Complex64::norm_sqr).sum::<f64>();
    let mut before = 0.0;
    for _ in 0..100 {
        let xx = square(&x);
        if xx == 0.0 {
            return (vec![zero; rows], vec![zero; cols]);
        }
        y.fill(zero);
        for (x, row) in x.iter().zip(b.chunks_exact(cols)) {
            y.iter_mut().zip(row).for_each(|(y, b)| *y += x.conj() * b);
        }
        y.iter_mut().for_each(|y| *y /= xx);
        let yy = square(&y);
        if yy == 0.0 {
            return (vec![zero; rows], vec![zero; cols]);
        }
        for (x, row) in x.iter_mut().zip(b.chunks_exact(cols)) {
            *x = row.iter().zip(&y).map(|(b, y)| b * y.conj()).sum::<Complex64>() / yy;
        }
        // The singular value never falls.
        let sigma = (square(&x) * yy).sqrt();
        if sigma - before <= 1e-15 * sigma {
            break;
        }
        before = sigma;
    }
    let balance = (square(&y) / square(&x)).sqrt().sqrt();
    if balance.is_finite() && balance > 0.0 {
        x.iter_mut().for_each(|x| *x *= balance);
        y.iter_mut().for_each(|y| *y /= balance);
    }
    (x, y)
}
