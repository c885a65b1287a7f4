//! Flags of `train` and `fit`: transforms learned from a matrix.

use super::{PlotFlags, ReportFlags, Usage, limits};
use clap::{Args, ValueEnum};
use rlx_learn::{Init, Parametrisation, Permutation, Schedule, TrainConfig, Transform};
use std::path::PathBuf;

/// Transforms by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransformName {
    Dft,
    Idft,
    Dct2,
    Dst2,
    Hartley,
    Hadamard,
    Convolution,
    /// A .npy file: --matrix
    Matrix,
}

impl TransformName {
    pub(crate) fn transform(self) -> Transform {
        match self {
            Self::Dft => Transform::Dft,
            Self::Idft => Transform::Idft,
            Self::Dct2 => Transform::Dct2,
            Self::Dst2 => Transform::Dst2,
            Self::Hartley => Transform::Hartley,
            Self::Hadamard => Transform::Hadamard,
            Self::Convolution => Transform::Convolution,
            Self::Matrix => Transform::Matrix,
        }
    }
}

/// Orders of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PermutationName {
    /// The permutation of the transform
    Own,
    BitReversal,
    Identity,
    Cosine,
    Reverse,
    /// Not told: the known ones are tried; `fit` also recovers others from a complex matrix
    Unknown,
}

impl PermutationName {
    /// Returns the permutation; `own` is that of the transform.
    pub(crate) fn permutation(self, own: Permutation) -> Permutation {
        match self {
            Self::Own => own,
            Self::BitReversal => Permutation::BitReversal,
            Self::Identity => Permutation::Identity,
            Self::Cosine => Permutation::Cosine,
            Self::Reverse => Permutation::Reverse,
            Self::Unknown => Permutation::Other,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ParamName {
    /// One angle per butterfly
    Angle,
    /// Four complex numbers
    General,
    /// Four angles
    Unitary,
}

/// Start of training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InitName {
    Random,
    Exact,
    Fit,
}

impl InitName {
    pub(crate) fn init(self) -> Init {
        match self {
            Self::Random => Init::Random,
            Self::Exact => Init::Exact,
            Self::Fit => Init::Fit,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScheduleName {
    /// Layers for two products, halves for real parts, where weights are random; else whole
    Auto,
    /// All weights from the first step on
    Whole,
    /// Two products: the outermost stages first, with a free matrix between them that is factorised afterwards
    Layers,
    /// Real parts of one product: closed form of rank two, then all weights together
    Halves,
}

/// The target transform.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetFlags {
    /// Points of the transform, a power of two [default: 64, or what the matrix or the pairs have]
    #[arg(long, value_name = "N", value_parser = limits::learned_n_fft)]
    pub(crate) n_fft: Option<usize>,

    /// The transform [default: dft, or matrix where a matrix or pairs are given]
    #[arg(long, value_enum)]
    pub(crate) transform: Option<TransformName>,

    /// The matrix, [n, n], real or complex, as .npy; one product for a real one is compared by its real part
    #[arg(long, value_name = "FILE")]
    pub(crate) matrix: Option<PathBuf>,

    /// Inputs of an unknown transform, [pairs, n], as .npy
    #[arg(long, value_name = "FILE", requires = "outputs", conflicts_with = "matrix")]
    pub(crate) inputs: Option<PathBuf>,

    /// Its outputs, [pairs, n], as .npy
    #[arg(long, value_name = "FILE", requires = "inputs")]
    pub(crate) outputs: Option<PathBuf>,

    /// Products of butterflies, 1 or 2, of a matrix or pairs (named transforms have their own)
    #[arg(long, value_name = "PRODUCTS", value_parser = clap::value_parser!(u8).range(1..=2))]
    depth: Option<u8>,

    /// Permutation of the network's input; own: the named transform's, unknown for a matrix and pairs
    #[arg(long, value_enum, default_value_t = PermutationName::Own)]
    pub(crate) permutation: PermutationName,

    /// Learn a real transform (dct2, dst2, hartley) from a complex matrix whose real part it is: that tells the learner n²
    /// numbers that the transform does not contain
    #[arg(long)]
    pub(crate) complex_target: bool,
}

impl TargetFlags {
    /// Whether the matrix is the user's, given or to be estimated.
    pub(crate) fn is_own(&self) -> bool {
        self.matrix.is_some() || self.inputs.is_some()
    }

    /// Products of a matrix of the user's.
    pub(crate) fn depth(&self) -> usize {
        self.depth.unwrap_or(1).into()
    }

    /// The named transform and its points.
    pub(crate) fn named(&self) -> (TransformName, usize) {
        (self.transform.unwrap_or(TransformName::Dft), self.n_fft.unwrap_or(64))
    }

    fn check(&self) -> Result<(), Usage> {
        let named = self.transform.filter(|name| *name != TransformName::Matrix);
        if self.is_own() {
            let given = if self.matrix.is_some() { "--matrix" } else { "--inputs and --outputs" };
            if let Some(name) = named.and_then(|name| name.to_possible_value()) {
                let reason =
                    format!("'{}': {given} says what is learned; leave one of them out", name.get_name());
                return Err(Usage::new("--transform", reason));
            }
            if self.complex_target {
                return Err(Usage::new(
                    "--complex-target",
                    format!("goes with a named transform, not with {given}"),
                ));
            }
            return Ok(());
        }
        if self.transform == Some(TransformName::Matrix) {
            return Err(Usage::new("--transform", "'matrix' needs --matrix, or --inputs and --outputs"));
        }
        if self.depth.is_some() {
            return Err(Usage::new("--depth", "goes with --matrix, or with --inputs and --outputs"));
        }
        if self.complex_target && !named.is_some_and(|name| name.transform().is_real()) {
            return Err(Usage::new("--complex-target", "goes with --transform dct2, dst2 or hartley"));
        }
        match self.n_fft {
            Some(n) if !(n.is_power_of_two() && (2..=4096).contains(&n)) => {
                Err(Usage::new("--n-fft", format!("{n} is not a power of two within 2 … 4096")))
            }
            _ => Ok(()),
        }
    }

    /// Checks the size that was asked for against that of the files.
    pub(crate) fn check_size(&self, n: usize) -> Result<(), Usage> {
        match self.n_fft {
            Some(asked) if asked != n => {
                Err(Usage::new("--n-fft", format!("{asked}: the files have {n} points; leave it out")))
            }
            _ => Ok(()),
        }
    }
}

/// `train`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft train --n-fft 64 --seeds 16 --json dft64.json
  rlx-fft train --n-fft 1024 --transform dct2 --lr 0.02 --out models
  rlx-fft train --n-fft 256 --param angle --target-error 1e-6
  rlx-fft train --n-fft 256 --transform convolution
  rlx-fft train --matrix dct.npy --out models
  rlx-fft train --inputs x.npy --outputs y.npy --batch 16      fewer pairs than points are enough

The loss is that of the whole matrix: all n unit vectors at once. Times are processor times of one thread a seed.")]
pub(crate) struct TrainFlags {
    #[command(flatten)]
    pub(crate) target: TargetFlags,

    /// Pairs per step, 0 for all of them, with --inputs and --outputs; for a matrix 0 or n: a step takes the whole matrix, which
    /// costs no more than a part of it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = limits::any_batch)]
    pub(crate) batch: usize,

    /// Steps of Adam
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = limits::steps)]
    steps: usize,

    /// Initial learning rate (cosine schedule)
    #[arg(long, value_name = "RATE", default_value_t = 0.03, value_parser = limits::weight)]
    lr: f64,

    /// Largest number of L-BFGS iterations after Adam
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = limits::steps)]
    polish: usize,

    /// Relative L2 error at which training stops
    #[arg(long, value_name = "ERROR", default_value_t = 1e-8, value_parser = limits::weight)]
    target_error: f64,

    /// The first seed
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,

    /// Number of consecutive seeds
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) seeds: u64,

    /// Training device: auto or cpu
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,

    /// Parametrisation of a butterfly
    #[arg(long, value_enum, default_value_t = ParamName::General)]
    param: ParamName,

    /// Initial weights
    #[arg(long, value_enum, default_value_t = InitName::Random)]
    init: InitName,

    /// Training schedule
    #[arg(long, value_enum, default_value_t = ScheduleName::Auto)]
    schedule: ScheduleName,

    /// Learn the inverse transform: --transform idft
    #[arg(long)]
    ifft: bool,

    /// Log progress every N steps (0 = off)
    #[arg(long, value_name = "STEPS", default_value_t = 0, value_parser = limits::steps)]
    pub(crate) log_every: usize,

    /// Checkpoint file, FILE.seedS for each seed; training resumes from it if it exists
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Checkpoint interval in Adam steps
    #[arg(long, value_name = "STEPS", default_value_t = 200, value_parser = limits::some_steps)]
    pub(crate) checkpoint_every: usize,

    /// Number of threads; each trains different seeds
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = limits::threads)]
    pub(crate) threads: usize,

    /// Directory for the models, NAME-N-seedS.safetensors
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) report: ReportFlags,

    #[command(flatten)]
    pub(crate) plot: PlotFlags,
}

impl TrainFlags {
    /// Returns the configuration, with the permutation of the transform.
    pub(crate) fn config(&mut self) -> Result<TrainConfig, Usage> {
        if self.ifft {
            let named = self.target.transform.unwrap_or(TransformName::Dft);
            if self.target.is_own() || !matches!(named, TransformName::Dft | TransformName::Idft) {
                return Err(Usage::new("--ifft", "goes with --transform dft"));
            }
            self.target.transform = Some(TransformName::Idft);
        }
        self.target.check()?;
        if self.batch != 0 && self.target.inputs.is_none() && self.batch != self.target.named().1 {
            let reason = format!("{}: a step takes the whole matrix; leave it out", self.batch);
            return Err(Usage::new("--batch", reason));
        }
        training_device(&self.device)?;
        if self.seeds == 0 || self.threads == 0 {
            return Err(Usage::new("--seeds", "seeds and threads must be at least 1"));
        }
        Ok(TrainConfig {
            parametrisation: match self.param {
                ParamName::Angle => Parametrisation::Angle,
                ParamName::General => Parametrisation::General,
                ParamName::Unitary => Parametrisation::Unitary,
            },
            init: self.init.init(),
            steps: self.steps,
            rate: self.lr,
            polish: self.polish,
            target: self.target_error,
            seed: self.seed,
            complex_target: self.target.complex_target,
            schedule: match self.schedule {
                ScheduleName::Auto => Schedule::Auto,
                ScheduleName::Whole => Schedule::Whole,
                ScheduleName::Layers => Schedule::Layers,
                ScheduleName::Halves => Schedule::Halves,
            },
            ..TrainConfig::default()
        })
    }
}

/// Checks the training device: training runs on the CPU.
pub(super) fn training_device(name: &str) -> Result<(), Usage> {
    match name.to_ascii_lowercase().as_str() {
        "auto" | "cpu" => Ok(()),
        _ => Err(Usage::new("--device", format!("'{name}': training runs on cpu; give cpu or auto"))),
    }
}

/// `fit`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  rlx-fft fit --n-fft 512
  rlx-fft fit --matrix a.npy --permutation unknown --out a.safetensors
  rlx-fft fit --inputs x.npy --outputs y.npy --depth 2      rows are pairs; the matrix is estimated by least squares")]
pub(crate) struct FitFlags {
    #[command(flatten)]
    pub(crate) target: TargetFlags,

    /// Normal noise added to the matrix's entries, relative to their root mean square
    #[arg(long, value_name = "LEVEL", default_value_t = 0.0, value_parser = limits::weight)]
    pub(crate) noise: f64,

    /// Seed of the noise
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) seed: u64,

    /// Largest number of L-BFGS iterations if the matrix is not an exact product
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = limits::steps)]
    pub(crate) polish: usize,

    /// Write the model to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) report: ReportFlags,

    #[command(flatten)]
    pub(crate) plot: PlotFlags,
}

impl FitFlags {
    pub(crate) fn check(&self) -> Result<(), Usage> {
        self.target.check()?;
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            return Err(Usage::new("--noise", format!("{} is not at least 0", self.noise)));
        }
        Ok(())
    }
}
