//! Parameters of the ops.
//!
//! Windows, detrending, padding, averages, scalings and filterbanks are the types of `rlx_dsp`; this module defines
//! only the parameters that graphs add. All real parameters are `f64`, so that the text form and JSON keep them
//! exactly.

use serde::{Deserialize, Serialize};

pub use rlx_dsp::detrend::Detrend;
pub use rlx_dsp::mel::{MaxOver, MelFilterbankParams, MelNorm, MelScale, TriangleDomain};
pub use rlx_dsp::scaling::{Average, Scaling, Sides};
pub use rlx_dsp::stft::Padding;
use rlx_dsp::welch::PsdParams;
pub use rlx_dsp::window::{Symmetry, Window};

/// The rows that a graph takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Number of rows; zero is allowed and gives empty results.
    pub batch: usize,
    /// Samples in a row.
    pub len: usize,
    /// Whether samples are complex pairs.
    #[serde(default)]
    pub complex: bool,
}

impl Rows {
    /// Rows of real samples.
    pub fn new(batch: usize, len: usize) -> Self {
        Self { batch, len, complex: false }
    }

    /// Rows of complex samples.
    pub fn complex(batch: usize, len: usize) -> Self {
        Self { batch, len, complex: true }
    }

    /// Returns the input of these rows.
    pub fn input(self) -> crate::Op {
        let Self { batch, len, complex } = self;
        crate::Op::Input { batch, len, complex }
    }
}

/// Memory layout of a complex spectrum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `re, im, re, im, …`, as host libraries expect.
    #[default]
    Interleaved,
    /// A plane of real parts, then a plane of imaginary parts, as kernels store it; needs no reordering pass.
    Block,
}

/// A half-open range of bins, `lo ≤ bin < hi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// First bin kept.
    pub lo: usize,
    /// First bin above the band.
    pub hi: usize,
}

impl Band {
    /// Returns the number of bins in the band (0 when `hi ≤ lo`).
    pub fn width(self) -> usize {
        self.hi.saturating_sub(self.lo)
    }

    /// The bins that are in both bands.
    pub fn intersect(self, other: Self) -> Self {
        Self { lo: self.lo.max(other.lo), hi: self.hi.min(other.hi) }
    }
}

/// Which bins a [`SpectralMask`](crate::Op::SpectralMask) keeps; the others become zero, the shape stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mask {
    /// One range of bins.
    Band(Band),
    /// The listed bins, strictly ascending.
    Bins(Vec<usize>),
}

impl Mask {
    /// The narrowest band that holds every kept bin; `None` when no bin is kept.
    pub fn hull(&self) -> Option<Band> {
        match self {
            Self::Band(band) => (band.width() > 0).then_some(*band),
            Self::Bins(bins) => match (bins.first(), bins.last()) {
                (Some(&lo), Some(&last)) => Some(Band { lo, hi: last.saturating_add(1) }),
                _ => None,
            },
        }
    }
}

/// Base and factor of a logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogBase {
    /// `ln x`.
    Ln,
    /// `log10 x`.
    Log10,
    /// `10 · log10 x`.
    Db,
}

/// Interpolation of a peak between bins, as in [`rlx_dsp::peaks::subbin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubBin {
    /// None: the position is the bin.
    #[default]
    None,
    /// At the vertex of the parabola through three log powers ([`parabolic`](rlx_dsp::peaks::subbin::parabolic)).
    Parabolic,
    /// At the maximum of the main lobe of a periodic Hann window ([`hann`](rlx_dsp::peaks::subbin::hann)).
    Hann,
}

impl SubBin {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Conditions on local maxima, as in `scipy.signal.find_peaks`; the op returns at most `max_peaks`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalPeaksSpec {
    /// Slots per spectrum; if there are more peaks, the strongest are kept.
    pub max_peaks: usize,
    /// Smallest height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<f64>,
    /// Smallest step to both neighbours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Smallest distance in bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<f64>,
    /// Smallest prominence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prominence: Option<f64>,
    /// Smallest width in bins at half prominence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// Interpolation of position and power; a peak whose neighbours allow no estimate keeps its bin.
    #[serde(default, skip_serializing_if = "SubBin::is_none")]
    pub sub_bin: SubBin,
}

/// Parameters of the fused Segment … TopK op: real rows in, packed `[batch, min(k, bins), 2]` out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WelchPeaksSpec {
    /// Samples of one segment (before zero padding).
    pub segment_len: usize,
    /// Distance between the starts of consecutive segments, in samples.
    pub hop: usize,
    /// FFT length, at least `segment_len`.
    pub n_fft: usize,
    /// Bins kept per row.
    pub k: usize,
    /// Window of each segment.
    pub window: Window,
    /// Whether the window is periodic or symmetric.
    pub symmetry: Symmetry,
    /// Detrending of each segment before the window.
    pub detrend: Detrend,
    /// Average over the segments.
    pub average: Average,
    /// Bins that may be non-zero; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Band>,
}

/// Value of a pair of signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrossValue {
    /// The averaged `conj(X) · Y`, scaled.
    Spectrum,
    /// `|Pxy|² / (Pxx · Pyy)`; NaN where a power is zero.
    Coherence,
}

/// Cross spectra of signals that lie one behind the other in a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossSpec {
    /// Signals per row.
    pub channels: usize,
    /// The pairs (x, y) in the order of the results.
    pub pairs: Vec<(usize, usize)>,
    /// Value of each pair.
    pub value: CrossValue,
    /// Segments, average (mean or median) and scaling; the NaN policy is that of the session.
    pub estimate: PsdParams,
}

/// Arithmetic of a transform with more than single precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimbArithmetic {
    /// Numbers are sums of two `f32`, 48 bits.
    F32x2,
    /// The device's `f64`.
    F64,
}

impl LimbArithmetic {
    /// `f32x2`, `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32x2 => "f32x2",
            Self::F64 => "f64",
        }
    }
}

/// Averaged one-sided powers of real samples, computed and passed in two limbs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimbPsdSpec {
    /// Arithmetic of the device. Samples and powers are two limbs in either case.
    pub arithmetic: LimbArithmetic,
    /// Segments, average and scaling; the NaN policy is that of the session.
    pub estimate: PsdParams,
}

/// A learned butterfly transform instead of the FFT. The weights are not part of the graph; `model` refers to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButterflySpec {
    /// Transform length, a power of two.
    pub n: usize,
    /// Digest or name under which the runtime finds the weights.
    pub model: String,
    /// Number of butterflies left after pruning.
    pub live: usize,
    /// Memory layout of the spectrum.
    pub layout: Layout,
}

impl ButterflySpec {
    /// Returns all butterflies of the unpruned transform: `n/2 · log2 n`.
    pub fn total(&self) -> usize {
        (self.n / 2).saturating_mul(self.n.max(1).ilog2() as usize)
    }

    /// Returns the share of pruned butterflies, 0 … 1.
    pub fn dead_share(&self) -> f64 {
        match self.total() {
            0 => 0.0,
            total => 1.0 - self.live.min(total) as f64 / total as f64,
        }
    }
}

/// Purpose of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputRole {
    /// The caller requested it: no pass may drop it.
    #[default]
    Result,
    /// It exists for a later host step or for inspection: a pass may drop it if no result needs it.
    Intermediate,
}
