//! Error of a network relative to the matrix that it represents.

use num_complex::{Complex32, Complex64};

use crate::error::Result;
use crate::matrix::Matrix;
use crate::network::ButterflyNetwork;
use crate::transform::Target;

/// Returns the matrix `[n, n]` by which a network multiplies, computed in `f32` as the network runs.
///
/// # Errors
/// None for a network built by this crate.
pub fn matrix_of(network: &ButterflyNetwork) -> Result<Matrix> {
    let n = network.n();
    let mut matrix = Matrix::zeros(n, n);
    let mut frame = vec![Complex32::default(); n];
    for j in 0..n {
        frame.fill(Complex32::default());
        frame[j].re = 1.0;
        network.forward(&mut frame)?;
        for (i, z) in frame.iter().enumerate() {
            (matrix.re[i * n + j], matrix.im[i * n + j]) = (z.re.into(), z.im.into());
        }
    }
    Ok(matrix)
}

/// Returns the relative L2 error of each row of the network's matrix, as it runs in `f32`: one number per output bin. A row of zeros
/// in the transform is compared with 1.
///
/// # Errors
/// Those of [`matrix_of`].
pub fn bin_errors(network: &ButterflyNetwork, target: &Target) -> Result<Vec<f64>> {
    let mut matrix = matrix_of(network)?;
    matrix.scale(1.0 / target.scale);
    Ok(apart(&matrix, &target.matrix, |bin, _| bin))
}

/// Returns the relative L2 error of each output bin over pairs `[pairs, n]`, for the network as it runs in `f32`.
///
/// # Errors
/// Pairs of another length than the network's.
pub fn bin_errors_on(network: &ButterflyNetwork, inputs: &Matrix, outputs: &Matrix) -> Result<Vec<f64>> {
    let mut made = Matrix::zeros(inputs.rows, inputs.cols);
    for row in 0..inputs.rows {
        let mut frame: Vec<Complex32> = (0..inputs.cols)
            .map(|j| inputs.get(row, j))
            .map(|z| Complex32::new(z.re as f32, z.im as f32))
            .collect();
        network.forward(&mut frame)?;
        for (j, z) in frame.iter().enumerate() {
            made.set(row, j, Complex64::new(z.re.into(), z.im.into()));
        }
    }
    Ok(apart(&made, outputs, |_, bin| bin))
}

/// Returns `‖a − b‖ / ‖b‖` of the entries of each bin, which `bin_of` tells from row and column.
fn apart(a: &Matrix, b: &Matrix, bin_of: impl Fn(usize, usize) -> usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); b.cols];
    for i in 0..b.rows {
        for j in 0..b.cols {
            let sum = &mut sums[bin_of(i, j)];
            sum.0 += (a.get(i, j) - b.get(i, j)).norm_sqr();
            sum.1 += b.get(i, j).norm_sqr();
        }
    }
    sums.into_iter().map(|(error, norm)| (error / if norm > 0.0 { norm } else { 1.0 }).sqrt()).collect()
}

/// Returns `‖network − transform‖_F / ‖transform‖_F` for the network as it runs in `f32`.
///
/// # Errors
/// Those of [`matrix_of`].
pub fn relative_error_of(network: &ButterflyNetwork, target: &Target) -> Result<f64> {
    let mut matrix = matrix_of(network)?;
    matrix.scale(1.0 / target.scale);
    Ok(matrix.relative_error(&target.matrix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Butterfly;
    use crate::random::Random;
    use crate::transform::Transform;

    /// One wrong butterfly of the last stage spoils its two bins, and only those.
    #[test]
    fn errors_are_those_of_the_spoilt_bins() {
        let n = 16;
        let target = Transform::Dft.target(n, 0).unwrap();
        let mut network = ButterflyNetwork::exact(n).unwrap();
        network.stage_mut(3).unwrap()[5] = Butterfly::from_array([0.0; 8]);
        let mut random = Random::new(3);
        let x = Matrix::from_fn(40, n, |_, _| Complex64::new(random.normal(), random.normal()));
        let mut y = x.times(&target.matrix);
        y.scale(target.scale);
        for errors in [bin_errors(&network, &target).unwrap(), bin_errors_on(&network, &x, &y).unwrap()] {
            for (bin, error) in errors.iter().enumerate() {
                let want = if [5, 13].contains(&bin) { 1.0 } else { 0.0 };
                assert!((error - want).abs() < 1e-6, "{bin}: {error}");
            }
        }
        assert!(bin_errors_on(&network, &Matrix::zeros(2, 8), &Matrix::zeros(2, 8)).is_err());
    }
}
