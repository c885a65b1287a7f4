//! The plan: rows to multitaper spectra.

use std::sync::Arc;

use super::adaptive::Adaptive;
use super::powers::{self, TaperPowers};
use super::{Dpss, MultitaperNorm, MultitaperParams, jackknife, student};
use crate::error::{Error, Result};
use crate::fft::Real;
use crate::lanes::Isa;
use crate::params::{Threads, Workers};
use crate::rows;

/// Spectra of rows, `[rows, bins]` each.
#[derive(Debug, Clone, PartialEq)]
pub struct MultitaperPsd<T> {
    /// Frequencies of the bins in Hz.
    pub frequencies: Vec<f64>,
    /// The spectra.
    pub psd: Vec<T>,
    /// Factors of the jackknife's interval, where one was asked for: the true value lies in `psd / factor … psd · factor`.
    pub factors: Vec<T>,
    /// Bins whose adaptive weights had not converged.
    pub unsolved: usize,
}

/// A plan for multitaper spectra of rows of one length; immutable.
#[derive(Debug, Clone)]
pub struct Multitaper {
    params: MultitaperParams,
    dpss: Arc<Dpss>,
    isa: Isa,
    quantile: Option<f64>,
}

/// Buffers of one thread.
pub struct MultitaperScratch<T: Real> {
    powers: Box<dyn TaperPowers<T>>,
    centred: Vec<T>,
    /// `[tapers, rows, bins]`.
    values: Vec<T>,
    /// Powers of one row, doubled, `[tapers, bins]`.
    row: Vec<f64>,
    weights: Vec<f64>,
    mean: Vec<f64>,
}

impl Multitaper {
    /// Plans the estimate: computes the tapers.
    ///
    /// # Errors
    /// What [`MultitaperParams::validate`] refuses; [`Error::Argument`] for a confidence with fewer than two tapers.
    pub fn new(params: MultitaperParams) -> Result<Self> {
        params.validate()?;
        let mut dpss = Dpss::new(&params.dpss())?;
        if params.low_bias {
            dpss.retain(0.9);
        }
        let quantile = match params.confidence {
            Some(_) if dpss.count() < 2 => {
                return Err(Error::argument("confidence", "one taper has no jackknife; raise the bandwidth"));
            }
            Some(level) => Some(student::two_sided_quantile(level, dpss.count() as u32 - 1)),
            None => None,
        };
        Ok(Self { params, dpss: Arc::new(dpss), isa: Isa::detect()?, quantile })
    }

    /// The parameters of the plan.
    #[must_use]
    pub fn params(&self) -> &MultitaperParams {
        &self.params
    }

    /// The tapers.
    #[must_use]
    pub fn dpss(&self) -> &Dpss {
        &self.dpss
    }

    /// Returns whether the weights are adaptive, which takes at least three tapers.
    #[must_use]
    pub fn is_adaptive(&self) -> bool {
        self.params.adaptive && self.dpss.count() >= 3
    }

    /// Bins of a result.
    #[must_use]
    pub fn n_bins(&self) -> usize {
        self.params.bins().len()
    }

    /// Frequencies of the bins in Hz.
    #[must_use]
    pub fn frequencies(&self) -> Vec<f64> {
        self.params.bins().map(|bin| self.params.frequency(bin)).collect()
    }

    /// Buffers for [`run_into`](Self::run_into).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn scratch<T: Real>(&self) -> Result<MultitaperScratch<T>> {
        let powers = powers::plan::<T>(&self.dpss)?;
        let (n, all, tapers) = (self.params.row_len, self.params.row_len / 2 + 1, self.dpss.count());
        Ok(MultitaperScratch {
            centred: vec![T::zero(); powers.rows() * n],
            values: vec![T::zero(); tapers * powers.rows() * all],
            powers,
            row: vec![0.0; tapers * all],
            weights: vec![0.0; tapers * self.n_bins()],
            mean: vec![0.0; all],
        })
    }

    /// Spectra of the rows of `x`, `[rows, row_len]`, on one thread.
    ///
    /// # Errors
    /// As [`run_batch`](Self::run_batch).
    pub fn run<T: Real>(&self, x: &[T]) -> Result<MultitaperPsd<T>> {
        self.run_batch(x, Threads::Caller)
    }

    /// Spectra of the rows of `x`, `[rows, row_len]`.
    ///
    /// # Errors
    /// [`Error::Argument`] for rows of another length and for threads that do not start.
    pub fn run_batch<T: Real>(&self, x: &[T], threads: impl Into<Threads>) -> Result<MultitaperPsd<T>> {
        let n = self.params.row_len;
        let rows = rows::count(x.len(), n)?;
        let bins = self.n_bins();
        let workers = Workers::start(threads.into())?;
        // A row of the batch: powers, then factors if there are any.
        let width = if self.quantile.is_some() { 2 * bins } else { bins };
        let mut both = vec![T::zero(); rows * width];
        let group = self.scratch::<T>()?.powers.rows();
        let unsolved = std::sync::atomic::AtomicUsize::new(0);
        let whole = rows / group * group;
        for (x, out, group) in [
            (&x[..whole * n], 0..whole * width, group),
            (&x[whole * n..], whole * width..rows * width, (rows - whole).max(1)),
        ] {
            let out = &mut both[out];
            let scratch = || self.scratch::<T>();
            rows::for_each(&workers, (x, group * n), (out, group * width), scratch, |scratch, _, x, out| {
                let scratch = scratch.as_mut().map_err(|error| error.clone())?;
                let left = self.run_into(x, scratch, out)?;
                unsolved.fetch_add(left, std::sync::atomic::Ordering::Relaxed);
                Ok(())
            })?;
        }
        let unsolved = unsolved.into_inner();
        let frequencies = self.frequencies();
        if self.quantile.is_none() {
            return Ok(MultitaperPsd { frequencies, psd: both, factors: Vec::new(), unsolved });
        }
        let part =
            |at: usize| both.chunks_exact(width).flat_map(|row| &row[at * bins..][..bins]).copied().collect();
        Ok(MultitaperPsd { frequencies, psd: part(0), factors: part(1), unsolved })
    }

    /// Spectra of a few rows into `out`: a row has its `n_bins` powers and, where a confidence was asked for, as many
    /// factors of the interval. Returns how many bins had not converged.
    ///
    /// # Errors
    /// [`Error::Argument`] for rows of another length, [`Error::Length`] for an `out` of another length.
    pub fn run_into<T: Real>(
        &self,
        x: &[T],
        scratch: &mut MultitaperScratch<T>,
        out: &mut [T],
    ) -> Result<usize> {
        let n = self.params.row_len;
        let rows = rows::count(x.len(), n)?;
        let width = if self.quantile.is_some() { 2 * self.n_bins() } else { self.n_bins() };
        if out.len() != rows * width {
            return Err(Error::Length { name: "out", expected: rows * width, got: out.len() });
        }
        let all = n / 2 + 1;
        let mut unsolved = 0;
        let group = scratch.powers.rows();
        for (x, out) in x.chunks(group * n).zip(out.chunks_mut((group * width).max(1))) {
            let count = x.len() / n;
            let centred = &mut scratch.centred[..x.len()];
            centred.copy_from_slice(x);
            if self.params.remove_mean {
                centred.chunks_exact_mut(n).for_each(|row| crate::detrend::Detrend::Constant.apply(row));
            }
            scratch.powers.powers(centred, count, &mut scratch.values[..self.dpss.count() * count * all]);
            for (row, out) in out.chunks_exact_mut(width).enumerate() {
                unsolved += self.combine(scratch, row, count, out);
            }
        }
        Ok(unsolved)
    }

    /// The spectrum of row `row` of a group of `count`.
    fn combine<T: Real>(
        &self,
        scratch: &mut MultitaperScratch<T>,
        row: usize,
        count: usize,
        out: &mut [T],
    ) -> usize {
        let (n, all) = (self.params.row_len, self.params.row_len / 2 + 1);
        let ratios = &self.dpss.ratios;
        let range = self.params.bins();
        let bins = range.len();
        let MultitaperScratch { values, row: powers, weights, mean, .. } = scratch;
        let total: f64 = ratios.iter().sum();
        mean.fill(0.0);
        // Only weights and intervals need the tapers' powers apart.
        let apart = self.is_adaptive() || self.quantile.is_some();
        let single = |bin: usize| bin == 0 || 2 * bin == n;
        for (k, (ratio, powers)) in ratios.iter().zip(powers.chunks_exact_mut(all)).enumerate() {
            let values = &values[(k * count + row) * all..][..all];
            let share = ratio / total;
            for (mean, value) in mean.iter_mut().zip(values) {
                *mean += share * (2.0 * value.widen());
            }
            if apart {
                for (power, value) in powers.iter_mut().zip(values) {
                    *power = 2.0 * value.widen();
                }
                for bin in [0, all - 1].into_iter().filter(|&bin| single(bin)) {
                    powers[bin] = values[bin].widen();
                }
            }
        }
        // The bins of 0 Hz and Nyquist are not doubled; halving is exact.
        for bin in (0..all).step_by((all - 1).max(1)).filter(|&bin| single(bin)) {
            mean[bin] *= 0.5;
        }
        let ends = mean[0] + mean[all - 1];
        let variance = (mean.iter().sum::<f64>() - 0.5 * ends) / (2.0 * all as f64);
        // The bins of the result to the front of each taper's powers.
        if apart && bins < all {
            for k in 0..ratios.len() {
                powers.copy_within(k * all + range.start..k * all + range.end, k * bins);
            }
        }
        let powers = &powers[..ratios.len() * bins];
        let mut unsolved = 0;
        let spectrum = &mut mean[range];
        let adaptive = self.is_adaptive() && variance > 0.0;
        if adaptive {
            let solver = Adaptive { ratios, max_iterations: self.params.max_iterations, isa: self.isa };
            let weights = self.quantile.is_some().then_some(&mut weights[..]);
            unsolved = solver.solve(powers, variance, spectrum, weights);
        } else if self.quantile.is_some() {
            weights.chunks_exact_mut(bins).zip(ratios).for_each(|(row, ratio)| row.fill(*ratio));
        }
        let scale = match self.params.norm {
            MultitaperNorm::Full => 1.0 / self.params.sample_rate,
            MultitaperNorm::Length => 1.0,
        };
        for (out, s) in out.iter_mut().zip(&*spectrum) {
            *out = T::narrow(s * scale);
        }
        if let Some(quantile) = self.quantile {
            for (bin, out) in out[bins..].iter_mut().enumerate() {
                let powers = powers[bin..].iter().step_by(bins).copied();
                let weights = weights[bin..].iter().step_by(bins).copied();
                *out = T::narrow(jackknife::factor(powers, weights, quantile));
            }
        }
        unsolved
    }
}

/// The multitaper spectrum of one signal with MNE's defaults, as a density; keep a [`Multitaper`] for more than one.
///
/// # Errors
/// As [`Multitaper::new`].
pub fn multitaper<T: Real>(x: &[T], sample_rate: f64) -> Result<MultitaperPsd<T>> {
    Multitaper::new(MultitaperParams::new(sample_rate, x.len()))?.run(x)
}
