//! Losses of a task on one row's powers, with their gradients.

use rlx_dsp::mel::MelFilterbank;

/// Weights of the losses.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LossWeights {
    /// Mean of the open gates.
    pub sparsity: f64,
    /// Squared log-mel difference.
    pub mel: f64,
    /// Squared log-power difference.
    pub welch: f64,
    /// Peak matching.
    pub peak: f64,
    /// Relative squared difference of the complex spectrum from the teacher's.
    pub spectrum: f64,
}

/// Floor of powers relative to the mean, which keeps logarithms finite.
pub(crate) const FLOOR: f64 = 1e-4;
/// Width of a decision, in nepers of power.
const TEMPERATURE: f64 = 0.5;
/// Sharpness of the maximum over neighbouring bins.
const SHARP: f64 = 4.0;

/// The teacher's result for a row.
pub(crate) struct Teacher<'a> {
    /// Its powers, one-sided.
    pub(crate) power: &'a [f64],
    /// Bins of its significant peaks.
    pub(crate) peaks: &'a [usize],
}

/// Returns the significant peaks: the strongest `k` of the kept bins that are 10 dB above their median.
pub(crate) fn significant(power: &[f64], kept: &[bool], k: usize) -> Vec<usize> {
    let mut bins: Vec<usize> = (0..power.len()).filter(|&b| kept[b]).collect();
    bins.sort_by(|&a, &b| power[b].total_cmp(&power[a]).then(a.cmp(&b)));
    let median = bins.get(bins.len() / 2).map_or(0.0, |&b| power[b]);
    bins.truncate(k);
    bins.retain(|&b| power[b] > 10.0 * median);
    bins
}

/// Returns the `mel`, `welch` and `peak` losses of one row's `power` and adds their weighted gradient to `grad`.
pub(crate) fn row_loss(
    power: &[f64],
    teacher: &Teacher<'_>,
    kept: &[bool],
    k: usize,
    bank: Option<&MelFilterbank<f64>>,
    weights: &LossWeights,
    grad: &mut [f64],
) -> [f64; 3] {
    let n_kept = kept.iter().filter(|&&x| x).count().max(1) as f64;
    let mean = |p: &[f64]| p.iter().zip(kept).filter(|(_, k)| **k).map(|(p, _)| p).sum::<f64>() / n_kept;
    let floor = (FLOOR * mean(teacher.power)).max(1e-30);
    let log = |p: f64| (p + floor).ln();
    let mut welch = 0.0;
    for b in (0..power.len()).filter(|&b| kept[b]) {
        let d = log(power[b]) - log(teacher.power[b]);
        welch += d * d / n_kept;
        grad[b] += weights.welch * 2.0 * d / (power[b] + floor) / n_kept;
    }
    let mut mel = 0.0;
    if let Some(bank) = bank {
        let filters = bank.n_mels().max(1) as f64;
        for (first, row) in bank.rows() {
            let sum = |p: &[f64]| row.iter().zip(&p[first..]).map(|(w, p)| w * p).sum::<f64>();
            let (mine, theirs) = (sum(power) + floor, sum(teacher.power) + floor);
            let d = (mine / theirs).ln();
            mel += d * d / filters;
            for (w, g) in row.iter().zip(&mut grad[first..]) {
                *g += weights.mel * 2.0 * d / mine * w / filters;
            }
        }
    }
    let peak = peak_loss(power, teacher.peaks, kept, k, &log, |b, g| {
        grad[b] += weights.peak * g / (power[b] + floor);
    });
    [mel, welch, peak]
}

/// Returns the peak loss. Each of the teacher's peaks should be among the student's `k` strongest bins, within a bin:
/// a logistic loss compares the smooth maximum of log power over the bin and its neighbours with a threshold between
/// the student's `k`-th and next level. The two bins at the threshold take their share of the gradient, because a
/// missed peak has to exceed them. Other bins cost nothing, whatever `k` is, and a factor on all powers changes
/// nothing. Calls `each(bin, gradient over its log power)`.
fn peak_loss(
    power: &[f64],
    peaks: &[usize],
    kept: &[bool],
    k: usize,
    log: &impl Fn(f64) -> f64,
    mut each: impl FnMut(usize, f64),
) -> f64 {
    let level: Vec<f64> = power.iter().map(|&p| log(p)).collect();
    let mut order: Vec<usize> = (0..power.len()).filter(|&b| kept[b]).collect();
    if peaks.is_empty() || order.len() <= k {
        return 0.0;
    }
    order.sort_by(|&a, &b| level[b].total_cmp(&level[a]));
    let ends = [order[k - 1], order[k]];
    let bar = 0.5 * (level[ends[0]] + level[ends[1]]);
    let softplus = |x: f64| if x > 30.0 { x } else { x.exp().ln_1p() };
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let near = |p: usize| (p.saturating_sub(1)..=(p + 1).min(power.len() - 1)).filter(|&b| kept[b]);
    let mut loss = 0.0;
    for &p in peaks {
        let top = near(p).map(|b| level[b]).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = near(p).map(|b| (SHARP * (level[b] - top)).exp()).sum();
        let maximum = top + sum.ln() / SHARP;
        let x = (bar - maximum) / TEMPERATURE;
        loss += softplus(x) / peaks.len() as f64;
        let slope = logistic(x) / TEMPERATURE / peaks.len() as f64;
        for b in near(p) {
            each(b, -slope * (SHARP * (level[b] - top)).exp() / sum);
        }
        ends.iter().for_each(|&b| each(b, 0.5 * slope));
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let n = 33;
        let wave = |i: usize, s: f64| 1.0 + (i as f64 * s).sin() + 5.0 * f64::from(u8::from(i % 9 == 4));
        let power: Vec<f64> = (0..n).map(|i| wave(i, 0.7)).collect();
        let theirs: Vec<f64> =
            (0..n).map(|i| wave(i, 1.1) + 30.0 * f64::from(u8::from(i % 11 == 3))).collect();
        let kept = vec![true; n];
        let peaks = significant(&theirs, &kept, 4);
        assert_eq!(peaks.len(), 3);
        let bank = MelFilterbank::<f64>::new(&crate::task::student::bank_params(64, 8)).unwrap();
        let weights = LossWeights { sparsity: 0.0, mel: 0.7, welch: 0.3, peak: 2.0, spectrum: 0.0 };
        let teacher = Teacher { power: &theirs, peaks: &peaks };
        let value = |power: &[f64], grad: &mut [f64]| {
            let [mel, welch, peak] = row_loss(power, &teacher, &kept, 4, Some(&bank), &weights, grad);
            0.7 * mel + 0.3 * welch + 2.0 * peak
        };
        let mut grad = vec![0.0; n];
        value(&power, &mut grad);
        for b in 0..n {
            let h = 1e-6 * power[b];
            let at = |step: f64| {
                let mut moved = power.clone();
                moved[b] += step;
                value(&moved, &mut vec![0.0; n])
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!((slope - grad[b]).abs() < 1e-6 * (1.0 + grad[b].abs()), "{b}: {slope} {}", grad[b]);
        }
    }

    /// A student that finds every peak by far has nothing to learn, for a few places and for most of the bins.
    #[test]
    fn a_student_that_finds_all_peaks_is_left_alone() {
        let n = 129;
        let peaks = [10, 40, 90];
        let power: Vec<f64> =
            (0..n).map(|b| if peaks.contains(&b) { 1e4 } else { 1.0 + 0.001 * b as f64 }).collect();
        let kept = vec![true; n];
        for k in [4, 16, 64, 100] {
            for scale in [1.0, 1e-6] {
                let scaled: Vec<f64> = power.iter().map(|p| scale * p).collect();
                let mut largest = 0.0f64;
                let loss = peak_loss(&scaled, &peaks, &kept, k, &|p: f64| p.ln(), |_, g| {
                    largest = largest.max(g.abs())
                });
                assert!(loss < 1e-7 && largest < 1e-7, "{k}: {loss} {largest}");
            }
        }
    }
}
