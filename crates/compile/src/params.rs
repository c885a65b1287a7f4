//! Parameters of the ops: what a node says besides its operand.
//!
//! Windows, detrending, padding, averages, scalings and filterbanks are the types of `rlx_dsp`; this module defines only the
//! parameters that graphs add. All real parameters are `f64`, so that the text form and JSON keep them bit for bit.

use serde::{Deserialize, Serialize};

pub use rlx_dsp::detrend::Detrend;
pub use rlx_dsp::mel::{MaxOver, MelFilterbankParams, MelNorm, MelScale, TriangleDomain};
pub use rlx_dsp::scaling::{Average, Scaling, Sides};
pub use rlx_dsp::stft::Padding;
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

/// How a complex spectrum lies in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `re, im, re, im, …`: what a host library expects.
    #[default]
    Interleaved,
    /// A plane of real parts, then a plane of imaginary parts: what the kernels hold, no re-ordering pass.
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

/// Where a peak lies between the bins, as in [`rlx_dsp::peaks::subbin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubBin {
    /// On its bin.
    #[default]
    None,
    /// At the vertex of the parabola through three log powers ([`parabolic`](rlx_dsp::peaks::subbin::parabolic)).
    Parabolic,
    /// Where the main lobe of a periodic Hann window has its top ([`hann`](rlx_dsp::peaks::subbin::hann)).
    Hann,
}

impl SubBin {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// Filters of local maxima, as in `scipy.signal.find_peaks`; at most `max_peaks` leave the op.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalPeaksSpec {
    /// Slots per spectrum; the strongest peaks stay when there are more.
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
    /// Position and power that stand for a peak; a peak whose neighbours allow no estimate keeps its bin.
    #[serde(default, skip_serializing_if = "SubBin::is_none")]
    pub sub_bin: SubBin,
}

/// Everything of the fused Segment … TopK op: real rows in, packed `[batch, min(k, bins), 2]` out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WelchPeaksSpec {
    /// Samples of one segment (before zero padding).
    pub segment_len: usize,
    /// Samples from one segment's start to the next.
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
    /// How segments become one spectrum.
    pub average: Average,
    /// Bins that may be non-zero; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Band>,
}

/// A learned butterfly transform in the FFT's place. Weights travel apart from the graph, by `model`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ButterflySpec {
    /// Transform length, a power of two.
    pub n: usize,
    /// Digest or name under which the runtime finds the weights.
    pub model: String,
    /// Butterflies that are still alive after pruning.
    pub live: usize,
    /// How the spectrum lies in memory.
    pub layout: Layout,
}

impl ButterflySpec {
    /// Returns all butterflies of the unpruned transform: `n/2 · log2 n`.
    pub fn total(&self) -> usize {
        (self.n / 2).saturating_mul(self.n.max(1).ilog2() as usize)
    }

    /// Share of dead butterflies, 0 … 1.
    pub fn dead_share(&self) -> f64 {
        match self.total() {
            0 => 0.0,
            total => 1.0 - self.live.min(total) as f64 / total as f64,
        }
    }
}

/// Why an output is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputRole {
    /// The caller asked for it: no pass may drop it.
    #[default]
    Result,
    /// Only there for a later host step or for inspection: droppable once a result does not need it.
    Intermediate,
}
