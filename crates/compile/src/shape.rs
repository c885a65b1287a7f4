//! Kind and shape of the value that a node computes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::params::Layout;

/// Unit of a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PowerUnit {
    /// `|X|²`, with at most the one-sided doubling.
    Raw,
    /// unit²/Hz or unit².
    Scaled,
    /// A logarithm of either.
    Log,
    /// Magnitudes `|X|`, the roots of powers.
    Magnitude,
}

/// Meaning of the numbers of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// `[b, n]` samples.
    Samples {
        /// Complex samples.
        complex: bool,
    },
    /// `[b, s, len]` segments of the samples.
    Frames {
        /// Complex samples.
        complex: bool,
    },
    /// `[b, s, bins]` complex values.
    Spectrum {
        /// Transform length.
        n_fft: usize,
        /// Whether the input was real, so that the upper half mirrors the lower one.
        real_input: bool,
        /// Whether the spectrum has only `n_fft/2 + 1` bins.
        one_sided: bool,
        /// Order in memory.
        layout: Layout,
    },
    /// `[b, s, bins]` or `[b, bins]` powers.
    Power {
        /// Transform length.
        n_fft: usize,
        /// One-sided bins, doubled.
        one_sided: bool,
        /// Unit.
        unit: PowerUnit,
    },
    /// `[…, n_mels]` mel energies.
    Mel {
        /// Their logarithm.
        log: bool,
    },
    /// `[…, k, 2]` packed (bin, power).
    Peaks,
    /// `[b, pairs, bins]` cross spectra, as pairs of real and imaginary parts, or coherences.
    Cross {
        /// Transform length.
        n_fft: usize,
        /// Cross spectra; coherences are real.
        complex: bool,
    },
    /// `[b, bins]` scaled powers as sums of two `f32`.
    LimbPower {
        /// Transform length.
        n_fft: usize,
    },
}

impl ValueKind {
    /// Returns the bytes of one element: 4, or 8 for a complex one.
    pub fn element_bytes(self) -> usize {
        match self {
            Self::Samples { complex: true }
            | Self::Frames { complex: true }
            | Self::Spectrum { .. }
            | Self::Cross { complex: true, .. }
            | Self::LimbPower { .. } => 8,
            _ => 4,
        }
    }
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Samples { .. } => f.write_str("samples"),
            Self::Frames { .. } => f.write_str("frames"),
            Self::Spectrum { one_sided: true, .. } => f.write_str("one-sided spectrum"),
            Self::Spectrum { .. } => f.write_str("spectrum"),
            Self::Power { unit: PowerUnit::Raw, .. } => f.write_str("raw power"),
            Self::Power { unit: PowerUnit::Scaled, .. } => f.write_str("psd"),
            Self::Power { unit: PowerUnit::Log, .. } => f.write_str("log power"),
            Self::Power { unit: PowerUnit::Magnitude, .. } => f.write_str("magnitude"),
            Self::Mel { log: false } => f.write_str("mel"),
            Self::Mel { log: true } => f.write_str("log mel"),
            Self::Peaks => f.write_str("peaks"),
            Self::Cross { complex: true, .. } => f.write_str("cross spectra"),
            Self::Cross { complex: false, .. } => f.write_str("coherence"),
            Self::LimbPower { .. } => f.write_str("power in two limbs"),
        }
    }
}

/// Kind and dimensions, outermost first; the last dimension is contiguous.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueType {
    /// Meaning of the numbers.
    pub kind: ValueKind,
    /// Dimensions; the first is the batch.
    pub dims: Vec<usize>,
}

impl ValueType {
    /// Creates a value of this kind and shape.
    pub fn new(kind: ValueKind, dims: impl Into<Vec<usize>>) -> Self {
        Self { kind, dims: dims.into() }
    }

    /// Returns the bytes of the whole value; `None` when that exceeds `isize::MAX` (no buffer can be that large). The
    /// product of the non-zero dimensions counts, so that an empty batch does not hide an absurd shape.
    pub fn checked_bytes(&self) -> Option<usize> {
        let row = self
            .dims
            .iter()
            .filter(|&&d| d != 0)
            .try_fold(self.kind.element_bytes(), |acc, &d| acc.checked_mul(d))
            .filter(|&bytes| isize::try_from(bytes).is_ok())?;
        Some(if self.dims.contains(&0) { 0 } else { row })
    }

    /// Returns the bytes of the whole value, for a type that inference has accepted; saturates otherwise.
    pub fn bytes(&self) -> u64 {
        self.checked_bytes().map_or(u64::MAX, |b| b as u64)
    }

    /// Elements of the whole value; saturates.
    pub fn elements(&self) -> u64 {
        self.dims.iter().fold(1u64, |acc, &d| acc.saturating_mul(d as u64))
    }

    /// Returns the number of `f32` values that a host buffer holds for it.
    pub fn floats(&self) -> u64 {
        self.elements().saturating_mul(self.kind.element_bytes() as u64 / 4)
    }

    /// Returns the last dimension.
    pub fn last(&self) -> usize {
        self.dims.last().copied().unwrap_or(0)
    }

    /// The same value with another last dimension and kind.
    pub(crate) fn with_last(&self, kind: ValueKind, last: usize) -> Self {
        let mut dims = self.dims.clone();
        if let Some(d) = dims.last_mut() {
            *d = last;
        }
        Self { kind, dims }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = if self.kind.element_bytes() == 8 { "c32" } else { "f32" };
        write!(f, "{} {element}{:?}", self.kind, self.dims)
    }
}

/// Returns the bins of a one-sided spectrum.
pub fn one_sided_bins(n_fft: usize) -> usize {
    n_fft / 2 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_checked_and_empty_is_empty() {
        let power = |dims: &[usize]| {
            let kind = ValueKind::Power { n_fft: 256, one_sided: true, unit: PowerUnit::Raw };
            ValueType::new(kind, dims)
        };
        assert_eq!(power(&[4, 129]).checked_bytes(), Some(4 * 129 * 4));
        assert_eq!(power(&[0, 129]).checked_bytes(), Some(0));
        assert_eq!(power(&[usize::MAX, 129]).checked_bytes(), None);
        assert_eq!(power(&[0, usize::MAX, 129]).checked_bytes(), None);
        assert_eq!(power(&[1, isize::MAX as usize / 2]).checked_bytes(), None);
        assert_eq!(power(&[4, 129]).to_string(), "raw power f32[4, 129]");
    }
}
