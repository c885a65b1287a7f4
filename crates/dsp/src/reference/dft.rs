//! The discrete Fourier transform by its sum.

use num_complex::Complex;

/// Returns all `N` bins of `X[k] = Σ x[n] exp(−2πi kn/N)`, in `O(N²)`.
#[must_use]
pub fn dft(x: &[Complex<f64>]) -> Vec<Complex<f64>> {
    let n = x.len();
    // The product kn is reduced modulo N in integers: the angle is never larger than a turn.
    let turn: Vec<Complex<f64>> =
        (0..n).map(|i| Complex::cis(-2.0 * std::f64::consts::PI * i as f64 / n as f64)).collect();
    (0..n).map(|k| x.iter().enumerate().map(|(i, v)| v * turn[k * i % n]).sum()).collect()
}

/// Returns the bins 0 … N/2 of the transform of real samples.
#[must_use]
pub fn dft_real(x: &[f64]) -> Vec<Complex<f64>> {
    let complex: Vec<_> = x.iter().map(|v| Complex::new(*v, 0.0)).collect();
    let mut bins = dft(&complex);
    bins.truncate(x.len() / 2 + 1);
    bins
}
