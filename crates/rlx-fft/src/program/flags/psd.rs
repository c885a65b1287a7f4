//! `psd`.

use super::values;
use super::{
    Arithmetic, Band, Cross, EstimateArgs, EstimateFlags, InputArgs, InputFlags, NFftRule, OutputArgs,
    OutputFlags, PlotArgs, PlotFlags, Usage, WhereFlags,
};
use clap::Args;
use rlx_dsp::scaling::{Average, Scaling};

/// Flags of `psd`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft psd vibration.csv --rate 25600 --plot psd.svg
  rlx-fft psd long.wav --n-fft 8192 --average median -f json
  rlx-fft psd eeg.edf --cross Fp1:O2
  rlx-fft psd eeg.edf --channel Fp1,Fp2,O1,O2 --cross all -f npz -o matrix.npz")]
pub(crate) struct PsdFlags {
    #[command(flatten)]
    input: InputFlags,

    /// Cross spectrum of two channels, by name or number: conj(A)·B; all means all pairs of the selected channels
    #[arg(long, value_name = "A:B|all", value_parser = values::cross)]
    cross: Option<Cross>,

    /// Confidence level of the chi-square band around the spectrum, in percent: 95
    #[arg(long, value_name = "PERCENT", value_parser = values::positive, conflicts_with = "cross")]
    confidence: Option<f64>,

    /// Frequencies to write: 0.5:45, 20:, :100
    #[arg(long, value_name = "LO:HI", value_parser = values::band, allow_hyphen_values = true)]
    band: Option<Band>,

    #[command(flatten)]
    estimate: EstimateFlags,

    /// Precision: f32, f32x2 or f64 [default: that of the samples; f32 on a device]
    #[arg(long, value_enum, value_name = "PRECISION")]
    precision: Option<Arithmetic>,

    #[command(flatten)]
    device: WhereFlags,

    #[command(flatten)]
    output: OutputFlags,

    #[command(flatten)]
    plot: PlotFlags,
}

/// Validated arguments of `psd`.
#[derive(Debug, Clone)]
pub(crate) struct PsdArgs {
    pub(crate) input: InputArgs,
    pub(crate) cross: Option<Cross>,
    /// Confidence level, in percent.
    pub(crate) confidence: Option<f64>,
    pub(crate) band: Option<Band>,
    pub(crate) estimate: EstimateArgs,
    /// The named device with a bus.
    pub(crate) device: Option<String>,
    /// Arithmetic, if it was chosen.
    pub(crate) precision: Option<Arithmetic>,
    /// Whether the placement is reported.
    pub(crate) explain: bool,
    pub(crate) output: OutputArgs,
    pub(crate) plot: Option<PlotArgs>,
}

impl TryFrom<PsdFlags> for PsdArgs {
    type Error = Usage;

    fn try_from(flags: PsdFlags) -> Result<Self, Usage> {
        let estimate = flags.estimate.validate(Scaling::Density, 0.5, NFftRule::AVERAGED)?;
        if flags.confidence.is_some_and(|level| level >= 100.0) {
            return Err(Usage::new("--confidence", "is in percent, below 100"));
        }
        if flags.confidence.is_some() && estimate.average != Average::Mean {
            return Err(Usage::new("--confidence", "is known for --average mean only"));
        }
        if flags.cross.is_some() && matches!(estimate.average, Average::Max | Average::Min) {
            return Err(Usage::new("--average", "of a cross spectrum is mean or median"));
        }
        if flags.cross == Some(Cross::All) && estimate.average != Average::Mean {
            return Err(Usage::new("--average", "of the cross spectra of all pairs is the mean"));
        }
        let plot = flags.plot.validate()?;
        if flags.cross == Some(Cross::All) && plot.is_some() {
            return Err(Usage::new("--plot", "draws the cross spectrum of one pair: --cross A:B"));
        }
        Ok(Self {
            input: flags.input.try_into()?,
            cross: flags.cross,
            confidence: flags.confidence,
            band: flags.band,
            estimate,
            precision: flags.precision,
            explain: flags.device.explain(),
            device: flags.device.validate()?,
            output: flags.output.try_into()?,
            plot,
        })
    }
}
