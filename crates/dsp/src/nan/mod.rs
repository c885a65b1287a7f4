//! Policies for NaN and infinite samples.

mod interpolate;

use std::fmt;
use std::str::FromStr;

pub use interpolate::{Filled, Interpolator, InterpolatorState, fill_gaps};

use crate::error::{Error, Result};
use crate::fft::Sample;

/// Policy for samples that are NaN or infinite ("missing" below).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
pub enum NanPolicy {
    /// Rejects the signal with the position of the first one.
    #[default]
    Error,
    /// Skips every segment that contains one, and counts them.
    SkipSegment,
    /// Interpolates gaps of at most `max_gap` samples linearly, and counts the samples. Longer gaps, and those at the
    /// start or end of a stretch, stay: their segments are skipped as by [`SkipSegment`](Self::SkipSegment).
    Interpolate {
        /// Longest gap that is filled, in samples.
        max_gap: usize,
    },
    /// Propagates them: affected bins become NaN.
    Propagate,
}

impl NanPolicy {
    /// Default of `max_gap` for `interpolate` without a number.
    pub const DEFAULT_MAX_GAP: usize = 16;

    /// Whether missing samples are refused, which stored parameters do not mention.
    #[cfg(feature = "serde")]
    pub(crate) fn is_error(&self) -> bool {
        *self == Self::Error
    }
}

impl fmt::Display for NanPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("error"),
            Self::SkipSegment => f.write_str("skip-segment"),
            Self::Interpolate { max_gap } => write!(f, "interpolate:{max_gap}"),
            Self::Propagate => f.write_str("propagate"),
        }
    }
}

impl FromStr for NanPolicy {
    type Err = Error;

    /// `error`, `skip-segment`, `interpolate`, `interpolate:MAX_GAP`, `propagate`.
    fn from_str(text: &str) -> Result<Self> {
        let plain = text.trim().to_ascii_lowercase();
        match plain.as_str() {
            "error" => return Ok(Self::Error),
            "skip-segment" | "skip" => return Ok(Self::SkipSegment),
            "interpolate" => return Ok(Self::Interpolate { max_gap: Self::DEFAULT_MAX_GAP }),
            "propagate" => return Ok(Self::Propagate),
            _ => {}
        }
        let gap = plain.strip_prefix("interpolate:").and_then(|gap| gap.trim().parse().ok());
        gap.map(|max_gap| Self::Interpolate { max_gap }).ok_or_else(|| {
            let known = "error, skip-segment, interpolate, interpolate:MAX_GAP, propagate";
            Error::argument("nan", format!("{text:?} is none of {known}"))
        })
    }
}

impl From<NanPolicy> for String {
    fn from(policy: NanPolicy) -> Self {
        policy.to_string()
    }
}

impl TryFrom<String> for NanPolicy {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// Returns index and value of the first missing sample; of a complex one the part that is missing.
#[must_use]
pub fn first_non_finite<S: Sample>(samples: &[S]) -> Option<(usize, f64)> {
    const BLOCK: usize = 1024;
    // A whole block is checked without a branch per sample, because nearly all blocks are clean.
    for (b, block) in samples.chunks(BLOCK).enumerate() {
        if block.iter().fold(true, |clean, s| clean & s.finite()) {
            continue;
        }
        let found = block.iter().enumerate().find(|(_, s)| !s.finite());
        return found.map(|(i, s)| {
            let (re, im) = s.parts();
            (b * BLOCK + i, if re.is_finite() { im } else { re })
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fft::Complex;

    #[test]
    fn the_first_of_several_is_found_in_any_block() {
        assert_eq!(first_non_finite::<f32>(&[]), None);
        for at in [0, 5, 1023, 1024, 2500] {
            let mut x = vec![0.5_f32; 3000];
            assert_eq!(first_non_finite(&x), None);
            x[at] = f32::NEG_INFINITY;
            x[2999] = f32::NAN;
            assert_eq!(first_non_finite(&x), Some((at, f64::NEG_INFINITY)));
        }
        let x = [Complex::new(1.0, 2.0), Complex::new(0.0, f64::INFINITY)];
        assert_eq!(first_non_finite(&x), Some((1, f64::INFINITY)));
    }

    #[test]
    fn text_and_back() {
        for policy in [
            NanPolicy::Error,
            NanPolicy::SkipSegment,
            NanPolicy::Interpolate { max_gap: 5 },
            NanPolicy::Propagate,
        ] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert_eq!("Interpolate".parse(), Ok(NanPolicy::Interpolate { max_gap: 16 }));
        for text in ["", "drop", "interpolate:-1", "interpolate:x"] {
            assert!(text.parse::<NanPolicy>().unwrap_err().to_string().starts_with("nan: "));
        }
    }
}
