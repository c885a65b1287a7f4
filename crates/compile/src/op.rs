//! The ops of a pipeline.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::params::{
    Average, Band, ButterflySpec, CrossSpec, Detrend, Layout, LimbPsdSpec, LocalPeaksSpec, LogBase, Mask,
    MaxOver, MelFilterbankParams, OutputRole, Padding, Scaling, Sides, Symmetry, WelchPeaksSpec, Window,
};

/// One operation. Every op but [`Op::Input`] takes one operand; `b` is the batch, `s` the segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// The caller's rows: samples `[b, len]`.
    Input {
        /// Rows; zero is allowed and gives empty results.
        batch: usize,
        /// Samples per row.
        len: usize,
        /// Whether a sample is a complex number.
        #[serde(default)]
        complex: bool,
    },
    /// Samples `[b, n]` → frames `[b, s, len]`; the tail that fills no segment is dropped.
    Segment {
        /// Samples per segment.
        len: usize,
        /// Distance between the starts of consecutive segments, in samples.
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
        /// The subtracted mean or line.
        kind: Detrend,
    },
    /// `y[i] = x[i] − coefficient · x[i−1]` on real samples `[b, n]` or, `per_frame`, on frames.
    Preemphasis {
        /// Factor of the sample before.
        coefficient: f64,
        /// Whether the filter runs within each frame, with the first sample as its own predecessor (Kaldi); otherwise
        /// over the whole row, preceded by zero (NeMo).
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
    /// Spectrum → magnitudes `|X|`, same bins.
    Magnitude,
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
    /// Samples `[b, channels·n]`, the signals of a row one behind the other → `[b, pairs, bins]`: cross spectra
    /// `conj(X)·Y` as pairs of real and imaginary parts, or coherences.
    CrossSpectra(CrossSpec),
    /// Samples `[b, n]` in two limbs, given as complex samples (high, low) → averaged powers `[b, bins]` in two limbs.
    LimbPsd(LimbPsdSpec),
    /// One-sided power `[…, bins]` → mel energies `[…, n_mels]`.
    MelFilterbank(MelFilterbankParams),
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
        scope: MaxOver,
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
    /// Returns its operand to the caller.
    Output {
        /// Name of the result, unique in the graph.
        name: String,
        /// Whether the caller requested it.
        #[serde(default)]
        role: OutputRole,
    },
}

/// The table of ops: name, number of operands, and whether a kernel applies the op while loading its operand.
macro_rules! ops {
    ($($kind:ident { name: $name:literal, arity: $arity:literal, prologue: $prologue:literal })*) => {
        /// An op without its parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the names are those of Op")]
        pub enum OpKind {
            $($kind,)*
        }

        impl OpKind {
            /// Every kind, in pipeline order.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// Returns the name in the text form, in JSON and in messages.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Returns the number of operands.
            pub fn arity(self) -> usize {
                match self {
                    $(Self::$kind => $arity,)*
                }
            }

            /// Returns whether a kernel applies the op while loading its operand.
            fn is_prologue(self) -> bool {
                match self {
                    $(Self::$kind => $prologue,)*
                }
            }
        }

        impl Op {
            /// Returns the kind of this op.
            pub fn kind(&self) -> OpKind {
                match self {
                    $(Self::$kind { .. } => OpKind::$kind,)*
                }
            }
        }
    };
}

ops! {
    Input { name: "input", arity: 0, prologue: false }
    Segment { name: "segment", arity: 1, prologue: true }
    Detrend { name: "detrend", arity: 1, prologue: true }
    Preemphasis { name: "preemphasis", arity: 1, prologue: false }
    Window { name: "window", arity: 1, prologue: true }
    Fft { name: "fft", arity: 1, prologue: false }
    InverseFft { name: "inverse_fft", arity: 1, prologue: false }
    Butterfly { name: "butterfly", arity: 1, prologue: false }
    Power { name: "power", arity: 1, prologue: false }
    Magnitude { name: "magnitude", arity: 1, prologue: false }
    Average { name: "average", arity: 1, prologue: false }
    Psd { name: "psd", arity: 1, prologue: false }
    TopK { name: "top_k", arity: 1, prologue: false }
    LocalPeaks { name: "local_peaks", arity: 1, prologue: false }
    WelchPeaks { name: "welch_peaks", arity: 1, prologue: false }
    CrossSpectra { name: "cross_spectra", arity: 1, prologue: false }
    LimbPsd { name: "limb_psd", arity: 1, prologue: false }
    MelFilterbank { name: "mel_filterbank", arity: 1, prologue: false }
    Log { name: "log", arity: 1, prologue: false }
    ClampNormalise { name: "clamp_normalise", arity: 1, prologue: false }
    NormaliseFeatures { name: "normalise_features", arity: 1, prologue: false }
    SpectralMask { name: "spectral_mask", arity: 1, prologue: false }
    Affine { name: "affine", arity: 1, prologue: false }
    Output { name: "output", arity: 1, prologue: false }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Op {
    /// Returns whether a kernel applies the op while loading its operand: without a separate launch or buffer.
    pub fn is_prologue(&self) -> bool {
        match self {
            Self::Preemphasis { per_frame, .. } => *per_frame,
            other => other.kind().is_prologue(),
        }
    }

    /// Creates an output that the caller requested.
    pub fn output(name: impl Into<String>) -> Self {
        Self::Output { name: name.into(), role: OutputRole::Result }
    }

    /// Creates an output that a pass may drop.
    pub fn intermediate(name: impl Into<String>) -> Self {
        Self::Output { name: name.into(), role: OutputRole::Intermediate }
    }
}

#[cfg(test)]
mod tests {
    use rlx_dsp::mel::{LogMelParams, Preset};

    use super::*;

    #[test]
    fn kinds_have_the_names_that_serde_writes() {
        for kind in OpKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let op = Op::MelFilterbank(LogMelParams::preset(Preset::Whisper).filterbank());
        assert_eq!(serde_json::to_value(&op).unwrap()["op"], op.kind().name());
    }

    #[test]
    fn unknown_fields_and_ops_are_refused() {
        assert!(serde_json::from_str::<Op>(r#"{"op":"top_k","k":4}"#).is_ok());
        assert!(serde_json::from_str::<Op>(r#"{"op":"top_k","k":4,"q":1}"#).is_err());
        assert!(serde_json::from_str::<Op>(r#"{"op":"top_q","k":4}"#).is_err());
    }
}
