//! Interprets a graph in f64 by definition: O(N²) DFT, sorting, no code shared with the crate under test.

use std::collections::BTreeMap;

use rlx_compile::params::*;
use rlx_compile::{Graph, Op};

/// A value: a list of vectors along the last dimension, real and imaginary parts.
#[derive(Debug, Clone, Default)]
struct Value {
    rows: Vec<Vec<(f64, f64)>>,
    /// Segments of one item, 1 after averaging.
    segments: usize,
    /// Transform length, once there is one.
    n_fft: usize,
}

/// The results by name, flattened.
pub(crate) fn run(graph: &Graph, input: &[Vec<f64>]) -> BTreeMap<String, Vec<f64>> {
    let mut values: Vec<Value> = Vec::new();
    let mut results = BTreeMap::new();
    for node in graph.nodes() {
        let operand = node.inputs.first().map(|i| values[i.0].clone()).unwrap_or_default();
        if let Op::Output { name, role: OutputRole::Result } = &node.op {
            let flat = operand.rows.iter().flatten().flat_map(|&(re, im)| [re, im]).collect();
            results.insert(name.clone(), flat);
        }
        values.push(step(&node.op, operand, input));
    }
    results
}

fn map(value: Value, f: impl Fn(&[(f64, f64)]) -> Vec<(f64, f64)>) -> Value {
    Value { rows: value.rows.iter().map(|r| f(r)).collect(), ..value }
}

fn pointwise(value: Value, f: impl Fn(usize, f64) -> f64) -> Value {
    map(value, |row| row.iter().enumerate().map(|(i, v)| (f(i, v.0), 0.0)).collect())
}

fn step(op: &Op, value: Value, input: &[Vec<f64>]) -> Value {
    match op {
        Op::Input { .. } => {
            let rows = input.iter().map(|r| r.iter().map(|&v| (v, 0.0)).collect()).collect();
            Value { rows, segments: 1, n_fft: 0 }
        }
        Op::Segment { len, hop, .. } => segment(&value, *len, *hop),
        Op::Detrend { kind } => map(value, |row| detrend(row, *kind)),
        Op::Window { window, symmetry } => map(value, |row| {
            let w = window.coefficients(row.len(), *symmetry).unwrap();
            row.iter().zip(w).map(|(v, w)| (v.0 * w, 0.0)).collect()
        }),
        Op::Fft { n_fft, sides, keep, .. } => {
            let bins = if *sides == Sides::Two { *n_fft } else { n_fft / 2 + 1 };
            let all = Band { lo: 0, hi: bins };
            let spectra = map(value, |row| dft(row, *n_fft, bins, keep.unwrap_or(all)));
            Value { n_fft: *n_fft, ..spectra }
        }
        Op::Power { one_sided: true } => {
            let n = value.n_fft;
            map(value, |row| {
                let double = |k: usize| if k == 0 || 2 * k == n { 1.0 } else { 2.0 };
                let power = |(k, v): (usize, &(f64, f64))| (double(k) * (v.0 * v.0 + v.1 * v.1), 0.0);
                row.iter().take(n / 2 + 1).enumerate().map(power).collect()
            })
        }
        Op::Average { average } => averaged(&value, *average),
        Op::Psd { sample_rate, .. } => pointwise(value, |_, v| v / sample_rate),
        Op::SpectralMask { mask } => map(value, |row| {
            let kept = |i: usize| match mask {
                Mask::Band(band) => band.lo <= i && i < band.hi,
                Mask::Bins(bins) => bins.contains(&i),
            };
            row.iter().enumerate().map(|(i, &v)| if kept(i) { v } else { (0.0, 0.0) }).collect()
        }),
        Op::TopK { k } => map(value, |row| top_k(row, *k)),
        // Any filters do, as long as they read the bins between their edges and no others.
        Op::MelFilterbank(spec) => {
            let n = value.n_fft as f64;
            map(value, |row| {
                let inside = |k: usize| {
                    let f = k as f64 * spec.sample_rate / n;
                    spec.f_min <= f && f <= spec.f_max.unwrap_or(f64::INFINITY)
                };
                let mel = |m: usize| {
                    row.iter()
                        .enumerate()
                        .filter(|(k, _)| inside(*k))
                        .map(|(k, v)| v.0 * ((k * m) % 7) as f64)
                        .sum()
                };
                (0..spec.n_mels).map(|m| (mel(m), 0.0)).collect()
            })
        }
        Op::Log { floor, .. } => pointwise(value, |_, v| 10.0 * v.max(*floor).log10()),
        Op::Output { .. } => value,
        Op::WelchPeaks(spec) => welch_peaks(&value, spec),
        other => panic!("the interpreter has no {}", other.kind()),
    }
}

fn segment(value: &Value, len: usize, hop: usize) -> Value {
    let mut rows = Vec::new();
    let mut segments = 0;
    for row in &value.rows {
        let starts: Vec<usize> = (0..row.len()).step_by(hop).filter(|s| s + len <= row.len()).collect();
        segments = starts.len();
        rows.extend(starts.iter().map(|&s| row[s..s + len].to_vec()));
    }
    Value { rows, segments, n_fft: 0 }
}

fn detrend(row: &[(f64, f64)], kind: Detrend) -> Vec<(f64, f64)> {
    let n = row.len() as f64;
    let mean = row.iter().map(|v| v.0).sum::<f64>() / n;
    let mid = (n - 1.0) / 2.0;
    let var: f64 = (0..row.len()).map(|i| (i as f64 - mid).powi(2)).sum();
    let cov: f64 = row.iter().enumerate().map(|(i, v)| (i as f64 - mid) * (v.0 - mean)).sum();
    let slope = if kind == Detrend::Linear && var > 0.0 { cov / var } else { 0.0 };
    let offset = if kind == Detrend::None { 0.0 } else { mean };
    row.iter().enumerate().map(|(i, v)| (v.0 - offset - slope * (i as f64 - mid), 0.0)).collect()
}

fn dft(row: &[(f64, f64)], n_fft: usize, bins: usize, keep: Band) -> Vec<(f64, f64)> {
    let bin = |k: usize| {
        if k < keep.lo || k >= keep.hi {
            return (0.0, 0.0);
        }
        row.iter().enumerate().fold((0.0, 0.0), |(re, im), (t, v)| {
            let (sin, cos) = (-2.0 * std::f64::consts::PI * (k * t % n_fft) as f64 / n_fft as f64).sin_cos();
            (re + v.0 * cos, im + v.0 * sin)
        })
    };
    (0..bins).map(bin).collect()
}

fn averaged(value: &Value, average: Average) -> Value {
    let items = value.rows.chunks(value.segments.max(1));
    let rows = items.map(|rows| {
        let one = |k: usize| {
            let mut v: Vec<f64> = rows.iter().map(|r| r[k].0).collect();
            v.sort_by(f64::total_cmp);
            let n = v.len();
            match average {
                Average::Mean => v.iter().sum::<f64>() / n as f64,
                Average::Max => v[n - 1],
                Average::Min => v[0],
                Average::Median => (v[n / 2] + v[(n - 1) / 2]) / 2.0,
            }
        };
        (0..rows[0].len()).map(|k| (one(k), 0.0)).collect()
    });
    Value { rows: rows.collect(), segments: 1, n_fft: value.n_fft }
}

fn top_k(row: &[(f64, f64)], k: usize) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].0.total_cmp(&row[a].0).then(a.cmp(&b)));
    order.into_iter().take(k).map(|i| (i as f64, row[i].0)).collect()
}

fn welch_peaks(value: &Value, spec: &WelchPeaksSpec) -> Value {
    let frames = segment(value, spec.segment_len, spec.hop);
    let segments = frames.segments;
    let w = spec.window.coefficients(spec.segment_len, spec.symmetry).unwrap();
    let bins = spec.n_fft / 2 + 1;
    let keep = spec.keep.unwrap_or(Band { lo: 0, hi: bins });
    let spectra = map(frames, |row| {
        let shaped: Vec<(f64, f64)> =
            detrend(row, spec.detrend).iter().zip(&w).map(|(v, w)| (v.0 * w, 0.0)).collect();
        dft(&shaped, spec.n_fft, bins, keep)
    });
    let power = step(&Op::Power { one_sided: true }, Value { n_fft: spec.n_fft, segments, ..spectra }, &[]);
    map(averaged(&power, spec.average), |row| top_k(row, spec.k))
}
