//! Short-time spectra by definition: every sample by index, every bin as a sum.

use std::f64::consts::TAU;

use crate::detrend::Detrend;
use crate::stft::{Padding, Placement, SpectrogramParams, SpectrogramScaling};

/// Returns the value of the padded signal at position `i`.
fn sample(x: &[f64], i: i64, padding: Padding) -> f64 {
    let n = x.len() as i64;
    if (0..n).contains(&i) {
        return x[i as usize];
    }
    match padding {
        Padding::None | Padding::Constant => 0.0,
        // Both mirrors repeat: with period 2n − 2 about the end samples, 2n between them and their copies.
        Padding::Reflect => {
            let r = i.rem_euclid((2 * n - 2).max(1));
            x[r.min(2 * n - 2 - r) as usize]
        }
        Padding::Mirror => {
            let r = i.rem_euclid(2 * n);
            x[r.min(2 * n - 1 - r) as usize]
        }
    }
}

/// Start of each frame that the signal has, relative to its first sample.
pub fn frame_starts(len: usize, frame_len: usize, hop: usize, padding: Padding) -> Vec<i64> {
    let (len, frame_len, hop) = (len as i64, frame_len as i64, hop as i64);
    let half = frame_len / 2;
    let starts = (0..).map(move |i| match padding {
        Padding::None => i * hop,
        Padding::Constant | Padding::Reflect => i * hop - half,
        Padding::Mirror => i * hop + hop / 2 - half,
    });
    let fits = |start: &i64| match padding {
        Padding::None => start + frame_len <= len,
        Padding::Constant | Padding::Reflect => start + frame_len <= len + half,
        // A frame for every hop whose larger half lies inside the signal.
        Padding::Mirror => start + half - hop / 2 + hop - hop / 2 <= len,
    };
    starts.take_while(fits).collect()
}

/// `|X|²` of the frame at `start`, for bins `0..=n_fft/2`; O(n_fft²).
pub fn frame_power(x: &[f64], start: i64, p: &SpectrogramParams, preemphasis: f64) -> Vec<f64> {
    let window =
        p.segments.window.coefficients(p.segments.segment_len, p.segments.symmetry).expect("valid window");
    let lead = match p.placement {
        Placement::Start => 0,
        Placement::Center => (p.segments.n_fft - p.segments.segment_len) / 2,
    };
    let mut seen: Vec<f64> =
        (0..p.segments.segment_len).map(|i| sample(x, start + (lead + i) as i64, p.padding)).collect();
    subtract_trend(&mut seen, p.segments.detrend);
    let before = std::iter::once(seen[0]).chain(seen.iter().copied()).collect::<Vec<_>>();
    let weighted: Vec<f64> =
        seen.iter().zip(&before).zip(&window).map(|((v, b), w)| (v - preemphasis * b) * w).collect();
    (0..=p.segments.n_fft / 2)
        .map(|k| {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, v) in weighted.iter().enumerate() {
                let angle = TAU * ((k * (lead + n)) % p.segments.n_fft) as f64 / p.segments.n_fft as f64;
                re += v * angle.cos();
                im -= v * angle.sin();
            }
            re * re + im * im
        })
        .collect()
}

fn subtract_trend(x: &mut [f64], detrend: Detrend) {
    let n = x.len() as f64;
    let mean_x = x.iter().sum::<f64>() / n;
    let mean_t = (n - 1.0) / 2.0;
    let cov: f64 = x.iter().enumerate().map(|(t, v)| (t as f64 - mean_t) * (v - mean_x)).sum();
    let var: f64 = (0..x.len()).map(|t| (t as f64 - mean_t).powi(2)).sum();
    let slope = if var > 0.0 { cov / var } else { 0.0 };
    for (t, v) in x.iter_mut().enumerate() {
        *v -= match detrend {
            Detrend::None => 0.0,
            Detrend::Constant => mean_x,
            Detrend::Linear => mean_x + slope * (t as f64 - mean_t),
        };
    }
}

/// Returns the spectrogram of `x`, one vector per frame.
pub fn spectrogram(x: &[f64], p: &SpectrogramParams) -> Vec<Vec<f64>> {
    let window =
        p.segments.window.coefficients(p.segments.segment_len, p.segments.symmetry).expect("valid window");
    let sum: f64 = window.iter().sum();
    let squares: f64 = window.iter().map(|w| w * w).sum();
    let frame_len = if p.placement == Placement::Center { p.segments.n_fft } else { p.segments.segment_len };
    let unit = |(k, power): (usize, f64)| {
        let twice = if k == 0 || 2 * k == p.segments.n_fft { 1.0 } else { 2.0 };
        match p.scaling {
            SpectrogramScaling::Density => twice * power / (p.sample_rate * squares),
            SpectrogramScaling::Spectrum => twice * power / sum.powi(2),
            SpectrogramScaling::Raw => twice * power,
            SpectrogramScaling::Power => power,
            SpectrogramScaling::Magnitude => power.sqrt(),
        }
    };
    frame_starts(x.len(), frame_len, p.segments.hop, p.padding)
        .into_iter()
        .map(|start| frame_power(x, start, p, 0.0).into_iter().enumerate().map(unit).collect())
        .collect()
}
