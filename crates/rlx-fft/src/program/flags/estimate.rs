//! Parameters of spectral estimates.

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
    /// Segment and transform length [default: a power of two that depends on the length of the recording]
    #[arg(long, value_name = "N", value_parser = limits::n_fft)]
    n_fft: Option<usize>,

    /// Segment length in samples; segments are zero-padded to --n-fft
    #[arg(long, value_name = "N", value_parser = limits::segment)]
    segment: Option<usize>,

    /// Overlap of consecutive segments: 50%
    #[arg(long, value_name = "SHARE", value_parser = values::overlap, conflicts_with = "hop")]
    overlap: Option<f64>,

    /// Distance between the starts of consecutive segments in samples, instead of --overlap
    #[arg(long, value_name = "N", value_parser = limits::hop)]
    hop: Option<usize>,

    /// Window: hann, hamming, blackman, blackman-harris, flat-top, rectangular, kaiser:BETA, tukey:ALPHA,
    /// gaussian:STD, povey [default: hann]
    #[arg(long, value_name = "WINDOW", value_parser = parsed::<Window>)]
    window: Option<Window>,

    /// Detrending of each segment: constant, linear or none [default: constant]
    #[arg(long, value_name = "WHAT", value_parser = parsed::<Detrend>)]
    detrend: Option<Detrend>,

    /// Average over the segments: mean, median, max or min [default: mean]
    #[arg(long, value_name = "HOW", value_parser = parsed::<Average>)]
    average: Option<Average>,

    /// Scaling: spectrum (unit²), density (unit²/Hz) or raw (|X|²)
    #[arg(long, value_name = "SCALING", value_parser = parsed::<Scaling>)]
    scaling: Option<Scaling>,

    /// One-sided or two-sided spectrum: one, two or auto [default: auto]
    #[arg(long, value_name = "SIDES", value_parser = parsed::<Sides>)]
    sides: Option<Sides>,

    #[command(flatten)]
    missing: MissingFlags,
}

/// Parses a value; removes the parameter name from the error, because clap adds the name of the flag.
pub(super) fn parsed<T: FromStr<Err = rlx_dsp::Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| match error {
        rlx_dsp::Error::Argument { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// Default transform length as a function of the length of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NFftRule {
    /// The default is the largest power of two that is at most the length divided by this …
    pub(crate) share: u64,
    /// … and at most this, and at least [`MIN_N_FFT`].
    pub(crate) max: usize,
}

/// Upper bound of the memory of a channel's estimate, in bytes per point of the transform.
pub(crate) const BYTES_A_POINT: u64 = 400;

/// Smallest default transform length.
pub(crate) const MIN_N_FFT: usize = 64;

impl NFftRule {
    /// For averaged spectra: several segments also for short recordings.
    pub(crate) const AVERAGED: Self = Self { share: 4, max: 8192 };
    /// For spectrograms: many columns.
    pub(crate) const OVER_TIME: Self = Self { share: 16, max: 2048 };

    /// Returns the length for a recording of `frames` samples; the largest if the length is unknown.
    pub(crate) fn choose(self, frames: Option<u64>) -> usize {
        let Some(frames) = frames else { return self.max };
        let wanted = usize::try_from(frames / self.share).unwrap_or(usize::MAX).clamp(MIN_N_FFT, self.max);
        1 << wanted.ilog2()
    }

    /// Returns the number of samples from which the choice is the largest length.
    pub(crate) fn samples_to_know(self) -> u64 {
        self.share * self.max as u64
    }
}

/// Validated parameters of Welch's method, without a rate.
#[derive(Debug, Clone)]
pub(crate) struct EstimateArgs {
    n_fft: Option<usize>,
    segment: Option<usize>,
    overlap: f64,
    hop: Option<usize>,
    /// The window.
    pub(crate) window: Window,
    /// Detrending.
    pub(crate) detrend: Detrend,
    /// Average over the segments.
    pub(crate) average: Average,
    /// Scaling of the powers.
    pub(crate) scaling: Scaling,
    sides: Sides,
    /// Policy for missing values.
    pub(crate) missing: MissingArgs,
    /// Rule for the default length.
    pub(crate) rule: NFftRule,
    /// Names of the result fields with default values.
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
            // Measured: window, twiddles, scratch and sums per channel and thread.
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
        // As SciPy: half of an odd length is rounded down. The small number compensates the rounding of products such
        // as 0.29 · 100.
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

    /// Returns whether the transform length depends on the length of the recording.
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
