//! Powers to decibels.

use super::stages::{MelLog, Reference};
use crate::error::Result;
use crate::fft::Real;

/// Parameters of [`power_to_db`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct DecibelParams {
    /// Smallest power, positive.
    pub amin: f64,
    /// What 0 dB is.
    pub reference: Reference,
    /// Range below the largest value in dB; `None` keeps all.
    pub top_db: Option<f64>,
}

impl Default for DecibelParams {
    /// librosa's.
    fn default() -> Self {
        Self { amin: 1e-10, reference: Reference::Power(1.0), top_db: Some(80.0) }
    }
}

impl DecibelParams {
    /// librosa's defaults: relative to 1, 80 dB.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the smallest power.
    #[must_use]
    pub fn amin(mut self, amin: f64) -> Self {
        self.amin = amin;
        self
    }

    /// Sets what 0 dB is.
    #[must_use]
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// Sets the range.
    #[must_use]
    pub fn top_db(mut self, range: Option<f64>) -> Self {
        self.top_db = range;
        self
    }
}

/// Powers to decibels in place (`librosa.power_to_db`): `10 log10(max(amin, S)) − 10 log10(max(amin, ref))`, and nothing
/// more than `top_db` below the largest value of all. NaN stays NaN.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) for an `amin` or a reference that is not positive, and a negative range.
pub fn power_to_db<T: Real>(powers: &mut [T], params: DecibelParams) -> Result<()> {
    let DecibelParams { amin, reference, top_db } = params;
    let log = MelLog::Decibel { amin, reference, top_db };
    log.validate()?;
    log.take(powers);
    log.relate(&mut [powers]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_librosa() {
        // librosa.power_to_db([1, 10, 1e-12, 100], ref=…, amin=…, top_db=…)
        let x = [1.0_f64, 10.0, 1e-12, 100.0];
        for (params, expected) in [
            (DecibelParams::new(), [0.0, 10.0, -60.0, 20.0]),
            (DecibelParams::new().top_db(None), [0.0, 10.0, -100.0, 20.0]),
            (
                DecibelParams::new().reference(Reference::Max).top_db(None).amin(1e-3),
                [-20.0, -10.0, -50.0, 0.0],
            ),
            (DecibelParams::new().reference(Reference::Power(10.0)), [-10.0, 0.0, -70.0, 10.0]),
        ] {
            let mut y = x;
            power_to_db(&mut y, params).unwrap();
            assert!(y.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{y:?}");
        }
        assert!(power_to_db(&mut [1.0_f32], DecibelParams::new().amin(0.0)).is_err());
        assert!(power_to_db(&mut [1.0_f32], DecibelParams::new().top_db(Some(-1.0))).is_err());
    }
}
