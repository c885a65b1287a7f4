//! Log-mel by its definition: dense filters, one value at a time, one item.

use super::stft::{frame_power, frame_starts};
use crate::detrend::Detrend;
use crate::mel::{
    LogMelParams, MelFilterbankParams, MelLog, MelNorm, MelNormalise, MelScale, Preemphasis, Reference,
    TriangleDomain,
};
use crate::params::SegmentParams;
use crate::stft::{Placement, SpectrogramParams, SpectrogramScaling};

/// Mel of `hz`.
pub fn hz_to_mel(scale: MelScale, hz: f64) -> f64 {
    match scale {
        MelScale::Slaney if hz < 1000.0 => 3.0 * hz / 200.0,
        MelScale::Slaney => 15.0 + 27.0 * (hz / 1000.0).ln() / 6.4_f64.ln(),
        MelScale::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
        MelScale::Kaldi => 1127.0 * (1.0 + hz / 700.0).ln(),
    }
}

/// Hz of `mel`, by bisection of [`hz_to_mel`].
pub fn mel_to_hz(scale: MelScale, mel: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e6);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if hz_to_mel(scale, middle) < mel {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Returns the filters as `n_mels` rows of `n_fft/2 + 1` weights.
pub fn filterbank(p: &MelFilterbankParams) -> Vec<Vec<f64>> {
    let f_max = p.f_max.unwrap_or(p.sample_rate / 2.0);
    // Kaldi's filters are defined by f32 arithmetic.
    let single = p.scale == MelScale::Kaldi && p.domain == TriangleDomain::Mel;
    let to_mel = |hz: f64| match single {
        true => f64::from(1127.0_f32 * (1.0_f32 + hz as f32 / 700.0_f32).ln()),
        false => hz_to_mel(p.scale, hz),
    };
    let (low, high) = (to_mel(p.f_min), to_mel(f_max));
    let edge = |i: usize| match single {
        true if i <= p.n_mels => {
            let step = (high as f32 - low as f32) / (p.n_mels + 1) as f32;
            f64::from(low as f32 + i as f32 * step)
        }
        _ => low + (high - low) * i as f64 / (p.n_mels + 1) as f64,
    };
    let triangle = |at: f64, [a, b, c]: [f64; 3]| {
        if at <= a || at >= c {
            0.0
        } else if at <= b {
            (at - a) / (b - a)
        } else {
            (c - at) / (c - b)
        }
    };
    (0..p.n_mels)
        .map(|m| {
            let mels = [edge(m), edge(m + 1), edge(m + 2)];
            let mut hz = mels.map(|mel| mel_to_hz(p.scale, mel));
            if m == 0 {
                hz[0] = p.f_min;
            }
            if m + 1 == p.n_mels {
                hz[2] = f_max;
            }
            let height = if p.norm == MelNorm::Slaney { 2.0 / (hz[2] - hz[0]) } else { 1.0 };
            (0..=p.n_fft / 2)
                .map(|bin| {
                    let f = p.sample_rate / p.n_fft as f64 * bin as f64;
                    height
                        * match p.domain {
                            TriangleDomain::Hertz => triangle(f, hz),
                            TriangleDomain::Mel => triangle(to_mel(f), mels),
                        }
                })
                .collect()
        })
        .collect()
}

/// Returns the log-mel spectrogram of `x`, one vector of `n_mels` values per frame.
pub fn log_mel(x: &[f64], p: &LogMelParams) -> Vec<Vec<f64>> {
    let segments = SegmentParams::new(p.win_length)
        .window(p.window.clone())
        .symmetry(p.symmetry)
        .n_fft(p.n_fft)
        .hop(p.hop)
        .detrend(if p.remove_dc { Detrend::Constant } else { Detrend::None });
    let spectrum = SpectrogramParams::new(p.sample_rate, segments)
        .placement(p.placement)
        .padding(p.padding)
        .scaling(SpectrogramScaling::Power);
    let (mut x, mut in_frame) = (x.to_vec(), 0.0);
    match p.preemphasis {
        Preemphasis::None => {}
        Preemphasis::Frame(c) => in_frame = c,
        Preemphasis::Signal(c) => {
            let before = std::iter::once(0.0).chain(x.iter().copied()).collect::<Vec<_>>();
            x = x.iter().zip(&before).map(|(v, b)| v - c * b).collect();
        }
    }
    let bank = filterbank(&p.filterbank());
    let frame_len = if p.placement == Placement::Center { p.n_fft } else { p.win_length };
    let mut starts = frame_starts(x.len(), frame_len, p.hop, p.padding);
    if p.drop_last_frame {
        starts.pop();
    }
    let mut frames: Vec<Vec<f64>> = starts
        .into_iter()
        .map(|start| {
            let power = frame_power(&x, start, &spectrum, in_frame);
            let filter =
                |row: &Vec<f64>| row.iter().zip(&power).map(|(w, v)| w * v.powf(p.power / 2.0)).sum();
            bank.iter().map(filter).collect()
        })
        .collect();
    logarithm(&mut frames, &p.log);
    normalise(&mut frames, &p.normalise);
    frames
}

fn largest(frames: &[Vec<f64>]) -> f64 {
    frames.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn logarithm(frames: &mut [Vec<f64>], log: &MelLog) {
    let decibel = |v: f64, amin: f64| 10.0 * v.max(amin).log10();
    let top = largest(frames);
    for v in frames.iter_mut().flatten() {
        *v = match *log {
            MelLog::Linear => *v,
            MelLog::Decibel { amin, reference, top_db } => {
                let zero = match reference {
                    Reference::Power(power) => decibel(power, amin),
                    Reference::Max => decibel(top, amin),
                };
                let floor = top_db.map_or(f64::NEG_INFINITY, |range| decibel(top, amin) - zero - range);
                (decibel(*v, amin) - zero).max(floor)
            }
            MelLog::Log10 { floor } => v.max(floor).log10(),
            MelLog::Ln { floor } => v.max(floor).ln(),
            MelLog::LnPlus { offset } => (*v + offset).ln(),
        };
    }
}

fn normalise(frames: &mut [Vec<f64>], how: &MelNormalise) {
    match *how {
        MelNormalise::None => {}
        MelNormalise::Clamp { range, shift, divisor } => {
            let floor = largest(frames) - range;
            frames.iter_mut().flatten().for_each(|v| *v = (v.max(floor) + shift) / divisor);
        }
        MelNormalise::PerFeature { epsilon } => {
            let n = frames.len() as f64;
            for m in 0..frames.first().map_or(0, Vec::len) {
                let column: Vec<f64> = frames.iter().map(|f| f[m]).collect();
                let mean = column.iter().sum::<f64>() / n;
                let squares: f64 = column.iter().map(|v| (v - mean) * (v - mean)).sum();
                let deviation = if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 };
                frames.iter_mut().for_each(|f| f[m] = (f[m] - mean) / (deviation + epsilon));
            }
        }
    }
}
