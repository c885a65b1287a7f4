//! Units of a spectrum, averaging over segments, one- and two-sided layouts.

/// How `|X|²` is scaled (definitions as in `scipy.signal.welch`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Scaling {
    /// `|X|² / (fs · Σw²)`, unit²/Hz.
    #[default]
    Density,
    /// `|X|² / (Σw)²`, unit².
    Spectrum,
    /// `|X|²` with no scaling but the one-sided doubling.
    Raw,
}

/// How the segments' periodograms become one spectrum.
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
