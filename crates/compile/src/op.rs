//! The ops of a pipeline.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::params::{
    Average, Band, ButterflySpec, Detrend, Layout, LocalPeaksSpec, LogBase, Mask, MaxScope, MelSpec,
    OutputRole, Padding, Scaling, Sides, Symmetry, WelchPeaksSpec, Window,
};

/// One operation. Every op but [`Op::Input`] takes one operand; `b` is the batch, `s` the segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Rows from the caller: samples `[b, len]`.
    Input {
        /// Rows; zero is allowed and gives empty results.
        batch: usize,
        /// Samples a row.
        len: usize,
        /// Whether a sample is a complex number.
        #[serde(default)]
        complex: bool,
    },
    /// Samples `[b, n]` → frames `[b, s, len]`; the tail that fills no segment is dropped.
    Segment {
        /// Samples a segment.
        len: usize,
        /// Samples from one start to the next.
        hop: usize,
        /// Padding of both ends.
        #[serde(default)]
        pad: Padding,
        /// Segments dropped at the end (Whisper drops one).
        #[serde(default)]
        drop_last: usize,
    },
    /// Frames → frames without their mean or line.
    Detrend {
        /// What is subtracted.
        kind: Detrend,
    },
    /// `y[i] = x[i] − coefficient · x[i−1]` on real samples `[b, n]` or, `per_frame`, on frames.
    Preemphasis {
        /// Factor of the sample before.
        coefficient: f64,
        /// In each frame, whose first sample counts as its own predecessor (Kaldi); else over the whole row, before
        /// which there is silence (NeMo).
        #[serde(default)]
        per_frame: bool,
    },
    /// Frames → frames times a window.
    Window {
        /// The window.
        window: Window,
        /// Periodic or symmetric.
        #[serde(default)]
        symmetry: Symmetry,
    },
    /// Frames `[b, s, len]` → spectrum `[b, s, bins]`, zero-padded from `len` to `n_fft`.
    Fft {
        /// Transform length.
        n_fft: usize,
        /// Bins returned; `auto` is one-sided for real and two-sided for complex input.
        #[serde(default)]
        sides: Sides,
        /// Order of real and imaginary parts in memory.
        #[serde(default)]
        layout: Layout,
        /// Bins that must be computed; the others are zero. All when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<Band>,
    },
    /// Bins → samples `[b, s·n_fft]`, the segments one after the other: `Σ X[k]·exp(2πi·kn/N) / N`. Takes a spectrum
    /// `[b, s, bins]` in either layout, or the caller's complex samples `[b, s·bins]` as bins.
    InverseFft {
        /// Transform length.
        n_fft: usize,
        /// The bins are the `n_fft/2 + 1` one-sided ones of real samples, of which the imaginary parts of DC and of an
        /// even Nyquist bin do not count; else all `n_fft` of complex samples.
        real: bool,
    },
    /// Frames `[b, s, n]` → spectrum `[b, s, n]` by a learned transform.
    Butterfly(ButterflySpec),
    /// Spectrum → power, same bins, or the one-sided half of a two-sided real spectrum.
    Power {
        /// Doubles every bin but DC and an even Nyquist bin, so that the sum is the whole power.
        one_sided: bool,
    },
    /// Power `[b, s, bins]` → `[b, bins]`.
    Average {
        /// Mean, median, max-hold or min-hold.
        average: Average,
    },
    /// Raw power → power in units, scaled by the sums of the upstream window.
    Psd {
        /// Hz.
        sample_rate: f64,
        /// Density or spectrum.
        scaling: Scaling,
    },
    /// Power `[…, bins]` → packed (bin, power) `[…, min(k, bins), 2]`, by power descending.
    TopK {
        /// Bins kept.
        k: usize,
    },
    /// Power or its logarithm `[…, bins]` → packed (bin, power) `[…, max_peaks, 2]` of local maxima.
    LocalPeaks(LocalPeaksSpec),
    /// Samples `[b, n]` → packed peaks `[b, min(k, bins), 2]` in one kernel.
    WelchPeaks(WelchPeaksSpec),
    /// One-sided power `[…, bins]` → mel energies `[…, n_mels]`.
    MelFilterbank(MelSpec),
    /// Power or mel energies → logarithm of `max(x + add, floor)`.
    Log {
        /// Base and factor.
        base: LogBase,
        /// Smallest value under the logarithm, positive unless `add` is.
        floor: f64,
        /// Added under the logarithm.
        #[serde(default)]
        add: f64,
    },
    /// `(max(x, max(x) − below_max) + offset) · scale`.
    ClampNormalise {
        /// Dynamic range kept below the maximum.
        below_max: f64,
        /// Added after the clamp.
        offset: f64,
        /// Factor after the offset.
        scale: f64,
        /// Over what the maximum is taken.
        #[serde(default)]
        scope: MaxScope,
    },
    /// Mel energies or their logarithm `[b, s, n_mels]` → `(x − mean) / (deviation + epsilon)`, mean and unbiased deviation
    /// of each band over its item's frames; one frame has deviation 0.
    NormaliseFeatures {
        /// Added to the deviation.
        epsilon: f64,
    },
    /// Spectrum, power or mel energies → the same with the bins outside the mask set to zero.
    SpectralMask {
        /// Bins kept.
        mask: Mask,
    },
    /// `x · scale + offset` on real values.
    Affine {
        /// Factor.
        scale: f64,
        /// Added after the factor.
        offset: f64,
    },
    /// Hands its operand to the caller.
    Output {
        /// Name of the result, unique in the graph.
        name: String,
        /// Whether the caller asked for it.
        #[serde(default)]
        role: OutputRole,
    },
}

/// An op without its parameters: what a device claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of Op")]
pub enum OpKind {
    Input,
    Segment,
    Detrend,
    Preemphasis,
    Window,
    Fft,
    InverseFft,
    Butterfly,
    Power,
    Average,
    Psd,
    TopK,
    LocalPeaks,
    WelchPeaks,
    MelFilterbank,
    Log,
    ClampNormalise,
    NormaliseFeatures,
    SpectralMask,
    Affine,
    Output,
}

impl OpKind {
    /// Every kind, in pipeline order.
    pub const ALL: [Self; 21] = [
        Self::Input,
        Self::Segment,
        Self::Detrend,
        Self::Preemphasis,
        Self::Window,
        Self::Fft,
        Self::InverseFft,
        Self::Butterfly,
        Self::Power,
        Self::Average,
        Self::Psd,
        Self::TopK,
        Self::LocalPeaks,
        Self::WelchPeaks,
        Self::MelFilterbank,
        Self::Log,
        Self::ClampNormalise,
        Self::NormaliseFeatures,
        Self::SpectralMask,
        Self::Affine,
        Self::Output,
    ];

    /// Name in the text form, in JSON and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Segment => "segment",
            Self::Detrend => "detrend",
            Self::Preemphasis => "preemphasis",
            Self::Window => "window",
            Self::Fft => "fft",
            Self::InverseFft => "inverse_fft",
            Self::Butterfly => "butterfly",
            Self::Power => "power",
            Self::Average => "average",
            Self::Psd => "psd",
            Self::TopK => "top_k",
            Self::LocalPeaks => "local_peaks",
            Self::WelchPeaks => "welch_peaks",
            Self::MelFilterbank => "mel_filterbank",
            Self::Log => "log",
            Self::ClampNormalise => "clamp_normalise",
            Self::NormaliseFeatures => "normalise_features",
            Self::SpectralMask => "spectral_mask",
            Self::Affine => "affine",
            Self::Output => "output",
        }
    }

    /// Number of operands.
    pub fn arity(self) -> usize {
        usize::from(self != Self::Input)
    }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Op {
    /// Which op this is.
    pub fn kind(&self) -> OpKind {
        match self {
            Self::Input { .. } => OpKind::Input,
            Self::Segment { .. } => OpKind::Segment,
            Self::Detrend { .. } => OpKind::Detrend,
            Self::Preemphasis { .. } => OpKind::Preemphasis,
            Self::Window { .. } => OpKind::Window,
            Self::Fft { .. } => OpKind::Fft,
            Self::InverseFft { .. } => OpKind::InverseFft,
            Self::Butterfly(_) => OpKind::Butterfly,
            Self::Power { .. } => OpKind::Power,
            Self::Average { .. } => OpKind::Average,
            Self::Psd { .. } => OpKind::Psd,
            Self::TopK { .. } => OpKind::TopK,
            Self::LocalPeaks(_) => OpKind::LocalPeaks,
            Self::WelchPeaks(_) => OpKind::WelchPeaks,
            Self::MelFilterbank(_) => OpKind::MelFilterbank,
            Self::Log { .. } => OpKind::Log,
            Self::ClampNormalise { .. } => OpKind::ClampNormalise,
            Self::NormaliseFeatures { .. } => OpKind::NormaliseFeatures,
            Self::SpectralMask { .. } => OpKind::SpectralMask,
            Self::Affine { .. } => OpKind::Affine,
            Self::Output { .. } => OpKind::Output,
        }
    }

    /// Whether a kernel applies it while loading its operand: no launch and no buffer of its own.
    pub fn is_prologue(&self) -> bool {
        match self {
            Self::Preemphasis { per_frame, .. } => *per_frame,
            _ => matches!(self.kind(), OpKind::Segment | OpKind::Detrend | OpKind::Window),
        }
    }

    /// A result for the caller.
    pub fn output(name: impl Into<String>) -> Self {
        Self::Output { name: name.into(), role: OutputRole::Result }
    }

    /// An output that a pass may drop.
    pub fn intermediate(name: impl Into<String>) -> Self {
        Self::Output { name: name.into(), role: OutputRole::Intermediate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_that_serde_writes() {
        for kind in OpKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let op = Op::MelFilterbank(MelSpec {
            sample_rate: 16e3,
            n_mels: 80,
            f_min: 0.0,
            f_max: 8e3,
            scale: crate::params::MelScale::Slaney,
            slaney_norm: true,
        });
        assert_eq!(serde_json::to_value(&op).unwrap()["op"], op.kind().name());
    }

    #[test]
    fn unknown_fields_and_ops_are_refused() {
        assert!(serde_json::from_str::<Op>(r#"{"op":"top_k","k":4}"#).is_ok());
        assert!(serde_json::from_str::<Op>(r#"{"op":"top_k","k":4,"q":1}"#).is_err());
        assert!(serde_json::from_str::<Op>(r#"{"op":"top_q","k":4}"#).is_err());
    }
}
