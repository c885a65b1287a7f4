//! How far a network is from the matrix it stands for.

use num_complex::Complex32;

use crate::error::Result;
use crate::matrix::Matrix;
use crate::network::ButterflyNetwork;
use crate::transform::Target;

/// The matrix that a network multiplies by, computed in `f32` as it runs, `[n, n]`.
///
/// # Errors
/// None for a network that was built.
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

/// `‖network − transform‖_F / ‖transform‖_F`, the network as it runs in `f32`.
///
/// # Errors
/// As [`matrix_of`].
pub fn relative_error_of(network: &ButterflyNetwork, target: &Target) -> Result<f64> {
    let mut matrix = matrix_of(network)?;
    matrix.scale(1.0 / target.scale);
    Ok(matrix.relative_error(&target.matrix))
}
