//! The command line, in two levels.
//!
//! `…Flags` are parsed by clap: one field per flag, with its help. `…Args` are used by commands: validated, typed,
//! able to build objects of the libraries. `TryFrom` converts, and its error [`Usage`] names the invalid flag.

mod bench_e2e;
mod bench_sweep;
mod bench_welch_peaks;
mod coherence;
mod compare_rigs;
mod device;
mod estimate;
mod groups;
mod info;
mod input;
mod learn;
pub(crate) mod limits;
#[cfg(feature = "live")]
mod live;
mod mel;
mod missing;
mod output;
mod peaks;
mod precision;
mod psd;
mod report;
mod shell;
mod spectrogram;
mod sql;
mod task;
mod tuning;
mod usage;
mod values;
#[cfg(feature = "view")]
mod view;

pub(crate) use bench_e2e::BenchE2eFlags;
pub(crate) use bench_sweep::{BenchSweepArgs, BenchSweepFlags};
pub(crate) use bench_welch_peaks::{BenchWelchPeaksArgs, BenchWelchPeaksFlags};
pub(crate) use coherence::{CoherenceArgs, CoherenceFlags};
pub(crate) use compare_rigs::{CompareRigsFlags, RigFormat};
pub(crate) use device::{DeviceFlags, Segments, WhereFlags, known_device};
pub(crate) use estimate::{BYTES_A_POINT, EstimateArgs, EstimateFlags, NFftRule};
pub(crate) use groups::grouped;
pub(crate) use info::{InfoArgs, InfoFlags};
pub(crate) use input::{InputArgs, InputFlags, SourceArgs, SourceFlags};
pub(crate) use learn::{FitFlags, TargetFlags, TrainFlags};
#[cfg(feature = "live")]
pub(crate) use live::{LiveArgs, LiveFlags};
pub(crate) use mel::{MelArgs, MelFlags};
pub(crate) use missing::{MissingArgs, MissingFlags};
pub(crate) use output::{OutputArgs, OutputFlags, PlotArgs, PlotFlags};
pub(crate) use peaks::{Every, Mode, PeaksArgs, PeaksFlags};
pub(crate) use precision::Arithmetic;
pub(crate) use psd::{PsdArgs, PsdFlags};
pub(crate) use report::ReportFlags;
pub(crate) use shell::{CompletionsFlags, ManFlags};
pub(crate) use spectrogram::{SpectrogramArgs, SpectrogramFlags};
pub(crate) use sql::SqlFlags;
pub(crate) use task::{AblationFlags, DistillFlags, EvalFlags, RoundtripFlags, TaskFlags, TrainE2eFlags};
pub(crate) use tuning::{
    BenchFusionPhasesFlags, BenchPickerFlags, CalibrateFlags, DevicesFlags, MaxBatchFlags,
};
pub(crate) use usage::Usage;
pub(crate) use values::{Band, Cross, Pair};
#[cfg(feature = "view")]
pub(crate) use view::{ViewArgs, ViewFlags};

use clap::{Parser, Subcommand, ValueEnum};

/// Spectral peaks, spectra, spectrograms and log-mel features of recordings.
#[derive(Debug, Parser)]
#[command(name = "rlx-fft", version, max_term_width = 110, long_about = long_about())]
pub(crate) struct Cli {
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print only errors on standard error
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
}

fn long_about() -> String {
    format!(
        "Spectral peaks, spectra, spectrograms and log-mel features of recordings.\n\nReads {}, in blocks: memory does \
         not grow with the recording. Exit codes: 0 done, 1 something failed and was reported, 2 wrong arguments.",
        rlx_io::read::format_titles()
    )
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Strongest spectral peaks, per channel, of whole recordings or of frames
    Peaks(Box<PeaksFlags>),
    /// Power spectra (Welch), cross spectra
    Psd(Box<PsdFlags>),
    /// Coherence of two channels
    Coherence(Box<CoherenceFlags>),
    /// Power over time and frequency
    Spectrogram(Box<SpectrogramFlags>),
    /// Log-mel features as librosa, Whisper, Kaldi, torchaudio or NeMo compute them
    Mel(Box<MelFlags>),
    /// Show the contents of files
    Info(Box<InfoFlags>),
    /// View spectrograms, spectra and peaks of long recordings in the browser, on this machine
    #[cfg(feature = "view")]
    View(Box<ViewFlags>),
    /// Waterfall, spectrum and peaks of a running signal in the terminal, and a log of its peaks
    #[cfg(feature = "live")]
    Live(Box<LiveFlags>),
    /// Time every path of batched peaks on the same input, and check the results
    BenchWelchPeaks(BenchWelchPeaksFlags),
    /// Time batched peaks over transform lengths, batches and devices, relative to a chosen path
    BenchSweep(BenchSweepFlags),
    /// List devices: present and absent ones with reasons, and calibrations
    Devices(DevicesFlags),
    /// Measure the cost-model coefficients used to select a strategy
    Calibrate(CalibrateFlags),
    /// Evaluate strategy selection: how often the fastest one is selected, and the cost otherwise
    BenchPicker(BenchPickerFlags),
    /// Measure the benefit of kernel fusion: the same peaks by five routes
    BenchFusionPhases(BenchFusionPhasesFlags),
    /// Find the maximum batch size of a device, verified by a run
    MaxBatch(MaxBatchFlags),
    /// Compare results of scripts/rig.sh or of benches: what became faster or slower
    CompareRigs(CompareRigsFlags),
    /// Learn a transform from random weights, by gradient
    Train(TrainFlags),
    /// Find the butterflies of a matrix in closed form
    Fit(FitFlags),
    /// Train a transform for a task: peaks, spectra, mel
    TrainE2e(Box<TrainE2eFlags>),
    /// Train a sparse model from another model
    TrainDistill(Box<DistillFlags>),
    /// Train a model whose butterflies are skipped, applied or reversed
    TrainDistillTernary(Box<DistillFlags>),
    /// Evaluate errors and speed of a model on held-out signals
    Eval(EvalFlags),
    /// Compare models
    Compare(EvalFlags),
    /// Measure the error of inverse(forward(x))
    Roundtrip(RoundtripFlags),
    /// Time the compiled transform pruned to bands and by learned gates
    Ablation(AblationFlags),
    /// Time whole pipelines with every kind of transform, with held-out accuracy
    BenchE2e(BenchE2eFlags),
    /// Run SQL with spectral functions (program rlx-fft-sql)
    Sql(SqlFlags),
    /// Print a completion script for a shell
    Completions(CompletionsFlags),
    /// Print the manual page
    Man(ManFlags),
}

impl Command {
    /// Returns whether the command supports --output; others write to standard output.
    pub(crate) fn has_output(&self) -> bool {
        matches!(
            self,
            Self::Peaks(_)
                | Self::Psd(_)
                | Self::Coherence(_)
                | Self::Spectrogram(_)
                | Self::Mel(_)
                | Self::Info(_)
                | Self::CompareRigs(_)
        )
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::grouped().debug_assert();
    }
}
