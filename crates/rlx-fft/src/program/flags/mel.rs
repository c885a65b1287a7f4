//! `mel`.

use super::estimate::BYTES_A_POINT;
use super::{
    InputArgs, InputFlags, MissingArgs, MissingFlags, OutputArgs, OutputFlags, PlotArgs, PlotFlags, Usage,
    WhereFlags,
};
use super::{limits, values};
use crate::memory;
use clap::Args;
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::nan::NanPolicy;

/// Flags of `mel`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft mel speech.wav --preset whisper -o features.npy
  rlx-fft mel speech.wav --preset kaldi --plot mel.png")]
pub(crate) struct MelFlags {
    #[command(flatten)]
    input: InputFlags,

    #[command(flatten)]
    missing: MissingFlags,

    /// Preset: librosa, whisper, kaldi, torchaudio or nemo; results equal those of that system
    #[arg(long, value_name = "SYSTEM", default_value = "whisper", value_parser = preset)]
    preset: Preset,

    /// Number of mel bands, instead of the preset's
    #[arg(long, value_name = "COUNT", value_parser = limits::n_mels)]
    n_mels: Option<usize>,

    /// Transform length, instead of the preset's; the window has the same length
    #[arg(long, value_name = "N", value_parser = limits::n_fft)]
    n_fft: Option<usize>,

    /// Distance between the starts of consecutive frames in samples, instead of the preset's
    #[arg(long, value_name = "N", value_parser = limits::hop)]
    hop: Option<usize>,

    /// Lower edge of the first band in Hz, instead of the preset's
    #[arg(long, value_name = "HZ", value_parser = limits::not_negative)]
    f_min: Option<f64>,

    /// Upper edge of the last band in Hz, instead of the preset's
    #[arg(long, value_name = "HZ", value_parser = values::positive)]
    f_max: Option<f64>,

    #[command(flatten)]
    device: WhereFlags,

    #[command(flatten)]
    output: OutputFlags,

    #[command(flatten)]
    plot: PlotFlags,
}

fn preset(text: &str) -> Result<Preset, String> {
    text.parse().map_err(|error| match error {
        rlx_dsp::Error::Argument { reason, .. } => reason,
        other => other.to_string(),
    })
}

/// Validated arguments of `mel`.
#[derive(Debug, Clone)]
pub(crate) struct MelArgs {
    pub(crate) input: InputArgs,
    pub(crate) missing: MissingArgs,
    pub(crate) preset: Preset,
    /// The preset's parameters with the requested changes; the rate is that of the preset.
    pub(crate) params: LogMelParams,
    /// Names of the result fields with default values.
    pub(crate) defaults: Vec<String>,
    /// The named device with a bus.
    pub(crate) device: Option<String>,
    /// Whether the placement is reported.
    pub(crate) explain: bool,
    pub(crate) output: OutputArgs,
    pub(crate) plot: Option<PlotArgs>,
}

impl TryFrom<MelFlags> for MelArgs {
    type Error = Usage;

    fn try_from(flags: MelFlags) -> Result<Self, Usage> {
        let missing: MissingArgs = flags.missing.try_into()?;
        if matches!(missing.nan, NanPolicy::SkipSegment | NanPolicy::Propagate) {
            return Err(Usage::new("--nan", "of log-mel features is error or interpolate"));
        }
        let input: InputArgs = flags.input.try_into()?;
        if input.x_unit != "Hz" {
            return Err(Usage::new("--x-unit", "of mel bands is Hz"));
        }
        let mut params = LogMelParams::preset(flags.preset);
        params.n_mels = flags.n_mels.unwrap_or(params.n_mels);
        params.hop = flags.hop.unwrap_or(params.hop);
        if let Some(n_fft) = flags.n_fft {
            (params.n_fft, params.win_length) = (n_fft, n_fft);
        }
        // The filters are stored as a full matrix.
        let filters = (params.n_mels * (params.n_fft / 2 + 1)) as u64 * 8;
        let flag = if flags.n_fft.is_some() { "--n-fft" } else { "--n-mels" };
        memory::refuse(flag, format!("{} points in {} bands", params.n_fft, params.n_mels), filters)?;
        memory::refuse("--n-fft", params.n_fft, params.n_fft as u64 * BYTES_A_POINT)?;
        params.f_min = flags.f_min.unwrap_or(params.f_min);
        params.f_max = flags.f_max.or(params.f_max);
        let given = [("n_fft", flags.n_fft.is_some()), ("hop", flags.hop.is_some()), ("window", false)];
        Ok(Self {
            input,
            missing,
            preset: flags.preset,
            params,
            defaults: given.iter().filter(|(_, given)| !given).map(|(name, _)| (*name).to_owned()).collect(),
            explain: flags.device.explain(),
            device: flags.device.validate()?,
            output: flags.output.try_into()?,
            plot: flags.plot.validate()?,
        })
    }
}
