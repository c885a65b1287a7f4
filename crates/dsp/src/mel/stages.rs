//! What comes after the filters: logarithm and normalisation.

use crate::fft::Real;
use crate::{Error, Result};

/// What 0 dB is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Reference {
    /// A fixed power.
    Power(f64),
    /// The largest power (`ref=np.max`), over [`MaxOver`].
    Max,
}

/// What a maximum is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MaxOver {
    /// Each item of a batch by itself: an item's values do not depend on its neighbours.
    #[default]
    Item,
    /// The whole batch (the original whisper; `power_to_db` before librosa 1.0).
    Batch,
}

/// The logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MelLog {
    /// None: mel energies.
    Linear,
    /// `10 log10(max(amin, S)) − 10 log10(max(amin, reference))`, and nothing under the largest value by more than
    /// `top_db` (librosa's `power_to_db`, torchaudio's `AmplitudeToDB`). For power 1 this is still 10 log10.
    Decibel {
        /// Smallest power, positive.
        amin: f64,
        /// What 0 dB is.
        reference: Reference,
        /// Range in dB.
        top_db: Option<f64>,
    },
    /// `log10(max(floor, S))` (whisper).
    Log10 {
        /// Smallest energy, positive.
        floor: f64,
    },
    /// `ln(max(floor, S))` (Kaldi).
    Ln {
        /// Smallest energy, positive.
        floor: f64,
    },
    /// `ln(S + offset)` (NeMo).
    LnPlus {
        /// What is added, positive.
        offset: f64,
    },
}

/// The normalisation after the logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MelNormalise {
    /// None.
    #[default]
    None,
    /// `(max(x, max − range) + shift) / divisor` with the maximum over [`MaxOver`] (whisper: 8, 4, 4).
    Clamp {
        /// Range under the maximum that is kept.
        range: f64,
        /// Added afterwards.
        shift: f64,
        /// Divided by at last.
        divisor: f64,
    },
    /// Per mel band: subtract the mean over the frames, divide by the unbiased deviation plus `epsilon` (NeMo). One
    /// frame has deviation 0.
    PerFeature {
        /// Added to the deviation, positive.
        epsilon: f64,
    },
}

impl MelLog {
    pub(super) fn validate(&self) -> Result<()> {
        let positive = |what: &str, value: f64| {
            if value.is_finite() && value > 0.0 {
                return Ok(());
            }
            Err(Error::argument("log", format!("{what} must be a positive number, got {value}")))
        };
        match *self {
            Self::Linear => Ok(()),
            Self::Decibel { amin, reference, top_db } => {
                positive("amin", amin)?;
                if let Reference::Power(power) = reference {
                    positive("reference", power)?;
                }
                match top_db {
                    Some(range) if range.is_nan() || range < 0.0 => {
                        Err(Error::argument("log", format!("top_db must be 0 or more, got {range}")))
                    }
                    _ => Ok(()),
                }
            }
            Self::Log10 { floor } | Self::Ln { floor } => positive("floor", floor),
            Self::LnPlus { offset } => positive("offset", offset),
        }
    }

    /// Takes the logarithm of the items of a batch in place; each group shares one maximum.
    pub(super) fn apply<T: Real>(&self, group: &mut [&mut [T]]) {
        let each = |group: &mut [&mut [T]], f: &dyn Fn(T) -> T| {
            group.iter_mut().flat_map(|item| item.iter_mut()).for_each(|v| *v = f(*v));
        };
        match *self {
            Self::Linear => {}
            Self::Decibel { amin, reference, top_db } => {
                let reference = match reference {
                    Reference::Power(power) => power,
                    Reference::Max => largest(group).widen(),
                };
                let (amin_t, ten) = (T::narrow(amin), T::narrow(10.0));
                let zero_db = T::narrow(10.0 * amin.max(reference).log10());
                each(group, &|v| ten * v.max(amin_t).log10() - zero_db);
                if let Some(range) = top_db {
                    let floor = largest(group) - T::narrow(range);
                    each(group, &|v| v.max(floor));
                }
            }
            Self::Log10 { floor } => {
                let floor = T::narrow(floor);
                each(group, &|v| v.max(floor).log10());
            }
            Self::Ln { floor } => {
                let floor = T::narrow(floor);
                each(group, &|v| v.max(floor).ln());
            }
            Self::LnPlus { offset } => {
                let offset = T::narrow(offset);
                each(group, &|v| (v + offset).ln());
            }
        }
    }
}

impl MelNormalise {
    pub(super) fn validate(&self) -> Result<()> {
        let refuse = |reason: String| Err(Error::argument("normalise", reason));
        match *self {
            Self::None => Ok(()),
            Self::Clamp { range, shift, divisor } => {
                if range.is_nan() || range < 0.0 || !shift.is_finite() || !divisor.is_normal() {
                    return refuse(format!("clamp to {range}, shift by {shift}, divide by {divisor}"));
                }
                Ok(())
            }
            Self::PerFeature { epsilon } if epsilon.is_finite() && epsilon > 0.0 => Ok(()),
            Self::PerFeature { epsilon } => refuse(format!("epsilon must be positive, got {epsilon}")),
        }
    }

    /// Normalises the items of a batch, each `[n_frames, n_mels]`, in place; each group shares one maximum.
    pub(super) fn apply<T: Real>(&self, group: &mut [&mut [T]], n_mels: usize) {
        match *self {
            Self::None => {}
            Self::Clamp { range, shift, divisor } => {
                let floor = largest(group) - T::narrow(range);
                let (shift, divisor) = (T::narrow(shift), T::narrow(divisor));
                for v in group.iter_mut().flat_map(|item| item.iter_mut()) {
                    *v = (v.max(floor) + shift) / divisor;
                }
            }
            Self::PerFeature { epsilon } => {
                group.iter_mut().for_each(|item| per_feature(item, n_mels, epsilon))
            }
        }
    }
}

fn largest<T: Real>(group: &[&mut [T]]) -> T {
    group.iter().flat_map(|item| item.iter()).fold(T::neg_infinity(), |max, &v| max.max(v))
}

/// Mean and deviation of each column in f64, in two passes so that a large mean costs nothing.
fn per_feature<T: Real>(item: &mut [T], n_mels: usize, epsilon: f64) {
    let frames = item.len() / n_mels;
    let mut mean = vec![0.0; n_mels];
    for row in item.chunks_exact(n_mels) {
        mean.iter_mut().zip(row).for_each(|(sum, v)| *sum += v.widen());
    }
    mean.iter_mut().for_each(|sum| *sum /= frames as f64);
    let mut square = vec![0.0; n_mels];
    for row in item.chunks_exact(n_mels) {
        for (sum, (v, mean)) in square.iter_mut().zip(row.iter().zip(&mean)) {
            *sum += (v.widen() - mean).powi(2);
        }
    }
    let degrees = frames.saturating_sub(1).max(1) as f64;
    for row in item.chunks_exact_mut(n_mels) {
        for (v, (mean, square)) in row.iter_mut().zip(mean.iter().zip(&square)) {
            *v = T::narrow((v.widen() - mean) / ((square / degrees).sqrt() + epsilon));
        }
    }
}
