//! Twiddles shared by all blocks of a stage, from pairs of inputs and outputs.
//!
//! ```text
//! stage s has 2^s twiddles w: y_k = e_k + w_k·o_k, y_{k+half} = e_k − w_k·o_k       n − 1 of them in all
//! e: the transform of the even samples, o: that of the odd ones, both by the twiddles of the stages below
//! (y_k + y_{k+half})/2 = e_k, whatever the twiddles are; (y_k − y_{k+half})/2 = w_k·o_k
//! ```
//! So the outputs of even samples are known on every level without any twiddle. From the lowest stage upwards, the
//! odd samples are transformed with the twiddles found so far, and each twiddle is one least-squares quotient over
//! the pairs. It needs no gradient and no start values: `O(pairs · n)`.

use num_complex::Complex64;

use crate::error::{Error, Result};
use crate::matrix::{Matrix, check_size};

/// Twiddles of a radix-2 transform of `n` points in decimation in time, shared by the blocks of each stage.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedTwiddles {
    n: usize,
    /// Stage `s` has `2^s` twiddles.
    stages: Vec<Vec<Complex64>>,
}

impl SharedTwiddles {
    /// Fits the twiddles to pairs: `inputs` and `outputs` `[pairs, n]`. One pair is enough if none of its bins is
    /// zero; more pairs average noise.
    ///
    /// # Errors
    /// Sizes that differ or are not a power of two from 2 to 2^20; pairs that do not determine some twiddle.
    pub fn fit(inputs: &Matrix, outputs: &Matrix) -> Result<Self> {
        let n = inputs.cols;
        check_size("pairs", n, crate::network::MAX_N)?;
        if inputs.rows != outputs.rows || outputs.cols != n || inputs.rows == 0 {
            let sizes = [inputs.rows, inputs.cols, outputs.rows, outputs.cols];
            let [a, b, c, d] = sizes;
            return Err(Error::argument("pairs", format!("inputs of {a} × {b} and outputs of {c} × {d}")));
        }
        let mut twiddles = Self { n, stages: Vec::new() };
        let row = |m: &Matrix, r: usize| (0..n).map(|j| m.get(r, j)).collect::<Vec<_>>();
        // Outputs of the samples of every pair whose index is a multiple of 2, 4 …: the first half, quarter …
        let mut even: Vec<Vec<Complex64>> = (0..outputs.rows).map(|r| row(outputs, r)).collect();
        let mut levels = Vec::new();
        while even[0].len() > 1 {
            let half = even[0].len() / 2;
            let next = even.iter().map(|y| (0..half).map(|k| (y[k] + y[k + half]) / 2.0).collect()).collect();
            levels.push(std::mem::replace(&mut even, next));
        }
        for level in levels.iter().rev() {
            let half = level[0].len() / 2;
            let step = n / (2 * half);
            let mut sums = vec![(Complex64::default(), 0.0); half];
            for (r, y) in level.iter().enumerate() {
                let odd: Vec<Complex64> = (0..half).map(|i| inputs.get(r, (2 * i + 1) * step)).collect();
                let odd = twiddles.apply(&odd);
                for (k, (product, power)) in sums.iter_mut().enumerate() {
                    *product += odd[k].conj() * (y[k] - y[k + half]) / 2.0;
                    *power += odd[k].norm_sqr();
                }
            }
            let largest = sums.iter().map(|s| s.1).fold(0.0, f64::max);
            if let Some(k) = sums.iter().position(|s| s.1 <= 1e-24 * largest || s.1.is_nan()) {
                let reason = format!("say nothing of twiddle {k} of {half}: its bin is empty in all of them");
                return Err(Error::argument("pairs", reason));
            }
            twiddles.stages.push(sums.into_iter().map(|(product, power)| product / power).collect());
        }
        Ok(twiddles)
    }

    /// Returns the number of points.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Returns the number of twiddles, `n − 1`.
    pub fn count(&self) -> usize {
        self.stages.iter().map(Vec::len).sum()
    }

    /// Returns the `2^s` twiddles of stage `s`.
    pub fn stage(&self, s: usize) -> Option<&[Complex64]> {
        self.stages.get(s).map(Vec::as_slice)
    }

    /// Returns the transform of `x`, whose length is a power of two up to `2^stages`.
    fn apply(&self, x: &[Complex64]) -> Vec<Complex64> {
        let n = x.len();
        let bits = n.trailing_zeros();
        let reversed = |i: usize| if bits == 0 { 0 } else { i.reverse_bits() >> (usize::BITS - bits) };
        let mut y: Vec<Complex64> = (0..n).map(|i| x[reversed(i)]).collect();
        for stage in &self.stages[..bits as usize] {
            let half = stage.len();
            for block in y.chunks_exact_mut(2 * half) {
                for (k, w) in stage.iter().enumerate() {
                    let (e, o) = (block[k], w * block[k + half]);
                    (block[k], block[k + half]) = (e + o, e - o);
                }
            }
        }
        y
    }

    /// Transforms rows `[rows, n]`.
    ///
    /// # Errors
    /// Rows of another length.
    pub fn transform(&self, rows: &Matrix) -> Result<Matrix> {
        if rows.cols != self.n {
            let (expected, got) = (self.n, rows.cols);
            return Err(rlx_dsp::Error::Length { name: "row", expected, got }.into());
        }
        let mut out = Matrix::zeros(rows.rows, self.n);
        for r in 0..rows.rows {
            let x: Vec<Complex64> = (0..self.n).map(|j| rows.get(r, j)).collect();
            self.apply(&x).into_iter().enumerate().for_each(|(k, z)| out.set(r, k, z));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use rlx_dsp::reference::dft::dft;

    fn pairs(n: usize, count: usize, seed: u64) -> (Matrix, Matrix) {
        let mut random = Random::new(seed);
        let x = Matrix::from_fn(count, n, |_, _| Complex64::new(random.normal(), 0.0));
        let mut y = Matrix::zeros(count, n);
        for r in 0..count {
            let row: Vec<Complex64> = (0..n).map(|j| x.get(r, j)).collect();
            dft(&row).into_iter().enumerate().for_each(|(k, z)| y.set(r, k, z));
        }
        (x, y)
    }

    #[test]
    fn one_pair_of_gaussian_data_gives_every_twiddle() {
        for n in [2, 4, 32, 512] {
            let (x, y) = pairs(n, 1, 3);
            let found = SharedTwiddles::fit(&x, &y).unwrap();
            assert_eq!(found.count(), n - 1);
            let (x, y) = pairs(n, 5, 4);
            let error = found.transform(&x).unwrap().relative_error(&y);
            assert!(error < 1e-12, "{n}: {error}");
        }
    }

    #[test]
    fn noise_is_averaged_and_empty_pairs_are_refused() {
        let error = |count: usize| {
            let (x, mut y) = pairs(64, count, 7);
            let mut random = Random::new(8);
            let level = 1e-3 * y.norm() / ((64 * count) as f64).sqrt();
            y.re.iter_mut().chain(&mut y.im).for_each(|v| *v += level * random.normal());
            let (test, truth) = pairs(64, 5, 9);
            SharedTwiddles::fit(&x, &y).unwrap().transform(&test).unwrap().relative_error(&truth)
        };
        assert!(error(64) < 0.3 * error(1), "{} {}", error(64), error(1));
        let x = Matrix::from_fn(3, 8, |_, j| Complex64::new(if j == 0 { 1.0 } else { 0.0 }, 0.0));
        let y = Matrix::from_fn(3, 8, |_, _| Complex64::new(1.0, 0.0));
        assert!(SharedTwiddles::fit(&x, &y).unwrap_err().to_string().starts_with("pairs: say nothing"));
        assert!(SharedTwiddles::fit(&Matrix::zeros(1, 6), &Matrix::zeros(1, 6)).is_err());
        assert!(SharedTwiddles::fit(&Matrix::zeros(1, 8), &Matrix::zeros(2, 8)).is_err());
    }
}
