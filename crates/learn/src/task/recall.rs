//! Share of the teacher's peaks that a student finds, on rows that were not used for training.

use rlx_dsp::welch::peaks::{PeaksEngine, WelchPeakParams, WelchPeaksScratch};
use serde::{Deserialize, Serialize};

use super::loss::{FLOOR, significant};
use crate::error::{Error, Result};
use crate::model::FastLearnedFftModel;

/// A student compared with the untrained path of the same cost, row by row on the same signals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RecallStudy {
    /// Rows with at least one significant peak.
    pub rows: usize,
    /// Mean share of the teacher's significant peaks that the student has within a bin.
    pub student: f64,
    /// The same of the untrained 2-segment path.
    pub untrained: f64,
    /// Their difference.
    pub gain: f64,
    /// Standard error of the difference, over rows.
    pub standard_error: f64,
}

/// Returns the shares of the teacher's significant peaks found in each row that has any, by each of `answers` (packed
/// peaks).
fn shares(answers: &[&[f32]], teacher: &[f32], kept: &[bool], k: usize, k_out: usize) -> Vec<Vec<f64>> {
    let bins = kept.len();
    let mut out = vec![Vec::new(); answers.len()];
    for (row, power) in teacher.chunks_exact(bins).enumerate() {
        let power: Vec<f64> = power.iter().map(|&p| f64::from(p)).collect();
        let wanted = significant(&power, kept, k);
        if wanted.is_empty() {
            continue;
        }
        for (answer, out) in answers.iter().zip(&mut out) {
            // A model without a bin fills its result with bins of zero power, which do not count as found.
            let found: Vec<usize> = answer[2 * k_out * row..][..2 * k_out]
                .chunks_exact(2)
                .filter(|p| p[1] > 0.0)
                .map(|p| p[0] as usize)
                .collect();
            let hits = wanted.iter().filter(|&&w| found.iter().any(|&f| f.abs_diff(w) <= 1)).count();
            out.push(hits as f64 / wanted.len() as f64);
        }
    }
    out
}

/// Returns packed peaks of the untrained path of the fast layout, within the kept bins.
fn untrained(params: &WelchPeakParams, samples: &[f32], rows: usize, kept: &[bool]) -> Result<Vec<f32>> {
    let mut model = FastLearnedFftModel::exact(params.welch.n_fft)?;
    let mask: Vec<f32> = kept.iter().map(|&k| f32::from(u8::from(k))).collect();
    model.set_mask(&mask)?;
    model.welch_peaks_batch(params, samples, rows)
}

/// Compares the student with the untrained path on full rows.
///
/// # Errors
/// Rows whose length is not that of the full layout; NaN; no significant peak in any row.
pub fn study(
    model: &FastLearnedFftModel,
    samples: &[f32],
    rows: usize,
    k: usize,
    kept: &[bool],
) -> Result<RecallStudy> {
    let n = model.n_fft();
    let full = WelchPeakParams::reference_for_n_fft(n, k);
    let fast = WelchPeakParams::fast_for_n_fft(n, k);
    let mut teacher = vec![0.0; rows * full.welch.n_bins()];
    WelchPeaksScratch::new(full.clone(), PeaksEngine::Streaming, 1)?.psd_into(samples, rows, &mut teacher)?;
    let cut = fast.welch.truncate_batch(samples, rows, full.welch.frame_len())?;
    let mine = model.welch_peaks_batch(&fast, &cut, rows)?;
    let theirs = untrained(&fast, &cut, rows, kept)?;
    let both = shares(&[&mine, &theirs], &teacher, kept, k, fast.k_out());
    let count = both[0].len();
    if count == 0 {
        let reason = format!(
            "none of {rows} held-out rows has a significant peak (10 dB above the median of its bins): there is nothing to find"
        );
        return Err(Error::argument("data", reason));
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let difference: Vec<f64> = both[0].iter().zip(&both[1]).map(|(a, b)| a - b).collect();
    let gain = mean(&difference);
    let variance = difference.iter().map(|d| (d - gain).powi(2)).sum::<f64>() / (count.max(2) - 1) as f64;
    Ok(RecallStudy {
        rows: count,
        student: mean(&both[0]),
        untrained: mean(&both[1]),
        gain,
        standard_error: (variance / count.max(1) as f64).sqrt(),
    })
}

/// Returns the root mean square difference of the model's level from that of the eight-segment Welch estimate, in dB, for each of
/// the `n_fft/2 + 1` bins; NaN for bins that the mask drops. Powers far below the row's mean count as 40 dB below it, as in
/// the losses.
///
/// # Errors
/// Rows whose length is not that of the full layout; NaN.
pub fn level_errors(model: &FastLearnedFftModel, samples: &[f32], rows: usize) -> Result<Vec<f64>> {
    let n = model.n_fft();
    let full = WelchPeakParams::reference_for_n_fft(n, 1);
    let fast = WelchPeakParams::fast_for_n_fft(n, 1);
    let bins = model.n_bins();
    let mut teacher = vec![0.0; rows * bins];
    WelchPeaksScratch::new(full.clone(), PeaksEngine::Streaming, 1)?.psd_into(samples, rows, &mut teacher)?;
    let cut = fast.welch.truncate_batch(samples, rows, full.welch.frame_len())?;
    let mine = model.welch_psd_batch(&fast.welch, &cut, rows)?;
    let mut sums = vec![0.0; bins];
    for (mine, teacher) in mine.chunks_exact(bins).zip(teacher.chunks_exact(bins)) {
        let mean = teacher.iter().map(|&p| f64::from(p)).sum::<f64>() / bins as f64;
        let floor = (FLOOR * mean).max(1e-30);
        for ((sum, &p), &t) in sums.iter_mut().zip(mine).zip(teacher) {
            let level = 10.0 * ((f64::from(p) + floor) / (f64::from(t) + floor)).log10();
            *sum += level * level / rows as f64;
        }
    }
    let kept = model.mask().iter().map(|m| *m > 0.0);
    Ok(sums.iter().zip(kept).map(|(sum, kept)| if kept { sum.sqrt() } else { f64::NAN }).collect())
}

/// Returns the mean share of the teacher's significant peaks (among its `k` strongest, well above the row's median)
/// that packed answers `[rows, k_out, 2]` have within a bin, over rows that have any; `teacher`: powers `[rows,
/// bins]`. `None` if no row has any.
pub fn significant_recall(
    answer: &[f32],
    teacher: &[f32],
    bins: usize,
    k: usize,
    k_out: usize,
) -> Option<f64> {
    let found = shares(&[answer], teacher, &vec![true; bins], k, k_out).remove(0);
    (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
}

/// Returns the share of the peaks of `reference` (packed, `[rows, k, 2]`) that `answer` has within a bin; peaks of
/// zero power do not count.
pub fn recall_of(answer: &[f32], reference: &[f32], k: usize) -> f64 {
    let (mut hits, mut all) = (0usize, 0usize);
    for (a, r) in answer.chunks_exact(2 * k).zip(reference.chunks_exact(2 * k)) {
        for want in r.chunks_exact(2).filter(|p| p[1] > 0.0) {
            all += 1;
            hits += usize::from(a.chunks_exact(2).any(|p| p[1] > 0.0 && (p[0] - want[0]).abs() <= 1.0));
        }
    }
    if all == 0 { 1.0 } else { hits as f64 / all as f64 }
}
