//! Discrete prolate spheroidal sequences (Slepian tapers).

use std::f64::consts::PI;

use rayon::prelude::*;

use super::eigen::Tridiagonal;
use crate::error::{Error, Result};
use crate::fft::{FftParams, Rfft, Transform};
use crate::window::Symmetry;

/// Which tapers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DpssParams {
    /// Samples of a taper.
    pub len: usize,
    /// Half the bandwidth in units of `1/len` (SciPy's `NW`): energy outside `±half_bandwidth/len` cycles per sample is
    /// least.
    pub half_bandwidth: f64,
    /// How many tapers, at most `len`; those up to `2·half_bandwidth` are well concentrated.
    pub count: usize,
    /// Symmetric, or the head of tapers one sample longer.
    pub symmetry: Symmetry,
}

impl DpssParams {
    /// `count` symmetric tapers.
    #[must_use]
    pub fn new(len: usize, half_bandwidth: f64, count: usize) -> Self {
        Self { len, half_bandwidth, count, symmetry: Symmetry::Symmetric }
    }

    /// Sets the symmetry.
    #[must_use]
    pub fn symmetry(mut self, symmetry: Symmetry) -> Self {
        self.symmetry = symmetry;
        self
    }

    /// Samples that the tapers are computed for.
    fn points(&self) -> usize {
        match self.symmetry {
            Symmetry::Symmetric => self.len,
            Symmetry::Periodic => self.len.saturating_add(1),
        }
    }

    /// Refuses no samples, no tapers or more than samples, and a bandwidth that is not positive or all of the spectrum.
    ///
    /// # Errors
    /// [`Error::Argument`] with the parameter's name.
    pub fn validate(&self) -> Result<()> {
        if self.len == 0 {
            return Err(Error::argument("len", "tapers of 0 samples"));
        }
        if self.len == 1 {
            return Ok(());
        }
        if self.count == 0 || self.count > self.len {
            let reason = format!("must be 1 to {}, the tapers' length, got {}", self.len, self.count);
            return Err(Error::argument("count", reason));
        }
        if !(self.half_bandwidth > 0.0 && self.half_bandwidth < self.len as f64 / 2.0) {
            let reason =
                format!("must be between 0 and half the length {}, got {}", self.len, self.half_bandwidth);
            return Err(Error::argument("half_bandwidth", reason));
        }
        Ok(())
    }
}

/// Tapers of unit energy, the best concentrated first.
#[derive(Debug, Clone, PartialEq)]
pub struct Dpss {
    /// Samples of a taper.
    pub len: usize,
    /// `[count, len]`. Even tapers have a positive sum, odd ones begin with a positive lobe.
    pub tapers: Vec<f64>,
    /// Share of each taper's energy within the bandwidth.
    pub ratios: Vec<f64>,
}

impl Dpss {
    /// Computes the tapers: eigenvectors of the tridiagonal matrix that commutes with the kernel of the concentration
    /// problem (Slepian 1978, eq. 14), split into its symmetric and antisymmetric half. O(count · len).
    ///
    /// # Errors
    /// What [`DpssParams::validate`] refuses.
    pub fn new(params: &DpssParams) -> Result<Self> {
        params.validate()?;
        if params.len == 1 {
            return Ok(Self { len: 1, tapers: vec![1.0], ratios: vec![1.0] });
        }
        let points = params.points();
        let mut all: Vec<Vec<f64>> = vec![Vec::new(); params.count];
        let w = params.half_bandwidth / points as f64;
        let (even, odd) = rayon::join(
            || half_vectors(points, w, false, params.count.div_ceil(2)),
            || half_vectors(points, w, true, params.count / 2),
        );
        for (i, vector) in even.into_iter().enumerate() {
            all[2 * i] = vector;
        }
        for (i, vector) in odd.into_iter().enumerate() {
            all[2 * i + 1] = vector;
        }
        all.iter_mut().enumerate().for_each(|(k, taper)| orient(taper, k % 2 == 0));
        let ratios = ratios(&all, w)?;
        let tapers = all.iter().flat_map(|taper| &taper[..params.len]).copied().collect();
        Ok(Self { len: params.len, tapers, ratios })
    }

    /// Number of tapers.
    #[must_use]
    pub fn count(&self) -> usize {
        self.ratios.len()
    }

    /// Taper `k`.
    ///
    /// # Panics
    /// When there is no such taper.
    #[must_use]
    pub fn taper(&self, k: usize) -> &[f64] {
        &self.tapers[k * self.len..(k + 1) * self.len]
    }

    /// Keeps the tapers whose ratio is above `least`, or the best one if there is none.
    pub(super) fn retain(&mut self, least: f64) {
        let best = (0..self.count()).max_by(|a, b| self.ratios[*a].total_cmp(&self.ratios[*b]));
        let keep: Vec<usize> = (0..self.count()).filter(|k| self.ratios[*k] > least).collect();
        let keep = if keep.is_empty() { best.into_iter().collect() } else { keep };
        self.tapers = keep.iter().flat_map(|k| self.taper(*k).to_vec()).collect();
        self.ratios = keep.iter().map(|k| self.ratios[*k]).collect();
    }
}

/// The `count` best concentrated symmetric (or antisymmetric, `odd`) tapers of `n` samples, of unit energy.
fn half_vectors(n: usize, w: f64, odd: bool, count: usize) -> Vec<Vec<f64>> {
    let half = if odd { n / 2 } else { n.div_ceil(2) };
    if count == 0 || half == 0 {
        return Vec::new();
    }
    let cosine = (2.0 * PI * w).cos();
    let diagonal = |i: usize| {
        let from_middle = (n - 1) as f64 / 2.0 - i as f64;
        from_middle * from_middle * cosine
    };
    let beside = |i: usize| i as f64 * (n - i) as f64 / 2.0;
    let mut matrix =
        Tridiagonal { diagonal: (0..half).map(diagonal).collect(), beside: (1..half).map(beside).collect() };
    if n.is_multiple_of(2) {
        // The two samples beside the middle are equal, or each other's negative.
        let middle = beside(half);
        matrix.diagonal[half - 1] += if odd { -middle } else { middle };
    } else if !odd && half > 1 {
        // The middle sample meets both of its neighbours.
        matrix.beside[half - 2] *= std::f64::consts::SQRT_2;
    }
    let vectors = matrix.largest(count);
    let whole = |(_, head): (f64, Vec<f64>)| {
        let mut taper = vec![0.0; n];
        for (i, v) in head.iter().enumerate() {
            let (v, mirror) = (v * std::f64::consts::FRAC_1_SQRT_2, n - 1 - i);
            if mirror == i {
                taper[i] = v * std::f64::consts::SQRT_2;
            } else {
                taper[i] = v;
                taper[mirror] = if odd { -v } else { v };
            }
        }
        taper
    };
    vectors.into_iter().map(whole).collect()
}

/// Even tapers sum to something positive, odd ones begin with a positive lobe.
fn orient(taper: &mut [f64], even: bool) {
    let sign = if even {
        taper.iter().sum::<f64>()
    } else {
        let least = 1e-7_f64.max(1.0 / taper.len() as f64);
        taper.iter().copied().find(|v| v * v > least).unwrap_or(0.0)
    };
    if sign < 0.0 {
        taper.iter_mut().for_each(|v| *v = -*v);
    }
}

/// Share of each taper's energy in the band of half width `w`: `Σ_lag r(lag) · 2w·sinc(2w·lag)` with the taper's
/// autocorrelation `r`, as a product of spectra.
fn ratios(tapers: &[Vec<f64>], w: f64) -> Result<Vec<f64>> {
    let n = tapers.first().map_or(0, Vec::len);
    let points = (2 * n).next_power_of_two();
    let plan = Rfft::<f64>::new(FftParams::new(points))?;
    let mut kernel = vec![0.0; points];
    kernel[0] = 2.0 * w;
    for lag in 1..n {
        let at = PI * lag as f64;
        let value = (2.0 * w * at).sin() / at;
        kernel[lag] = value;
        kernel[points - lag] = value;
    }
    let band = plan.run(&kernel)?;
    let ratio = |taper: &Vec<f64>| -> Result<f64> {
        let spectrum = plan.run(taper)?;
        let terms = spectrum.iter().zip(&band).enumerate().map(|(k, (x, band))| {
            let doubled = if k == 0 || 2 * k == points { 1.0 } else { 2.0 };
            doubled * x.norm_sqr() * band.re
        });
        Ok(terms.sum::<f64>() / points as f64)
    };
    tapers.par_iter().map(ratio).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tapers_are_orthonormal_and_alternate_in_symmetry() {
        for n in [7, 64, 65] {
            let dpss = Dpss::new(&DpssParams::new(n, 2.5, 5)).unwrap();
            for j in 0..5 {
                for k in 0..5 {
                    let product: f64 = dpss.taper(j).iter().zip(dpss.taper(k)).map(|(a, b)| a * b).sum();
                    let expected = f64::from(u8::from(j == k));
                    assert!((product - expected).abs() < 1e-13, "{n} {j} {k}: {product}");
                }
                let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
                assert!((0..n).all(|i| dpss.taper(j)[i] == sign * dpss.taper(j)[n - 1 - i]), "{n} {j}");
            }
            assert!(dpss.ratios.windows(2).all(|pair| pair[0] > pair[1]), "{:?}", dpss.ratios);
        }
    }

    #[test]
    fn ratios_solve_the_concentration_problem() {
        // A·v = λ·v with A[i][j] = sin(2πw(i − j))/(π(i − j)): the definition, not the tridiagonal shortcut.
        let (n, half_bandwidth) = (48, 3.0);
        let w = half_bandwidth / n as f64;
        let dpss = Dpss::new(&DpssParams::new(n, half_bandwidth, 6)).unwrap();
        for k in 0..6 {
            let (taper, ratio) = (dpss.taper(k), dpss.ratios[k]);
            for i in 0..n {
                let entry = |j: usize| {
                    let lag = i as f64 - j as f64;
                    if i == j { 2.0 * w } else { (2.0 * PI * w * lag).sin() / (PI * lag) }
                };
                let row: f64 = (0..n).map(|j| entry(j) * taper[j]).sum();
                assert!((row - ratio * taper[i]).abs() < 1e-12, "{k} {i}");
            }
        }
    }

    #[test]
    fn periodic_tapers_are_the_head_of_longer_ones() {
        let longer = Dpss::new(&DpssParams::new(33, 2.0, 3)).unwrap();
        let periodic = Dpss::new(&DpssParams::new(32, 2.0, 3).symmetry(Symmetry::Periodic)).unwrap();
        for k in 0..3 {
            assert_ne!(longer.ratios[k], 0.0);
            // The bandwidth is that of the longer ones' length, as in SciPy.
            assert_eq!(periodic.taper(k), &longer.taper(k)[..32]);
        }
    }

    #[test]
    fn parameters_outside_their_domain() {
        for (params, name) in [
            (DpssParams::new(0, 2.0, 1), "len"),
            (DpssParams::new(16, 8.0, 1), "half_bandwidth"),
            (DpssParams::new(16, f64::NAN, 1), "half_bandwidth"),
            (DpssParams::new(16, 2.0, 0), "count"),
            (DpssParams::new(16, 2.0, 17), "count"),
        ] {
            assert!(Dpss::new(&params).unwrap_err().to_string().starts_with(name));
        }
        assert_eq!(Dpss::new(&DpssParams::new(1, 4.0, 3)).unwrap().tapers, [1.0]);
    }
}
