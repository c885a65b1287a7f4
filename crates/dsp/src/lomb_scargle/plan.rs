//! The plan: samples at given times to their periodogram.

use num_complex::Complex;
use rayon::prelude::*;

use super::sincos::sin_cos;
use super::{LombScargleNorm, LombScargleParams};
use crate::error::{Error, Result};
use crate::lanes::{Isa, wide};
use crate::params::{Threads, Workers};

/// Frequencies that are fitted side by side.
const SIDE: usize = 16;

/// Frequencies that a thread takes at a time.
const SHARE: usize = 16 * SIDE;

/// A plan for periodograms of samples at the same times; immutable.
#[derive(Debug, Clone)]
pub struct LombScargle {
    params: LombScargleParams,
    times: Vec<f64>,
    /// They add up to 1.
    weights: Vec<f64>,
    isa: Isa,
}

/// Sums over the samples at one frequency, `w` the weights, `c` and `s` cosine and sine of the angles:
/// `Σ w·c²`, `Σ w·s²`, `Σ w·c·s`, `Σ w·c`, `Σ w·s`, `Σ w·y·c`, `Σ w·y·s`.
type Sums = [[f64; SIDE]; 7];

/// The fit at one frequency: `a·cos(ωt − τ) + b·sin(ωt − τ)`, and the products of the samples with both.
struct Fit {
    tau: f64,
    a: f64,
    b: f64,
    yc: f64,
    ys: f64,
}

impl LombScargle {
    /// A plan for samples at `times`; without `weights` all samples count alike.
    ///
    /// # Errors
    /// [`Error::Argument`] for no sample, and for weights that are negative or all 0; [`Error::Length`] for more or fewer
    /// weights than times.
    pub fn new(times: &[f64], weights: Option<&[f64]>, params: LombScargleParams) -> Result<Self> {
        if times.is_empty() {
            return Err(Error::argument("x", "no samples"));
        }
        let weights = match weights {
            None => vec![1.0; times.len()],
            Some(weights) if weights.len() != times.len() => {
                return Err(Error::Length { name: "weights", expected: times.len(), got: weights.len() });
            }
            Some(weights) => weights.to_vec(),
        };
        let total: f64 = weights.iter().sum();
        if !weights.iter().all(|w| *w >= 0.0) || total <= 0.0 {
            return Err(Error::argument("weights", "must not be negative, and must add up to more than 0"));
        }
        let weights = weights.iter().map(|w| w * (1.0 / total)).collect();
        Ok(Self { params, times: times.to_vec(), weights, isa: Isa::detect()? })
    }

    /// The periodogram of `y` at the angular frequencies `frequencies` (radians per unit of time).
    ///
    /// # Errors
    /// [`Error::Length`] for more or fewer samples than times; threads that do not start.
    pub fn run(&self, y: &[f64], frequencies: &[f64], threads: impl Into<Threads>) -> Result<Vec<f64>> {
        let mut out = vec![0.0; frequencies.len()];
        self.share(frequencies, &mut out, threads.into(), |frequencies, out| {
            self.run_into(y, frequencies, out)
        })?;
        Ok(out)
    }

    /// The complex amplitudes of `y`: `a + ib` for `a·cos(ωt) + b·sin(ωt)`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn amplitudes(
        &self,
        y: &[f64],
        frequencies: &[f64],
        threads: impl Into<Threads>,
    ) -> Result<Vec<Complex<f64>>> {
        let mut out = vec![Complex::default(); frequencies.len()];
        self.share(frequencies, &mut out, threads.into(), |frequencies, out| {
            self.amplitudes_into(y, frequencies, out)
        })?;
        Ok(out)
    }

    fn share<V: Send>(
        &self,
        frequencies: &[f64],
        out: &mut [V],
        threads: Threads,
        work: impl Fn(&[f64], &mut [V]) -> Result<()> + Sync,
    ) -> Result<()> {
        let workers = Workers::start(threads)?;
        if workers.count() <= 1 {
            return work(frequencies, out);
        }
        let done: Vec<Result<()>> = workers.install(|| {
            let parts = frequencies.par_chunks(SHARE).zip(out.par_chunks_mut(SHARE));
            parts.map(|(frequencies, out)| work(frequencies, out)).collect()
        });
        done.into_iter().collect()
    }

    /// As [`run`](Self::run), into `out`, on the calling thread.
    ///
    /// # Errors
    /// [`Error::Length`] for more or fewer samples than times, and for an `out` of another length than `frequencies`.
    pub fn run_into(&self, y: &[f64], frequencies: &[f64], out: &mut [f64]) -> Result<()> {
        let weighted = self.weighted(y, frequencies.len(), out.len())?;
        let mean: f64 = weighted.iter().sum();
        let factor = match self.params.norm {
            LombScargleNorm::Power => self.times.len() as f64 / 2.0,
            LombScargleNorm::Normalize => {
                let square: f64 = weighted.iter().zip(y).map(|(wy, y)| wy * y).sum();
                1.0 / if self.params.floating_mean { square - mean * mean } else { square }
            }
        };
        self.fits(&weighted, mean, frequencies, |i, fit| out[i] = (fit.a * fit.yc + fit.b * fit.ys) * factor);
        Ok(())
    }

    /// As [`amplitudes`](Self::amplitudes), into `out`, on the calling thread.
    ///
    /// # Errors
    /// As [`run_into`](Self::run_into).
    pub fn amplitudes_into(&self, y: &[f64], frequencies: &[f64], out: &mut [Complex<f64>]) -> Result<()> {
        let weighted = self.weighted(y, frequencies.len(), out.len())?;
        let mean: f64 = weighted.iter().sum();
        self.fits(&weighted, mean, frequencies, |i, fit| {
            out[i] = Complex::new(fit.a, fit.b) * Complex::cis(fit.tau);
        });
        Ok(())
    }

    fn weighted(&self, y: &[f64], expected: usize, got: usize) -> Result<Vec<f64>> {
        if y.len() != self.times.len() {
            return Err(Error::Length { name: "y", expected: self.times.len(), got: y.len() });
        }
        if expected != got {
            return Err(Error::Length { name: "out", expected, got });
        }
        Ok(y.iter().zip(&self.weights).map(|(y, w)| y * w).collect())
    }

    /// Calls `each` with the index of every frequency and its fit.
    fn fits(&self, weighted: &[f64], mean: f64, frequencies: &[f64], mut each: impl FnMut(usize, Fit)) {
        for (block, frequencies) in frequencies.chunks(SIDE).enumerate() {
            let mut omega = [0.0; SIDE];
            omega[..frequencies.len()].copy_from_slice(frequencies);
            let mut sums = [[0.0; SIDE]; 7];
            wide(
                self.isa,
                #[inline(always)]
                || add(&self.times, &self.weights, weighted, &omega, &mut sums),
            );
            for i in (0..SIDE).take(frequencies.len()) {
                let at = std::array::from_fn(|k: usize| sums[k][i]);
                each(block * SIDE + i, fit(at, mean, self.params.floating_mean));
            }
        }
    }
}

#[inline(always)]
fn add(times: &[f64], weights: &[f64], weighted: &[f64], omega: &[f64; SIDE], sums: &mut Sums) {
    for ((t, w), wy) in times.iter().zip(weights).zip(weighted) {
        let mut angles = [0.0; SIDE];
        for i in 0..SIDE {
            angles[i] = omega[i] * t;
        }
        let (s, c) = sin_cos(&angles);
        for i in 0..SIDE {
            let (wc, ws) = (w * c[i], w * s[i]);
            sums[0][i] += wc * c[i];
            sums[1][i] += ws * s[i];
            sums[2][i] += wc * s[i];
            sums[3][i] += wc;
            sums[4][i] += ws;
            sums[5][i] += wy * c[i];
            sums[6][i] += wy * s[i];
        }
    }
}

/// The least-squares fit from the sums: turned by `τ`, cosine and sine are orthogonal over the samples.
fn fit([cc, ss, cs, c, s, yc, ys]: [f64; 7], mean: f64, floating_mean: bool) -> Fit {
    let (cc, ss, cs, yc, ys) = if floating_mean {
        (cc - c * c, ss - s * s, cs - c * s, yc - mean * c, ys - mean * s)
    } else {
        (cc, ss, cs, yc, ys)
    };
    let tau = 0.5 * (2.0 * cs).atan2(cc - ss);
    let (sine, cosine) = tau.sin_cos();
    // A sum of squares that rounding has eaten counts as the least that matters, as in SciPy.
    let least = |v: f64| if v < f64::EPSILON / 2.0 { f64::EPSILON / 2.0 } else { v };
    let (square, product) = (cosine * cosine, 2.0 * sine * cosine * cs);
    let turned_cc = least(cc * square + product + ss * (sine * sine));
    let turned_ss = least(cc * (sine * sine) - product + ss * square);
    let (yc, ys) = (yc * cosine + ys * sine, ys * cosine - yc * sine);
    Fit { tau, a: yc / turned_cc, b: ys / turned_ss, yc, ys }
}

/// The periodogram of samples `y` at `times` with SciPy's defaults; keep a [`LombScargle`] for more than one.
///
/// # Errors
/// As [`LombScargle::new`] and [`LombScargle::run`].
pub fn lomb_scargle(times: &[f64], y: &[f64], frequencies: &[f64]) -> Result<Vec<f64>> {
    LombScargle::new(times, None, LombScargleParams::new())?.run(y, frequencies, Threads::Caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uneven(n: usize) -> Vec<f64> {
        (0..n).map(|i| i as f64 * 0.7 + 0.3 * (i as f64 * 1.7).sin()).collect()
    }

    #[test]
    fn amplitudes_of_a_sinusoid_on_a_constant() {
        let t = uneven(60);
        let (omega, a, b) = (1.3, 0.8, -1.7);
        let y: Vec<f64> = t.iter().map(|t| a * (omega * t).cos() + b * (omega * t).sin() + 5.0).collect();
        let weights: Vec<f64> = (0..60).map(|i| 1.0 + f64::from(i % 5)).collect();
        let params = LombScargleParams::new().floating_mean(true);
        let plan = LombScargle::new(&t, Some(&weights), params.norm(LombScargleNorm::Normalize)).unwrap();
        let found = plan.amplitudes(&y, &[omega], 1).unwrap()[0];
        assert!((found - Complex::new(a, b)).norm() < 1e-12, "{found}");
        // The sinusoid and the constant are all there is.
        assert!((plan.run(&y, &[omega], 1).unwrap()[0] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_power_by_its_normal_equations() {
        let t = uneven(31);
        let y: Vec<f64> = t.iter().map(|t| (0.9 * t).sin() + 0.2 * t.cos()).collect();
        let frequencies: Vec<f64> = (1..700).map(|i| f64::from(i) * 0.01).collect();
        let plan = LombScargle::new(&t, None, LombScargleParams::new()).unwrap();
        let got = plan.run(&y, &frequencies, 2).unwrap();
        for (omega, power) in frequencies.iter().zip(&got) {
            // Least squares with the two functions as they are, by Cramer's rule.
            let (mut m, mut v) = ([[0.0; 2]; 2], [0.0; 2]);
            for (t, y) in t.iter().zip(&y) {
                let f = [(omega * t).cos(), (omega * t).sin()];
                for i in 0..2 {
                    v[i] += f[i] * y;
                    for j in 0..2 {
                        m[i][j] += f[i] * f[j];
                    }
                }
            }
            let det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
            let (a, b) = ((v[0] * m[1][1] - v[1] * m[0][1]) / det, (m[0][0] * v[1] - m[1][0] * v[0]) / det);
            let expected = 0.5 * (a * v[0] + b * v[1]);
            assert!((power - expected).abs() < 1e-9 * (1.0 + expected), "{omega}: {power} {expected}");
        }
        assert_eq!(got, plan.run(&y, &frequencies, 1).unwrap());
    }

    #[test]
    fn refusals_have_the_argument_s_name() {
        let params = LombScargleParams::new();
        for (times, weights, name) in [
            (&[][..], None, "x"),
            (&[1.0, 2.0][..], Some(&[1.0][..]), "weights"),
            (&[1.0, 2.0][..], Some(&[1.0, -1.0][..]), "weights"),
            (&[1.0, 2.0][..], Some(&[0.0, 0.0][..]), "weights"),
        ] {
            let error = LombScargle::new(times, weights, params).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
        assert!(lomb_scargle(&[1.0, 2.0], &[1.0], &[1.0]).is_err());
    }
}
