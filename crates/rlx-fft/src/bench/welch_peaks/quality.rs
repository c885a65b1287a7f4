//! Quality of results: compared with the `f64` spectrum of the same samples, and with the 8-segment reference.

use crate::error::Result;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::peaks::top_k_bins;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::welch::peaks::{WelchParams, WelchPeakParams};
use rlx_dsp::welch::{PsdParams, Welch};

/// Quality of packed peaks.
#[derive(Debug, Clone, Copy)]
pub(in crate::bench) struct Quality {
    /// Share of the reference's bins found within one bin.
    pub(in crate::bench) recall: f64,
    /// Share of rows whose bins are right: at each rank the `f64` powers of the bin and of the reference bin differ
    /// by no more than `2δ√(P·S) + δ²S`, `δ = ε·max(1, log2(N)/8)`.
    pub(in crate::bench) bins_right: f64,
    /// Largest relative error of a returned power.
    pub(in crate::bench) max_rel_err: f64,
}

/// The `f64` spectra of a batch.
pub(in crate::bench) struct Twin {
    n_fft: usize,
    n_bins: usize,
    powers: Vec<f64>,
}

impl Twin {
    /// Computes the raw powers of the segments in each row of `row_len` samples.
    pub(in crate::bench) fn new(welch: &WelchParams, samples: &[f32], row_len: usize) -> Result<Self> {
        let params = PsdParams::new(1.0, welch.n_fft)
            .window(welch.window.clone())
            .hop(welch.hop)
            .detrend(Detrend::None)
            .scaling(Scaling::Raw);
        let plan = Welch::<f64>::new(params)?;
        let (n_bins, mut scratch) = (plan.n_bins(), plan.scratch());
        let batch = samples.len() / row_len;
        let mut powers = vec![0.0; batch * n_bins];
        let mut wide = vec![0.0; welch.frame_len()];
        for (row, out) in samples.chunks_exact(row_len).zip(powers.chunks_exact_mut(n_bins)) {
            wide.iter_mut().zip(row).for_each(|(wide, &x)| *wide = f64::from(x));
            plan.run_into(&wide[welch.lead..], &mut scratch, out)?;
        }
        Ok(Self { n_fft: welch.n_fft, n_bins, powers })
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.powers.chunks_exact(self.n_bins)
    }
}

/// Compares packed peaks of `params` with the `f64` spectrum of their own segments and with that of the reference.
pub(in crate::bench) fn judge(
    params: &WelchPeakParams,
    peaks: &[f32],
    twin: &Twin,
    reference: &Twin,
) -> Result<Quality> {
    let k = params.k_out();
    let delta = f64::from(f32::EPSILON) * ((twin.n_fft as f64).log2() / 8.0).max(1.0);
    let (mut right, mut rows) = (0usize, 0usize);
    let mut max_rel_err = 0.0f64;
    for (got, powers) in peaks.chunks_exact(2 * k).zip(twin.rows()) {
        let total: f64 = powers.iter().sum();
        let mut row_right = true;
        for (pair, want) in got.chunks_exact(2).zip(top_k_bins(powers, k)?) {
            let Some(&power) = powers.get(pair[0] as usize) else {
                row_right = false;
                continue;
            };
            let strongest = power.max(want.power);
            row_right &= (power - want.power).abs()
                <= 2.0 * delta * (strongest * total).sqrt() + delta * delta * total;
            max_rel_err = max_rel_err.max((f64::from(pair[1]) - power).abs() / power.max(f64::MIN_POSITIVE));
        }
        right += usize::from(row_right);
        rows += 1;
    }
    Ok(Quality { recall: recall(k, peaks, reference)?, bins_right: share(right, rows), max_rel_err })
}

/// Returns the share of the reference's `k` strongest bins that packed peaks have within one bin.
pub(in crate::bench) fn recall(k: usize, peaks: &[f32], reference: &Twin) -> Result<f64> {
    let (mut found, mut wanted) = (0usize, 0usize);
    let mut near = vec![false; reference.n_bins];
    for (got, reference) in peaks.chunks_exact(2 * k).zip(reference.rows()) {
        // Bins within one of a returned one: with all bins of a long transform, pairs would take hours.
        near.fill(false);
        for bin in got.chunks_exact(2).map(|pair| pair[0] as usize) {
            let last = (bin + 1).min(near.len().saturating_sub(1));
            near.get_mut(bin.saturating_sub(1)..=last).into_iter().flatten().for_each(|n| *n = true);
        }
        for want in top_k_bins(reference, k)? {
            wanted += 1;
            found += usize::from(near[want.bin]);
        }
    }
    Ok(share(found, wanted))
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
