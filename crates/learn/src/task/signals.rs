//! Training signals: structured rows from a documented generator, or windows of the user's recordings.
//!
//! A row is one of five kinds, equally likely, plus coloured noise: one to six *tones* (0 to −40 dB, anywhere in the
//! band); a *harmonic* series of 3 to 12 partials that fall by 3 to 12 dB each; one or two linear *chirps* over up to
//! a tenth of the band; an *amplitude-modulated* carrier (1 to 8 periods of modulation per row, depth 0.3 to 1);
//! noise alone with two resonances. The noise has a power spectrum of `1/f^a`, `a` in 0 … 2, from a one-pole filter,
//! at −60 to −10 dB. Rows are scaled to a random level over 40 dB.

use std::f64::consts::{PI, TAU};

use crate::error::{Error, Result};
use crate::random::Random;
use crate::record::Fingerprint;

/// Part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Rows that gradients are computed on.
    Train,
    /// Rows that decide when to stop.
    Validation,
    /// Rows for the reported result, used for nothing else.
    Test,
}

/// Source of rows.
#[derive(Debug, Clone)]
pub enum Signals {
    /// The generator, from this seed.
    Generated(u64),
    /// Recordings: the first 70 % of each are for training, the next 15 % for validation, the last 15 % for the test.
    Recordings {
        /// Samples of each.
        recordings: Vec<Vec<f32>>,
        /// Seed of the choice of windows.
        seed: u64,
    },
}

impl Signals {
    /// Makes a source of recordings, for rows of `frame_len` samples.
    ///
    /// # Errors
    /// No recording whose parts each hold a row and are not silent; NaN or infinity.
    pub fn recordings(recordings: Vec<Vec<f32>>, frame_len: usize, seed: u64) -> Result<Self> {
        let mut kept = Vec::new();
        for recording in recordings {
            if let Some(at) = recording.iter().position(|x| !x.is_finite()) {
                return Err(Error::argument("data", format!("sample {at} of a recording is not finite")));
            }
            let sounds = |split| {
                let part = part(&recording, split);
                part.len() >= frame_len && part.iter().any(|x| *x != 0.0)
            };
            if [Split::Train, Split::Validation, Split::Test].into_iter().all(sounds) {
                kept.push(recording);
            }
        }
        if kept.is_empty() {
            let reason = format!(
                "no recording has parts (70, 15, 15 %) of at least {frame_len} samples each that are not silent"
            );
            return Err(Error::argument("data", reason));
        }
        Ok(Self::Recordings { recordings: kept, seed })
    }

    /// Returns a fingerprint of the seed and of every sample of recordings.
    pub fn fingerprint(&self) -> String {
        let mut all = Fingerprint::new();
        match self {
            Self::Generated(seed) => all.add([0, *seed]),
            Self::Recordings { recordings, seed } => {
                all.add([1, *seed]);
                for recording in recordings {
                    all.add([recording.len() as u64]);
                    all.add(recording.iter().map(|x| u64::from(x.to_bits())));
                }
            }
        }
        all.text()
    }

    /// Returns `count` rows of `frame_len` samples, the `index`-th batch of a part. The same arguments give the same
    /// rows.
    pub fn rows(&self, split: Split, index: u64, count: usize, frame_len: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(count * frame_len);
        let stream = (split as u64) << 48 | index;
        match self {
            Self::Generated(seed) => {
                let mut random = Random::stream(*seed, stream);
                for _ in 0..count {
                    generate(&mut random, frame_len, &mut out);
                }
            }
            Self::Recordings { recordings, seed } => {
                let mut random = Random::stream(*seed, stream);
                for _ in 0..count {
                    // A silent window has no peaks to learn from: try others, up to a limit.
                    let mut window: &[f32] = &[];
                    for _ in 0..32 {
                        let part = part(&recordings[random.below(recordings.len())], split);
                        let at = random.below(part.len() - frame_len + 1);
                        window = &part[at..at + frame_len];
                        if window.iter().any(|x| *x != 0.0) {
                            break;
                        }
                    }
                    out.extend_from_slice(window);
                }
            }
        }
        out
    }
}

fn part(recording: &[f32], split: Split) -> &[f32] {
    let (a, b) = (recording.len() * 70 / 100, recording.len() * 85 / 100);
    match split {
        Split::Train => &recording[..a],
        Split::Validation => &recording[a..b],
        Split::Test => &recording[b..],
    }
}

fn generate(random: &mut Random, len: usize, out: &mut Vec<f32>) {
    let mut row = vec![0.0f64; len];
    let level = |db: f64| 10f64.powf(db / 20.0);
    let tone = |row: &mut [f64], step: f64, slope: f64, phase: f64, amplitude: f64| {
        for (i, x) in row.iter_mut().enumerate() {
            let t = i as f64;
            *x += amplitude * (phase + (step + 0.5 * slope * t) * t).sin();
        }
    };
    match random.below(5) {
        0 => {
            for _ in 0..1 + random.below(6) {
                let (step, db) = (random.within(0.01, 0.99) * PI, random.within(-40.0, 0.0));
                let phase = TAU * random.unit();
                tone(&mut row, step, 0.0, phase, level(db));
            }
        }
        1 => {
            let (base, fall) = (random.within(0.01, 0.12) * PI, random.within(3.0, 12.0));
            for partial in 1..=3 + random.below(10) {
                let step = base * partial as f64;
                if step < 0.98 * PI {
                    let phase = TAU * random.unit();
                    tone(&mut row, step, 0.0, phase, level(-fall * (partial - 1) as f64));
                }
            }
        }
        2 => {
            for _ in 0..1 + random.below(2) {
                let start = random.within(0.1, 0.9) * PI;
                let slope = random.within(-0.1, 0.1) * PI / len as f64;
                let (phase, db) = (TAU * random.unit(), random.within(-20.0, 0.0));
                tone(&mut row, start, slope, phase, level(db));
            }
        }
        3 => {
            let (step, phase) = (random.within(0.05, 0.95) * PI, TAU * random.unit());
            tone(&mut row, step, 0.0, phase, 1.0);
            let (periods, depth) = (random.within(1.0, 8.0), random.within(0.3, 1.0));
            let start = TAU * random.unit();
            for (i, x) in row.iter_mut().enumerate() {
                *x *= 1.0 + depth * (start + TAU * periods * i as f64 / len as f64).sin();
            }
        }
        _ => {
            for _ in 0..2 {
                let (step, radius) = (random.within(0.05, 0.95) * PI, random.within(0.95, 0.995));
                let (a, b) = (2.0 * radius * step.cos(), -radius * radius);
                let gain = (1.0 - radius) * level(random.within(-10.0, 0.0));
                let (mut y1, mut y2) = (0.0, 0.0);
                for x in &mut row {
                    let y = random.normal() + a * y1 + b * y2;
                    (y2, y1) = (y1, y);
                    *x += gain * y;
                }
            }
        }
    }
    // One pole at 0 … 0.95 shapes white noise from flat to 1/f².
    let (pole, noise) = (random.within(0.0, 0.95), level(random.within(-60.0, -10.0)));
    let (mut state, gain) = (0.0, noise * (1.0 - pole * pole).sqrt());
    for x in &mut row {
        state = pole * state + random.normal();
        *x += gain * state;
    }
    let scale = level(random.within(-40.0, 0.0));
    out.extend(row.into_iter().map(|x| (scale * x) as f32));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_share_rows_and_seeds_repeat_them() {
        let signals = Signals::Generated(7);
        let train = signals.rows(Split::Train, 0, 4, 100);
        assert_eq!(train, signals.rows(Split::Train, 0, 4, 100));
        assert_ne!(train, signals.rows(Split::Train, 1, 4, 100));
        assert_ne!(train, signals.rows(Split::Test, 0, 4, 100));
        assert!(train.iter().all(|x| x.is_finite()));
        let ramp: Vec<f32> = (1..=1000).map(|x| x as f32).collect();
        let data = Signals::recordings(vec![ramp, vec![0.0; 5000]], 50, 1).unwrap();
        assert!(data.rows(Split::Train, 0, 20, 50).iter().all(|x| *x <= 700.0));
        assert!(data.rows(Split::Test, 0, 20, 50).iter().all(|x| *x > 850.0));
    }

    #[test]
    fn fingerprints_tell_signals_apart() {
        let of = |x: f32, seed| {
            let mut samples: Vec<f32> = (1..=1000).map(|x| x as f32).collect();
            samples[500] = x;
            Signals::recordings(vec![samples], 50, seed).unwrap().fingerprint()
        };
        assert_eq!(of(1.0, 0), of(1.0, 0));
        let all = [of(1.0, 0), of(1.0, 1), of(1.000_001, 0), Signals::Generated(0).fingerprint()];
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| a != b), "{all:?}");
        }
    }

    #[test]
    fn silence_and_emptiness_are_refused() {
        for recordings in [vec![], vec![vec![]], vec![vec![0.0; 10_000]], vec![vec![1.0; 100]]] {
            let error = Signals::recordings(recordings, 50, 0).unwrap_err().to_string();
            assert!(error.starts_with("data: no recording"), "{error}");
        }
        assert!(Signals::recordings(vec![vec![f32::NAN; 1000]], 50, 0).is_err());
    }
}
