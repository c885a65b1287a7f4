//! Units of a spectrum, averaging over segments, one- and two-sided layouts.

use crate::params::named;

/// Scaling of `|X|²` (definitions of `scipy.signal.welch`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Scaling {
    /// `|X|² / (fs · Σw²)`, unit²/Hz.
    #[default]
    Density,
    /// `|X|² / (Σw)²`, unit².
    Spectrum,
    /// `|X|²` without scaling, except for the one-sided doubling.
    Raw,
}

/// Average over the periodograms of the segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Average {
    /// Arithmetic mean over the segments.
    #[default]
    Mean,
    /// Median over the segments, divided by its bias (SciPy's `_median_bias`).
    Median,
    /// Largest value per bin (max-hold).
    Max,
    /// Smallest value per bin (min-hold).
    Min,
}

/// Which half of the frequency axis is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Sides {
    /// One-sided for real input, two-sided for complex input.
    #[default]
    Auto,
    /// `n_fft/2 + 1` bins, doubled except DC and the even Nyquist bin. Real input only.
    One,
    /// `n_fft` bins in `fftfreq` order.
    Two,
}

named! { Scaling, "scaling",
    Density = "density", "power per unit of frequency, unit²/Hz";
    Spectrum = "spectrum", "power of a tone at its bin, unit²";
    Raw = "raw", "|X|² with the one-sided doubling alone";
}

named! { Average, "average",
    Mean = "mean", "arithmetic mean over the segments";
    Median = "median", "median over the segments, corrected for its bias";
    Max = "max" | "max-hold", "largest value per bin";
    Min = "min" | "min-hold", "smallest value per bin";
}

named! { Sides, "sides",
    Auto = "auto", "one-sided for real samples, two-sided for complex ones";
    One = "one", "negative frequencies folded onto the positive ones";
    Two = "two", "all bins, in the transform's order";
}

impl Scaling {
    /// Returns the factor on `|X|²` for these window weights; `sample_rate` in Hz. The one-sided doubling
    /// ([`is_doubled`]) is applied in addition.
    #[must_use]
    pub fn factor(self, window: &[f64], sample_rate: f64) -> f64 {
        match self {
            Self::Density => 1.0 / (sample_rate * window.iter().map(|w| w * w).sum::<f64>()),
            Self::Spectrum => 1.0 / window.iter().sum::<f64>().powi(2),
            Self::Raw => 1.0,
        }
    }

    /// Returns the unit of the scaled power of a signal in `unit`: `V²/Hz` for a density.
    #[must_use]
    pub fn unit(self, unit: &str) -> String {
        match self {
            Self::Density => format!("{unit}²/Hz"),
            Self::Spectrum | Self::Raw => format!("{unit}²"),
        }
    }
}

/// Returns whether a one-sided spectrum of `n_fft` real samples doubles this bin: every bin that also represents a
/// negative frequency, that is, all except 0 Hz and the Nyquist bin of an even `n_fft`.
#[inline]
#[must_use]
pub fn is_doubled(bin: usize, n_fft: usize) -> bool {
    bin != 0 && 2 * bin != n_fft
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_of_three_weights() {
        let w = [0.5, 1.0, 0.5];
        assert_eq!(Scaling::Density.factor(&w, 10.0), 1.0 / 15.0);
        assert_eq!(Scaling::Spectrum.factor(&w, 10.0), 0.25);
        assert_eq!(Scaling::Raw.factor(&w, 10.0), 1.0);
    }

    #[test]
    fn doubled_bins() {
        let doubled = |n| (0..=n / 2).filter(|k| is_doubled(*k, n)).collect::<Vec<_>>();
        assert_eq!(doubled(6), [1, 2]);
        assert_eq!(doubled(5), [1, 2]);
        assert_eq!(doubled(2), [0_usize; 0]);
    }
}
