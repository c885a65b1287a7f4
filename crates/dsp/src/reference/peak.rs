//! Raw power of one row of a batch.

use super::dft;
use crate::welch::peaks::WelchParams;
use crate::window::Symmetry;
use num_complex::Complex;

/// One-sided raw power of a row, mean over its segments: `n_fft/2 + 1` values.
///
/// # Panics
/// If `row` is shorter than the rows of the parameters, or their window is invalid.
pub fn raw_power(row: &[f32], params: &WelchParams) -> Vec<f64> {
    let n = params.n_fft;
    let window = params.window.coefficients(n, Symmetry::Periodic).expect("a valid window");
    let mut power = vec![0.0; n / 2 + 1];
    for at in params.starts() {
        let z: Vec<_> = (0..n).map(|t| Complex::new(f64::from(row[at + t]) * window[t], 0.0)).collect();
        let spectrum = dft::dft(&z);
        for (bin, power) in power.iter_mut().enumerate() {
            let sides = if bin == 0 || 2 * bin == n { 1.0 } else { 2.0 };
            *power += sides * spectrum[bin].norm_sqr() / params.n_segments as f64;
        }
    }
    power
}
