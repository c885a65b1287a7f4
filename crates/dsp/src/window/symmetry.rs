//! Periodic or symmetric.

use crate::params::named;

/// Whether a window's period is its length or one less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Symmetry {
    /// `D = N` in the formulas: the next point would be the first one again (DFT-even).
    #[default]
    Periodic,
    /// `D = N − 1`: the last point equals the first.
    Symmetric,
}

named! { Symmetry, "symmetry",
    Periodic = "periodic", "for spectra (SciPy's fftbins=True)";
    Symmetric = "symmetric", "for filter design, and as Kaldi and NeMo use it";
}
