//! The transforms that can be learned by name, as matrices.
//!
//! Each has the order of input that its factorisation takes and, if it is real, is the real part of a complex matrix
//! that factorises: DCT-II by one complex transform of the samples in the cosine order (Makhoul 1980), DST-II as the
//! DCT-II of samples with alternating signs and reversed bins, Hartley `cos θ + sin θ = Re (1+i)·exp(−iθ)`.

use std::f64::consts::PI;

use num_complex::Complex64;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::matrix::{Matrix, check_size};
use crate::permutation::Permutation;
use crate::random::Random;
use crate::record::Fingerprint;

/// A transform with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transform {
    /// `exp(−2πijk/n)`.
    Dft,
    /// `exp(+2πijk/n)/n`.
    Idft,
    /// DCT-II, orthonormal.
    Dct2,
    /// DST-II, orthonormal.
    Dst2,
    /// `cos + sin` of `2πjk/n`.
    Hartley,
    /// Walsh–Hadamard in natural order.
    Hadamard,
    /// Circular convolution with a filter of `n` normal coefficients.
    Convolution,
    /// A user's matrix.
    Matrix,
}

/// Target of learning: a matrix and its known properties.
#[derive(Debug, Clone)]
pub struct Target {
    /// The transform.
    pub transform: Transform,
    /// `[n, n]`, scaled to `‖·‖_F = √n`, the norm of a unitary matrix.
    pub matrix: Matrix,
    /// Divisor of the matrix: the transform itself is `scale · matrix`.
    pub scale: f64,
    /// Order of the input that its factorisation takes.
    pub permutation: Permutation,
    /// Whether the network's real part is the transform.
    pub real: bool,
    /// If `real`: the complex matrix that factorises, whose real part is `matrix`.
    pub complex: Option<Matrix>,
    /// Number of products of butterflies that it takes.
    pub depth: usize,
    /// Relative rounding of the entries; 0 if they are exact to `f64`.
    pub rounding: f64,
    /// Seed of the filter, for a convolution.
    pub seed: Option<u64>,
}

impl Transform {
    /// Returns the transform of `n` points. `seed` determines the convolution's filter.
    ///
    /// # Errors
    /// An `n` that is not a power of two from 2 to 8192; [`Matrix`](Self::Matrix), which has no formula.
    pub fn target(self, n: usize, seed: u64) -> Result<Target> {
        check_size("n_fft", n, 8192)?;
        let root = (n as f64).sqrt();
        let complex = self.complex_matrix(n);
        let real = |m: Matrix| Matrix { im: vec![0.0; n * n], ..m };
        let (mut matrix, scale) = match self {
            Self::Dft => (complex?, root),
            Self::Idft => (complex?, 1.0 / root),
            Self::Dct2 | Self::Dst2 => (real(complex?), 1.0),
            Self::Hartley | Self::Hadamard => (real(complex?), root),
            Self::Convolution => {
                let mut random = Random::stream(seed, 0xC0);
                let filter: Vec<f64> = (0..n).map(|_| random.normal()).collect();
                let norm = filter.iter().map(|h| h * h).sum::<f64>().sqrt();
                let circulant =
                    Matrix::from_fn(n, n, |i, j| Complex64::new(filter[(n + i - j) % n] / norm, 0.0));
                (circulant, norm)
            }
            Self::Matrix => {
                return Err(crate::Error::argument("transform", "a matrix has no formula"));
            }
        };
        let norm = matrix.norm();
        matrix.scale(root / norm);
        let complex = if self.is_real() {
            let mut complex = self.complex_matrix(n)?;
            complex.scale(root / norm);
            Some(complex)
        } else {
            None
        };
        let permutation = match self {
            Self::Dct2 | Self::Dst2 => Permutation::Cosine,
            Self::Hadamard => Permutation::Identity,
            _ => Permutation::BitReversal,
        };
        let depth = if self == Self::Convolution { 2 } else { 1 };
        let seed = (self == Self::Convolution).then_some(seed);
        let real = self.is_real();
        Ok(Target { transform: self, matrix, scale, permutation, real, complex, depth, rounding: 0.0, seed })
    }

    /// Returns whether the transform is the real part of a product of butterflies.
    pub fn is_real(self) -> bool {
        matches!(self, Self::Dct2 | Self::Dst2 | Self::Hartley)
    }

    /// Returns the complex matrix that factorises into one product of butterflies, of Frobenius norm about `√n`; its
    /// real part is the transform if [`is_real`](Self::is_real).
    ///
    /// # Errors
    /// Those of [`Transform::target`]; [`Convolution`](Self::Convolution), which takes two products.
    pub fn complex_matrix(self, n: usize) -> Result<Matrix> {
        check_size("n_fft", n, 8192)?;
        let nf = n as f64;
        let unit = 1.0 / nf.sqrt();
        let edge = |k: usize, at: usize| if k == at { unit } else { unit * std::f64::consts::SQRT_2 };
        let f: Box<dyn Fn(usize, usize) -> Complex64> = match self {
            Self::Dft => Box::new(move |k, j| turn(j * k, n) * unit),
            Self::Idft => Box::new(move |k, j| turn(j * k, n).conj() * unit),
            Self::Dct2 => Box::new(move |k, j| cosine(n, k, j) * edge(k, 0)),
            Self::Dst2 => Box::new(move |k, j| {
                let sign = if j.is_multiple_of(2) { 1.0 } else { -1.0 };
                cosine(n, n - 1 - k, j) * sign * edge(k, n - 1)
            }),
            Self::Hartley => Box::new(move |k, j| Complex64::new(1.0, 1.0) * turn(j * k, n) * unit),
            Self::Hadamard => Box::new(move |k, j| {
                let sign = if (j & k).count_ones() % 2 == 0 { unit } else { -unit };
                Complex64::new(sign, 0.0)
            }),
            Self::Convolution | Self::Matrix => {
                return Err(crate::Error::argument("transform", "is no single product of butterflies"));
            }
        };
        Ok(Matrix::from_fn(n, n, f))
    }
}

/// Returns `exp(−2πi·num/den)`.
fn turn(num: usize, den: usize) -> Complex64 {
    // The remainder first: an angle of many turns has fewer exact digits.
    let angle = 2.0 * PI * (num % den) as f64 / den as f64;
    Complex64::new(angle.cos(), -angle.sin())
}

/// Returns `exp(∓iπ(2j+1)k/2n)`, minus for even `j`: in the cosine order, these are the columns of one complex
/// transform.
fn cosine(n: usize, k: usize, j: usize) -> Complex64 {
    let turned = turn((2 * j + 1) * k, 4 * n);
    if j.is_multiple_of(2) { turned } else { turned.conj() }
}

impl Target {
    /// Makes a target of a user's matrix `[n, n]`. For a real matrix, one product is learned by its real part.
    ///
    /// # Errors
    /// A matrix that is not square, whose size is not a power of two from 2 to 8192, or that is zero.
    pub fn of_matrix(mut matrix: Matrix, permutation: Permutation, depth: usize) -> Result<Self> {
        if matrix.rows != matrix.cols {
            let reason = format!("must be square, got {} × {}", matrix.rows, matrix.cols);
            return Err(crate::Error::argument("matrix", reason));
        }
        check_size("matrix", matrix.rows, 8192)?;
        let scale = matrix.norm() / (matrix.rows as f64).sqrt();
        if scale == 0.0 || !scale.is_finite() {
            return Err(crate::Error::argument("matrix", format!("its norm is {scale}")));
        }
        matrix.scale(1.0 / scale);
        let real = depth == 1 && matrix.im.iter().all(|x| *x == 0.0);
        Ok(Self {
            transform: Transform::Matrix,
            matrix,
            scale,
            permutation,
            real,
            complex: None,
            depth,
            rounding: 0.0,
            seed: None,
        })
    }

    /// Sets the relative rounding of the entries (`f32::EPSILON` for entries that were stored as `f32`).
    #[must_use]
    pub fn rounded_to(mut self, rounding: f64) -> Self {
        self.rounding = rounding;
        self
    }

    /// Returns the number of points.
    pub fn n(&self) -> usize {
        self.matrix.rows
    }

    /// Returns a fingerprint: FNV-1a over the matrix as it was given and the number of products.
    pub fn fingerprint(&self) -> String {
        let mut all = Fingerprint::new();
        all.add([self.matrix.rows as u64, self.depth as u64, self.scale.to_bits()]);
        all.add(self.matrix.re.iter().chain(&self.matrix.im).map(|x| x.to_bits()));
        all.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_what_their_names_say() {
        let n = 16;
        let x: Vec<f64> = (0..n).map(|j| (j as f64 * 0.7).sin() + 0.1 * j as f64).collect();
        // Written from the textbook sums, with angles in radians.
        let sum = |f: &dyn Fn(usize) -> f64| (0..n).map(|j| x[j] * f(j)).sum::<f64>();
        for (transform, textbook) in [
            (
                Transform::Dct2,
                (|k, j| {
                    let edge = if k == 0 { 0.5f64.sqrt() } else { 1.0 };
                    edge * (2.0f64 / 16.0).sqrt() * (PI / 16.0 * (j as f64 + 0.5) * k as f64).cos()
                }) as fn(usize, usize) -> f64,
            ),
            (Transform::Dst2, |k, j| {
                let edge = if k == 15 { 0.5f64.sqrt() } else { 1.0 };
                edge * (2.0f64 / 16.0).sqrt() * (PI / 16.0 * (j as f64 + 0.5) * (k + 1) as f64).sin()
            }),
            (Transform::Hartley, |k, j| {
                let angle = 2.0 * PI * (j * k) as f64 / 16.0;
                angle.cos() + angle.sin()
            }),
            (Transform::Hadamard, |k, j| if (j & k).count_ones() % 2 == 0 { 1.0 } else { -1.0 }),
        ] {
            let target = transform.target(n, 0).unwrap();
            assert!((target.matrix.norm() - 4.0).abs() < 1e-12);
            for k in 0..n {
                let want = sum(&|j| textbook(k, j));
                let got: f64 = (0..n).map(|j| target.matrix.get(k, j).re * x[j]).sum::<f64>() * target.scale;
                assert!((got - want).abs() < 1e-12, "{transform:?} {k}: {got} {want}");
            }
        }
        let (dft, inverse) = (Transform::Dft.target(n, 0).unwrap(), Transform::Idft.target(n, 0).unwrap());
        let mut product = inverse.matrix.times(&dft.matrix);
        product.scale(dft.scale * inverse.scale);
        let one = Matrix::from_fn(n, n, |i, j| Complex64::new(f64::from(u8::from(i == j)), 0.0));
        assert!(product.relative_error(&one) < 1e-14);
    }
}
