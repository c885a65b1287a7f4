//! Powers of finite samples that a precision cannot represent: they are recomputed in a wider one, or reported.
//!
//! A power is a square: samples of 1e25 overflow in single precision, and those of 1e-25 underflow. Neither may
//! appear as a peak or as silence.

use crate::signal::InputSample;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::welch::PsdParams;
use std::fmt;

/// The samples are finite, but their powers exceed the precision in which they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beyond {
    /// Whether double precision represents them.
    pub(crate) wider: bool,
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.wider {
            true => f.write_str(
                "the power of these samples is beyond single precision, and they cannot be read again in double precision: \
                 give a file, or scale the samples",
            ),
            false => f.write_str("the power of these samples is beyond double precision: scale the samples"),
        }
    }
}

impl std::error::Error for Beyond {}

/// Returns the smallest maximum of a spectrum that leaves enough range for smaller powers.
fn least<T: Real>() -> f64 {
    T::min_positive_value().widen() / (T::EPSILON * T::EPSILON)
}

/// Returns whether the square of a magnitude is below [`least`], so that small powers come from small samples and not
/// from cancellation.
fn is_tiny<T: Real>(magnitude: f64) -> bool {
    magnitude > 0.0 && magnitude < least::<T>().sqrt()
}

/// Returns whether the powers of samples of this magnitude are representable.
pub(crate) fn holds<T: Real>(power: &[T], magnitude: f64) -> bool {
    let mut most = 0.0_f64;
    for p in power {
        let p = p.widen();
        if !p.is_finite() {
            return false;
        }
        most = most.max(p);
    }
    most >= least::<T>() || !is_tiny::<T>(magnitude)
}

/// Returns the largest magnitude of the real and imaginary parts of samples.
pub(crate) fn magnitude<S: Sample>(samples: &[S]) -> f64 {
    let parts = samples.iter().map(|sample| sample.parts());
    parts.fold(0.0, |most, (re, im)| most.max(re.widen().abs()).max(im.widen().abs()))
}

/// Magnitudes of channels, from the first samples that are not zero, and whether a sample was not finite.
#[derive(Debug)]
pub(crate) struct Magnitudes {
    channels: Vec<f64>,
    looks_for_missing: bool,
    /// Whether a sample was not finite, so that powers may be not finite.
    pub(crate) missing: bool,
}

impl Magnitudes {
    /// Creates the magnitudes; `looks_for_missing` if such samples are propagated.
    pub(crate) fn new(channels: usize, looks_for_missing: bool) -> Self {
        Self { channels: vec![0.0; channels], looks_for_missing, missing: false }
    }

    /// Inspects a block of each channel.
    pub(crate) fn see<S: InputSample>(&mut self, blocks: &[Vec<S>]) {
        for (most, block) in self.channels.iter_mut().zip(blocks) {
            if *most == 0.0 {
                *most = magnitude(block);
            }
            if self.looks_for_missing && !self.missing {
                self.missing = block.iter().any(|sample| !sample.finite());
            }
        }
    }

    /// Returns whether the samples of a channel are constant: subtracting their mean leaves only rounding.
    pub(crate) fn is_dead<T: Real>(&self, channel: usize, power: &[T], params: &PsdParams) -> bool {
        if params.segments.detrend == Detrend::None && self.channels[channel] > 0.0 {
            return false;
        }
        let most = power.iter().map(|p| p.widen()).fold(0.0, f64::max);
        // Converts a density or raw power to the mean square of samples of this magnitude.
        let rounding = 4.0 * T::EPSILON * self.channels[channel];
        let weights = params.segments.weights().unwrap_or_default();
        most <= rounding
            * rounding
            * params.scaling.factor(&weights, params.sample_rate)
            * weights.iter().sum::<f64>().powi(2)
    }

    /// Returns an error if the powers of a channel are not representable.
    pub(crate) fn check<T: Real>(&self, channel: usize, power: &[T]) -> Result<(), Beyond> {
        if self.missing || holds(power, self.channels[channel]) {
            return Ok(());
        }
        Err(Beyond { wider: T::EPSILON > 1e-12 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_and_underflow_are_told_from_silence() {
        assert!(holds(&[1.0_f32, 1e-30, 0.0], 1.0));
        assert!(!holds(&[1.0_f32, f32::INFINITY], 1e25));
        assert!(!holds(&[f32::NAN], 1e25));
        // Tiny samples underflow; zeros and constants have no power.
        assert!(!holds(&[0.0_f32; 3], 1e-30) && !holds(&[1e-38_f32], 1e-19));
        assert!(holds(&[0.0_f32; 3], 0.0) && holds(&[1e-33_f32], 5.0));
        assert!(holds(&[1e-60_f64], 1e-30) && !holds(&[0.0_f64], 1e-200));
    }
}
