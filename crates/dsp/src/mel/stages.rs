//! The stages after the filters: logarithm and normalisation.

use crate::fft::Real;
use crate::{Error, Result};

/// Reference of 0 dB.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Reference {
    /// A fixed power.
    Power(f64),
    /// The largest power (`ref=np.max`), over [`MaxOver`].
    Max,
}

/// Scope of a maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum MaxOver {
    /// Each item of a batch separately: its values do not depend on other items.
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
    /// `10 log10(max(amin, S)) − 10 log10(max(amin, reference))`, clipped at `top_db` below the largest value
    /// (librosa's `power_to_db`, torchaudio's `AmplitudeToDB`). For power 1 this is still 10 log10.
    Decibel {
        /// Smallest power, positive.
        amin: f64,
        /// Reference of 0 dB.
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
        /// Addend, positive.
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
        /// Range below the maximum that is kept.
        range: f64,
        /// Added afterwards.
        shift: f64,
        /// Divisor, applied last.
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

    /// Whether values depend on the largest one.
    pub(super) fn relates(&self) -> bool {
        matches!(
            self,
            Self::Decibel { reference: Reference::Max, .. } | Self::Decibel { top_db: Some(_), .. }
        )
    }

    /// Computes the logarithm of each energy; decibels are re 1.
    pub(super) fn take<T: Real>(&self, energies: &mut [T]) {
        let mut each = |f: &dyn Fn(T) -> T| energies.iter_mut().for_each(|v| *v = f(*v));
        match *self {
            Self::Linear => {}
            Self::Decibel { amin, .. } => {
                let (amin, ten) = (T::narrow(amin), T::narrow(10.0));
                each(&|v| ten * at_least(amin, v).log10());
            }
            Self::Log10 { floor } => {
                let floor = T::narrow(floor);
                each(&|v| at_least(floor, v).log10());
            }
            Self::Ln { floor } => {
                let floor = T::narrow(floor);
                each(&|v| at_least(floor, v).ln());
            }
            Self::LnPlus { offset } => {
                let offset = T::narrow(offset);
                each(&|v| (v + offset).ln());
            }
        }
    }

    /// Applies reference and range to the logarithms of the items of a batch; each group shares one maximum.
    pub(super) fn relate<T: Real>(&self, group: &mut [&mut [T]]) {
        let Self::Decibel { amin, reference, top_db } = *self else { return };
        let zero_db = match reference {
            Reference::Power(power) => T::narrow(10.0 * amin.max(power).log10()),
            // Every value is already at least that of amin.
            Reference::Max => largest(group),
        };
        if zero_db != T::zero() {
            group.iter_mut().flat_map(|item| item.iter_mut()).for_each(|v| *v = *v - zero_db);
        }
        if let Some(range) = top_db {
            let floor = largest(group) - T::narrow(range);
            group.iter_mut().flat_map(|item| item.iter_mut()).for_each(|v| *v = at_least(floor, *v));
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

    /// Whether values stay as they are.
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Whether values depend on the largest one.
    pub(super) fn relates(&self) -> bool {
        matches!(self, Self::Clamp { .. })
    }

    /// Normalises the items of a batch, each `[n_mels, n_frames]`, in place; each group shares one maximum. `sparse`:
    /// NaN values are ignored.
    pub(super) fn apply<T: Real>(&self, group: &mut [&mut [T]], n_mels: usize, sparse: bool) {
        match *self {
            Self::None => {}
            Self::Clamp { range, shift, divisor } => {
                let floor = largest(group) - T::narrow(range);
                let (shift, divisor) = (T::narrow(shift), T::narrow(divisor));
                for item in group {
                    item.iter_mut().for_each(|v| *v = (at_least(floor, *v) + shift) / divisor);
                }
            }
            Self::PerFeature { epsilon } => {
                for item in group {
                    let frames = item.len() / n_mels;
                    for row in item.chunks_exact_mut(frames.max(1)) {
                        if !sparse || row.iter().all(|v| !v.is_nan()) {
                            standardise(row, epsilon);
                            continue;
                        }
                        let mut there: Vec<T> = row.iter().copied().filter(|v| !v.is_nan()).collect();
                        standardise(&mut there, epsilon);
                        row.iter_mut().filter(|v| !v.is_nan()).zip(there).for_each(|(v, of)| *v = of);
                    }
                }
            }
        }
    }
}

/// Number of values per step, so that loops vectorise.
const SIDE: usize = 16;

/// Computes `max` in one instruction and keeps a NaN in `v`, so that an overflow does not become silence.
fn at_least<T: Real>(floor: T, v: T) -> T {
    if v < floor { floor } else { v }
}

fn largest<T: Real>(group: &[&mut [T]]) -> T {
    let mut most = [T::neg_infinity(); SIDE];
    for item in group {
        let chunks = item.chunks_exact(SIDE);
        let rest = chunks.remainder();
        for chunk in chunks.chain([rest]) {
            most.iter_mut().zip(chunk).for_each(|(most, &v)| *most = if v > *most { v } else { *most });
        }
    }
    most.into_iter().fold(T::neg_infinity(), T::max)
}

/// Mean and deviation of one band in f64, in two passes, so that a large mean causes no cancellation.
fn standardise<T: Real>(row: &mut [T], epsilon: f64) {
    let mean = sum(row, |v| v) / row.len() as f64;
    let square = sum(row, |v| (v - mean) * (v - mean));
    let degrees = row.len().saturating_sub(1).max(1) as f64;
    let scale = 1.0 / ((square / degrees).sqrt() + epsilon);
    row.iter_mut().for_each(|v| *v = T::narrow((v.widen() - mean) * scale));
}

fn sum<T: Real>(row: &[T], of: impl Fn(f64) -> f64) -> f64 {
    let mut sums = [0.0; SIDE];
    for chunk in row.chunks(SIDE) {
        sums.iter_mut().zip(chunk).for_each(|(sum, v)| *sum += of(v.widen()));
    }
    sums.iter().sum()
}
