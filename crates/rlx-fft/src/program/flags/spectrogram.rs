//! `spectrogram`.

use super::values;
use super::{
    Band, EstimateArgs, EstimateFlags, InputArgs, InputFlags, NFftRule, OutputArgs, OutputFlags, PlotArgs,
    PlotFlags, Usage, WhereFlags,
};
use clap::Args;
use rlx_dsp::scaling::{Average, Scaling};

/// Flags of `spectrogram`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft spectrogram speech.wav --plot speech.png
  rlx-fft spectrogram speech.wav --n-fft 512 -o spectrogram.npz")]
pub(crate) struct SpectrogramFlags {
    #[command(flatten)]
    input: InputFlags,

    /// Frequencies to write: 0.5:45, 20:, :100
    #[arg(long, value_name = "LO:HI", value_parser = values::band, allow_hyphen_values = true)]
    band: Option<Band>,

    /// Range of the plot's colours below the strongest value, in dB
    #[arg(long, value_name = "DB", default_value = "80", value_parser = values::positive)]
    range: f64,

    #[command(flatten)]
    estimate: EstimateFlags,

    #[command(flatten)]
    device: WhereFlags,

    #[command(flatten)]
    output: OutputFlags,

    #[command(flatten)]
    plot: PlotFlags,
}

/// Validated arguments of `spectrogram`.
#[derive(Debug, Clone)]
pub(crate) struct SpectrogramArgs {
    pub(crate) input: InputArgs,
    pub(crate) band: Option<Band>,
    pub(crate) range: f64,
    pub(crate) estimate: EstimateArgs,
    /// The named device with a bus.
    pub(crate) device: Option<String>,
    /// Whether the placement is reported.
    pub(crate) explain: bool,
    pub(crate) output: OutputArgs,
    pub(crate) plot: Option<PlotArgs>,
}

impl TryFrom<SpectrogramFlags> for SpectrogramArgs {
    type Error = Usage;

    fn try_from(flags: SpectrogramFlags) -> Result<Self, Usage> {
        let mut estimate = flags.estimate.validate(Scaling::Density, 0.75, NFftRule::OVER_TIME)?;
        if estimate.average != Average::Mean {
            return Err(Usage::new(
                "--average",
                "has no meaning for a spectrogram: each column is one segment",
            ));
        }
        estimate.defaults.retain(|name| name != "average");
        Ok(Self {
            input: flags.input.try_into()?,
            band: flags.band,
            range: flags.range,
            estimate,
            explain: flags.device.explain(),
            device: flags.device.validate()?,
            output: flags.output.try_into()?,
            plot: flags.plot.validate()?,
        })
    }
}
