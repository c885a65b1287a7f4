//! `coherence`.

use super::values;
use super::{
    Band, EstimateArgs, EstimateFlags, InputArgs, InputFlags, NFftRule, OutputArgs, OutputFlags, Pair,
    PlotArgs, PlotFlags, Usage, WhereFlags,
};
use clap::Args;
use rlx_dsp::scaling::{Average, Scaling};

/// Flags of `coherence`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft coherence Fp1:O2 eeg.edf --n-fft 512
  rlx-fft coherence 1:2 channels.csv --rate 500 --plot coherence.svg")]
pub(crate) struct CoherenceFlags {
    /// The two channels, by name or number from 1
    #[arg(value_name = "A:B", value_parser = values::pair)]
    pair: Pair,

    #[command(flatten)]
    input: InputFlags,

    /// Frequencies to write: 0.5:45, 20:, :100
    #[arg(long, value_name = "LO:HI", value_parser = values::band, allow_hyphen_values = true)]
    band: Option<Band>,

    #[command(flatten)]
    estimate: EstimateFlags,

    #[command(flatten)]
    device: WhereFlags,

    #[command(flatten)]
    output: OutputFlags,

    #[command(flatten)]
    plot: PlotFlags,
}

/// Validated arguments of `coherence`.
#[derive(Debug, Clone)]
pub(crate) struct CoherenceArgs {
    pub(crate) pair: Pair,
    pub(crate) input: InputArgs,
    pub(crate) band: Option<Band>,
    pub(crate) estimate: EstimateArgs,
    /// The named device with a bus.
    pub(crate) device: Option<String>,
    /// Whether the placement is reported.
    pub(crate) explain: bool,
    pub(crate) output: OutputArgs,
    pub(crate) plot: Option<PlotArgs>,
}

impl TryFrom<CoherenceFlags> for CoherenceArgs {
    type Error = Usage;

    fn try_from(flags: CoherenceFlags) -> Result<Self, Usage> {
        let estimate = flags.estimate.validate(Scaling::Density, 0.5, NFftRule::AVERAGED)?;
        if estimate.average != Average::Mean {
            return Err(Usage::new("--average", "of a coherence is mean"));
        }
        Ok(Self {
            pair: flags.pair,
            input: flags.input.try_into()?,
            band: flags.band,
            estimate,
            explain: flags.device.explain(),
            device: flags.device.validate()?,
            output: flags.output.try_into()?,
            plot: flags.plot.validate()?,
        })
    }
}
