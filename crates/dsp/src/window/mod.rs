//! Window functions: the weights of one segment, in f64.
//!
//! Definitions are those of `scipy.signal.windows` (and Kaldi's povey). A *periodic* window of `N` points is the
//! first `N` points of the symmetric one of `N + 1`, and is used for spectral averages; a *symmetric* one is used for
//! filter design and by some systems for spectra (Kaldi, NeMo).

mod gain;
mod kaiser;
mod symmetry;
mod table;
mod text;

pub use gain::{coherent_gain, enbw};
pub use symmetry::Symmetry;
pub use table::{WINDOWS, WindowEntry, WindowParameter};

use std::f64::consts::PI;
use std::sync::Arc;

use crate::error::{Error, Result};

/// A window function with its parameters.
///
/// As text (`FromStr`, `Display`, serde) a window is its name and, after a colon, its parameter: `hann`,
/// `blackman-harris`, `kaiser:14`, `tukey:0.5`, `gaussian:32`; given weights are `custom:0.5,1,0.5`.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "String", try_from = "String"))]
#[non_exhaustive]
pub enum Window {
    /// All ones (boxcar).
    Rectangular,
    /// `0.5 − 0.5 cos(2πn/D)`.
    #[default]
    Hann,
    /// `0.54 − 0.46 cos(2πn/D)`.
    Hamming,
    /// Three terms: 0.42, 0.5, 0.08.
    Blackman,
    /// Four terms, −92 dB side lobes (Harris 1978).
    BlackmanHarris,
    /// Five terms; the scalloping loss is under 0.01 dB (D'Antona and Ferrero 2006).
    FlatTop,
    /// `I₀(β√(1 − (2n/D − 1)²)) / I₀(β)`.
    Kaiser {
        /// Shape: 0 is rectangular, 14 is a good start for low side lobes. Not negative.
        beta: f64,
    },
    /// Tapered cosine: flat in the middle, half a Hann window at each end.
    Tukey {
        /// Share of the window inside the tapers: 0 is rectangular, 1 is Hann.
        alpha: f64,
    },
    /// `exp(−½ ((n − D/2) / std)²)`.
    Gaussian {
        /// Standard deviation in samples, positive.
        std: f64,
    },
    /// Kaldi's `(0.5 − 0.5 cos(2πn/D))^0.85`.
    Povey,
    /// These weights, which must be finite, for segments of as many samples.
    Custom(Arc<[f64]>),
}

impl Window {
    /// Returns the `len` weights. One point is `[1]` for every window.
    ///
    /// # Errors
    /// [`Error::Argument`] when `len` is 0, the window's parameter is outside its domain or a given weight is not finite;
    /// [`Error::Length`] for other than `len` given weights.
    pub fn coefficients(&self, len: usize, symmetry: Symmetry) -> Result<Vec<f64>> {
        if len == 0 {
            return Err(Error::argument("window", "a window of 0 points was asked for"));
        }
        self.validate()?;
        if let Self::Custom(weights) = self {
            if weights.len() != len {
                return Err(Error::Length { name: "window", expected: len, got: weights.len() });
            }
            return Ok(weights.to_vec());
        }
        if len == 1 {
            return Ok(vec![1.0]);
        }
        let period = match symmetry {
            Symmetry::Periodic => len,
            Symmetry::Symmetric => len - 1,
        };
        // Only the rising half is computed, so that the symmetry is exact.
        Ok((0..len).map(|n| self.rising(n.min(period - n), period)).collect())
    }

    /// Rejects parameters for which the window is not defined.
    fn validate(&self) -> Result<()> {
        let refused = match self {
            Self::Custom(weights) => match weights.iter().find(|w| !w.is_finite()) {
                Some(weight) => format!("its weights must be finite, got {weight}"),
                None => return Ok(()),
            },
            Self::Kaiser { beta } if !(beta.is_finite() && *beta >= 0.0) => {
                format!("kaiser needs a finite beta that is not negative, got {beta}")
            }
            Self::Tukey { alpha } if !(0.0..=1.0).contains(alpha) => {
                format!("tukey needs an alpha from 0 to 1, got {alpha}")
            }
            Self::Gaussian { std } if !(std.is_finite() && *std > 0.0) => {
                format!("gaussian needs a finite positive std in samples, got {std}")
            }
            _ => return Ok(()),
        };
        Err(Error::argument("window", refused))
    }

    /// Weight at point `n ≤ period/2` of a window with that period.
    fn rising(&self, n: usize, period: usize) -> f64 {
        match self {
            Self::Rectangular => 1.0,
            Self::Hann => cosine_sum(&[0.5, 0.5], n, period),
            Self::Hamming => cosine_sum(&[0.54, 1.0 - 0.54], n, period),
            Self::Blackman => cosine_sum(&[0.42, 0.5, 0.08], n, period),
            Self::BlackmanHarris => cosine_sum(&[0.35875, 0.48829, 0.14128, 0.01168], n, period),
            Self::FlatTop => {
                const A: [f64; 5] = [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368];
                cosine_sum(&A, n, period)
            }
            Self::Kaiser { beta } => kaiser::weight(*beta, n, period),
            Self::Tukey { alpha } => {
                let taper = alpha * period as f64 / 2.0;
                let n = n as f64;
                if n < taper { 0.5 * (1.0 - (PI * n / taper).cos()) } else { 1.0 }
            }
            Self::Gaussian { std } => {
                let from_centre = n as f64 - period as f64 / 2.0;
                (-from_centre * from_centre / (2.0 * std * std)).exp()
            }
            Self::Povey => cosine_sum(&[0.5, 0.5], n, period).powf(0.85),
            Self::Custom(weights) => weights.get(n).copied().unwrap_or_default(),
        }
    }
}

/// `Σ (−1)^k a[k] cos(2πkn/period)`.
fn cosine_sum(a: &[f64], n: usize, period: usize) -> f64 {
    let term = |(k, a): (usize, &f64)| {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        sign * a * cos_turn(k * n % period, period)
    };
    a.iter().enumerate().map(term).sum()
}

/// `cos(2πi/period)` for `i < period`, folded into the first quarter turn: exact at 0, ¼, ½ and ¾.
fn cos_turn(i: usize, period: usize) -> f64 {
    let i = i.min(period - i);
    match 4 * i {
        quarters if quarters < period => (2.0 * PI * i as f64 / period as f64).cos(),
        quarters if quarters == period => 0.0,
        _ => -(PI * (period - 2 * i) as f64 / period as f64).cos(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periodic_is_the_head_of_the_longer_symmetric_one() {
        for window in table::tests::all() {
            for len in [2, 3, 16, 17, 255] {
                let periodic = window.coefficients(len, Symmetry::Periodic).unwrap();
                let longer = window.coefficients(len + 1, Symmetry::Symmetric).unwrap();
                assert_eq!(periodic[..], longer[..len], "{window} {len}");
            }
        }
    }

    #[test]
    fn symmetric_reads_the_same_backwards_and_peaks_at_one() {
        for window in table::tests::all() {
            let w = window.coefficients(65, Symmetry::Symmetric).unwrap();
            assert!(w.iter().eq(w.iter().rev()), "{window}");
            assert!((w[32] - 1.0).abs() < 1e-8, "{window}: {}", w[32]);
            assert!(w.iter().all(|v| v.abs() <= 1.0 + 1e-8), "{window}");
        }
    }

    #[test]
    fn hann_by_its_formula() {
        let w = Window::Hann.coefficients(400, Symmetry::Periodic).unwrap();
        for (n, w) in w.iter().enumerate() {
            let formula = 0.5 - 0.5 * (2.0 * PI * n as f64 / 400.0).cos();
            assert!((w - formula).abs() < 1e-15, "{n}");
        }
    }

    #[test]
    fn one_point_is_one_and_no_point_is_an_error() {
        for window in table::tests::all() {
            assert_eq!(window.coefficients(1, Symmetry::Symmetric).unwrap(), [1.0]);
            assert!(window.coefficients(0, Symmetry::Periodic).is_err());
        }
    }

    #[test]
    fn parameters_outside_the_domain_are_named() {
        for (window, value) in [
            (Window::Kaiser { beta: -1.0 }, "-1"),
            (Window::Kaiser { beta: f64::NAN }, "NaN"),
            (Window::Tukey { alpha: 1.5 }, "1.5"),
            (Window::Tukey { alpha: f64::NAN }, "NaN"),
            (Window::Gaussian { std: 0.0 }, "0"),
            (Window::Gaussian { std: f64::INFINITY }, "inf"),
        ] {
            let message = window.coefficients(8, Symmetry::Periodic).unwrap_err().to_string();
            assert!(message.starts_with("window: ") && message.ends_with(value), "{message}");
        }
    }
}
