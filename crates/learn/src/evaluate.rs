//! Error of a network relative to the matrix that it represents.

use num_complex::Complex32;

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

/// Returns `‖network − transform‖_F / ‖transform‖_F` for the network as it runs in `f32`.
///
/// # Errors
/// Those of [`matrix_of`].
pub fn relative_error_of(network: &ButterflyNetwork, target: &Target) -> Result<f64> {
    let mut matrix = matrix_of(network)?;
    matrix.scale(1.0 / target.scale);
    Ok(matrix.relative_error(&target.matrix))
}
