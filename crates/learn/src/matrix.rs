//! A complex matrix in two planes of `f64`, row-major.

use num_complex::Complex64;

use crate::error::{Error, Result};

/// A complex matrix `[rows, cols]`, row-major, with separate real and imaginary parts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub cols: usize,
    /// Real parts.
    pub re: Vec<f64>,
    /// Imaginary parts.
    pub im: Vec<f64>,
}

impl Matrix {
    /// Returns a matrix of zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, re: vec![0.0; rows * cols], im: vec![0.0; rows * cols] }
    }

    /// Makes a matrix from `f(row, col)`.
    pub fn from_fn(rows: usize, cols: usize, mut f: impl FnMut(usize, usize) -> Complex64) -> Self {
        let mut matrix = Self::zeros(rows, cols);
        for i in 0..rows {
            for j in 0..cols {
                matrix.set(i, j, f(i, j));
            }
        }
        matrix
    }

    /// Makes a matrix from planes; an empty imaginary plane means zeros.
    ///
    /// # Errors
    /// Planes whose length is not `rows · cols`; NaN or infinity.
    pub fn from_planes(rows: usize, cols: usize, re: Vec<f64>, mut im: Vec<f64>) -> Result<Self> {
        if im.is_empty() {
            im = vec![0.0; re.len()];
        }
        if rows.checked_mul(cols) != Some(re.len()) || im.len() != re.len() {
            let reason =
                format!("{rows} × {cols} is not {} real and {} imaginary values", re.len(), im.len());
            return Err(Error::argument("matrix", reason));
        }
        if let Some(at) = re.iter().zip(&im).position(|(r, i)| !(r.is_finite() && i.is_finite())) {
            let reason = format!("row {}, column {} is not finite", at / cols, at % cols);
            return Err(Error::argument("matrix", reason));
        }
        Ok(Self { rows, cols, re, im })
    }

    /// Returns one entry.
    pub fn get(&self, row: usize, col: usize) -> Complex64 {
        let at = row * self.cols + col;
        Complex64::new(self.re[at], self.im[at])
    }

    /// Sets one entry.
    pub fn set(&mut self, row: usize, col: usize, value: Complex64) {
        let at = row * self.cols + col;
        (self.re[at], self.im[at]) = (value.re, value.im);
    }

    /// Returns the Frobenius norm.
    pub fn norm(&self) -> f64 {
        let square = |plane: &[f64]| plane.iter().map(|x| x * x).sum::<f64>();
        (square(&self.re) + square(&self.im)).sqrt()
    }

    /// Returns `‖self − other‖_F / ‖other‖_F`.
    pub fn relative_error(&self, other: &Self) -> f64 {
        let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
        (square(&self.re, &other.re) + square(&self.im, &other.im)).sqrt() / other.norm()
    }

    /// Multiplies every entry.
    pub fn scale(&mut self, factor: f64) {
        self.re.iter_mut().chain(&mut self.im).for_each(|x| *x *= factor);
    }

    /// Permutes the columns: column `i` of the result is column `order[i]`.
    pub fn permute_columns(&self, order: &[u32]) -> Self {
        Self::from_fn(self.rows, order.len(), |i, j| self.get(i, order[j] as usize))
    }

    /// Returns `self · other`.
    pub fn times(&self, other: &Self) -> Self {
        let mut out = Self::zeros(self.rows, other.cols);
        for i in 0..self.rows {
            for k in 0..self.cols {
                let a = self.get(i, k);
                for j in 0..other.cols {
                    let at = i * other.cols + j;
                    let b = other.get(k, j);
                    out.re[at] += a.re * b.re - a.im * b.im;
                    out.im[at] += a.re * b.im + a.im * b.re;
                }
            }
        }
        out
    }
}

/// Checks that `n` is a size that a butterfly network can have.
pub(crate) fn check_size(name: &'static str, n: usize, largest: usize) -> Result<()> {
    if n.is_power_of_two() && (2..=largest).contains(&n) {
        return Ok(());
    }
    Err(Error::argument(name, format!("must be a power of two from 2 to {largest}, got {n}")))
}
