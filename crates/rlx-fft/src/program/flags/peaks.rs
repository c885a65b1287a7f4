//! `peaks`.

use super::{
    Arithmetic, Band, DeviceFlags, EstimateArgs, EstimateFlags, InputArgs, InputFlags, NFftRule, OutputArgs,
    OutputFlags, PlotArgs, PlotFlags, Segments, Usage,
};
use super::{limits, values};
use clap::{Args, ValueEnum};
use rlx_dsp::scaling::Scaling;

/// Flags of `peaks`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft peaks ecg.npy --rate 360 --k 5
  rlx-fft peaks vibration.csv --rate 25600 --every 1s -f csv")]
pub(crate) struct PeaksFlags {
    #[command(flatten)]
    input: InputFlags,

    /// Peaks to report
    #[arg(long, short, value_name = "K", default_value = "8", value_parser = limits::peaks)]
    k: usize,

    /// Kind of peaks
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    mode: Mode,

    /// Frame length for separate peaks: 1s; all means one frame, the whole recording [default: all, and 1s for
    /// headerless samples from a pipe or a device, which may never end]
    #[arg(long, value_name = "TIME", value_parser = every, allow_negative_numbers = true)]
    every: Option<Every>,

    /// Frequency band: 0.5:45, 20:, :100
    #[arg(long, value_name = "LO:HI", value_parser = values::band, allow_hyphen_values = true)]
    band: Option<Band>,

    /// Smallest level of a local peak, in dB
    #[arg(long, value_name = "DB", value_parser = values::finite, allow_hyphen_values = true)]
    height: Option<f64>,

    /// Smallest prominence of a local peak, in dB [default: 3]
    #[arg(long, value_name = "DB", value_parser = values::finite, allow_negative_numbers = true)]
    prominence: Option<f64>,

    /// Smallest distance between local peaks, in the unit of frequencies
    #[arg(long, value_name = "FREQ", value_parser = values::positive)]
    distance: Option<f64>,

    #[command(flatten)]
    estimate: EstimateFlags,

    /// Precision: f32, f32x2 or f64 [default: that of the samples; f32 on a device]
    #[arg(long, value_enum, value_name = "PRECISION")]
    precision: Option<Arithmetic>,

    #[command(flatten)]
    device: DeviceFlags,

    #[command(flatten)]
    output: OutputFlags,

    #[command(flatten)]
    plot: PlotFlags,
}

/// Frames of the peaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Every {
    /// The whole recording, or frames of a signal that may never end.
    ByInput,
    /// The whole recording.
    All,
    /// Frames of this length, in units of time.
    Each(f64),
}

fn every(text: &str) -> Result<Every, String> {
    if text.trim() == "all" { Ok(Every::All) } else { values::duration(text).map(Every::Each) }
}

/// Kind of peaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Mode {
    /// Local maxima that rise above their surroundings, refined between bins
    #[default]
    Local,
    /// The strongest bins, including neighbours
    Bins,
}

/// Validated arguments of `peaks`.
#[derive(Debug, Clone)]
pub(crate) struct PeaksArgs {
    pub(crate) input: InputArgs,
    pub(crate) k: usize,
    pub(crate) mode: Mode,
    pub(crate) every: Every,
    pub(crate) band: Option<Band>,
    pub(crate) height: Option<f64>,
    pub(crate) prominence: f64,
    pub(crate) distance: Option<f64>,
    pub(crate) estimate: EstimateArgs,
    pub(crate) segments: Segments,
    /// The named device with a bus.
    pub(crate) device: Option<String>,
    /// Arithmetic, if it was chosen.
    pub(crate) precision: Option<Arithmetic>,
    /// Whether the placement is reported.
    pub(crate) explain: bool,
    pub(crate) output: OutputArgs,
    pub(crate) plot: Option<PlotArgs>,
}

/// Default prominence in dB. Random ripples of an average over a few segments often exceed it, harmonics of real
/// signals nearly always.
const PROMINENCE_DB: f64 = 3.0;

impl TryFrom<PeaksFlags> for PeaksArgs {
    type Error = Usage;

    fn try_from(flags: PeaksFlags) -> Result<Self, Usage> {
        let every = flags.every.unwrap_or(Every::ByInput);
        if every == Every::Each(0.0) {
            return Err(Usage::new("--every", "is 0"));
        }
        let framed = matches!(every, Every::Each(_));
        let plot = flags.plot.validate()?;
        if plot.is_some() && framed {
            return Err(Usage::new("--plot", "draws one spectrum: omit --every, or see spectrogram"));
        }
        if flags.mode == Mode::Bins {
            let local = [
                ("--height", flags.height.is_some()),
                ("--prominence", flags.prominence.is_some()),
                ("--distance", flags.distance.is_some()),
            ];
            if let Some((flag, _)) = local.iter().find(|(_, given)| *given) {
                return Err(Usage::new(*flag, "is for --mode local"));
            }
        }
        if flags.prominence.is_some_and(|p| p < 0.0) {
            return Err(Usage::new("--prominence", "is negative"));
        }
        let explain = flags.device.explain();
        let (device, segments) = flags.device.validate(framed)?;
        Ok(Self {
            input: flags.input.try_into()?,
            k: flags.k,
            mode: flags.mode,
            every,
            band: flags.band,
            height: flags.height,
            prominence: flags.prominence.unwrap_or(PROMINENCE_DB),
            distance: flags.distance,
            estimate: flags.estimate.validate(Scaling::Spectrum, 0.5, NFftRule::AVERAGED)?,
            segments,
            device,
            precision: flags.precision,
            explain,
            output: flags.output.try_into()?,
            plot,
        })
    }
}
