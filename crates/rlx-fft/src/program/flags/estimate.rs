//! How spectra are estimated.

use super::{MissingArgs, MissingFlags, Usage};
use super::{limits, values};
use crate::memory;
use clap::Args;
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::{Symmetry, Window};
use std::str::FromStr;

/// Flags of Welch's method.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Estimate")]
pub(crate) struct EstimateFlags {
    /// Segment and transform length [default: a power of two by the recording's length]
    #[arg(long, value_name = "N", value_parser = limits::n_fft)]
    n_fft: Option<usize>,

    /// Pad segments of this many samples with zeros to --n-fft
    #[arg(long, value_name = "N", value_parser = limits::segment)]
    segment: Option<usize>,

    /// How much of a segment the next one repeats: 50%
    #[arg(long, value_name = "SHARE", value_parser = values::overlap, conflicts_with = "hop")]
    overlap: Option<f64>,

    /// Samples from one segment to the next, instead of --overlap
    #[arg(long, value_name = "N", value_parser = limits::hop)]
    hop: Option<usize>,

    /// Window: hann, hamming, blackman, blackman-harris, flat-top, rectangular, kaiser:BETA, tukey:ALPHA,
    /// gaussian:STD, povey [default: hann]
    #[arg(long, value_name = "WINDOW", value_parser = parsed::<Window>)]
    window: Option<Window>,

    /// Subtracted from each segment: constant, linear or none [default: constant]
    #[arg(long, value_name = "WHAT", value_parser = parsed::<Detrend>)]
    detrend: Option<Detrend>,

    /// Over the segments: mean, median, max or min [default: mean]
    #[arg(long, value_name = "HOW", value_parser = parsed::<Average>)]
    average: Option<Average>,

    /// spectrum (unit²), density (unit²/Hz) or raw (|X|²)
    #[arg(long, value_name = "SCALING", value_parser = parsed::<Scaling>)]
    scaling: Option<Scaling>,

    /// one, two or auto: whether negative frequencies are folded onto the positive ones [default: auto]
    #[arg(long, value_name = "SIDES", value_parser = parsed::<Sides>)]
    sides: Option<Sides>,

    #[command(flatten)]
    missing: MissingFlags,
}

/// The library says `window: reason`; clap says the flag's name itself.
fn parsed<T: FromStr<Err = rlx_dsp::Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| match error {
        rlx_dsp::Error::Argument { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// How a transform length follows from a recording's length where none was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NFftRule {
    /// The largest power of two of at most the length divided by this …
    pub(crate) share: u64,
    /// … and at most this, and at least [`MIN_N_FFT`].
    pub(crate) max: usize,
}

/// Bytes that a channel's estimate takes for each point of its transform, at most.
pub(crate) const BYTES_A_POINT: u64 = 400;

/// Smallest transform length chosen by itself.
pub(crate) const MIN_N_FFT: usize = 64;

impl NFftRule {
    /// Of averaged spectra: several segments, however short the recording is.
    pub(crate) const AVERAGED: Self = Self { share: 4, max: 8192 };
    /// Of spectrograms: many columns.
    pub(crate) const OVER_TIME: Self = Self { share: 16, max: 2048 };

    /// Returns the length for a recording of `frames` samples; the largest where that is not known.
    pub(crate) fn choose(self, frames: Option<u64>) -> usize {
        let Some(frames) = frames else { return self.max };
        let wanted = usize::try_from(frames / self.share).unwrap_or(usize::MAX).clamp(MIN_N_FFT, self.max);
        1 << wanted.ilog2()
    }

    /// As many samples as it takes to know the choice.
    pub(crate) fn samples_to_know(self) -> u64 {
        self.share * self.max as u64
    }
}

/// Parameters of Welch's method, still without a rate.
#[derive(Debug, Clone)]
pub(crate) struct EstimateArgs {
    n_fft: Option<usize>,
    segment: Option<usize>,
    overlap: f64,
    hop: Option<usize>,
    /// The window.
    pub(crate) window: Window,
    /// What is subtracted.
    pub(crate) detrend: Detrend,
    /// Over the segments.
    pub(crate) average: Average,
    /// Of the powers.
    pub(crate) scaling: Scaling,
    sides: Sides,
    /// About missing values.
    pub(crate) missing: MissingArgs,
    /// How a length is chosen.
    pub(crate) rule: NFftRule,
    /// What nobody asked for, by the names of the results' fields.
    pub(crate) defaults: Vec<String>,
}

impl EstimateFlags {
    /// Returns the checked parameters; `scaling`, `overlap` and `rule` are the command's defaults.
    pub(crate) fn validate(
        self,
        scaling: Scaling,
        overlap: f64,
        rule: NFftRule,
    ) -> Result<EstimateArgs, Usage> {
        if let Some(n_fft) = self.n_fft {
            // Measured: window, twiddles, scratch and sums of one channel, each on its thread.
            memory::refuse("--n-fft", n_fft, n_fft as u64 * BYTES_A_POINT)?;
        }
        match (self.segment, self.n_fft) {
            (Some(_), None) => {
                return Err(Usage::new("--segment", "needs --n-fft, the length it is padded to"));
            }
            (Some(segment), Some(n_fft)) if segment > n_fft => {
                let reason = format!("{segment} samples do not fit into --n-fft {n_fft}");
                return Err(Usage::new("--segment", reason));
            }
            _ => {}
        }
        let given = [
            ("n_fft", self.n_fft.is_some()),
            ("hop", self.overlap.is_some() || self.hop.is_some()),
            ("window", self.window.is_some()),
            ("detrend", self.detrend.is_some()),
            ("average", self.average.is_some()),
            ("scaling", self.scaling.is_some()),
        ];
        let defaults = given.iter().filter(|(_, given)| !given).map(|(name, _)| (*name).to_owned()).collect();
        Ok(EstimateArgs {
            n_fft: self.n_fft,
            segment: self.segment,
            overlap: self.overlap.unwrap_or(overlap),
            hop: self.hop,
            window: self.window.unwrap_or(Window::Hann),
            detrend: self.detrend.unwrap_or_default(),
            average: self.average.unwrap_or_default(),
            scaling: self.scaling.unwrap_or(scaling),
            sides: self.sides.unwrap_or_default(),
            missing: self.missing.try_into()?,
            rule,
            defaults,
        })
    }
}

impl EstimateArgs {
    /// Parameters for a recording (or frame) of `frames` samples at `rate`.
    pub(crate) fn params(&self, rate: f64, frames: Option<u64>) -> PsdParams {
        let n_fft = self.n_fft.unwrap_or_else(|| self.rule.choose(frames));
        let segment_len = self.segment.unwrap_or(n_fft);
        // As SciPy: half of an odd length is rounded down. The small number takes the rounding of a product like
        // 0.29 · 100 away.
        let repeated = (segment_len as f64 * self.overlap + 1e-9).floor() as usize;
        PsdParams::new(rate, segment_len)
            .window(self.window.clone())
            .symmetry(Symmetry::Periodic)
            .hop(self.hop.unwrap_or(segment_len - repeated.min(segment_len - 1)))
            .n_fft(n_fft)
            .detrend(self.detrend)
            .scaling(self.scaling)
            .average(self.average)
            .sides(self.sides)
            .nan(self.missing.nan)
    }

    /// Returns whether the recording's length must be known before the transform's.
    pub(crate) fn depends_on_length(&self) -> bool {
        self.n_fft.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_length_is_the_issues_rule() {
        let rule = NFftRule::AVERAGED;
        for (frames, n_fft) in
            [(10, 64), (255, 64), (256, 64), (511, 64), (512, 128), (2483, 512), (1 << 40, 8192)]
        {
            assert_eq!(rule.choose(Some(frames)), n_fft, "{frames}");
        }
        assert_eq!(rule.choose(None), 8192);
    }
}
