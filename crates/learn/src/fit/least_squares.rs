//! Estimation of a matrix from pairs of inputs and outputs.

use num_complex::Complex64;

use crate::error::{Error, Result};
use crate::matrix::Matrix;

/// Returns the `A` `[m, n]` that minimises `Σ ‖A·x − y‖²` over pairs; `x` is `[pairs, n]`, `y` is `[pairs, m]`.
///
/// Householder QR of `x`: the error grows with its condition number, not with the square of it.
///
/// # Errors
/// Different numbers of inputs and outputs, fewer pairs than `n`, inputs that do not span all directions.
pub fn estimate(x: &Matrix, y: &Matrix) -> Result<Matrix> {
    let (pairs, n, m) = (x.rows, x.cols, y.cols);
    if y.rows != pairs {
        return Err(Error::argument("pairs", format!("{pairs} inputs and {} outputs", y.rows)));
    }
    if pairs < n || n == 0 {
        let reason = format!(
            "{pairs} are fewer than the {n} points of an input, which least squares needs; a training by gradient does with fewer"
        );
        return Err(Error::argument("pairs", reason));
    }
    // Columns of x, then of y, each contiguous.
    let column = |matrix: &Matrix, j: usize| (0..pairs).map(|i| matrix.get(i, j)).collect::<Vec<_>>();
    let mut q: Vec<Vec<Complex64>> = (0..n).map(|j| column(x, j)).collect();
    let mut b: Vec<Vec<Complex64>> = (0..m).map(|j| column(y, j)).collect();
    let mut diagonal = vec![Complex64::default(); n];
    let square = |v: &[Complex64]| v.iter().map(Complex64::norm_sqr).sum::<f64>();
    let scale = q.iter().map(|c| square(c)).fold(0.0, f64::max).sqrt();
    for k in 0..n {
        let norm = square(&q[k][k..]).sqrt();
        if norm <= 1e-12 * scale {
            let reason = format!("the inputs span only {k} of {n} directions");
            return Err(Error::argument("pairs", reason));
        }
        let head = q[k][k];
        let phase = if head.norm() > 0.0 { head / head.norm() } else { Complex64::new(1.0, 0.0) };
        diagonal[k] = -phase * norm;
        q[k][k] += phase * norm;
        let (done, rest) = q.split_at_mut(k + 1);
        let v = &done[k][k..];
        let factor = 2.0 / square(v);
        for other in rest.iter_mut().chain(&mut b) {
            let other = &mut other[k..];
            let dot: Complex64 = v.iter().zip(other.iter()).map(|(v, o)| v.conj() * o).sum();
            other.iter_mut().zip(v).for_each(|(o, v)| *o -= dot * factor * v);
        }
    }
    let mut a = Matrix::zeros(m, n);
    for (row, b) in b.iter_mut().enumerate() {
        for k in (0..n).rev() {
            let sum: Complex64 = (k + 1..n).map(|j| q[j][k] * b[j]).sum();
            b[k] = (b[k] - sum) / diagonal[k];
            a.set(row, k, b[k]);
        }
    }
    Ok(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::transform::Transform;

    #[test]
    fn pairs_give_the_transform_and_too_few_are_refused() {
        let n = 16;
        let truth = Transform::Dct2.target(n, 0).unwrap().matrix;
        let mut random = Random::new(2);
        let x = Matrix::from_fn(40, n, |_, _| Complex64::new(random.normal(), random.normal()));
        let y = Matrix::from_fn(40, n, |p, i| (0..n).map(|j| truth.get(i, j) * x.get(p, j)).sum());
        let error = estimate(&x, &y).unwrap().relative_error(&truth);
        assert!(error < 1e-13, "{error}");
        let few = |m: &Matrix| Matrix::from_fn(n - 1, n, |i, j| m.get(i, j));
        assert!(estimate(&few(&x), &few(&y)).is_err());
        let same = Matrix::from_fn(40, n, |i, _| x.get(i, 0));
        let error = estimate(&same, &y).unwrap_err().to_string();
        assert_eq!(error, "pairs: the inputs span only 1 of 16 directions");
    }
}
