//! Flags of training for a task, and of the evaluation of models.

use super::learn::{InitName, training_device};
use super::values::{Band, band};
use super::{PlotFlags, ReportFlags, Usage, limits};
use clap::{Args, ValueEnum};
use rlx_learn::{E2eConfig, FreeButterflies, GateKind, HardenAt, LossWeights};
use std::path::PathBuf;

/// Free parameters of a student's butterflies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ButterfliesName {
    /// Four complex numbers
    General,
    /// One angle: one complex product per butterfly, as in the FFT
    Angle,
    /// Nothing: window and weights of the spectrum are learned, and the FFT's own kernel runs
    Fixed,
}

impl ButterfliesName {
    fn free(self) -> FreeButterflies {
        match self {
            Self::General => FreeButterflies::General,
            Self::Angle => FreeButterflies::Angle,
            Self::Fixed => FreeButterflies::None,
        }
    }
}

/// Common flags of training for a task.
#[derive(Debug, Clone, Args)]
pub(crate) struct TaskFlags {
    /// Points of the transform, a power of two [default: 256, or the teacher's]
    #[arg(long, value_name = "N", value_parser = limits::learned_n_fft)]
    n_fft: Option<usize>,

    /// Rows per step
    #[arg(long, value_name = "ROWS", default_value_t = 64, value_parser = limits::batch)]
    batch: usize,

    /// Mel bands of the mel loss
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = limits::n_mels)]
    n_mels: usize,

    /// Training steps
    #[arg(long, value_name = "N", default_value_t = 1500, value_parser = limits::some_steps)]
    steps: usize,

    /// Initial learning rate of the weights (cosine schedule)
    #[arg(long, value_name = "RATE", default_value_t = 3e-3, value_parser = limits::weight)]
    lr: f64,

    /// Learning rate of gates, mask and corrector
    #[arg(long, value_name = "RATE", default_value_t = 0.03, value_parser = limits::weight)]
    gate_lr: f64,

    /// Weight of the sparsity loss (open gates); 0 leaves all of them open [default: 0, with a teacher 1]
    #[arg(long, value_name = "W", value_parser = limits::weight)]
    sparsity_weight: Option<f64>,

    /// Weight of the log-mel loss
    #[arg(long, value_name = "W", default_value_t = 0.1, value_parser = limits::weight)]
    mel_weight: f64,

    /// Weight of the log-power loss
    #[arg(long, value_name = "W", default_value_t = 0.1, value_parser = limits::weight)]
    welch_weight: f64,

    /// Weight of the peak-matching loss
    #[arg(long, value_name = "W", default_value_t = 2.0, value_parser = limits::weight)]
    peak_weight: f64,

    /// Peaks per row
    #[arg(long, visible_alias = "k", value_name = "K", default_value_t = 16, value_parser = limits::bench_peaks)]
    pub(crate) peak_k: usize,

    /// Weight of the complex spectrum's difference from the teacher's
    #[arg(long, value_name = "W", default_value_t = 0.1, value_parser = limits::weight)]
    spectrum_weight: f64,

    /// Frequency band, in cycles per sample (0:0.5 is all)
    #[arg(long, value_name = "LO:HI", value_parser = band)]
    band: Option<Band>,

    /// Train on the recordings in this folder and its subfolders instead of the generator's signals
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Free parameters of the butterflies
    #[arg(long, value_enum, default_value_t = ButterfliesName::General)]
    butterflies: ButterfliesName,

    /// Also learn the window, which costs the model nothing
    #[arg(long)]
    learn_window: bool,

    /// Initial weights
    #[arg(long, value_enum, default_value_t = InitName::Exact)]
    init: InitName,

    /// Share of the steps after which gates are decided
    #[arg(long, value_name = "SHARE", default_value_t = 0.6, value_parser = limits::share)]
    harden_at: f64,

    /// Share of the butterflies to keep; by default those whose gate is more open than closed
    #[arg(long, value_name = "SHARE", value_parser = limits::share)]
    target_gates: Option<f64>,

    /// Validation interval in steps
    #[arg(long, value_name = "STEPS", default_value_t = 100, value_parser = limits::some_steps)]
    validate_every: usize,

    /// Number of validations without improvement, with decided gates, after which training ends
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = limits::steps)]
    patience: usize,

    /// Log progress every N steps (0 = off)
    #[arg(long, value_name = "STEPS", default_value_t = 0, value_parser = limits::steps)]
    pub(crate) log_every: usize,

    /// Omit the model in 8-bit integers from the report
    #[arg(long)]
    pub(crate) no_q8: bool,

    /// Seed of data and start
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Training device: auto or cpu
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// Checkpoint file; training resumes from it if it exists
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Checkpoint interval in steps
    #[arg(long, value_name = "STEPS", default_value_t = 200, value_parser = limits::some_steps)]
    pub(crate) checkpoint_every: usize,

    /// Write the model to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) report: ReportFlags,

    #[command(flatten)]
    pub(crate) plot: PlotFlags,
}

impl TaskFlags {
    /// Validates the device, before files are read.
    pub(crate) fn check_device(&self) -> Result<(), Usage> {
        training_device(&self.device).map(drop)
    }

    /// Validates the configuration; `n_fft` is that of the teacher, if there is one.
    pub(crate) fn config(&self, gates: GateKind, teacher: Option<usize>) -> Result<E2eConfig, Usage> {
        training_device(&self.device)?;
        if let (Some(asked), Some(teacher)) = (self.n_fft, teacher)
            && asked != teacher
        {
            return Err(Usage::new(
                "--n-fft",
                format!("{asked}: the teacher has {teacher} points; leave it out"),
            ));
        }
        let n_fft = teacher.or(self.n_fft).unwrap_or(256);
        if !n_fft.is_power_of_two() {
            return Err(Usage::new("--n-fft", format!("{n_fft} is not a power of two within 2 … 4096")));
        }
        let bins = n_fft / 2 + 1;
        if self.peak_k > bins {
            return Err(Usage::new(
                "--peak-k",
                format!("{} is more than the {bins} bins of --n-fft {n_fft}", self.peak_k),
            ));
        }
        let bin = |f: f64| (f * n_fft as f64).round() as usize;
        let range = self.band.map(|b| (b.lo.unwrap_or(0.0), b.hi.unwrap_or(0.5)));
        if let Some((lo, hi)) = range
            && !(0.0 <= lo && hi <= 0.5)
        {
            return Err(Usage::new("--band", format!("{lo}:{hi} is not within 0:0.5 cycles per sample")));
        }
        Ok(E2eConfig {
            n_fft,
            batch: self.batch,
            n_mels: self.n_mels,
            steps: self.steps,
            rate: self.lr,
            gate_rate: self.gate_lr,
            weights: LossWeights {
                sparsity: self.sparsity_weight.unwrap_or(if teacher.is_some() { 1.0 } else { 0.0 }),
                mel: self.mel_weight,
                welch: self.welch_weight,
                peak: self.peak_weight,
                spectrum: self.spectrum_weight,
            },
            peak_k: self.peak_k,
            band: range.map(|(lo, hi)| (bin(lo), bin(hi))),
            butterflies: self.butterflies.free(),
            learn_window: self.learn_window,
            gates,
            target_gates: self.target_gates,
            harden_at: HardenAt(self.harden_at),
            init: self.init.init(),
            seed: self.seed,
            validate_every: self.validate_every,
            patience: self.patience,
        })
    }
}

/// `train-e2e`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft train-e2e --n-fft 256 --peak-k 16 --out mine.safetensors
  rlx-fft train-e2e --band 0:0.125 --sparsity-weight 2 --out low.safetensors --json low.json
  rlx-fft train-e2e --data recordings --checkpoint state.safetensors --out mine.safetensors")]
pub(crate) struct TrainE2eFlags {
    #[command(flatten)]
    pub(crate) task: TaskFlags,
}

/// `train-distill` and `train-distill-ternary`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft train-distill --teacher low.safetensors --target-gates 0.5 --out sparse.safetensors
  rlx-fft train-distill-ternary --teacher low.safetensors --out ternary.safetensors")]
pub(crate) struct DistillFlags {
    /// The model to learn from
    #[arg(long, value_name = "MODEL")]
    pub(crate) teacher: PathBuf,

    #[command(flatten)]
    pub(crate) task: TaskFlags,
}

/// `eval` and `compare`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft eval low.safetensors
  rlx-fft compare low.safetensors sparse.safetensors --rows 8192 --json compare.json
  rlx-fft eval mine.safetensors --matrix mine.npy")]
pub(crate) struct EvalFlags {
    /// Models
    #[arg(value_name = "MODEL", required = true)]
    pub(crate) models: Vec<PathBuf>,

    /// Peaks per row
    #[arg(long, value_name = "K", default_value_t = 16, value_parser = limits::bench_peaks)]
    pub(crate) k: usize,

    /// Held-out rows
    #[arg(long, value_name = "N", default_value_t = 2048, value_parser = limits::batch)]
    pub(crate) rows: usize,

    /// Held-out parts of the recordings in this folder and its subfolders instead of the generator's signals
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Timed rounds
    #[arg(long, value_name = "N", default_value_t = 11, value_parser = limits::rounds)]
    pub(crate) iters: usize,

    /// The matrix, [n, n], as .npy, that models learned from a matrix or from pairs are compared with
    #[arg(long, value_name = "FILE")]
    pub(crate) matrix: Option<PathBuf>,

    /// Seed of the signals
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) report: ReportFlags,

    #[command(flatten)]
    pub(crate) plot: PlotFlags,
}

/// `roundtrip`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft roundtrip forward.safetensors inverse.safetensors
  rlx-fft roundtrip forward.safetensors")]
pub(crate) struct RoundtripFlags {
    /// The forward model
    #[arg(value_name = "FORWARD")]
    pub(crate) forward: PathBuf,

    /// The inverse model; by default the exact inverse DFT
    #[arg(value_name = "INVERSE")]
    pub(crate) inverse: Option<PathBuf>,

    /// Random frames
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = limits::frames)]
    pub(crate) frames: usize,

    /// Seed of the frames
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,
}

/// `ablation`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft ablation --n-fft 256 --batch 8192 --json bands.json
  rlx-fft ablation low.safetensors sparse.safetensors --csv ablation.csv")]
pub(crate) struct AblationFlags {
    /// Points of the transform: a list or a range of powers of two
    #[arg(long, value_name = "LIST", default_value = "256")]
    n_fft: String,

    /// Rows: a list or a range of powers of two
    #[arg(long, value_name = "LIST", default_value = "8192")]
    batch: String,

    /// Learned models to measure in addition to the exact variants
    #[arg(value_name = "MODEL")]
    files: Vec<PathBuf>,

    /// The same, as a list
    #[arg(long, value_name = "FILES", value_delimiter = ',')]
    models: Vec<PathBuf>,

    /// Peaks per row
    #[arg(long, value_name = "K", default_value_t = 16, value_parser = limits::bench_peaks)]
    pub(crate) k: usize,

    /// Timed rounds; each runs every variant once
    #[arg(long, value_name = "N", default_value_t = 31, value_parser = limits::rounds)]
    pub(crate) iters: usize,

    /// Seed of the signals
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,

    #[command(flatten)]
    pub(crate) report: ReportFlags,

    /// Also write the rows as CSV
    #[arg(long, value_name = "PATH")]
    pub(crate) csv: Option<PathBuf>,
}

impl AblationFlags {
    /// Files of the learned models.
    pub(crate) fn models(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().chain(&self.models)
    }

    /// Returns transform lengths and batches.
    pub(crate) fn grid(&self) -> Result<(Vec<usize>, Vec<usize>), Usage> {
        use super::bench_welch_peaks::sweep;
        let n_ffts = sweep("--n-fft", &self.n_fft)?;
        if let Some(n) = n_ffts.iter().find(|n| !n.is_power_of_two() || !(32..=4096).contains(*n)) {
            return Err(Usage::new("--n-fft", format!("{n} is not a power of two within 32 … 4096")));
        }
        if self.iters == 0 || self.k == 0 {
            return Err(Usage::new("--iters", "rounds and peaks must be at least 1"));
        }
        Ok((n_ffts, sweep("--batch", &self.batch)?))
    }
}
