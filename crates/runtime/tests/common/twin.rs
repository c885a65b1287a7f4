//! Truth in f64, and the rule by which a device's peaks are judged.

use num_complex::Complex;
use rlx_compile::params::{Average, Detrend, WelchPeaksSpec};
use rlx_dsp::fft::{ForwardFft, RealFft};

/// One-sided raw power of a row, averaged over its segments.
pub(crate) fn raw_power(row: &[f32], spec: &WelchPeaksSpec) -> Vec<f64> {
    let (n, len) = (spec.n_fft, spec.segment_len);
    let window = spec.window.coefficients(len, spec.symmetry).unwrap();
    let mut fft = RealFft::<f64>::new(n).unwrap();
    let segments = (row.len() - len) / spec.hop + 1;
    let mut powers = vec![Vec::with_capacity(segments); n / 2 + 1];
    for segment in 0..segments {
        let samples = &row[segment * spec.hop..][..len];
        let mean = match spec.detrend {
            Detrend::Constant => samples.iter().map(|v| f64::from(*v)).sum::<f64>() / len as f64,
            _ => 0.0,
        };
        let mut frame = vec![0.0; n];
        let values = samples.iter().zip(&window).map(|(v, w)| (f64::from(*v) - mean) * w);
        frame.iter_mut().zip(values).for_each(|(f, v)| *f = v);
        let mut bins = vec![Complex::default(); n / 2 + 1];
        fft.forward(&mut frame, &mut bins).unwrap();
        for (bin, (powers, z)) in powers.iter_mut().zip(&bins).enumerate() {
            powers.push(z.norm_sqr() * if bin == 0 || 2 * bin == n { 1.0 } else { 2.0 });
        }
    }
    let average = |powers: Vec<f64>| match spec.average {
        Average::Max => powers.into_iter().fold(0.0, f64::max),
        Average::Min => powers.into_iter().fold(f64::INFINITY, f64::min),
        _ => powers.iter().sum::<f64>() / segments as f64,
    };
    powers.into_iter().map(average).collect()
}

/// By how much the power of the bin at a rank may miss the best: `2δ√(P·S) + δ²S`, `δ = ε·max(1, log2(N)/8)`, `S` the
/// row's whole power.
pub(crate) fn allowed(best: f64, total: f64, n: usize) -> f64 {
    let delta = f64::from(f32::EPSILON) * ((n as f64).log2() / 8.0).max(1.0);
    2.0 * delta * (best * total).sqrt() + delta * delta * total
}

/// Fails unless these packed peaks are right for the row. `beside` is power that the samples have and the spectrum has
/// not (a mean that was subtracted).
pub(crate) fn judge_row(power: &[f64], beside: f64, peaks: &[f32], n: usize, what: &str) {
    let total = power.iter().sum::<f64>() + beside;
    let mut order: Vec<usize> = (0..power.len()).collect();
    order.sort_by(|&a, &b| power[b].total_cmp(&power[a]).then(a.cmp(&b)));
    let mut seen = vec![false; power.len()];
    for (rank, pair) in peaks.chunks_exact(2).enumerate() {
        let (bin, best) = (pair[0] as usize, power[order[rank]]);
        let allowed = allowed(best, total, n);
        assert!(!std::mem::replace(&mut seen[bin], true), "{what}, rank {rank}: bin {bin} twice");
        let miss = (power[bin] - best).abs();
        assert!(miss <= allowed, "{what}, rank {rank}: bin {bin} misses by {miss:e}, {allowed:e} allowed");
        let error = (f64::from(pair[1]) - power[bin]).abs();
        assert!(error <= 2.0 * allowed, "{what}, rank {rank}: power off by {error:e}, {allowed:e} allowed");
    }
}
